"""Damaged files of every format: a reader answers with tracks or with an error of ours.

Some seconds in the suite; ``SMOOTHNET_FUZZ=500 pytest tests/fuzz`` tries 50,000 files.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.errors import SmoothNetError
from smoothnet_plugin.structures import PoseTracks

from ..test_io import documents

PER_PROCESS = int(os.environ.get('SMOOTHNET_FUZZ', '6')) * 25
SCRIPT = Path(__file__).with_name('read_damaged.py')


@pytest.fixture(scope='module')
def intact(tmp_path_factory) -> list[Path]:
    """A small file of every format, named after it."""
    folder = tmp_path_factory.mktemp('intact')
    named = folder / 'named'
    named.mkdir()
    files = []
    for name, path in documents.write_all(folder).items():
        target = named / f'{name}{path.suffix}'
        shutil.move(path, target)
        files.append(target)
    rng = np.random.default_rng(0)
    known = {path.name.partition('.')[0] for path in files}
    for name in set(io.formats()) - known:
        one = io.get_format(name)
        for width in (2, 3):
            representation = f'keypoints_{width}d'
            if not one.suffixes or representation not in one.representations:
                continue
            tracks = PoseTracks.from_array(rng.normal(0, 100, (8, 5, width)), fps=30,
                                           representation=representation)
            path = named / f'{name}.{width}d{one.suffixes[0]}'
            try:
                io.save(path, tracks, format=name)
                io.load(path, image_size=(640, 480))
            except SmoothNetError:  # It needs a package, an image size or other poses.
                path.unlink(missing_ok=True)
                continue
            files.append(path)
    return files


@pytest.mark.parametrize('seed', range(4))
def test_readers(seed, intact):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(seed), str(PER_PROCESS), *map(str, intact)],
        capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    faults = [line for line in lines if 'fault' in line]
    assert not faults, '\n'.join(f"{fault['file']} ({fault['format']}), number {fault['number']}: "
                                 f"{fault['fault']}" for fault in faults[:5])
    assert done.returncode == 0 and lines, done.stderr
    counts = lines[-1]['counts']
    # A harness whose files are all refused, or all read, tries nothing.
    assert counts['refused'] > PER_PROCESS / 10 and counts['read'] > PER_PROCESS / 20
