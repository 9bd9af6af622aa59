"""Detection and replacement of missing keypoints, so that they do not spread."""

from __future__ import annotations

import numpy as np

from ..processing.gaps import interpolate_missing


def missing_keypoints(coords: np.ndarray) -> np.ndarray | None:
    """Which keypoints are not finite.

    Args:
        coords: Shape (..., K, C).

    Returns:
        Shape (..., K), bool, or None if all are finite.
    """
    # A fast check for the usual case: the sum is finite only if all values are.
    with np.errstate(over='ignore', invalid='ignore'):
        if np.isfinite(coords.sum(dtype=np.float64)):
            return None
    return np.asarray(~np.isfinite(coords).all(axis=-1))


def fill_missing(coords: np.ndarray, missing: np.ndarray) -> None:
    """Replace missing keypoints in place: by interpolation in time, at the ends by the nearest
    value, and without any value by the mean of the window's other keypoints.

    Args:
        coords: Shape (B, W, K, C).
        missing: Shape (B, W, K), bool.
    """
    items, keypoints = np.nonzero(missing.any(axis=1))
    if not len(items):
        return
    absent_frames = missing[items, :, keypoints]
    # The keypoints of all windows side by side, like those of one skeleton.
    tracks = coords[items, :, keypoints].swapaxes(0, 1)
    coords[items, :, keypoints] = interpolate_missing(tracks, ~absent_frames.T).swapaxes(0, 1)
    never = absent_frames.all(axis=1)
    for item in np.unique(items[never]):
        absent = np.zeros(coords.shape[2], dtype=bool)
        absent[keypoints[never & (items == item)]] = True
        mean = 0 if absent.all() else coords[item][:, ~absent].mean(axis=(0, 1))
        coords[item][:, absent] = mean
