"""Whole bodies, faces and hands: cost that grows with the number of keypoints, not with its square.

Memory is what NumPy and Python allocate, work is what the networks multiply; neither is a time.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.smoothers import build_smoother

#: Whole body of COCO, and FreeMoCap's body, hands and face.
FEW, MANY = 133, 553
FRAMES = 70


def poses(keypoints: int, dims: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 2, (FRAMES, keypoints, dims))
    return np.cumsum(steps, axis=0) + rng.normal(0, 300, (1, keypoints, dims))


def peak(run: Callable[[], Any]) -> int:
    """Bytes that a call allocates at most."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def live(coords: np.ndarray, name: str) -> None:
    smoother = build_smoother(name, fps=30, lookahead=2,
                              representation=f'keypoints_{coords.shape[2]}d')
    for pose in coords:
        smoother.step(pose)
    smoother.flush()


@pytest.mark.parametrize('name', [
    'classical', 'one_euro', 'kalman', 'robust', 'network',
    pytest.param('default', marks=pytest.mark.slow)])
@pytest.mark.parametrize('dims', [2, 3])
def test_memory_of_whole_clips_is_linear(name, dims):
    smooth(poses(20, dims), name, fps=30)  # What is loaded once is no part of it.
    few, many = (peak(lambda keypoints=keypoints: smooth(poses(keypoints, dims), name, fps=30))
                 for keypoints in (FEW, MANY))
    assert many < 1.25 * few * MANY / FEW


@pytest.mark.parametrize('name', ['one_euro', 'kalman', 'gaussian'])
@pytest.mark.parametrize('dims', [2, 3])
def test_memory_of_live_smoothing_is_linear(name, dims):
    live(poses(20, dims), name)
    clips = [poses(keypoints, dims) for keypoints in (FEW, MANY)]
    few, many = (peak(lambda coords=coords: live(coords, name)) for coords in clips)
    assert many < 1.25 * few * MANY / FEW


@pytest.mark.slow
@pytest.mark.parametrize('dims', [2, 3])
def test_work_of_the_networks_is_linear(dims):
    flop_counter = pytest.importorskip('torch.utils.flop_counter')
    work = []
    for keypoints in (FEW, MANY):
        with flop_counter.FlopCounterMode(display=False) as counter:
            smooth(poses(keypoints, dims), 'network', fps=30)
        work.append(counter.get_total_flops())
    assert 0 < work[0] < work[1] < 1.1 * work[0] * MANY / FEW


@pytest.mark.parametrize('kind', ['KalmanFilter', 'GaussianFilter'])
def test_every_keypoint_of_many_is_smoothed_as_alone(kind):
    coords = poses(FEW, 2)
    many, alone = (smooth(part, dict(type=kind), fps=30) for part in (coords, coords[:, 50:51]))
    np.testing.assert_allclose(many[:, 50:51], alone, rtol=1e-9)
