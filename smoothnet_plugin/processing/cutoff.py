"""Local cut-off of a smoother, estimated from the poses for each keypoint and second.

Model: the motion is white noise integrated three times (for which Whittaker's smoother of order 3
is optimal), and the error is stationary noise that may be correlated in time, AR(1). Fourth
differences over several lags separate the two: for noise they are similar at every lag, for motion
they grow with at least the fifth power of the lag. The cut-off follows from a composite likelihood
of their mean squares, after Patterson, Thompson: "Recovery of inter-block information when block
sizes are unequal", Biometrika 58 (1971), with a prior for people. The noise level of a keypoint is
drawn towards that of the person's other keypoints, or fast fingers and feet would pass for noise
(an inverse gamma prior of the variance; Gelman et al.: "Bayesian Data Analysis", 2013, ch. 5).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ..utils.arrays import median_known, squared_length
from .rolling import rolling_sum, triangle_mean

#: Candidate cut-offs in Hz.
CUTOFFS = np.array([0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0, 22.0])
#: Candidate correlations of the noise from frame to frame; estimators have 0.3 to 0.8.
CORRELATIONS = (-0.6, -0.3, 0.0, 0.3, 0.5, 0.7)
#: Longest lag of a difference, in seconds.
LONGEST_LAG = 0.14
#: Seconds on either side whose differences are used.
REACH_SECONDS = 0.8
#: Prior of the cut-off: its median in Hz and the standard deviation of its logarithm.
PRIOR_CUTOFF, PRIOR_SPREAD = 3.0, 0.7
#: Evidence about a person's kind of noise, in numbers of keypoints.
KIND_EVIDENCE = 1.4
#: Share of the evidence that the keypoints of a person pool.
POOLED = 0.8
#: The median level of noise of the person's keypoints counts as so many values, at most as many as
#: the keypoint's own. It counts less, by this power, where weights are below 1: what an estimator
#: doubts is noisier.
LEVEL_EVIDENCE, LEVEL_DOUBT = 16.0, 6.0
#: Mean weight from which on a keypoint shows the person's level of noise.
LEVEL_WEIGHT = 0.5
#: Above this cut-off in Hz motion is uneven (kicks and rests) and needs more than the mean cut-off.
EVEN_CUTOFF, UNEVENNESS = 3.2, 0.8
#: Weight of single frames, and spread of their cut-off about the mean (of its logarithm).
MOMENT_WEIGHT, MOMENT_SPREAD = 0.1, 0.5
#: Smallest error, in body sizes.
LEAST_NOISE = 1e-4
#: Products that are computed at once.
_VALUES_AT_ONCE = 1 << 14
_LOGS = np.log(CUTOFFS)
_PRIOR = -0.5 * ((_LOGS - np.log(PRIOR_CUTOFF)) / PRIOR_SPREAD)**2
_NOTHING = 1e-300
_WHITE = 70.0  # squares of the coefficients 1, -4, 6, -4, 1


def local_cutoff(coords: np.ndarray, trust: np.ndarray, size: np.ndarray,
                 fps: float) -> np.ndarray | None:
    """Estimate the best cut-off around each frame.

    Args:
        coords: Shape (T, ..., K, C), finite, outliers replaced; axes between T and K are people.
        trust: Weight of each sample, shape (T, ..., K), 0 to 1.
        size: Body size, shape (T, ..., 1), > 0.
        fps: Frames per second.

    Returns:
        Cut-off in Hz, shape (T, ..., K); None if the clip is too short.
    """
    lags = _lags(fps, len(coords))
    if not lags:
        return None
    width = coords.shape[-1]
    reach = max(2, round(REACH_SECONDS * fps))
    slow = _smoothed(coords)
    energy, number, moment, moment_number = [], [], [], []
    for lag in lags:
        difference = _fourth_difference(coords if lag == 1 else slow, lag)
        with np.errstate(over='ignore'):  # Beyond all measure is not known.
            square = difference / size**2 + _WHITE * LEAST_NOISE**2
        known = np.isfinite(square)
        least = np.maximum(minimum_filter1d(trust, 4 * lag + 1, axis=0, mode='nearest'), 0.02)
        share = np.where(known, least, 0.0)
        square = np.where(known, square, 0.0) * share
        weight = triangle_mean(share, reach)
        # At least what every known one has, so that its logarithm is finite where none is known.
        energy.append(np.maximum(triangle_mean(square, reach) / np.maximum(weight, 1e-9),
                                 _WHITE * LEAST_NOISE**2))
        number.append(triangle_mean(known.astype(float), reach) * width * reach / (4 * lag))
        count = rolling_sum(share, 1)
        moment.append(rolling_sum(square, 1) / np.maximum(count, 1e-9))
        moment_number.append(count / 3 * width * MOMENT_WEIGHT)
    energies, numbers = np.array(energy), np.array(number)
    models = np.array([_expected(fps, correlation, lags) for correlation in CORRELATIONS])
    kind = _kind_of_noise(energies, numbers, models)
    # (M, F, T, ..., 1)
    log_model = _weighted(kind, np.log(models).swapaxes(1, 2))[..., None]
    inverse = np.exp(-log_model)
    total = np.maximum(numbers.sum(axis=0), 1e-9)
    square, base = _over_lags(inverse, numbers * energies), _over_lags(log_model, numbers)
    _, level = _posterior(square, base, total)
    certain = np.clip(triangle_mean(trust, reach), 0, 1)
    pooled = np.minimum(LEVEL_EVIDENCE, total) * certain**LEVEL_DOUBT
    square += pooled * np.exp(_usual_level(level, certain))
    share, level = _posterior(square, base, total + pooled)
    mean = _weighted(share, _LOGS)
    number_now = np.array(moment_number)
    mean = mean + _rise(mean, log_model, inverse, level, np.array(moment), number_now, fps)
    mean = mean + UNEVENNESS * np.maximum(mean - np.log(EVEN_CUTOFF), 0)
    return np.exp(np.clip(mean, _LOGS[0], _LOGS[-1]))


def _posterior(square: np.ndarray, base: np.ndarray,
               total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each cut-off, (F, T, ..., K), and logarithm of the noise, (T, ..., K).

    Args:
        square: Sum over the lags of squares in units of what a cut-off expects, (F, T, ..., K).
        base: Sum of the logarithms of what it expects, same shape or (F, T, ..., 1).
        total: Number of independent values, (T, ..., K).
    """
    noise = square / total
    noise = np.log(np.maximum(noise, _NOTHING, out=noise), out=noise)
    fit = total * noise
    fit += base
    fit *= -0.5
    fit += _PRIOR.reshape(-1, *[1] * total.ndim)
    # The cut-offs of one person are similar.
    pooled = POOLED * fit.mean(axis=-1, keepdims=True)
    fit *= 1 - POOLED
    fit += pooled
    share = _shares(fit)
    noise *= share
    return share, noise.sum(axis=0)


