from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from smoothnet_plugin import integrations, registry
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.integrations.mmpose import PARTS


@pytest.mark.slow
def test_looking_up_parts_imports_no_host():
    script = (
        'import sys\n'
        'from smoothnet_plugin.registry import HOOKS, INFERENCERS\n'
        'import smoothnet_plugin.integrations\n'
        'assert INFERENCERS.get("SmoothPose2DInferencer").__name__ == "SmoothPose2DInferencer"\n'
        'print([m for m in ("mmpose", "mmcv", "mmdet", "torch") if m in sys.modules])\n')
    result = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "'mmpose'" not in result.stdout and "'mmcv'" not in result.stdout


@pytest.mark.parametrize('name', PARTS)
def test_part_without_mmpose_says_how_to_get_it(name, monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda module: None)
    owner = getattr(registry, PARTS[name][0])
    with pytest.raises(ConfigError, match=rf'{name} needs MMPose.*smoothnet_plugin\[mmpose\]'):
        owner.get(name)()


@pytest.mark.mmpose
@pytest.mark.parametrize('name', PARTS)
def test_every_part_is_where_the_table_says(name):
    assert getattr(integrations.mmpose, name).__name__ == name


def test_unknown_part():
    with pytest.raises(AttributeError, match='SmoothNothing'):
        _ = integrations.mmpose.SmoothNothing
