"""Random processes over time, many at once."""

from __future__ import annotations

import numpy as np


def ar1(rng: np.random.Generator, frames: int, shape: tuple[int, ...],
        autocorrelation: np.ndarray | float) -> np.ndarray:
    """Stationary first-order autoregression of unit variance.

    Args:
        rng: Generator.
        frames: Length T.
        shape: Shape of the array of processes.
        autocorrelation: Autocorrelation at a lag of one frame, 0 .. 1, broadcastable to ``shape``.

    Returns:
        Shape (T, *shape), float32.
    """
    values = rng.standard_normal((frames, *shape), dtype=np.float32)
    phi = np.asarray(autocorrelation, np.float32)
    gain = np.sqrt(1 - phi**2)
    for frame in range(1, frames):
        # x_t = phi x_{t-1} + sqrt(1 - phi^2) e_t, in place of the white noise.
        values[frame] *= gain
        values[frame] += phi * values[frame - 1]
    return values


def slow_drift(rng: np.random.Generator, frames: int, shape: tuple[int, ...],
               frequency: np.ndarray) -> np.ndarray:
    """Smooth Gaussian process of unit variance: a few slow waves of random phase and amplitude.

    Args:
        rng: Generator.
        frames: Length T.
        shape: Shape (B, ...) of the array of processes.
        frequency: Frequencies of the waves in cycles per frame, shape (B, M).

    Returns:
        Shape (B, T, ...), float32.
    """
    waves = frequency.shape[1]
    angle = (2 * np.pi * frequency[:, None, :] * np.arange(frames)[:, None]).astype(np.float32)
    basis = np.concatenate([np.cos(angle), np.sin(angle)], axis=-1)
    height = rng.standard_normal((shape[0], 2 * waves, int(np.prod(shape[1:]))), dtype=np.float32)
    drift = basis @ (height / np.float32(np.sqrt(waves)))
    return drift.reshape(shape[0], frames, *shape[1:])


def episodes(rng: np.random.Generator, frames: int, shape: tuple[int, ...],
             rate: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Episodes of random start and length, from a two-state Markov chain.

    Args:
        rng: Generator.
        frames: Length T.
        shape: Shape (B, ...) of the array of chains.
        rate: Starts per frame, shape (B,).
        duration: Mean number of frames of an episode, at least 1, shape (B,).

    Returns:
        True inside an episode, shape (B, T, ...), bool.
    """
    expand = (slice(None), *(None,) * (len(shape) - 1))
    begin = np.minimum(rate, 1)[expand].astype(np.float32)
    end = (1 / np.maximum(duration, 1))[expand].astype(np.float32)
    draws = rng.random((frames, *shape), dtype=np.float32)
    inside = np.empty((frames, *shape), dtype=bool)
    if frames:
        inside[0] = draws[0] < begin / (begin + end)
    for frame in range(1, frames):
        inside[frame] = np.where(inside[frame - 1], draws[frame] >= end, draws[frame] < begin)
    return np.moveaxis(inside, 0, 1)
