from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.steadying import revision_offset, steadied

FRAMES = 30


def noise(scale, seed=0):
    return np.random.default_rng(seed).normal(0, scale, (FRAMES, 4, 3))


def all_known(frames=FRAMES):
    return np.arange(frames)[::-1]


def triangle(values):
    """Mean of an odd number of frames, those in the middle counting most."""
    weights = len(values) // 2 + 1 - np.abs(np.arange(len(values)) - len(values) // 2)
    return np.average(values, axis=0, weights=weights)


def test_is_the_mean_over_frames_where_the_input_was_moved_far():
    estimate = noise(1)
    result = steadied([estimate] * 5, estimate + 100, all_known())
    for frame in range(2, FRAMES - 4):
        np.testing.assert_allclose(result[frame], triangle(estimate[frame - 2:frame + 3]))


def test_no_farther_than_the_known_future():
    estimate = noise(1)
    result = steadied([estimate] * 7, estimate + 100, np.full(FRAMES, 3))
    np.testing.assert_allclose(result[10], triangle(estimate[8:13]))
    # As far as there are frames before, too.
    np.testing.assert_allclose(result[:2], [estimate[0], triangle(estimate[:3])])
    for future in (0, 1):
        result = steadied([estimate] * 7, estimate + 100, np.full(FRAMES, future))
        np.testing.assert_allclose(result, estimate)


@pytest.mark.parametrize('half_width', [0, 1, 4])
def test_moves_no_joint_farther_than_half_of_its_refinement(half_width):
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


def test_takes_the_vintage_of_each_frame():
    revised = [noise(1, seed) for seed in range(3)]
    result = steadied(revised, revised[1] + 100, np.full(FRAMES, 2))
    np.testing.assert_allclose(result[7], (revised[0][6] + 2 * revised[1][7] + revised[2][8]) / 4)


def test_missing_values_do_not_spread():
    estimate = noise(1)
    coords = estimate + 100
    coords[5, 0] = np.nan
    estimate[20, 1] = np.nan
    result = steadied([estimate] * 5, coords, all_known())
    assert np.isnan(result[20, 1]).all()
    result[20, 1] = 0
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result[5, 0], triangle(estimate[3:8, 0]))


@pytest.mark.parametrize('frames', [0, 1, 2])
def test_short_clips(frames):
    estimate = noise(1)[:frames]
    assert steadied([estimate] * 9, estimate + 1, all_known(frames)).shape == estimate.shape
    step = revision_offset([estimate] * 4, [estimate] * 4, all_known(frames))
    assert (estimate + step).shape == estimate.shape


def test_earlier_frames_predict_this_one():
    shown = [noise(1, seed) for seed in (1, 2)]
    revised = [noise(1, seed) for seed in (3, 4)]
    step = revision_offset(shown, revised, np.full(FRAMES, 9))
    # (3 * 0 + 2 * one frame before + 1 * two frames before) / 6
    np.testing.assert_allclose(
        step[10], (2 * (shown[0] - revised[0])[9] + (shown[1] - revised[1])[8]) / 6)


def test_motion_is_not_smoothed_only_its_revisions():
    path = np.linspace(0, 5, FRAMES)[:, None, None]**2 * np.ones((1, 4, 3))
    np.testing.assert_array_equal(revision_offset([path] * 3, [path] * 3, np.full(FRAMES, 9)), 0)
    # A level that is revised by 1 at frame 12 comes in over four frames.
    shown = np.where(np.arange(FRAMES)[:, None, None] < 12, path, path + 1)
    revised = [path + (np.arange(FRAMES)[:, None, None] + before >= 12) for before in (1, 2, 3)]
    result = shown + revision_offset([shown] * 3, revised, np.full(FRAMES, 9))
    np.testing.assert_allclose((result - path)[10:17, 0, 0], [0, 0, 0.4, 0.7, 0.9, 1, 1])


def test_no_earlier_frames_than_known_future_and_clip_allow():
    shown, revised = [noise(1, 1)] * 2, [noise(1, 2)] * 2
    step = shown[0] - revised[0]
    np.testing.assert_array_equal(revision_offset(shown, revised, np.zeros(FRAMES, int)), 0)
    result = revision_offset(shown, revised, np.full(FRAMES, 1))
    np.testing.assert_allclose(result[10], step[9] / 3)
    result = revision_offset(shown, revised, np.full(FRAMES, 9))
    np.testing.assert_allclose(result[:2], [np.zeros((4, 3)), step[0] / 3])


def test_missing_revisions_have_no_effect():
    shown, revised = [noise(1, 1)], [noise(1, 2)]
    shown[0][7, 0] = np.nan
    step = revision_offset(shown, revised, all_known())
    assert np.isfinite(step).all()
    np.testing.assert_array_equal(step[8, 0], 0)


def test_long_clips_in_blocks(monkeypatch):
    estimate = noise(1)
    coords = estimate + noise(0.5, seed=1)
    whole = steadied([estimate] * 5, coords, all_known())
    monkeypatch.setattr('smoothnet_plugin.processing.steadying._BLOCK', 7)
    np.testing.assert_array_equal(steadied([estimate] * 5, coords, all_known()), whole)
