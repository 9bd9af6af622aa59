from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.datasets.gather import gather_windows
from smoothnet_plugin.datasets.missing import fill_missing, missing_keypoints
from smoothnet_plugin.processing.windows import pad_to


@pytest.mark.parametrize('padding', ['edge', 'reflect'])
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_equals_a_loop(rng, padding, dtype):
    values = rng.normal(size=(50, 3, 2)).astype(dtype)
    rows = np.array([0, 42, 17, 47, 49, 30, 42])
    counts = np.array([8, 8, 8, 3, 1, 5, 8])
    expected = np.stack([pad_to(values[row:row + count], 8, padding)
                         for row, count in zip(rows, counts)])
    windows = gather_windows(values, rows, counts, 8, padding)
    assert windows.dtype == np.float32
    np.testing.assert_array_equal(windows, expected.astype(np.float32))


def test_windows_longer_than_everything(rng):
    values = rng.normal(size=(3, 1, 2)).astype(np.float32)
    windows = gather_windows(values, np.array([0, 2]), np.array([3, 1]), 10)
    np.testing.assert_array_equal(windows[0, :3], values)
    np.testing.assert_array_equal(windows[1], np.repeat(values[2:], 10, axis=0))


def test_values_are_not_changed(rng):
    values = rng.normal(size=(30, 2, 2)).astype(np.float32)
    before = values.copy()
    windows = gather_windows(values, np.arange(20), np.full(20, 8), 8)
    windows += 1
    np.testing.assert_array_equal(values, before)


def test_missing_is_found():
    coords = np.zeros((2, 3, 2, 2), np.float32)
    assert missing_keypoints(coords) is None
    coords[0, 1, 0, 1] = np.nan
    coords[1, 2, 1, 0] = -np.inf
    coords[1, 1, 1, 0] = np.inf
    found = missing_keypoints(coords)
    assert found is not None
    assert np.argwhere(found).tolist() == [[0, 1, 0], [1, 1, 1], [1, 2, 1]]


def test_fill_between_and_beyond():
    track = np.array([np.nan, 2, np.nan, np.nan, 8, np.nan])[None, :, None, None]
    coords = np.concatenate([track, np.full_like(track, 3)], axis=2)
    missing = np.isnan(coords).all(axis=-1)
    fill_missing(coords, missing)
    np.testing.assert_allclose(coords[0, :, 0, 0], [2, 2, 4, 6, 8, 8])
    assert (coords[0, :, 1] == 3).all()


def test_fill_of_what_is_never_there():
    coords = np.full((2, 3, 3, 2), np.nan)
    coords[0, :, 1], coords[0, :, 2] = 2, 4
    fill_missing(coords, np.isnan(coords).all(axis=-1))
    np.testing.assert_array_equal(coords[0, :, 0], 3)
    np.testing.assert_array_equal(coords[1], 0)
