"""The cut-off that mean squares of fourth differences make most likely.

A composite likelihood of the mean squares (see :mod:`smoothnet_plugin.processing.cutoff`), after
Patterson, Thompson: "Recovery of inter-block information when block sizes are unequal", Biometrika
58 (1971), with a prior for people. The noise level of a keypoint is drawn towards that of the
person's other keypoints, or fast fingers and feet would pass for noise (an inverse gamma prior of
the variance; Gelman et al.: "Bayesian Data Analysis", 2013, ch. 5).

Axes: P correlations of the noise, F cut-offs, M lags, people, keypoints K, frames T.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..utils.arrays import median_known
from .compiled_steps import kernels

#: Candidate cut-offs in Hz.
CUTOFFS = np.array([0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0, 22.0])
#: Candidate correlations of the noise from frame to frame; estimators have 0.3 to 0.8.
CORRELATIONS = (-0.6, -0.3, 0.0, 0.3, 0.5, 0.7)
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
#: Spread of the cut-off of single frames about the mean (of its logarithm).
MOMENT_SPREAD = 0.5
LOGS = np.log(CUTOFFS)
_PRIOR = -0.5 * ((LOGS - np.log(PRIOR_CUTOFF)) / PRIOR_SPREAD)**2
_NOTHING = 1e-300


class Squares(NamedTuple):
    """Mean squares of differences by lag, in squared body sizes, and the numbers of values in them.

    Each has the shape (M, ..., K, T). Numbers that all keypoints and people share have axes of
    length 1 instead.

    Attributes:
        energy: Around a frame.
        number: Independent values in it.
        moment: At a frame and its neighbours.
        moment_number: Values in it, weighted.
    """

    energy: np.ndarray
    number: np.ndarray
    moment: np.ndarray
    moment_number: np.ndarray


def likely_cutoff(squares: Squares, certain: np.ndarray,
                  models: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithm of the cut-off around each frame, and by how much that of the moment is higher.

    Args:
        squares: Mean squares of people, shape (M, people, K, T).
        certain: Mean weight of the samples around a frame, shape (people, K, T), 0 to 1; may have
            axes of length 1 as well.
        models: Expected squares (:func:`expected_squares`), shape (P, F, M).

    Returns:
        Both of shape (people, K, T); the second is >= 0.
    """
    energy, number, moment, moment_number = squares
    kind = _kind_of_noise(energy, number, models)
    # (M, F, people, 1, T)
    log_model = _weighted(kind, np.log(models).swapaxes(1, 2))[..., None, :]
    inverse = np.exp(-log_model)
    total = np.maximum(number.sum(axis=0), 1e-9)
    square, base = _over_lags(inverse, number * energy), _over_lags(log_model, number)
    level = _posterior(square, base, total)[1]
    pooled = np.minimum(LEVEL_EVIDENCE, total) * certain**LEVEL_DOUBT
    square += pooled * np.exp(_usual_level(level, certain))
    mean, level = _posterior(square, base, total + pooled)
    # The noise is that of the surrounding frames; only the motion may be faster for a moment.
    fit = _over_lags(inverse, moment_number * moment * np.exp(-level))
    fit += _over_lags(log_model, moment_number)
    # All candidates expect the same noise: what is left of its logarithm does not tell them apart.
    compiled = kernels()
    if compiled is None:
        fit *= -0.5
        fit -= 0.5 * ((LOGS.reshape(-1, 1, 1, 1) - mean) / MOMENT_SPREAD)**2
        fit -= fit.max(axis=0)
    else:
        compiled.moment_fit(fit.reshape(len(LOGS), -1), mean.ravel(), LOGS, MOMENT_SPREAD)
    return mean, np.maximum(_mean_log(*_shares(fit)) - mean, 0)


