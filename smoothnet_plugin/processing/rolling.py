"""Statistics over the frames around each frame: local, and symmetric in time."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.ndimage import uniform_filter1d

from ..utils.arrays import all_true
from .compiled_steps import kernels


def spaced_offsets(reach: int, most: int) -> np.ndarray:
    """Evenly spaced frame offsets from -reach to reach, at most ``most`` of them, including 0."""
    step = max(1, math.ceil(2 * reach / (most - 1)))
    count = reach // step
    return np.arange(-count, count + 1) * step


def rolling_quantile(values: np.ndarray, reach: int, share: float = 0.5, most: int = 15,
                     first: int = 0, axis: int = 0) -> np.ndarray:
    """Quantile of the values within ``reach`` frames.

    Long windows are sampled at ``most`` evenly spaced frames, with little loss of precision.

    Args:
        values: Any shape; NaN counts as missing.
        reach: Frames on either side, >= 0.
        share: Quantile, 0 to 1. Defaults to 0.5, the median.
        most: Largest number of frames in a window. Defaults to 15.
        first: First frame whose quantile is wanted. Defaults to 0.
        axis: The axis of the frames. Defaults to 0.

    Returns:
        The same shape without the frames before ``first``; NaN where a window has no value.
    """
    if axis != -1:
        return np.ascontiguousarray(np.moveaxis(rolling_quantile(
            np.moveaxis(values, axis, -1), reach, share, most, first, -1), -1, axis))
    if first > reach:
        return rolling_quantile(values[..., first - reach:], reach, share, most, reach, -1)
    # A short run is not sampled: one outlier could be half of every fourth frame.
    total = values.shape[-1]
    offsets = spaced_offsets(min(reach, max(total - 1, 0)), most)
    last, count = int(offsets[-1]), len(offsets)
    compiled = kernels()
    if compiled is not None and values.size and count > 1:
        result = np.empty(values.shape)
        compiled.rolling_quantile(
            np.ascontiguousarray(values, dtype=np.float64).reshape(-1, total), share, count,
            int(offsets[1] - offsets[0]), _sorting_network(count), result.reshape(-1, total))
        return result[..., first:]
    padded = np.full((*values.shape[:-1], total + 2 * last), np.nan)
    padded[..., last:last + total] = values
    known = np.isfinite(padded)
    if values.size and all_true(known[..., last:last + total]):
        known = known.reshape(-1, known.shape[-1])[0]
    windows = np.empty((*values.shape, count))
    number = np.zeros((*known.shape[:-1], total), dtype=np.intp)
    for column, offset in enumerate((offsets + last).tolist()):
        windows[..., column] = padded[..., offset:offset + total]
        number += known[..., offset:offset + total]
    windows.sort(axis=-1)  # NaN sorts last
    top = np.maximum(number - 1, 0)
    place = share * top
    below = place.astype(np.intp)
    start = np.arange(values.size).reshape(values.shape) * count
    low = windows.take(start + below)
    if (place == below).all():
        return low[..., first:]
    high = windows.take(start + np.minimum(below + 1, top))
    return (low + (place - below) * (high - low))[..., first:]


@lru_cache(maxsize=16)
def _sorting_network(count: int) -> np.ndarray:
    """Pairs of places that sort so many values if put in order one after the other, shape (S, 2).

    Batcher: "Sorting Networks and Their Applications", AFIPS 32 (1968), odd-even merge sort.
    """
    pairs = []
    for part in (2**i for i in range(count.bit_length())):
        for gap in (part >> i for i in range(part.bit_length())):
            for start in range(gap % part, count - gap, 2 * gap):
                pairs += [(low, low + gap) for low in range(start, min(start + gap, count - gap))
                          if low // (2 * part) == (low + gap) // (2 * part)]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def rolling_sum(values: np.ndarray, reach: int, axis: int = 0) -> np.ndarray:
    """Sum over the existing frames within ``reach``, same shape; the frames are axis 0 or -1."""
    return _rolling(values, reach, None, axis)


def _rolling(values: np.ndarray, reach: int, counts: np.ndarray | None, axis: int) -> np.ndarray:
    """Sum over the existing frames within ``reach``, divided by a number per frame."""
    size, compiled, frames = 2 * reach + 1, kernels(), values.shape[axis]
    if compiled is not None and values.size and values.dtype == np.float64:
        total = np.empty(values.shape)
        shape = (-1, frames) if axis else (frames, -1)
        rolling = compiled.rolling_columns if axis else compiled.rolling_rows
        rolling(np.ascontiguousarray(values).reshape(shape), reach,
                np.ones(frames) if counts is None else counts, total.reshape(shape))
        return total
    total = uniform_filter1d(values, size, axis=axis, mode='constant')
    total *= size
    if counts is not None:
        total /= counts if axis else counts.reshape(-1, *[1] * (values.ndim - 1))
    return total


def triangle_mean(values: np.ndarray, reach: int, first: int = 0, axis: int = 0) -> np.ndarray:
    """Mean with weights that fall linearly to 0 over about ``reach`` frames.

    Frames beyond the ends are left out.

    Args:
        values: Any shape, finite.
        reach: Frames on either side, >= 1.
        first: First frame whose mean is wanted. Defaults to 0.
        axis: The axis of the frames, 0 or -1. Defaults to 0.

    Returns:
        The same shape without the frames before ``first``.
    """
    inner = max(1, reach // 2)
    outer = max(1, reach - inner)
    for part, left in ((inner, outer), (outer, 0)):
        # What lies before the frames that are wanted, or that the second mean looks at.
        start = max(0, first - left - part)
        values, first = _from(values, start, axis), first - start
        values = _rolling(values, part, _counts(values.shape[axis], part), axis)
    return _from(values, first, axis)


def _from(values: np.ndarray, start: int, axis: int) -> np.ndarray:
    return values[..., start:] if axis else values[start:]


@lru_cache(maxsize=64)
def _counts(total: int, reach: int) -> np.ndarray:
    """Existing frames within ``reach`` of each of ``total`` frames.

    By NumPy's way, whatever is loaded: the cache must not depend on what came first.
    """
    size = 2 * reach + 1
    return uniform_filter1d(np.ones(total), size, mode='constant') * size
