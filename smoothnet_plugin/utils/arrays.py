"""Array idioms used in many places."""

from __future__ import annotations

import numpy as np


def finite_keypoints(coords: np.ndarray) -> np.ndarray:
    """Where all values of a keypoint are finite.

    Args:
        coords: Shape (..., K, C).

    Returns:
        Shape (..., K), bool.
    """
    return np.asarray(np.isfinite(coords).all(axis=-1))
