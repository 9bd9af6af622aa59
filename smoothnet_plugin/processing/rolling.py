"""Statistics over the frames around each frame: local, and symmetric in time."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import uniform_filter1d


def spaced_offsets(reach: int, most: int) -> np.ndarray:
    """Evenly spaced frame offsets from -reach to reach, at most ``most`` of them, including 0."""
    step = max(1, math.ceil(2 * reach / (most - 1)))
    count = reach // step
    return np.arange(-count, count + 1) * step


def rolling_quantile(values: np.ndarray, reach: int, share: float = 0.5,
                     most: int = 15) -> np.ndarray:
    """Quantile of the values within ``reach`` frames.

    Long windows are sampled at ``most`` evenly spaced frames, with little loss of precision.

    Args:
        values: Shape (T, ...); NaN counts as missing.
        reach: Frames on either side, >= 0.
        share: Quantile, 0 to 1. Defaults to 0.5, the median.
        most: Largest number of frames in a window. Defaults to 15.

    Returns:
        Shape (T, ...); NaN where a window has no value.
    """
    total, offsets = len(values), spaced_offsets(reach, most)
    last = int(offsets[-1])
    padded = np.full((total + 2 * last, *values.shape[1:]), np.nan)
    padded[last:last + total] = values
    windows = np.stack([padded[last + k:last + k + total] for k in offsets], axis=-1)
    windows.sort(axis=-1)  # NaN sorts last
    top = np.maximum(np.isfinite(windows).sum(axis=-1) - 1, 0)
    place = share * top
    below = np.floor(place).astype(np.intp)
    low = np.take_along_axis(windows, below[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(windows, np.minimum(below + 1, top)[..., None], axis=-1)[..., 0]
    return low + (place - below) * (high - low)


def rolling_sum(values: np.ndarray, reach: int) -> np.ndarray:
    """Sum over the existing frames within ``reach``, shape (T, ...)."""
    size = 2 * reach + 1
    return size * uniform_filter1d(values, size, axis=0, mode='constant')


def triangle_mean(values: np.ndarray, reach: int) -> np.ndarray:
    """Mean with weights that fall linearly to 0 over about ``reach`` frames, shape (T, ...).

    Frames beyond the ends are left out.
    """
    first, row = max(1, reach // 2), np.arange(len(values))
    for part in (first, max(1, reach - first)):
        count = np.minimum(row, part) + np.minimum(row[::-1], part) + 1.0
        values = rolling_sum(values, part) / count.reshape(-1, *[1] * (values.ndim - 1))
    return values


def running_medoid(coords: np.ndarray, weights: np.ndarray, reach: int,
                   most: int = 9) -> np.ndarray:
    """The sample closest to all others within ``reach`` frames, for each keypoint.

    A median for points: up to half of a window may be wrong, straight motion passes unchanged,
    and the result does not depend on the axes.

    Args:
        coords: Shape (T, K, C), finite, with squares that do not overflow.
        weights: Weight of each sample, shape (T, K), > 0.
        reach: Frames on either side, >= 0.
        most: Largest number of frames in a window. Defaults to 9.

    Returns:
        Shape (T, K, C).
    """
    total, keypoints, width = coords.shape
    offsets = spaced_offsets(reach, most)
    last, count = int(offsets[-1]), len(offsets)
    if count == 1:
        return coords.copy()
    step = int(offsets[1] - offsets[0])
    points = np.zeros((total + 2 * last, keypoints, width))
    points[last:last + total] = coords
    trust = np.zeros(points.shape[:2])
    trust[last:last + total] = weights
    apart = [np.sqrt(((points[k * step:] - points[:len(points) - k * step])**2).sum(axis=-1))
             for k in range(count)]
    # One huge distance must not cancel the digits of the others.
    positive = apart[1][apart[1] > 0]
    if positive.size:
        furthest = 1e6 * float(np.median(positive))
        apart = [np.minimum(distance, furthest) for distance in apart]
    starts = (offsets + last).tolist()
    cost = np.zeros((count, total, keypoints))
    for i, a in enumerate(starts):
        for j, b in enumerate(starts[i + 1:], i + 1):
            distance = apart[j - i][a:a + total]
            cost[i] += trust[b:b + total] * distance
            cost[j] += trust[a:a + total] * distance
    for i, a in enumerate(starts):
        cost[i][trust[a:a + total] == 0] = np.inf
    # With equal costs, as at rest, the frame's own sample is chosen.
    order = np.argsort(np.abs(offsets), kind='stable')
    best = order[cost[order].argmin(axis=0)]
    rows = np.arange(total)[:, None] + np.asarray(starts)[best]
    return points[rows, np.arange(keypoints)]
