"""Distances and accelerations of poses: lengths of keypoints, angles of rotations."""

from __future__ import annotations

import numpy as np

from ..processing.rotations import to_rotmat
from ..structures import is_rotation


def distances(one: np.ndarray, other: np.ndarray, representation: str) -> np.ndarray:
    """How far poses are apart.

    Args:
        one: Shape (..., C).
        other: Same shape.
        representation: What they are.

    Returns:
        Shape (...): Euclidean distances of keypoints; of rotations the angle between the two in
        degrees, whatever their representation. NaN where a value is missing.
    """
    if not is_rotation(representation):
        return _lengths(other.astype(np.float64) - one)
    return _angles(_matrices(one, representation), _matrices(other, representation))


def accelerations(coords: np.ndarray, representation: str) -> np.ndarray:
    """Second differences over time.

    Args:
        coords: Shape (T, K, C) with T >= 3.
        representation: What they are.

    Returns:
        Shape (T - 2, K): lengths of keypoints; of rotations the angle in degrees between one
        step's rotation and the next one's.
    """
    if not is_rotation(representation):
        coords = coords.astype(np.float64)
        return _lengths(coords[:-2] - 2 * coords[1:-1] + coords[2:])
    matrices = _matrices(coords, representation)
    steps = matrices[:-1].swapaxes(-1, -2) @ matrices[1:]
    return _angles(steps[:-1], steps[1:])


def _matrices(coords: np.ndarray, representation: str) -> np.ndarray:
    flat = to_rotmat(coords.astype(np.float64), representation)
    return flat.reshape(*flat.shape[:-1], 3, 3)


def _angles(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Angles between rotation matrices (..., 3, 3) in degrees, exact for small ones, too."""
    chord = np.sqrt(((one - other)**2).sum(axis=(-1, -2)) / 8)
    return np.degrees(2 * np.arcsin(np.minimum(chord, 1.0)))


def _lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1)
