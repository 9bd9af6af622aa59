from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.steadying import steadied

FRAMES = 30


def noise(scale, seed=0):
    return np.random.default_rng(seed).normal(0, scale, (FRAMES, 4, 3))


def all_known(frames=FRAMES):
    return np.arange(frames)[::-1]


def test_is_the_mean_over_frames_where_the_input_was_moved_far():
    estimate = noise(1)
    result = steadied([estimate] * 5, estimate + 100, all_known())
    for frame in range(2, FRAMES - 4):
        np.testing.assert_allclose(result[frame], estimate[frame - 2:frame + 3].mean(axis=0))


def test_as_far_as_half_of_the_known_future():
    estimate = noise(1)
    result = steadied([estimate] * 7, estimate + 100, np.full(FRAMES, 5))
    np.testing.assert_allclose(result[10], estimate[8:13].mean(axis=0))
    # As far as there are frames before, too.
    np.testing.assert_allclose(result[:2], [estimate[0], estimate[:3].mean(axis=0)])
    result = steadied([estimate] * 7, estimate + 100, np.full(FRAMES, 1))
    np.testing.assert_allclose(result, estimate)


@pytest.mark.parametrize('half_width', [0, 1, 4])
def test_nobody_moves_farther_than_half_of_what_the_refinement_moved(half_width):
    estimate = noise(1)
    coords = estimate + 0.01 * noise(1, seed=1)
    result = steadied([estimate] * (2 * half_width + 1), coords, all_known())
    moved = np.linalg.norm(coords - estimate, axis=-1)
    length = np.linalg.norm(result - estimate, axis=-1)
    assert (length <= moved.max() / 2 + 1e-12).all()
    for frame in range(half_width, FRAMES - 2 * half_width):
        limit = moved[frame - half_width:frame + 1].mean(axis=0) / 2
        assert (length[frame] <= limit + 1e-12).all()
    assert (length.max() > 0) == (half_width > 0)


def test_what_was_not_refined_is_left_alone():
    estimate = noise(1)
    np.testing.assert_array_equal(steadied([estimate] * 5, estimate, all_known()), estimate)


def test_takes_what_was_known_of_each_frame():
    known = [noise(1, seed) for seed in range(3)]
    result = steadied(known, known[1] + 100, np.full(FRAMES, 2))
    np.testing.assert_allclose(result[7], (known[0][6] + known[1][7] + known[2][8]) / 3)


def test_missing_values_do_not_spread():
    estimate = noise(1)
    coords = estimate + 100
    coords[5, 0] = np.nan
    estimate[20, 1] = np.nan
    result = steadied([estimate] * 5, coords, all_known())
    assert np.isnan(result[20, 1]).all()
    result[20, 1] = 0
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result[5, 0], estimate[3:8, 0].mean(axis=0))


@pytest.mark.parametrize('frames', [0, 1, 2])
def test_short_clips(frames):
    estimate = noise(1)[:frames]
    assert steadied([estimate] * 9, estimate + 1, all_known(frames)).shape == estimate.shape
