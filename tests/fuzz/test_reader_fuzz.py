"""Damaged files of every format: a reader answers with tracks or with an error of ours.

Some seconds in the suite; ``SMOOTHNET_FUZZ=500 pytest tests/fuzz -rP`` tries 50,000 files and shows
the numbers. Time is that of the processor, since machines are shared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin import io

from ..test_io.samples import missing_package, write_samples

PER_PROCESS = int(os.environ.get('SMOOTHNET_FUZZ', '6')) * 25
SCRIPT = Path(__file__).with_name('read_damaged.py')


@pytest.fixture(scope='module')
def intact(tmp_path_factory) -> list[Path]:
    """A small file of every format, named after it."""
    return write_samples(tmp_path_factory.mktemp('intact'))


def test_every_registered_format_is_tried(intact):
    tried = {path.name.partition('.')[0] for path in intact}
    absent = {name: missing_package(name) for name in set(io.formats()) - tried}
    assert all(absent.values()), f'add a file of {sorted(absent)} to tests/test_io/samples.py'
    for path in intact:
        name = path.name.partition('.')[0]
        assert io.sniff(path) == name
        tracks = io.load(path, image_size=(640, 480))
        assert len(tracks) and all(np.isfinite(sequence.coords).any() for _, sequence in tracks)


@pytest.mark.parametrize('seed', [
    pytest.param(seed, marks=[pytest.mark.slow] * (seed > 0)) for seed in range(4)])
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
    print(f'seed {seed}: {PER_PROCESS} files of {len(lines[-1]["formats"])} formats,', *(
        f'{number} {what},' for what, number in counts.items()),
        'longest {:.2f} s ({}),'.format(*lines[-1]['seconds']),
        'most {:.0f} MB ({})'.format(*lines[-1]['megabytes']))
    # A harness whose files are all refused, or all read, tries nothing.
    assert counts['refused'] > PER_PROCESS / 10 and counts['read'] > PER_PROCESS / 20
