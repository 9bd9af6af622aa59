"""Array idioms used in many places."""

from __future__ import annotations

import numpy as np


def as_float(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Results in the floating type of what came; of whole numbers they would lose the fraction.

    Args:
        values: The results, float64.
        dtype: Type of what came.

    Returns:
        ``values`` in ``dtype`` if that is a floating type, else as they are.
    """
    return values.astype(dtype) if dtype.kind == 'f' else values


def finite_keypoints(coords: np.ndarray) -> np.ndarray:
    """Where all values of a keypoint are finite.

    Args:
        coords: Shape (..., K, C).

    Returns:
        Shape (..., K), bool.
    """
    return np.asarray(np.isfinite(coords).all(axis=-1))
