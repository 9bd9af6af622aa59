"""Statistics over the frames around each frame: local, and symmetric in time."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.ndimage import uniform_filter1d

from ..utils.arrays import length_of

#: Distances of more than so many sizes of a person, or median steps, are equal for a medoid.
_SIZES, _STEPS = 2.0, 1e6


def spaced_offsets(reach: int, most: int) -> np.ndarray:
    """Evenly spaced frame offsets from -reach to reach, at most ``most`` of them, including 0."""
    step = max(1, math.ceil(2 * reach / (most - 1)))
    count = reach // step
    return np.arange(-count, count + 1) * step


def rolling_quantile(values: np.ndarray, reach: int, share: float = 0.5,
                     most: int = 15, first: int = 0) -> np.ndarray:
    """Quantile of the values within ``reach`` frames.

    Long windows are sampled at ``most`` evenly spaced frames, with little loss of precision.

    Args:
        values: Shape (T, ...); NaN counts as missing.
        reach: Frames on either side, >= 0.
        share: Quantile, 0 to 1. Defaults to 0.5, the median.
        most: Largest number of frames in a window. Defaults to 15.
        first: First frame whose quantile is wanted. Defaults to 0.

    Returns:
        Shape (T - first, ...); NaN where a window has no value.
    """
    if first > reach:
        return rolling_quantile(values[first - reach:], reach, share, most, reach)
    # A short run is not sampled: one outlier could be half of every fourth frame.
    total, offsets = len(values), spaced_offsets(min(reach, max(len(values) - 1, 0)), most)
    last = int(offsets[-1])
    padded = np.full((total + 2 * last, *values.shape[1:]), np.nan)
    padded[last:last + total] = values
    windows = np.empty((*values.shape, len(offsets)))
    known = np.isfinite(padded)
    number = np.zeros(values.shape, dtype=np.intp)
    for column, offset in enumerate(offsets + last):
        windows[..., column] = padded[offset:offset + total]
        number += known[offset:offset + total]
    windows.sort(axis=-1)  # NaN sorts last
    top = np.maximum(number - 1, 0)
    place = share * top
    below = place.astype(np.intp)
    flat, start = windows.ravel(), np.arange(values.size).reshape(values.shape) * len(offsets)
    low = flat[start + below]
    high = flat[start + np.minimum(below + 1, top)]
    return (low + (place - below) * (high - low))[first:]


def rolling_sum(values: np.ndarray, reach: int) -> np.ndarray:
    """Sum over the existing frames within ``reach``, shape (T, ...)."""
    size = 2 * reach + 1
    total = uniform_filter1d(values, size, axis=0, mode='constant')
    total *= size
    return total


def triangle_mean(values: np.ndarray, reach: int, first: int = 0) -> np.ndarray:
    """Mean with weights that fall linearly to 0 over about ``reach`` frames.

    Frames beyond the ends are left out.

    Args:
        values: Shape (T, ...), finite.
        reach: Frames on either side, >= 1.
        first: First frame whose mean is wanted. Defaults to 0.

    Returns:
        Shape (T - first, ...).
    """
    inner = max(1, reach // 2)
    outer = max(1, reach - inner)
    for part, left in ((inner, outer), (outer, 0)):
        # What lies before the frames that are wanted, or that the second mean looks at.
        start = max(0, first - left - part)
        values, first = values[start:], first - start
        values = rolling_sum(values, part)
        values /= _counts(len(values), part).reshape(-1, *[1] * (values.ndim - 1))
    return values[first:]


@lru_cache(maxsize=64)
def _counts(total: int, reach: int) -> np.ndarray:
    """Existing frames within ``reach`` of each of ``total`` frames."""
    counts = rolling_sum(np.ones(total), reach)
    counts.flags.writeable = False
    return counts


def running_medoid(coords: np.ndarray, weights: np.ndarray, reach: int, most: int = 9,
                   size: np.ndarray | None = None) -> np.ndarray:
    """The sample closest to all others within ``reach`` frames, for each keypoint.

    A median for points: up to half of a window may be wrong, straight motion passes unchanged,
    and the result does not depend on the axes.

    Args:
        coords: Shape (T, ..., K, C), finite, with squares that do not overflow; axes between T
            and K are people.
        weights: Weight of each sample, shape (T, ..., K), > 0.
        reach: Frames on either side, >= 0.
        most: Largest number of frames in a window. Defaults to 9.
        size: Size of each person, shape (...), 0 where unknown: distances of more than twice the
            size count as equal, so that it does not matter how far an outlier is or on which
            side. Defaults to None, unknown.

    Returns:
        Shape (T, ..., K, C).
    """
    total, keypoints, width = coords.shape[0], weights[0].size, coords.shape[-1]
    offsets = spaced_offsets(reach, most)
    last, count = int(offsets[-1]), len(offsets)
    if count == 1:
        return coords.copy()
    step = int(offsets[1] - offsets[0])
    points = np.zeros((total + 2 * last, keypoints, width))
    points[last:last + total] = coords.reshape(total, keypoints, width)
    trust = np.zeros(points.shape[:2])
    trust[last:last + total] = weights.reshape(total, keypoints)
    apart = [length_of(points[k * step:] - points[:len(points) - k * step]) for k in range(count)]
    furthest = _furthest(apart[1], coords.shape[-2], size)
    if max(float(distance.max()) for distance in apart) > furthest.min():
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
    return points[rows, np.arange(keypoints)].reshape(coords.shape)


def _furthest(steps: np.ndarray, keypoints: int, size: np.ndarray | None) -> np.ndarray:
    """The largest distance that counts, shape (keypoints of all people,).

    Twice the size of a person, or a million median steps where that is unknown: one huge distance
    must not cancel the digits of the others.
    """
    people = steps.reshape(len(steps), -1, keypoints)
    sizes = np.zeros(people.shape[1]) if size is None else size.ravel()
    furthest = np.full(people.shape[1], np.inf)
    for person, own in enumerate(people.swapaxes(0, 1)):
        positive = own[own > 0]
        if positive.size:
            step = float(np.median(positive))
            furthest[person] = (_SIZES * sizes[person] if sizes[person] > step
                                else _STEPS * step)
    return np.repeat(furthest, keypoints)