def _usual_level(level: np.ndarray, certain: np.ndarray) -> np.ndarray:
    """Median of the levels of a person's keypoints that are mostly measured, shape (T, ..., 1).

    A person without such keypoints has levels of their own, shape (T, ..., K).
    """
    shown = certain >= LEVEL_WEIGHT
    usual = median_known(np.where(shown, level, np.nan), axis=-1)[..., None]
    return np.where(shown.any(axis=-1, keepdims=True), usual, level)


def _weighted(shares: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum over the first axis of shares (F, T, ...) times values (F, ...): (..., T, ...).

    One term after the other, so that a sum does not depend on how many there are beside it.
    """
    ends = [1] * (shares.ndim - 1)
    total = shares[0] * values[0].reshape(*values.shape[1:], *ends)
    for share, value in zip(shares[1:], values[1:]):
        total += share * value.reshape(*value.shape, *ends)
    return total


def _over_lags(factors: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum over lags of factors (M, F, T, ..., 1) times values (M, T, ..., K): (F, T, ..., K).

    As many cut-offs at once as fit into a CPU's cache with their products.
    """
    total = np.empty((factors.shape[1], *values.shape[1:]))
    step = max(1, _VALUES_AT_ONCE // max(1, values[0].size))
    product = np.empty_like(total[:step])
    for start in range(0, len(total), step):
        sums, chosen = total[start:start + step], slice(start, start + step)
        np.multiply(factors[0, chosen], values[0], out=sums)
        for factor, value in zip(factors[1:], values[1:]):
            sums += np.multiply(factor[chosen], value, out=product[:len(sums)])
    return total


def _kind_of_noise(energies: np.ndarray, numbers: np.ndarray, models: np.ndarray) -> np.ndarray:
    """Probability of each correlation, shape (P, T, ...): one kind of noise for each person.

    Args:
        energies: Mean squares by lag, shape (M, T, ..., K).
        numbers: Numbers of independent values in them, same shape.
        models: Expected mean squares, shape (P, F, M).
    """
    usual = np.exp(np.log(energies).mean(axis=-1))
    number = KIND_EVIDENCE * numbers.mean(axis=-1)
    by_lag = models.reshape(-1, len(usual)).T
    total = np.maximum(number.sum(axis=0), 1e-9)
    noise = np.log(np.maximum(_weighted(number * usual, 1 / by_lag) / total, _NOTHING))
    fit = -0.5 * (_weighted(number, np.log(by_lag)) + total * noise)
    fit = fit.reshape(*models.shape[:2], *total.shape) + _PRIOR.reshape(-1, *[1] * total.ndim)
    return _shares(fit.max(axis=1))


def _rise(mean: np.ndarray, log_model: np.ndarray, inverse: np.ndarray, level: np.ndarray,
          moment: np.ndarray, number: np.ndarray, fps: float) -> np.ndarray:
    """Momentary rise of the logarithm of the cut-off, shape (T, ..., K), >= 0.

    The noise, whose logarithm is ``level``, is that of the surrounding frames; only the motion may
    be faster.
    """
    fit = _over_lags(log_model, number)
    fit += _over_lags(inverse, number * moment * np.exp(-level))
    fit *= -0.5
    # All candidates expect the same noise: what is left of its logarithm does not tell them apart.
    fit -= 0.5 * ((_LOGS.reshape(-1, *[1] * mean.ndim) - mean) / MOMENT_SPREAD)**2
    rise = np.maximum(_weighted(_shares(fit), _LOGS) - mean, 0)
    rise = maximum_filter1d(rise, 3 + 2 * round(0.02 * fps), axis=0, mode='nearest')
    return rolling_sum(rise, 1) / rolling_sum(np.ones((len(rise), *[1] * (rise.ndim - 1))), 1)


def _shares(fit: np.ndarray) -> np.ndarray:
    """Probabilities along the first axis from their logarithms; uses up its argument."""
    fit -= fit.max(axis=0)
    share = np.exp(fit, out=fit)
    share /= share.sum(axis=0)
    return share


def _lags(fps: float, total: int) -> tuple[int, ...]:
    longest = max(1.0, LONGEST_LAG * fps)
    return tuple(2**k for k in range(10) if 2**k <= longest and 4 * 2**k < total)


def _smoothed(coords: np.ndarray) -> np.ndarray:
    """Weighted 1, 2, 1 over three frames, to avoid aliasing in differences of longer lags."""
    padded = np.concatenate([coords[:1], coords, coords[-1:]])
    return padded[1:-1] / 2 + (padded[:-2] + padded[2:]) / 4


def _fourth_difference(coords: np.ndarray, lag: int) -> np.ndarray:
    """Mean square over the channels, shape (T, ..., K); NaN near the ends."""
    total = len(coords)
    result = np.full(coords.shape[:-1], np.nan)
    parts = [coords[k * lag:total - (4 - k) * lag] for k in range(5)]
    difference = parts[0] + parts[4] - 4 * (parts[1] + parts[3]) + 6 * parts[2]
    result[2 * lag:total - 2 * lag] = squared_length(difference)
    result /= coords.shape[-1]
    return result


@lru_cache(maxsize=256)
def _expected(fps: float, correlation: float, lags: tuple[int, ...]) -> np.ndarray:
    """Mean squares of fourth differences for each cut-off and lag, with noise of variance 1."""
    angle = (np.arange(4000) + 0.5) / 4000 * np.pi
    spectrum = (1 - correlation**2) / (1 - 2 * correlation * np.cos(angle) + correlation**2)
    noise, motion = [], []
    for lag in lags:
        gain = (2 * np.sin(angle * lag / 2))**8 * (1 if lag == 1 else np.cos(angle / 2)**4)
        noise.append(np.mean(gain * spectrum))
        motion.append(np.mean(gain / (2 * np.sin(angle / 2))**6))
    # Near frequency 0, where the cut-off is, AR(1) noise is stronger than white noise by this.
    slow = (1 + correlation) / (1 - correlation)
    penalty = (2 * np.sin(np.pi * np.minimum(CUTOFFS, 0.45 * fps) / fps))**-6.0
    return np.array(noise) + slow * np.array(motion) / penalty[:, None]
