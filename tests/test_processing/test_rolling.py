from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.medoid import running_medoid
from smoothnet_plugin.processing.rolling import (
    rolling_quantile,
    spaced_offsets,
    triangle_mean,
)
from smoothnet_plugin.utils.arrays import curves_of


def medoid(x, weights, reach, size=None):
    """The medoid of coordinates (T, K, C) with weights (T, K)."""
    return running_medoid(curves_of(x), weights.T, reach, size=size).swapaxes(0, -1)


def test_offsets_are_few_even_and_hold_the_middle():
    for reach in range(70):
        offsets = spaced_offsets(reach, 9)
        assert 0 in offsets and len(offsets) <= 9
        np.testing.assert_array_equal(offsets, -offsets[::-1])
        assert abs(offsets).max() <= reach


@pytest.mark.parametrize('share', [0.25, 0.5, 1.0])
def test_quantile_is_that_of_the_window(rng, share):
    values = rng.normal(0, 1, (40, 3))
    values[rng.random(values.shape) < 0.2] = np.nan
    found = rolling_quantile(values, 5, share)
    for frame in range(40):
        np.testing.assert_allclose(
            found[frame], np.nanquantile(values[max(0, frame - 5):frame + 6], share, axis=0))


def test_quantile_of_nothing_is_missing():
    assert np.isnan(rolling_quantile(np.full((4, 1), np.nan), 2)).all()
    assert rolling_quantile(np.zeros((0, 2)), 3).shape == (0, 2)


def test_triangle_mean_keeps_constants_and_has_bounded_support(rng):
    np.testing.assert_allclose(triangle_mean(np.full((30, 2), 3.0), 8), 3.0)
    spike = np.zeros((61, 1))
    spike[30] = 1
    seen = np.flatnonzero(triangle_mean(spike, 10)[:, 0] > 1e-12)
    assert seen[0] == 20 and seen[-1] == 40


def test_medoid_passes_straight_motion_and_ignores_the_minority(rng):
    line = np.arange(60.0)[:, None, None] * [[3.0, -1.0], [0.0, 2.0]]
    found = medoid(line, np.ones((60, 2)), 4)
    np.testing.assert_array_equal(found[4:-4], line[4:-4])
    still = np.full((60, 1, 3), 7.0)
    wrong = still.copy()
    wrong[20:24] += rng.normal(0, 1e6, (4, 1, 3))
    np.testing.assert_array_equal(medoid(wrong, np.ones((60, 1)), 4), still)


def test_medoid_follows_the_weights_and_turns_with_the_axes(rng):
    x, weights = rng.normal(0, 1, (50, 3, 2)), rng.uniform(0.1, 1, (50, 3))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(medoid(x @ turn, weights, 4),
                               medoid(x, weights, 4) @ turn, atol=1e-12)
    weights = np.full((50, 3), 1e-3)
    weights[25] = 1
    np.testing.assert_array_equal(medoid(x, weights, 4)[23:28],
                                  np.repeat(x[25:26], 5, axis=0))


@pytest.mark.parametrize('frames', range(5, 26))
def test_one_outlier_is_never_half_of_a_short_window(frames):
    values = np.ones(frames)
    for place in range(frames):
        values[place] = 1e6
        np.testing.assert_array_equal(rolling_quantile(values, 24), 1)
        values[place] = 1


def test_a_medoid_does_not_lean_to_an_outlier(rng):
    x = np.cumsum(rng.normal(0, 3, (40, 17, 2)), axis=0)
    results = []
    for value in (1e4, -1e4, 1e12):
        wrong = x.copy()
        wrong[20, 9, 0] = value
        results.append(medoid(wrong, np.ones((40, 17)), 4, size=np.array(400.0)))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize('first', [0, 3, 40, 59])
@pytest.mark.parametrize('reach', [1, 2, 7, 24])
def test_the_frames_from_one_on_are_those_of_the_whole(rng, first, reach):
    values = rng.normal(0, 1, (60, 3, 4))
    np.testing.assert_allclose(triangle_mean(values, reach, first),
                               triangle_mean(values, reach)[first:], atol=1e-14)
    values[rng.random(values.shape) < 0.3] = np.nan
    np.testing.assert_array_equal(rolling_quantile(values, reach, 0.75, first=first),
                                  rolling_quantile(values, reach, 0.75)[first:])


@pytest.mark.parametrize('reach', [1, 4, 30])
def test_a_medoid_is_the_least_sum_of_weighted_distances(rng, reach):
    x, weights = rng.normal(0, 1, (40, 3, 2)), rng.uniform(0.1, 1, (40, 3))
    found, offsets = medoid(x, weights, reach), spaced_offsets(reach, 9)
    for frame in range(40):
        rows = frame + offsets[(frame + offsets >= 0) & (frame + offsets < 40)]
        apart = np.linalg.norm(x[rows][:, None] - x[rows], axis=-1)  # (from, to, K)
        best = (apart * weights[rows]).sum(axis=1).argmin(axis=0)
        np.testing.assert_array_equal(found[frame], x[rows[best], np.arange(3)])


def test_many_medoids_at_once_are_those_of_each_alone(rng):
    x, weights = rng.normal(0, 1, (2, 20, 17, 69)), rng.uniform(0.1, 1, (20, 17, 69))
    size = rng.uniform(0, 2, 20)
    together = running_medoid(x, weights, 4, size=size)
    for i in range(20):
        np.testing.assert_array_equal(
            together[:, i], running_medoid(x[:, i], weights[i], 4, size=size[i]))


@pytest.mark.parametrize('missing', [0.0, 0.3])
def test_time_may_be_the_last_axis(rng, missing):
    values = rng.normal(0, 1, (60, 3, 4))
    np.testing.assert_allclose(triangle_mean(values, 7), np.moveaxis(triangle_mean(
        np.moveaxis(values, 0, -1), 7, axis=-1), -1, 0), rtol=1e-12, atol=1e-14)
    values[rng.random(values.shape) < missing] = np.nan
    np.testing.assert_array_equal(rolling_quantile(values, 7), np.moveaxis(rolling_quantile(
        np.moveaxis(values, 0, -1), 7, axis=-1), -1, 0))
