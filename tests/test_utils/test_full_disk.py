"""A disk that becomes full while a file is written: a clear error, and the old file as it was."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from smoothnet_plugin import save
from smoothnet_plugin.structures import PoseSequence, PoseTracks
from smoothnet_plugin.utils.files import atomic_write

resource = pytest.importorskip('resource', reason='Windows has no limits on file sizes')


@contextmanager
def disk_with(size: int):
    """Meanwhile no file may become larger than ``size`` bytes, as on a disk with so much room."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def write_text(path):
    with atomic_write(path) as file:
        file.write('x' * 100_000)


def write_poses(path):
    coords = np.random.default_rng(0).normal(0, 100, (500, 17, 2))
    save(path, PoseTracks({0: PoseSequence(coords, fps=30)}, fps=30))


def write_torch(path):
    torch = pytest.importorskip('torch')
    from smoothnet_plugin.utils.restricted_torch import save_torch
    save_torch({'weight': torch.ones(200, 200)}, path)


def write_safetensors(path):
    torch = pytest.importorskip('torch')
    from smoothnet_plugin.models.checkpoints import save_safetensors
    save_safetensors(path, {'weight': torch.ones(200, 200)}, dict(type='SmoothNet'))


def write_movie(path):
    pytest.importorskip('av')
    from smoothnet_plugin.visualization import write_video
    rng = np.random.default_rng(0)
    write_video(path, rng.integers(0, 255, (30, 240, 320, 3), dtype=np.uint8), 30)


@pytest.mark.parametrize(('write', 'name'), [
    (write_text, 'a.txt'), (write_poses, 'a.json'), (write_poses, 'a.csv'), (write_poses, 'a.npz'),
    (write_torch, 'a.pth'), (write_safetensors, 'a.safetensors'), (write_movie, 'a.mp4')])
def test_the_error_names_the_file_and_the_old_one_stays(write, name, tmp_path):
    path = tmp_path / name
    path.write_text('old')
    with pytest.raises(OSError) as caught, disk_with(20_000):
        write(path)
    assert str(caught.value.filename) == str(path)
    assert path.read_text() == 'old' and list(tmp_path.iterdir()) == [path]
