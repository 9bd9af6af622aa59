from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.rolling import (
    rolling_quantile,
    running_medoid,
    spaced_offsets,
    triangle_mean,
)


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
    medoid = running_medoid(line, np.ones((60, 2)), 4)
    np.testing.assert_array_equal(medoid[4:-4], line[4:-4])
    still = np.full((60, 1, 3), 7.0)
    wrong = still.copy()
    wrong[20:24] += rng.normal(0, 1e6, (4, 1, 3))
    np.testing.assert_array_equal(running_medoid(wrong, np.ones((60, 1)), 4), still)


def test_medoid_follows_the_weights_and_turns_with_the_axes(rng):
    x, weights = rng.normal(0, 1, (50, 3, 2)), rng.uniform(0.1, 1, (50, 3))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(running_medoid(x @ turn, weights, 4),
                               running_medoid(x, weights, 4) @ turn, atol=1e-12)
    weights = np.full((50, 3), 1e-3)
    weights[25] = 1
    np.testing.assert_array_equal(running_medoid(x, weights, 4)[23:28],
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
        results.append(running_medoid(wrong, np.ones((40, 17)), 4, size=np.array(400.0)))
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