def _posterior(square: np.ndarray, base: np.ndarray,
               total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean logarithms of the cut-off and of the noise, each of shape (people, K, T).

    Args:
        square: Sum over the lags of squares in units of what a cut-off expects, shape
            (F, people, K, T).
        base: Sum of the logarithms of what it expects.
        total: Number of independent values.
    """
    noise = square / total
    noise = np.log(np.maximum(noise, _NOTHING, out=noise), out=noise)
    compiled = kernels()
    if compiled is not None:
        fit, mean, level = np.empty_like(noise), np.empty(noise.shape[1:]), np.empty(
            noise.shape[1:])
        compiled.posterior_fit(noise, base, total, _PRIOR, POOLED, fit)
        share = np.exp(fit, out=fit)
        flat = len(fit), -1
        compiled.posterior_means(share.reshape(flat), noise.reshape(flat), LOGS,
                                 mean.reshape(-1), level.reshape(-1))
        return mean, level
    fit = noise * (-0.5 * total)
    fit += _PRIOR.reshape(-1, 1, 1, 1) - 0.5 * base
    # The cut-offs of one person are similar.
    pooled = POOLED * fit.mean(axis=-2, keepdims=True)
    fit *= 1 - POOLED
    fit += pooled
    fit -= fit.max(axis=0)
    share, sums = _shares(fit)
    noise *= share
    return _mean_log(share, sums), noise.sum(axis=0) / sums


def _shares(fit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities along the first axis up to a factor, and their sums; uses up its argument.

    Args:
        fit: Their logarithms up to a constant, at most 0.
    """
    share = np.exp(fit, out=fit)
    return share, share.sum(axis=0)


def _mean_log(share: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Mean logarithm of the cut-offs with such probabilities."""
    return _weighted(share, LOGS) / sums


def _usual_level(level: np.ndarray, certain: np.ndarray) -> np.ndarray:
    """Median of the levels of a person's keypoints that are mostly measured, shape (..., 1, T).

    A person without such keypoints has levels of their own, shape (..., K, T).
    """
    shown = certain >= LEVEL_WEIGHT
    usual = median_known(np.where(shown, level, np.nan), axis=-2)[..., None, :]
    return np.where(shown.any(axis=-2, keepdims=True), usual, level)


def _weighted(shares: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum over the first axis of shares (F, ...) times values (F, ...): both other axes.

    One term after the other, so that a sum does not depend on how many there are beside it.
    """
    ends = [1] * (shares.ndim - 1)
    total = shares[0] * values[0].reshape(*values.shape[1:], *ends)
    for share, value in zip(shares[1:], values[1:]):
        total += share * value.reshape(*value.shape, *ends)
    return total


def _over_lags(factors: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum over lags of factors (M, F, people, 1, T) times values (M, people, K, T)."""
    compiled = kernels()
    if compiled is not None:
        total = np.empty((*factors.shape[1:3], *values.shape[2:]))
        compiled.over_lags(np.ascontiguousarray(factors[..., 0, :]),
                           np.ascontiguousarray(values), total)
        return total
    total = factors[0] * values[0]
    for factor, value in zip(factors[1:], values[1:]):
        total += factor * value
    return total


def _kind_of_noise(energy: np.ndarray, number: np.ndarray, models: np.ndarray) -> np.ndarray:
    """Probability of each correlation, shape (P, people, T): one kind of noise for each person."""
    usual = np.exp(np.log(energy).mean(axis=-2))
    # Equal numbers have their very mean, whether an axis of length 1 stands for them or not.
    first = number[..., 0, :]
    values = KIND_EVIDENCE * (first + (number - first[..., None, :]).mean(axis=-2))
    by_lag = models.reshape(-1, len(usual)).T
    total = np.maximum(values.sum(axis=0), 1e-9)
    noise = np.log(np.maximum(_weighted(values * usual, 1 / by_lag) / total, _NOTHING))
    fit = -0.5 * (_weighted(values, np.log(by_lag)) + total * noise)
    fit = fit.reshape(*models.shape[:2], *fit.shape[1:]) + _PRIOR.reshape(-1, 1, 1)
    fit = fit.max(axis=1)
    share, sums = _shares(fit - fit.max(axis=0))
    return share / sums


@lru_cache(maxsize=256)
def expected_squares(fps: float, correlation: float, lags: tuple[int, ...]) -> np.ndarray:
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
