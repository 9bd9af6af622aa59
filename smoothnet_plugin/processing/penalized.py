"""Penalised least squares over time with local weights and penalties, for all keypoints at once.

Whittaker's smoother (see :mod:`smoothnet_plugin.filters.whittaker`) with its own penalty for every
frame and keypoint: a cut-off that may change along the track.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import get_lapack_funcs

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
    """Penalties of the differences, shape (T - 3, ...), from those of the frames, (T, ...)."""
    inner = np.sqrt(penalty[1:-2] * penalty[2:-1])
    return np.maximum(inner, 1e-12)


class PenalizedFit:
    r"""Minimises sum_t w_t (z_t - x_t)^2 + sum_s lambda_s (D^3 z)_s^2 for every keypoint.

    The keypoints form one block-diagonal banded system, solved by one call of LAPACK's pbsv.

    Args:
        values: x, shape (T, ..., K, C) with T > 3, finite. Values near 0 lose the fewest digits.
        penalties: lambda of the third differences, shape (T - 3, ..., K), > 0.
    """

    def __init__(self, values: np.ndarray, penalties: np.ndarray) -> None:
        self._values, self._penalties = values, penalties
        total, width = len(values), values.shape[-1]
        rows = np.ascontiguousarray(penalties.reshape(total - ORDER, -1).T)
        # In the order of LAPACK's own arrays, which then works in place.
        self._bands = np.zeros((len(rows), total, ORDER + 1))
        for band in range(ORDER + 1):
            for tap in range(ORDER + 1 - band):
                self._bands[:, tap:tap + total - ORDER, band] += (
                    _DIFFERENCE[tap] * _DIFFERENCE[tap + band] * rows)
        self._right = np.ascontiguousarray(
            values.reshape(total, len(rows), width).transpose(2, 1, 0))

    def solve(self, weights: np.ndarray) -> np.ndarray:
        """The curves for some weights.

        Args:
            weights: w, shape (T, ..., K), >= 0; smaller ones are raised to 1e-7.

        Returns:
            z, shape (T, ..., K, C).
        """
        total, width = len(self._values), self._values.shape[-1]
        system = self._bands.copy()
        trust = np.maximum(weights.reshape(total, -1).T, LEAST_WEIGHT)
        system[..., 0] += trust
        right = trust * self._right
        _, solution, failed = _SOLVE(
            system.reshape(-1, ORDER + 1).T, right.reshape(width, -1).T, lower=1, overwrite_ab=1,
            overwrite_b=1)
        if failed:  # indefinite by rounding: weights near 0 and large penalties
            if self._values.ndim == 3:
                return self._values.copy()
            # Of one person: the others are solved.
            return np.stack([
                PenalizedFit(self._values[:, i], self._penalties[:, i]).solve(weights[:, i])
                for i in range(self._values.shape[1])], axis=1)
        solution = solution.T.reshape(width, -1, total)
        return np.ascontiguousarray(solution.transpose(2, 1, 0)).reshape(self._values.shape)
