"""Penalised least squares over time with local weights and penalties, for all keypoints at once.

Whittaker's smoother (see :mod:`smoothnet_plugin.filters.whittaker`) with its own penalty for every
frame and keypoint: a cut-off that may change along the track.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.linalg import get_lapack_funcs

from .compiled_steps import kernels

#: Order of the penalised differences: curves of degree 2 pass unchanged.
ORDER = 3
#: Largest penalty that double precision can solve.
GREATEST_PENALTY = 1e9
#: Smallest weight: it keeps the system definite without affecting the result.
LEAST_WEIGHT = 1e-7
(_SOLVE,) = get_lapack_funcs(('pbsv',), dtype=np.float64)
_DIFFERENCE = np.array([-1.0, 3.0, -3.0, 1.0])


def penalty_of(cutoff: np.ndarray, fps: float) -> np.ndarray:
    """Penalty that halves the amplitude at a cut-off.

    It fades to 0 as the cut-off approaches half the frame rate, where motion and noise cannot be
    distinguished and smoothing would only do harm.

    Args:
        cutoff: In Hz, > 0, any shape.
        fps: Frames per second.

    Returns:
        The penalty lambda, same shape, 0 to 1e9.
    """
    share = np.minimum(cutoff / (fps / 2), 1.0)
    penalty = (2 * np.sin(np.pi * share / 2))**(-2 * ORDER) * (1 - share**4)
    return np.minimum(penalty, GREATEST_PENALTY)


def between_frames(penalty: np.ndarray) -> np.ndarray:
    """Penalties of the differences, shape (..., T - 3), from those of the frames, (..., T)."""
    inner = np.sqrt(penalty[..., 1:-2] * penalty[..., 2:-1])
    return np.maximum(inner, 1e-12)


class PenalizedFit:
    r"""Minimises sum_t w_t (z_t - x_t)^2 + sum_s lambda_s (D^3 z)_s^2 for every keypoint.

    The keypoints form one block-diagonal banded system, solved by one call of LAPACK's pbsv, or by
    compiled code where that is loaded. Time is the last axis, as in LAPACK's arrays.

    Args:
        curves: x, shape (C, ..., K, T) with T > 3, finite; axes between C and K are people. Values
            near 0 lose the fewest digits.
        penalties: lambda of the third differences, shape (..., K, T - 3), > 0.
    """

    def __init__(self, curves: np.ndarray, penalties: np.ndarray) -> None:
        self._curves, self._penalties = curves, penalties

    @cached_property
    def _bands(self) -> np.ndarray:
        """The systems without weights, in the order of LAPACK's own arrays."""
        total = self._curves.shape[-1]
        rows = self._penalties.reshape(-1, total - ORDER)
        bands = np.zeros((len(rows), total, ORDER + 1))
        for band in range(ORDER + 1):
            for tap in range(ORDER + 1 - band):
                bands[:, tap:tap + total - ORDER, band] += (
                    _DIFFERENCE[tap] * _DIFFERENCE[tap + band] * rows)
        return bands

    def solve(self, weights: np.ndarray) -> np.ndarray:
        """The curves for some weights.

        Args:
            weights: w, shape (..., K, T), >= 0; smaller ones are raised to 1e-7.

        Returns:
            z, shape (C, ..., K, T).
        """
        curves, compiled = self._curves, kernels()
        if compiled is not None:
            rows = weights.size // curves.shape[-1]
            solution = np.empty((len(curves), rows, curves.shape[-1]))
            if compiled.penalized_fit(*(np.ascontiguousarray(part, dtype=np.float64) for part in (
                    curves.reshape(solution.shape), self._penalties.reshape(rows, -1),
                    weights.reshape(rows, -1))), LEAST_WEIGHT, solution):
                return solution.reshape(curves.shape)
        system = self._bands.copy()
        trust = np.maximum(weights, LEAST_WEIGHT)
        system[..., 0] += trust.reshape(system.shape[:2])
        right = trust * curves
        _, solution, failed = _SOLVE(
            system.reshape(-1, ORDER + 1).T, right.reshape(len(curves), -1).T, lower=1,
            overwrite_ab=1, overwrite_b=1)
        if not failed:
            return solution.T.reshape(curves.shape)
        # Indefinite by rounding: weights near 0 and large penalties.
        if curves.ndim == 3:
            return curves.copy()
        # Of one person: the others are solved.
        return np.stack([PenalizedFit(curves[:, i], self._penalties[i]).solve(weights[i])
                         for i in range(curves.shape[1])], axis=1)
