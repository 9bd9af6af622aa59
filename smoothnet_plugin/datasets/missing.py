"""Keypoints without a finite position: found, and replaced so that nothing spreads."""

from __future__ import annotations

import numpy as np


def missing_keypoints(coords: np.ndarray) -> np.ndarray | None:
    """Which keypoints are not finite.

    Args:
        coords: Shape (..., K, C).

    Returns:
        Shape (..., K), bool, or None if all are finite.
    """
    # One sum decides the usual case; it is finite only if everything is.
    with np.errstate(over='ignore', invalid='ignore'):
        if np.isfinite(coords.sum(dtype=np.float64)):
            return None
    return np.asarray(~np.isfinite(coords).all(axis=-1))


def fill_missing(coords: np.ndarray, missing: np.ndarray) -> None:
    """Replace missing keypoints in place: between two neighbours in time by interpolation, at the
    ends by the nearest, where there is none by the mean of the window's other keypoints.

    Args:
        coords: Shape (B, W, K, C).
        missing: Shape (B, W, K), bool.
    """
    items, keypoints = np.nonzero(missing.any(axis=1))
    if not len(items):
        return
    part, gone = coords[items, :, keypoints], missing[items, :, keypoints]
    frames = coords.shape[1]
    steps = np.arange(frames)
    before = np.maximum.accumulate(np.where(gone, -1, steps), axis=1)
    after = np.minimum.accumulate(np.where(gone, frames, steps)[:, ::-1], axis=1)[:, ::-1]
    never = gone.all(axis=1)
    first = np.where(before < 0, np.minimum(after, frames - 1), before)
    last = np.where(after == frames, np.maximum(before, 0), after)
    share = ((steps - first) / np.maximum(last - first, 1))[..., None].clip(0, 1)
    rows = np.arange(len(part))[:, None]
    start, stop = part[rows, first], part[rows, last]
    coords[items, :, keypoints] = np.where(gone[..., None], start + share * (stop - start), part)
    for item in np.unique(items[never]):
        absent = np.zeros(coords.shape[2], dtype=bool)
        absent[keypoints[never & (items == item)]] = True
        mean = 0 if absent.all() else coords[item][:, ~absent].mean(axis=(0, 1))
        coords[item][:, absent] = mean
