"""Rotations of joints as curves: the turn of each from its mean, about three axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..evaluation.functional.best_rotation import rotation_by_svd
from ..processing.rotations import continuous_in_time, from_rotmat, to_rotmat
from ..utils.arrays import finite_keypoints


def turns_from_mean(rotations: Mapping[str, np.ndarray],
                    representation: str) -> dict[str, np.ndarray]:
    """Rotation vectors from the mean orientation of each joint.

    Curves of the components of axis-angles or quaternions are hard to read: they jump at half a
    turn, which the root is often close to in camera coordinates. Relative to the mean orientation
    most joints stay far from it; the angle of a joint that turns further exceeds 180 degrees.

    Args:
        rotations: Arrays of shape (T, K, C), NaN where missing; the first one with a value of a
            joint gives the mean of all (the chordal one; Hartley et al., Rotation Averaging,
            IJCV 2013, section 5.3).
        representation: That of the arrays.

    Returns:
        Arrays of shape (T, K, 3) in degrees, about the joint's own axes at the mean orientation.
    """
    matrices = {name: to_rotmat(array.astype(np.float64), representation)
                for name, array in rotations.items()}
    mean = np.tile(np.eye(3), (next(iter(matrices.values())).shape[1], 1, 1))
    for array in reversed(list(matrices.values())):
        known = finite_keypoints(array)
        total = np.where(known[..., None], array, 0).sum(axis=0).reshape(-1, 3, 3)
        seen = known.any(axis=0)
        mean[seen], _ = rotation_by_svd(total[seen])
    result = {}
    for name, array in matrices.items():
        away = np.swapaxes(mean, -1, -2) @ array.reshape(*array.shape[:2], 3, 3)
        vectors = from_rotmat(away.reshape(array.shape), 'axis_angle')
        result[name] = np.degrees(continuous_in_time(vectors, 'axis_angle'))
    return result
