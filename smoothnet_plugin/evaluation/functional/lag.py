"""Lag of a sequence: the peak of its cross-correlation with the truth."""

from __future__ import annotations

import numpy as np

from ...errors import ConfigError
from .arrays import check_pair
from .lagged import lagged_moments


def lag_frames(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
               max_lag: int = 30) -> float:
    """Delay of the prediction behind the truth, in frames.

    The lag is the maximum of the Pearson correlation of ``pred[t + lag]`` with ``target[t]`` over
    their common frames, with all channels pooled; a parabola through the peak and its neighbours
    gives the fraction of a frame.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all finite ones.
        max_lag: Largest lag to try in either direction, in frames, >= 1; lags over T / 2 are
            never tried. Defaults to 30.

    Returns:
        The lag, positive if the prediction is late. A value of ``max_lag`` means at least that
        much. NaN if nothing moves or nothing correlates with the truth.

    Raises:
        ConfigError: ``max_lag`` is not as stated.
        DataFormatError: The shapes differ.

    Example:
        >>> motion = np.sin(0.2 * np.arange(100)).reshape(100, 1, 1)
        >>> lag_frames(motion[:-4], motion[4:])
        4.0
    """
    return lag_of_statistics(lag_statistics(pred, target, mask, max_lag))


def lag_statistics(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                   max_lag: int = 30) -> np.ndarray:
    """Statistics for :func:`lag_of_statistics`, which may be summed over sequences.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all finite ones.
        max_lag: Largest lag, in frames, >= 1. Defaults to 30.

    Returns:
        Shape (3, 2 * max_lag + 1): the covariance of the two, the variance of the prediction and
        that of the truth for the lags -max_lag to max_lag, summed over frames and channels. Zero
        for lags over T / 2.

    Raises:
        ConfigError: ``max_lag`` is not as stated.
        DataFormatError: The shapes differ.

    Example:
        >>> motion = np.array([0.0, 1.0, 0.0, -1.0]).reshape(4, 1, 1)
        >>> lag_statistics(motion, motion, max_lag=1)[:, 1].tolist()
        [2.0, 2.0, 2.0]
    """
    if max_lag < 1:
        raise ConfigError(f'max_lag is {max_lag}; expected a number of frames, 1 or more.')
    check_pair(pred, target, mask)
    frames = len(pred)
    statistics = np.zeros((3, 2 * max_lag + 1))
    if frames > 1:
        reach = min(max_lag, frames // 2)
        statistics[:, max_lag - reach:max_lag + reach + 1] = lagged_moments(
            pred, target, mask, reach)
    return statistics


def lag_of_statistics(statistics: np.ndarray) -> float:
    """The lag from :func:`lag_statistics`, or from a sum of them.

    Args:
        statistics: Shape (3, 2 * max_lag + 1).

    Returns:
        The lag in frames, as :func:`lag_frames` returns it.

    Example:
        >>> motion = np.sin(0.2 * np.arange(100)).reshape(100, 1, 1)
        >>> lag_of_statistics(lag_statistics(motion[3:], motion[:-3], max_lag=5))
        -3.0
    """
    covariance, pred_variance, target_variance = statistics
    power = pred_variance * target_variance
    usable = (pred_variance > 0) & (target_variance > 0)
    correlation = np.full(len(covariance), -np.inf)
    correlation[usable] = covariance[usable] / np.sqrt(power[usable])
    peak = int(correlation.argmax())
    if not correlation[peak] > 0:
        return float('nan')
    lag = float(peak - len(covariance) // 2)
    if not (0 < peak < len(covariance) - 1 and usable[peak - 1] and usable[peak + 1]):
        return lag
    before, top, after = correlation[peak - 1:peak + 2]
    # An exact copy peaks at exactly 1; rounding must not turn it into a fraction of a frame.
    if top > 1 - 1e-12 or before - 2 * top + after == 0:
        return lag
    return lag + float(0.5 * (before - after) / (before - 2 * top + after))
