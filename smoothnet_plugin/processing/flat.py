"""Poses in a plane that are stored as 3D: the depth is 0 everywhere."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints


def is_flat(coords: np.ndarray) -> bool:
    """Whether 3D keypoints have a depth of exactly 0 everywhere, and a place in the plane.

    Args:
        coords: Shape (..., K, 3); NaN where missing.
    """
    known = coords[finite_keypoints(coords)]
    return bool(len(known) and not known[:, 2].any() and known[:, :2].any())
