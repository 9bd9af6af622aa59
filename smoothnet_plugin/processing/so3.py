"""Rotations as unit quaternions: product, logarithm, exponential, geodesics.

Notation of Solà, Deray, Atchuthan: "A micro Lie theory for state estimation in robotics",
arXiv:1812.01537 (2018), with tangent vectors in the body's frame: ``a * exp(v)``. Quaternions are
(x, y, z, w); ``q`` and ``-q`` are the same rotation, and every function returns the same for both.
All functions work on the last axis in float64.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .rotations import continuous_in_time, from_rot6d, from_rotmat, to_rot6d, to_rotmat

#: Angle from which on a difference counts less, up to half a turn, where it counts nothing.
_TRUSTED = np.pi / 2
#: Standard deviation in seconds of the mean that decides the signs of quaternions.
_SIGN_SECONDS = 0.15
#: Sine of half an angle below which the first-order term is exact in float64.
_SMALL = 1e-9


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamilton product, shape (..., 4): the rotation ``b`` followed by ``a``."""
    (ax, ay, az, aw), (bx, by, bz, bw) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.stack([aw * bx + ax * bw + ay * bz - az * by,
                     aw * by - ax * bz + ay * bw + az * bx,
                     aw * bz + ax * by - ay * bx + az * bw,
                     aw * bw - ax * bx - ay * by - az * bz], axis=-1)


def inverse(q: np.ndarray) -> np.ndarray:
    """Inverse rotation of unit quaternions, shape (..., 4)."""
    return q * np.array([-1.0, -1.0, -1.0, 1.0])


def exp(vectors: np.ndarray) -> np.ndarray:
    """Unit quaternions of rotation vectors in radians.

    Args:
        vectors: Shape (..., 3).

    Returns:
        Shape (..., 4).

    Example:
        >>> import numpy as np
        >>> exp(np.array([0.0, 0.0, np.pi])).round(9).tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    half = np.linalg.norm(vectors, axis=-1, keepdims=True) / 2
    # sin(a) / a by NumPy's sinc, which is sin(pi x) / (pi x).
    return np.concatenate([0.5 * np.sinc(half / np.pi) * vectors, np.cos(half)], axis=-1)


def log(q: np.ndarray) -> np.ndarray:
    """Rotation vectors of the shortest turn, at most pi long.

    Args:
        q: Unit quaternions, shape (..., 4).

    Returns:
        Shape (..., 3), radians.
    """
    vector, real = q[..., :3], q[..., 3:]
    sine = np.linalg.norm(vector, axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, np.abs(real))
    factor = np.where(sine > _SMALL, angle / np.maximum(sine, _SMALL), 2.0)
    return np.where(real < 0, -factor, factor) * vector


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Tangent vector at ``a`` that leads to ``b``: ``b = a * exp(difference(a, b))``.

    Args:
        a: Unit quaternions, shape (..., 4).
        b: Unit quaternions, shape (..., 4).

    Returns:
        Shape (..., 3), radians, at most pi long.
    """
    return log(multiply(inverse(a), b))


def limited(vectors: np.ndarray) -> np.ndarray:
    """Tangent vectors that fade out between a quarter and half a turn.

    At half a turn the direction of the shortest way flips. What counts nothing there makes no jump,
    and a rotation that far from the others is an outlier anyway.

    Args:
        vectors: Shape (..., 3), at most pi long.

    Returns:
        Same shape; unchanged up to a quarter turn, 0 at half a turn.
    """
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    beyond = np.clip((angle - _TRUSTED) / (np.pi - _TRUSTED), 0, 1)
    return vectors * np.cos(beyond * np.pi / 2)**2


def slerp(a: np.ndarray, b: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """Rotations on the shortest way from ``a`` to ``b``, at constant angular speed.

    Shoemake: "Animating Rotation with Quaternion Curves", SIGGRAPH 1985.

    Args:
        a: Unit quaternions, shape (..., 4).
        b: Unit quaternions, shape (..., 4).
        share: 0 for ``a``, 1 for ``b``, shape (..., 1) or a number.

    Returns:
        Shape (..., 4).
    """
    return multiply(a, exp(share * difference(a, b)))


def quaternions_of_6d(coords6d: np.ndarray) -> np.ndarray:
    """Unit quaternions of 6D values, shape (..., 6) to (..., 4)."""
    return from_rot6d(coords6d, 'quaternion')


def quaternions_to_6d(q: np.ndarray) -> np.ndarray:
    """6D values of quaternions, shape (..., 4) to (..., 6)."""
    return to_rot6d(q, 'quaternion')


def nearest_rotations(matrices: np.ndarray) -> np.ndarray:
    """Quaternions of the rotations closest to matrices, such as means of rotation matrices.

    Args:
        matrices: Flat 3x3 matrices, shape (..., 9), finite.

    Returns:
        Shape (..., 4).
    """
    import roma
    import torch
    square = torch.from_numpy(np.ascontiguousarray(matrices).reshape(-1, 3, 3))
    nearest = np.asarray(roma.special_procrustes(square))
    return from_rotmat(nearest.reshape(matrices.shape), 'quaternion')


def quaternion_curves(coords6d: np.ndarray, fps: float) -> np.ndarray:
    """Rotations over time as curves of quaternions, for filters of points.

    The signs follow a smoothed path, so that a single wrong rotation does not change the sign of
    what comes after it. A quaternion turns by half the angle of its rotation: filters of points see
    slower motion than in matrices, and the curves turn with the axes of either side.

    Args:
        coords6d: Shape (T, K, 6), finite.
        fps: Frames per second.

    Returns:
        Shape (T, K, 4).
    """
    given = quaternions_of_6d(coords6d)
    if len(given) < 2:
        return given
    mean = gaussian_filter1d(to_rotmat(given, 'quaternion'), _SIGN_SECONDS * fps, axis=0,
                             mode='nearest')
    path = continuous_in_time(nearest_rotations(mean), 'quaternion')
    return np.where((given * path).sum(axis=-1, keepdims=True) < 0, -given, given)
