from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.penalized import (
    GREATEST_PENALTY,
    PenalizedFit,
    between_frames,
    penalty_of,
)
from smoothnet_plugin.utils.arrays import curves_of


def solved(x, penalties, weights):
    """Curves (T, K, C) by penalties (T - 3, K) and weights (T, K)."""
    return PenalizedFit(curves_of(x), penalties.T).solve(weights.T).swapaxes(0, -1)


def test_equals_the_dense_solution(rng):
    x, w = rng.normal(0, 1, (20, 3, 2)), rng.uniform(0.01, 1, (20, 3))
    penalties = rng.uniform(0.1, 1e4, (17, 3))
    smooth = solved(x, penalties, w)
    difference = np.diff(np.eye(20), 3, axis=0)
    for joint in range(3):
        system = np.diag(w[:, joint]) + difference.T @ (penalties[:, joint, None] * difference)
        np.testing.assert_allclose(
            smooth[:, joint], np.linalg.solve(system, w[:, joint, None] * x[:, joint]), atol=1e-9)


def test_keypoints_do_not_touch_one_another(rng):
    x, w = rng.normal(0, 1, (30, 4, 2)), np.ones((30, 4))
    penalties = np.full((27, 4), 100.0)
    other = x.copy()
    other[:, 1] += 1e5
    moved = solved(other, penalties, w) - solved(x, penalties, w)
    assert np.abs(np.delete(moved, 1, axis=1)).max() == 0
    np.testing.assert_allclose(moved[:, 1], 1e5)


def test_half_of_the_amplitude_is_left_at_the_cutoff():
    x = np.sin(2 * np.pi * 2.0 * np.arange(600) / 60)[:, None, None]
    penalties = between_frames(np.full((1, 600), penalty_of(np.array(2.0), 60))).T
    smooth = solved(x, penalties, np.ones((600, 1)))
    np.testing.assert_allclose(smooth[120:-120], x[120:-120] / 2, atol=1e-3)


def test_gaps_are_crossed_by_a_parabola():
    t = np.linspace(-1, 1, 41)
    x = np.stack([t**2, 3 * t - t**2], axis=-1)[:, None]
    weights = np.ones((41, 1))
    weights[15:25] = 0
    wrong = x.copy()
    wrong[15:25] = 50
    smooth = solved(wrong, np.full((38, 1), 1.0), weights)
    np.testing.assert_allclose(smooth, x, atol=2e-3)


@pytest.mark.parametrize('fps', [4.0, 5.0, 30.0, 240.0])
def test_penalty_falls_with_the_cutoff_to_nothing_at_half_the_rate(fps):
    penalty = penalty_of(np.geomspace(0.5, fps, 50), fps)
    assert (np.diff(penalty) <= 0).all() and penalty.max() <= GREATEST_PENALTY
    assert penalty_of(np.array(fps / 2), fps) == 0
