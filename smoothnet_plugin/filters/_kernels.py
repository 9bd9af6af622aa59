"""The recursions of :mod:`.one_euro` and :mod:`.kalman`, compiled by Numba.

Each function does the operations of its NumPy counterpart in the same order, so results agree to
the last bit, but for the products of matrices in Kalman's backward pass (1e-15 of the values).
Numba keeps the compiled code on disk: in ``__pycache__`` next to this file, in the user's cache
folder where that cannot be written, or in the folder that ``NUMBA_CACHE_DIR`` names.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_compiled = njit(cache=True, nogil=True, error_model='numpy')


@_compiled
def one_euro(coords, min_cutoff, beta, d_cutoff, fps, filtered):
    """See :meth:`.one_euro.OneEuroStep.run`; coords and filtered of shape (T, channels)."""
    value, speed = coords[0].copy(), np.zeros(coords.shape[1])
    ratio = 2 * math.pi * d_cutoff / fps
    speed_share = ratio / (1 + ratio)
    for frame in range(coords.shape[0]):
        for i in range(coords.shape[1]):
            move = coords[frame, i] - value[i]
            speed[i] += speed_share * (move * fps - speed[i])
            ratio = 2 * math.pi * (min_cutoff + beta * abs(speed[i])) / fps
            value[i] += ratio / (1 + ratio) * move
            filtered[frame, i] = value[i]


@_compiled
def kalman_forward(coords, weights, transition, noise, state, cov):
    """See :func:`._kalman_passes.forward`."""
    frames, joints, width = coords.shape
    groups, size = cov.shape[:2]
    states = np.empty((frames, joints, size, width))
    covs = np.empty((frames, groups, size, size))
    predicted_states, predicted_covs = np.empty_like(states), np.empty_like(covs)
    half = np.empty((size, size))
    gain = np.empty((groups, size))
    for frame in range(frames):
        for g in range(groups):
            for i in range(size):
                for j in range(size):
                    total = 0.0
                    for k in range(size):
                        total += transition[i, k] * cov[g, k, j]
                    half[i, j] = total
            for i in range(size):
                for j in range(size):
                    total = 0.0
                    for k in range(size):
                        total += half[i, k] * transition[j, k]
                    predicted_covs[frame, g, i, j] = total + noise[i, j]
            shared = predicted_covs[frame, g, 0]
            for i in range(size):
                gain[g, i] = shared[i] / (shared[0] + 1 / weights[frame, g])
            for i in range(size):
                for j in range(size):
                    covs[frame, g, i, j] = predicted_covs[frame, g, i, j] - gain[g, i] * shared[j]
        for joint in range(joints):
            g = joint if groups > 1 else 0
            for c in range(width):
                for i in range(size):
                    total = 0.0
                    for k in range(size):
                        total += transition[i, k] * state[joint, k, c]
                    predicted_states[frame, joint, i, c] = total
                error = coords[frame, joint, c] - predicted_states[frame, joint, 0, c]
                for i in range(size):
                    states[frame, joint, i, c] = (
                        predicted_states[frame, joint, i, c] + gain[g, i] * error)
        state, cov = states[frame], covs[frame]
    return states, covs, predicted_states, predicted_covs


@_compiled
def kalman_backward(states, predicted_states, gains):
    """See :func:`._kalman_passes.backward`."""
    frames, joints, size, width = states.shape
    smoothed = np.empty((frames, joints, width))
    state = states[-1].copy()
    change = np.empty(size)
    smoothed[-1] = state[:, 0]
    for frame in range(frames - 2, -1, -1):
        for joint in range(joints):
            gain = gains[frame, joint if gains.shape[1] > 1 else 0]
            for c in range(width):
                for k in range(size):
                    change[k] = state[joint, k, c] - predicted_states[frame + 1, joint, k, c]
                for i in range(size):
                    total = 0.0
                    for k in range(size):
                        total += gain[i, k] * change[k]
                    state[joint, i, c] = states[frame, joint, i, c] + total
                smoothed[frame, joint, c] = state[joint, 0, c]
    return smoothed
