"""The files of examples/ run as they are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .conftest import REPO

#: recognize_actions.py needs data: test_recognize_actions.py.
EXAMPLES = sorted((REPO / 'examples').glob('add_a_*.py'))
#: docs/extend.md runs the others, and test_docs.py runs the page.
RUN_HERE = ('add_a_filter', 'add_a_format')


@pytest.mark.parametrize('name', RUN_HERE)
def test_example_runs(tmp_path, name):
    path = REPO / 'examples' / f'{name}.py'
    environment = {**os.environ, 'PYTHONPATH': str(REPO)}
    done = subprocess.run([sys.executable, str(path)], cwd=tmp_path, env=environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_there_are_examples():
    guide = (REPO / 'docs' / 'extend.md').read_text()
    for path in EXAMPLES:
        assert path.stem in RUN_HERE or f'\npython examples/{path.name}\n' in guide
    assert {path.stem for path in EXAMPLES} >= {
        'add_a_dataset', 'add_a_filter', 'add_a_format', 'add_a_metric', 'add_a_network'}
