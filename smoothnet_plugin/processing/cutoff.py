"""Local cut-off of a smoother, estimated from the poses for each keypoint and second.

Model: the motion is white noise integrated three times (for which Whittaker's smoother of order 3
is optimal), and the error is stationary noise that may be correlated in time, AR(1). Fourth
differences over several lags separate the two: for noise they are similar at every lag, for motion
they grow with at least the fifth power of the lag. Their mean squares are computed here, the
cut-off that they make most likely in :mod:`smoothnet_plugin.processing.cutoff_likelihood`.

Time is the last axis of all arrays.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ..utils.arrays import curve_squares
from .cutoff_likelihood import (
    CORRELATIONS,
    LOGS,
    Squares,
    expected_squares,
    likely_cutoff,
)
from .rolling import rolling_sum, triangle_mean

#: Longest lag of a difference, in seconds.
LONGEST_LAG = 0.14
#: Seconds on either side whose differences are used.
REACH_SECONDS = 0.8
#: Weight of single frames.
MOMENT_WEIGHT = 0.1
#: Above this cut-off in Hz motion is uneven (kicks and rests) and needs more than the mean cut-off.
EVEN_CUTOFF, UNEVENNESS = 3.2, 0.8
#: Smallest error, in body sizes.
LEAST_NOISE = 1e-4
#: Samples (keypoints x frames) whose candidates are weighed at once: their arrays fit into a CPU's
#: second-level cache.
_SAMPLES_AT_ONCE = 6000
_WHITE = 70.0  # squares of the coefficients 1, -4, 6, -4, 1


def local_cutoff(curves: np.ndarray, trust: np.ndarray, size: np.ndarray,
                 fps: float) -> np.ndarray | None:
    """Estimate the best cut-off around each frame.

    Args:
        curves: Shape (C, ..., K, T), finite, outliers replaced; axes between C and K are people.
        trust: Weight of each sample, shape (..., K, T), 0 to 1.
        size: Body size, shape (..., 1, T), > 0.
        fps: Frames per second.

    Returns:
        Cut-off in Hz, shape (..., K, T); None if the clip is too short.
    """
    shape, total = curves.shape[1:], curves.shape[-1]
    lags = _lags(fps, total)
    if not lags:
        return None
    keypoints = shape[-2]
    curves = curves.reshape(len(curves), -1, keypoints, total)
    trust = trust.reshape(curves.shape[1:])
    if (trust == 1).all():
        trust = np.ones((1, 1, total))
    reach = max(2, round(REACH_SECONDS * fps))
    squares = _squares(curves, trust, size.reshape(-1, 1, total), lags, reach)
    certain = np.clip(triangle_mean(trust, reach, axis=-1), 0, 1)
    models = np.array([expected_squares(fps, correlation, lags) for correlation in CORRELATIONS])
    mean, rise = np.empty(curves.shape[1:]), np.empty(curves.shape[1:])
    frames = min(total, max(64, _SAMPLES_AT_ONCE // keypoints))
    people = max(1, _SAMPLES_AT_ONCE // (keypoints * frames))
    for first in range(0, len(mean), people):
        for start in range(0, total, frames):
            block = slice(first, first + people), slice(start, start + frames)
            mean[block[0], :, block[1]], rise[block[0], :, block[1]] = likely_cutoff(
                Squares(*(_part(values, *block) for values in squares)),
                _part(certain, *block), models)
    rise = maximum_filter1d(rise, 3 + 2 * round(0.02 * fps), mode='nearest')
    mean += rolling_sum(rise, 1, axis=-1) / rolling_sum(np.ones(total), 1)
    mean += UNEVENNESS * np.maximum(mean - np.log(EVEN_CUTOFF), 0)
    return np.exp(np.clip(mean, LOGS[0], LOGS[-1])).reshape(shape)


def _squares(curves: np.ndarray, trust: np.ndarray, size: np.ndarray, lags: tuple[int, ...],
             reach: int) -> Squares:
    """Mean squares of the differences of curves (C, P, K, T); trust may have axes of length 1."""
    width = len(curves)
    slow = _smoothed(curves)
    scale = 1 / size**2
    found: list[list[np.ndarray]] = [[], [], [], []]
    for lag in lags:
        with np.errstate(over='ignore'):  # Beyond all measure is not known.
            square = _fourth_difference(curves if lag == 1 else slow, lag) * scale
        square += _WHITE * LEAST_NOISE**2
        known = np.isfinite(square)
        if known[..., 2 * lag:-2 * lag].all():
            known = known[:1, :1]
        least = np.maximum(minimum_filter1d(trust, 4 * lag + 1, mode='nearest'), 0.02)
        share = np.where(known, least, 0.0)
        square = np.where(known, square, 0.0)
        square *= share
        weight = np.maximum(triangle_mean(share, reach, axis=-1), 1e-9)
        # At least what every known one has, so that its logarithm is finite where none is known.
        energy = triangle_mean(square, reach, axis=-1)
        energy /= weight
        number = triangle_mean(known.astype(float), reach, axis=-1) * width * reach / (4 * lag)
        count = rolling_sum(share, 1, axis=-1)
        moment = rolling_sum(square, 1, axis=-1)
        moment /= np.maximum(count, 1e-9)
        for values, part in zip(found, (
                np.maximum(energy, _WHITE * LEAST_NOISE**2, out=energy), number, moment,
                count / 3 * width * MOMENT_WEIGHT)):
            values.append(part)
    return Squares(*(np.stack(np.broadcast_arrays(*values)) for values in found))


def _part(values: np.ndarray, people: slice, frames: slice) -> np.ndarray:
    """Some people and frames of an array (..., P, K, T), or of one that all people share."""
    return values[..., people if values.shape[-3] > 1 else slice(None), :, frames]


def _lags(fps: float, total: int) -> tuple[int, ...]:
    longest = max(1.0, LONGEST_LAG * fps)
    return tuple(2**k for k in range(10) if 2**k <= longest and 4 * 2**k < total)


def _smoothed(curves: np.ndarray) -> np.ndarray:
    """Weighted 1, 2, 1 over three frames, to avoid aliasing in differences of longer lags."""
    result = curves / 2
    result[..., 1:-1] += (curves[..., :-2] + curves[..., 2:]) / 4
    for end, inner in ((0, 1), (-1, -2)):
        result[..., end] += (curves[..., end] + curves[..., inner]) / 4
    return result


def _fourth_difference(curves: np.ndarray, lag: int) -> np.ndarray:
    """Mean square over the channels, shape (..., K, T); NaN near the ends."""
    total = curves.shape[-1]
    result = np.full(curves.shape[1:], np.nan)
    parts = [curves[..., k * lag:total - (4 - k) * lag] for k in range(5)]
    difference = parts[1] + parts[3]
    difference *= -4
    difference += parts[0]
    difference += parts[4]
    difference += 6 * parts[2]
    np.divide(curve_squares(difference), len(curves), out=result[..., 2 * lag:total - 2 * lag])
    return result
