"""Measures of the kind of error in a run: that of a tracker, that of a detector, or plain noise.

A network removes errors that move the keypoints of a body relative to each other. Where it
succeeds, bones keep their length better than in the robust track. Errors of real 2D estimators
differ: they grow with the speed, occur in bursts, and are shared by the keypoints of a person.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..utils.arrays import dot, length_of, squared_length
from .evidence import MOST_BONES
from .robust_track import RobustTrack
from .rolling import triangle_mean

#: Seconds on either side that the measures cover, and seconds after which the length of a bone is
#: compared with its earlier one.
KIND_SECONDS, BONE_LAG_SECONDS = 0.8, 0.2
#: Speed in body sizes per second below which the direction of motion has less weight.
_LEAST_SPEED = 0.02
#: Lower limits of squared lengths in body sizes, and of the variation of a bone.
_LEAST = 1e-10
_LEAST_BONE = 1e-8

#: Names of the measures per keypoint, which are followed by their means over the person.
KINDS = ('bones_steadier', 'bones_vary', 'change_along', 'residual_lag_two', 'residual_peaks',
         'residual_at_speed', 'weight_range')
#: Names of all measures.
KIND_MEASURES = (*KINDS, *(f'person_{name}' for name in KINDS), 'common_residual')


def kind_measures(residual: np.ndarray, change: np.ndarray | None, track: RobustTrack, fps: float,
                  first: int = 0) -> list[np.ndarray]:
    """Measure the kind of a run's errors.

    Args:
        residual: Samples minus the robust track in body sizes, shape (T, ..., K, C), 0 where
            missing; axes between T and K are people.
        change: Difference of the network's result from the track, same shape; None without a
            network.
        track: The robust track.
        fps: Frames per second.
        first: First frame whose measures are needed. Defaults to 0.

    Returns:
        One array of shape (T - first, ..., K) for each of :data:`KIND_MEASURES`. A frame depends
        on all inputs within :data:`KIND_SECONDS`.
    """
    reach = max(2, round(KIND_SECONDS * fps))
    # Frames within reach of the requested ones, and two more for products of neighbours.
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
    bones = _bones_vary(coords if moved is None else np.stack([coords, coords + moved], axis=1),
                        size, fps, first)
    before, after = (bones, bones) if moved is None else np.moveaxis(bones, 1, 0)
    columns = np.stack([
        after - before, before,
        np.zeros_like(rr) if moved is None else means[9] / np.maximum(means[8], _LEAST),
        r2 / rr, np.log(np.maximum(r4, _LEAST**2) / rr**2),
        np.log((rv + _LEAST_SPEED**2 * rr) / (rr * vv)), np.sqrt(np.maximum(w2 - w1**2, 0))])
    person = np.broadcast_to(columns.mean(axis=-1, keepdims=True), columns.shape)
    return [*columns, *person, common]


def _shared(residual: np.ndarray) -> np.ndarray:
    """Agreement in direction of a person's residuals, per frame: 0 to K, 1 by chance."""
    length = length_of(residual)
    unit = residual / np.maximum(length, _LEAST)[..., None]
    shared = squared_length(unit.mean(axis=-2)) * length.shape[-1]
    return np.broadcast_to(shared[..., None], length.shape)


def _bones_vary(coords: np.ndarray, size: np.ndarray, fps: float, first: int) -> np.ndarray:
    """Logarithm of the variation of each keypoint's steadiest distance to another keypoint.

    Args:
        coords: Shape (T, ..., K, C), or several results (T, R, ..., K, C).
        size: Body size, shape (T, ..., 1).
        fps: Frames per second.
        first: First frame that is needed.

    Returns:
        Shape (T - first, ..., K), or (T - first, R, ..., K).
    """
    lag, reach = (max(1, round(seconds * fps)) for seconds in (
        BONE_LAG_SECONDS, KIND_SECONDS - BONE_LAG_SECONDS))
    one, other, bones = _pairs(coords.shape[-2])
    if not bones.size:
        return np.full((len(coords) - first, *coords.shape[1:-1]), np.log(_LEAST_BONE))
    size = size if size.ndim == coords.ndim - 1 else size[:, None]
    length = _distances(coords, one, other) / size
    varied = np.zeros_like(length)
    varied[lag:] = (length[lag:] - length[:-lag])**2
    steadiest = triangle_mean(varied, reach, first)[..., bones].min(axis=-1)
    return np.log(np.where(np.isfinite(steadiest), np.maximum(steadiest, 0), 0) + _LEAST_BONE)


def _distances(coords: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances of pairs of keypoints, shape (..., P); channel by channel, which is faster."""
    square = np.zeros((*coords.shape[:-2], len(one)))
    for channel in np.moveaxis(coords, -1, 0):
        values = np.ascontiguousarray(channel)
        apart = values.take(one, axis=-1)
        apart -= values.take(other, axis=-1)
        apart *= apart
        square += apart
    return np.sqrt(square, out=square)


@lru_cache(maxsize=16)
def _pairs(keypoints: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of keypoints that may be bones, (P,) and (P,), and those of each keypoint, (K, B)."""
    offsets = range(1, min(MOST_BONES, keypoints) // 2 + 1)
    one = np.tile(np.arange(keypoints), len(offsets))
    other = (one - np.repeat(np.array(offsets, dtype=int), keypoints)) % keypoints
    # Each pair occurs once: the same offset backwards leads to its other end.
    bones = [[number * keypoints + (keypoint + side) % keypoints
              for number, offset in enumerate(offsets) for side in (0, offset)]
             for keypoint in range(keypoints)]
    return one, other, np.array(bones, dtype=int)
