"""Motion of constant velocity or acceleration with white noise, for Kalman filters.

Bar-Shalom, Li, Kirubarajan: "Estimation with Applications to Tracking and Navigation", 2001,
section 6.2 (white process noise, sampled).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_discrete_are

from ._linear import fading_frames

#: Variance of the unknown first state, in measurement variances: large enough to be uninformative,
#: and small enough for the precision of the covariances.
DIFFUSE = 1e7


class MotionModel(NamedTuple):
    """Motion in units of frames, with a measurement variance of 1.

    Attributes:
        transition: Matrix from a state to the next frame's, shape (n, n); the state is the
            position and its n - 1 derivatives.
        noise: Covariance added per step, shape (n, n).
        prior: Covariance of the state before the first frame, shape (n, n).
    """

    transition: np.ndarray
    noise: np.ndarray
    prior: np.ndarray

    def predict(self, state: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """State (K, n, C) and covariance (K or 1, n, n) one frame later."""
        return (self.transition @ state,
                self.transition @ cov @ self.transition.T + self.noise)


@lru_cache(maxsize=64)
def motion_model(size: int, cutoff: float) -> MotionModel:
    """Model with ``size`` states whose smoother has a gain of 1/2 at a frequency.

    The smoother's gain in the steady state is S / (S + 1), where S is the power spectrum of the
    modelled positions in measurement variances: the noise is scaled so that S = 1 at the cut-off.

    Args:
        size: 2 for constant velocity, 3 for constant acceleration.
        cutoff: Cycles per frame, below 1/2.

    Returns:
        The model.
    """
    powers = np.arange(size)
    factorial = np.array([1.0, 1.0, 2.0])[:size]
    rise = powers[None, :] - powers[:, None]
    transition = np.where(rise >= 0, 1 / factorial[np.abs(rise)], 0.0)
    # Integral over a frame of the impulse response of the highest derivative, s^k / k!.
    order = powers[::-1]
    noise = 1 / (np.multiply.outer(factorial[order], factorial[order])
                 * (order[:, None] + order[None, :] + 1))
    response = np.linalg.inv(np.exp(2j * np.pi * cutoff) * np.eye(size) - transition)[0]
    power = (response @ noise @ response.conj()).real
    # Scaled like the derivatives of a motion at the cut-off, for similar magnitudes.
    prior = DIFFUSE * np.diag((2 * np.pi * cutoff)**(2.0 * powers))
    return MotionModel(transition, noise / power, prior)


@lru_cache(maxsize=64)
def memory_frames(size: int, cutoff: float) -> int:
    """Frames until the memory of the steady-state filter has faded."""
    motion = motion_model(size, cutoff)
    measured = np.eye(size)[:, :1]
    cov = solve_discrete_are(motion.transition.T, measured, motion.noise, np.eye(1))
    gain = cov[:, :1] / (cov[0, 0] + 1)
    # Estimate of frame t from that of t - 1: A - K C A.
    closed = motion.transition - gain @ motion.transition[:1]
    return fading_frames(float(np.abs(np.linalg.eigvals(closed)).max()))
