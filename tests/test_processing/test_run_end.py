from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.robust_track import robust_track
from smoothnet_plugin.processing.run_end import LONGEST_FUTURE, follow_newest

FPS = 30.0


def still(total=60, fps=FPS):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 400, (1, 9, 2)) + rng.normal(0, 2, (total, 9, 2))


def followed(coords, speed, fps=FPS, weights=None):
    track = robust_track(coords, fps, weights)
    return track, follow_newest(track.coords, coords, track, np.full(coords.shape[:2], speed), fps)


def test_at_rest_nothing_moves():
    track, result = followed(still(), 0.0)
    np.testing.assert_array_equal(result, track.coords)


@pytest.mark.parametrize('fps', [15.0, 30.0, 60.0, 120.0])
def test_only_the_newest_frames_move(fps):
    coords = still(fps=fps)
    track, result = followed(coords, 1.0, fps)
    known = len(coords) - 1 - int(LONGEST_FUTURE * fps)
    np.testing.assert_array_equal(result[:known], track.coords[:known])
    moved = np.linalg.norm(result - track.coords, axis=-1)[known:].mean(axis=1)
    assert moved[-1] > 0 and (moved[:-1] < 0.75 * moved[-1]).all()


def test_fast_samples_are_followed_and_outliers_are_not():
    coords = still()
    coords[-1, 0] += 300
    track, result = followed(coords, 1.0)
    before, after = (np.linalg.norm(coords[-1] - p[-1], axis=-1) for p in (track.coords, result))
    assert (after[1:] < 0.1 * before[1:]).all()
    assert after[0] > 0.99 * before[0]


def test_missing_samples_and_low_scores_move_little():
    coords = still()
    coords[-1, 0] = np.nan
    weights = np.ones(coords.shape[:2])
    weights[-1, 1] = 0.05
    track, result = followed(coords, 1.0, weights=weights)
    moved = np.linalg.norm(result - track.coords, axis=-1)[-1]
    away = np.linalg.norm(coords - track.coords, axis=-1)[-1]
    assert moved[0] == 0 and moved[1] < 0.1 * away[1] and np.isfinite(result).all()


def test_short_runs():
    for total in (1, 2, 4, 5, 8):
        assert np.isfinite(followed(still(total), 1.0)[1]).all()
