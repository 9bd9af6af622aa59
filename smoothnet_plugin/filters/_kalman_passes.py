"""Passes of the Kalman filter and the Rauch-Tung-Striebel smoother over runs of keypoints.

Rauch, Tung, Striebel: "Maximum Likelihood Estimates of Linear Dynamic Systems", AIAA Journal 3
(1965).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._compiled import kernels
from ._motion import MotionModel


def diffuse_start(row: np.ndarray, motion: MotionModel) -> tuple[np.ndarray, np.ndarray]:
    """State before the first frame: at rest at its values, with a diffuse prior."""
    size = len(motion.transition)
    state = np.zeros((len(row), size, row.shape[1]))
    state[:, 0] = row
    return state, np.broadcast_to(motion.prior, (len(row), size, size))


def updated(state: np.ndarray, cov: np.ndarray, row: np.ndarray,
            weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Update the state with a measurement.

    Args:
        state: Shape (K, n, C).
        cov: Shape (K or 1, n, n).
        row: Shape (K, C).
        weight: Inverse variance of the measurement, shape (K,) or (1,).

    Returns:
        The new state and covariance.
    """
    shared = cov[:, 0, :]
    gain = shared / (shared[:, :1] + 1 / weight[:, None])
    state = state + gain[:, :, None] * (row - state[:, 0])[:, None, :]
    return state, cov - gain[:, :, None] * shared[:, None, :]


class Passed(NamedTuple):
    """What the forward pass leaves: states (T, K, n, C), covariances (T, K or 1, n, n)."""

    states: np.ndarray
    covs: np.ndarray
    predicted_states: np.ndarray
    predicted_covs: np.ndarray


def forward(coords: np.ndarray, motion: MotionModel, weights: np.ndarray) -> Passed:
    """The causal filter.

    Args:
        coords: Shape (T, K, C).
        motion: The motion model.
        weights: Inverse variances, shape (T, K), or (T, 1) for all keypoints.

    Returns:
        States and covariances after, and predicted before, each measurement.
    """
    state, cov = diffuse_start(coords[0], motion)
    cov = cov[:weights.shape[1]]
    compiled = kernels(len(coords))
    if compiled is not None:
        return Passed(*compiled.kalman_forward(
            np.ascontiguousarray(coords), weights, motion.transition, motion.noise, state,
            cov.copy()))
    states = np.empty((len(coords), *state.shape))
    covs = np.empty((len(coords), *cov.shape))
    predicted_states, predicted_covs = np.empty_like(states), np.empty_like(covs)
    for frame, (row, weight) in enumerate(zip(coords, weights)):
        state, cov = motion.predict(state, cov)
        predicted_states[frame], predicted_covs[frame] = state, cov
        state, cov = updated(state, cov, row, weight)
        states[frame], covs[frame] = state, cov
    return Passed(states, covs, predicted_states, predicted_covs)


def smoothed(coords: np.ndarray, motion: MotionModel, weights: np.ndarray,
              first: int) -> np.ndarray:
    """The smoother from frame ``first`` on; frames before it have the filter's values.

    Args:
        coords: Shape (T, K, C).
        motion: The motion model.
        weights: Inverse variances, shape (T, K), or (T, 1) for all keypoints.
        first: First frame that is smoothed.

    Returns:
        Shape (T, K, C).
    """
    passed = forward(coords, motion, weights)
    first = min(first, len(coords) - 1)  # A run may end before the frames that are wanted.
    if not first:
        return backward(passed, motion)
    filtered = passed.states[:, :, 0].copy()
    filtered[first:] = backward(Passed(*(values[first:] for values in passed)), motion)
    return filtered


def backward(passed: Passed, motion: MotionModel) -> np.ndarray:
    """The RTS pass.

    Args:
        passed: What the forward pass left.
        motion: The motion model.

    Returns:
        Smoothed positions, shape (T, K, C).
    """
    states, covs, predicted_states, predicted_covs = passed
    # J_t = P_t A' P_{t+1|t}^-1, all frames at once.
    gains = np.linalg.solve(
        predicted_covs[1:], motion.transition @ covs[:-1]).swapaxes(-1, -2)
    compiled = kernels(len(states))
    if compiled is not None:
        return compiled.kalman_backward(states, predicted_states, np.ascontiguousarray(gains))
    state = states[-1]
    positions = np.empty_like(states[:, :, 0])
    positions[-1] = state[:, 0]
    for frame in range(len(states) - 2, -1, -1):
        state = states[frame] + gains[frame] @ (state - predicted_states[frame + 1])
        positions[frame] = state[:, 0]
    return positions
