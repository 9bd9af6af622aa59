from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(('registry', 'name'), [
    ('MODELS', 'SmoothNet'), *(pytest.param(*names, marks=pytest.mark.slow) for names in (
        ('METRICS', 'PoseErrorMetric'), ('DATASETS', 'PairedPoseDataset')))])
def test_scoped_types_resolve_from_the_host_without_custom_imports(registry, name):
    """A host config says type='smoothnet_plugin.X' and MMEngine finds it, in a fresh process."""
    code = (f'from mmengine import registry; '
            f"print(registry.{registry}.get('smoothnet_plugin.{name}').__name__)")
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout.strip() == name, done.stderr
    assert 'WARNING' not in done.stderr
