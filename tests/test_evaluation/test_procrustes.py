from __future__ import annotations

import numpy as np
import pytest
import roma
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.spatial import procrustes
from scipy.spatial.transform import Rotation

from smoothnet_plugin.evaluation import functional as F

seeds = st.integers(0, 2 ** 32 - 1)


@pytest.mark.parametrize('mirrored', [False, True])
@pytest.mark.parametrize('keypoints', [3, 4, 17])
def test_against_roma(rng, keypoints, mirrored):
    pred, target = rng.normal(size=(2, 50, keypoints, 3))
    if mirrored:
        pred = target * [-1, 1, 1] + 0.1 * pred
    x, y = torch.as_tensor(pred), torch.as_tensor(target)
    rotation, shift, scale = roma.rigid_points_registration(x, y, compute_scaling=True)
    moved = (scale[:, None, None] * (x @ rotation.mT) + shift[:, None]).numpy()
    assert F.similarity_align(pred, target) == pytest.approx(moved, abs=1e-9)
    assert F.pa_mpjpe(pred, target) == pytest.approx(
        np.linalg.norm(moved - target, axis=-1).mean(), rel=1e-9)


@pytest.mark.parametrize('channels', [2, 3])
def test_against_scipy_where_no_reflection_is_better(rng, channels):
    target = rng.normal(size=(20, 9, channels))
    pred = 3 + target + rng.normal(0, 0.1, target.shape)
    aligned = F.similarity_align(pred, target)
    for a, g, p in zip(aligned, target, pred):
        disparity = procrustes(g, p)[2]
        assert ((a - g) ** 2).sum() / ((g - g.mean(0)) ** 2).sum() == pytest.approx(disparity)


def test_2d_against_a_numerical_search(rng):
    pred, target = rng.normal(size=(2, 1, 5, 2))
    pred[0] *= [-1, 1]

    def cost(p):
        c, s = p[0], p[1]
        return ((pred[0] @ np.array([[c, s], [-s, c]]) + p[2:] - target[0]) ** 2).sum()

    best = min((minimize(cost, start) for start in rng.normal(size=(5, 4))), key=lambda r: r.fun)
    squares = ((F.similarity_align(pred, target) - target) ** 2).sum()
    assert squares == pytest.approx(best.fun, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(1, 6), st.integers(3, 8), st.floats(0.1, 10))
def test_invariant_under_similarities_of_the_prediction(seed, frames, keypoints, scale):
    rng = np.random.default_rng(seed)
    pred, target = rng.normal(size=(2, frames, keypoints, 3))
    rotation = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    moved = scale * pred @ rotation.T + rng.normal(size=3)
    assert F.pa_mpjpe(moved, target) == pytest.approx(F.pa_mpjpe(pred, target), rel=1e-7)
    # The least squares fit over similarities cannot be worse, in squares, than leaving it alone.
    aligned = F.similarity_align(pred, target)
    assert ((aligned - target) ** 2).sum() <= ((pred - target) ** 2).sum() + 1e-9


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(1, 6), st.integers(2, 8))
def test_root_aligned_mpjpe_is_invariant_under_shifts(seed, frames, keypoints):
    rng = np.random.default_rng(seed)
    pred, target, shift = rng.normal(size=(3, frames, keypoints, 3))
    moved = pred + 100 * shift[:, :1]
    roots = [0, keypoints - 1]
    assert F.mpjpe(moved, target, root_indices=roots) == pytest.approx(
        F.mpjpe(pred, target, root_indices=roots), rel=1e-9)


@pytest.mark.parametrize('frames', [2, 3])
def test_two_and_three_frames_are_frames(rng, frames):
    pred, target = rng.normal(size=(2, frames, 7, 3))
    alone = [F.pa_mpjpe(pred[t:t + 1], target[t:t + 1]) for t in range(frames)]
    assert F.pa_mpjpe(pred, target) == pytest.approx(np.mean(alone))


def test_missing_keypoints_do_not_pull(rng):
    target = rng.normal(size=(4, 8, 3))
    pred = 2 * target + 1
    pred[:, 3] = 1e6
    mask = np.ones((4, 8), dtype=bool)
    mask[:, 3] = False
    assert F.pa_mpjpe(pred, target, mask) == pytest.approx(0, abs=1e-9)
    lost = pred.copy()
    lost[:, 3] = np.nan
    assert F.pa_mpjpe(lost, target) == pytest.approx(0, abs=1e-9)
    mask[0, :6] = False
    assert np.isnan(F.pa_mpjpe_per_joint(pred, target, mask)[0]).all()


def test_coinciding_keypoints_move_to_the_mean(rng):
    target = rng.normal(size=(1, 5, 3))
    expected = np.linalg.norm(target - target.mean(axis=1), axis=-1).mean()
    assert F.pa_mpjpe(np.full((1, 5, 3), 7.0), target) == pytest.approx(expected)
