"""Measures that show which kind of error a run has: a tracker's, a detector's, or plain noise.

A network removes errors that move the keypoints of a body against each other; where it does, the
bones keep their length better than in the robust track. Errors of real 2D estimators are different:
they grow with the speed, come in bursts, and are shared by the keypoints of a person.
"""

from __future__ import annotations

import numpy as np

from ..utils.arrays import dot, length_of, squared_length
from .evidence import MOST_BONES
from .robust_track import RobustTrack
from .rolling import triangle_mean

#: Seconds on either side over which the measures are taken, and after which the length of a bone is
#: compared with what it was.
KIND_SECONDS, BONE_LAG_SECONDS = 0.8, 0.2
#: Speed in body sizes per second below which a direction counts less.
_LEAST_SPEED = 0.02
#: Squares in body sizes are at least this.
_LEAST = 1e-10
_LEAST_BONE = 1e-8

#: Names of the measures per keypoint; each one is followed by its mean over the person.
KINDS = ('bones_steadier', 'bones_vary', 'change_along', 'residual_lag_two', 'residual_peaks',
         'residual_at_speed', 'weight_range')
#: All names.
KIND_MEASURES = (*KINDS, *(f'person_{name}' for name in KINDS), 'common_residual')


def kind_measures(residual: np.ndarray, change: np.ndarray | None, track: RobustTrack, fps: float,
                  first: int = 0) -> list[np.ndarray]:
    """Measure the kind of a run's errors.

    Args:
        residual: Samples less the robust track in body sizes, shape (T, ..., K, C), 0 where
            missing; axes between T and K are people.
        change: What the network's result differs from the track by, same shape; None without a
            network.
        track: The robust track.
        fps: Frames per second.
        first: First frame whose measures are wanted. Defaults to 0.

    Returns:
        One array of shape (T - first, ..., K) for each of :data:`KIND_MEASURES`. A frame depends
        on all inputs within :data:`KIND_SECONDS`.
    """
    reach = max(2, round(KIND_SECONDS * fps))
    # The frames that reach those that are wanted, and two before for products of neighbours.
    start = max(0, first - reach - 2)
    first -= start
    size = track.size[start:]
    residual, coords = residual[start:], track.coords[start:]
    moved = None if change is None else change[start:]
    step = np.zeros_like(coords)
    step[1:] = np.diff(coords, axis=0) * fps / size[1:, ..., None]
    square, speed = squared_length(residual), squared_length(step)
    lagged = np.zeros_like(square)
    lagged[2:] = dot(residual[2:], residual[:-2])
    weight = track.weights[start:]
    products = [square, lagged, square**2, square * speed, speed, weight, weight**2,
                _shared(residual)]
    if moved is not None:
        changed = squared_length(moved) / size**2
        along = dot(moved, step) / size / (np.sqrt(speed) + _LEAST_SPEED)
        products += [changed, along**2]
    means = np.moveaxis(triangle_mean(np.stack(products, axis=1), reach, first), 1, 0)
    rr, r2, r4, rv, vv, w1, w2, common = means[:8]
    rr, vv = np.maximum(rr, _LEAST), vv + _LEAST_SPEED**2
    zero = np.zeros_like(rr)
    before = _bones_vary(coords, size, fps, first)
    columns = [zero, before, zero, r2 / rr, np.log(np.maximum(r4, _LEAST**2) / rr**2),
               np.log((rv + _LEAST_SPEED**2 * rr) / (rr * vv)),
               np.sqrt(np.maximum(w2 - w1**2, 0))]
    if moved is not None:
        columns[0] = _bones_vary(coords + moved, size, fps, first) - before
        columns[2] = means[9] / np.maximum(means[8], _LEAST)
    return [*columns, *(column.mean(axis=-1, keepdims=True) + zero for column in columns), common]


def _shared(residual: np.ndarray) -> np.ndarray:
    """How much of their direction the residuals of a person share, per frame, 0 to K; 1 by chance."""
    length = length_of(residual)
    unit = residual / np.maximum(length, _LEAST)[..., None]
    shared = squared_length(unit.mean(axis=-2)) * length.shape[-1]
    return np.broadcast_to(shared[..., None], length.shape)


def _bones_vary(coords: np.ndarray, size: np.ndarray, fps: float, first: int) -> np.ndarray:
    """Logarithm of how much the steadiest distance of each keypoint to another one changes.

    Shape (T - first, ..., K).
    """
    keypoints = coords.shape[-2]
    lag, reach = (max(1, round(seconds * fps)) for seconds in (
        BONE_LAG_SECONDS, KIND_SECONDS - BONE_LAG_SECONDS))
    offsets = range(1, min(MOST_BONES, keypoints) // 2 + 1)
    steadiest = np.full((len(coords) - first, *size.shape[1:]), np.inf)
    if offsets:
        # Each pair once: its other end is reached by the same offset backwards.
        length = np.stack([length_of(coords - np.roll(coords, offset, axis=-2))
                           for offset in offsets], axis=1) / size[:, None]
        varied = np.zeros_like(length)
        varied[lag:] = (length[lag:] - length[:-lag])**2
        varied = triangle_mean(varied, reach, first)
        for offset, one in zip(offsets, np.moveaxis(varied, 1, 0)):
            steadiest = np.minimum(np.minimum(steadiest, one), np.roll(one, -offset, axis=-1))
    return np.log(np.where(np.isfinite(steadiest), np.maximum(steadiest, 0), 0) + _LEAST_BONE)
