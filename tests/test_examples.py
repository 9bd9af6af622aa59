"""The files of examples/ run as they are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .conftest import REPO

#: recognize_actions.py needs data: test_recognize_actions.py.
EXAMPLES = sorted((REPO / 'examples').glob('add_a_*.py'))
QUICK = ('add_a_filter', 'add_a_format')


@pytest.mark.parametrize('path', [
    pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem not in QUICK))
    for path in EXAMPLES])
def test_example_runs(tmp_path, path):
    environment = {**os.environ, 'PYTHONPATH': str(REPO)}
    done = subprocess.run([sys.executable, str(path)], cwd=tmp_path, env=environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_there_are_examples():
    assert {path.stem for path in EXAMPLES} >= {
        'add_a_dataset', 'add_a_filter', 'add_a_format', 'add_a_metric', 'add_a_network'}
