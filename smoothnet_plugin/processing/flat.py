"""Poses in a plane that are stored as 3D: the depth is 0 everywhere."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints

#: Keypoints to look at first: for most arrays their third values settle what those are.
FIRST_LOOK = 1000


def is_flat(coords: np.ndarray) -> bool:
    """Whether 3D keypoints have a depth of exactly 0 everywhere, and a position in the plane.

    Args:
        coords: Shape (..., K, 3); NaN where missing.
    """
    if np.nan_to_num(coords.reshape(-1, 3)[:FIRST_LOOK, 2]).any():
        return False
    known = coords[finite_keypoints(coords)]
    return bool(len(known) and not known[:, 2].any() and known[:, :2].any())
