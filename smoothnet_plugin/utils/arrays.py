"""Array operations used throughout the package."""

from __future__ import annotations

import numpy as np


def as_float(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Convert results to the input's dtype, unless it is an integer type and would truncate them.

    Args:
        values: The results, float64.
        dtype: Dtype of the input.

    Returns:
        ``values`` in ``dtype`` if that is a floating type, else unchanged.
    """
    return values.astype(dtype) if dtype.kind == 'f' else values


def finite_keypoints(coords: np.ndarray) -> np.ndarray:
    """Whether all values of a keypoint are finite.

    Args:
        coords: Shape (..., K, C).

    Returns:
        Shape (..., K), bool.
    """
    finite = np.isfinite(coords)
    if not 1 <= finite.shape[-1] <= 4:
        return np.asarray(finite.all(axis=-1))
    # Channel by channel: NumPy reduces over a short last axis slowly.
    result = finite[..., 0]
    for channel in range(1, finite.shape[-1]):
        result = result & finite[..., channel]
    return np.array(result)


def squared_length(vectors: np.ndarray) -> np.ndarray:
    """Sum of the squares along the short last axis, which NumPy's own reductions sum slowly.

    Args:
        vectors: Shape (..., C), floating point, C >= 1.

    Returns:
        Shape (...).
    """
    square = vectors[..., 0] * vectors[..., 0]
    for channel in range(1, vectors.shape[-1]):
        square += vectors[..., channel] * vectors[..., channel]
    return square


def length_of(vectors: np.ndarray) -> np.ndarray:
    """Euclidean length along the last axis; see :func:`squared_length`."""
    return np.sqrt(squared_length(vectors))


def median_known(values: np.ndarray) -> np.ndarray:
    """Median over the second axis of the finite values, shape (T, M, ...) to (T, ...).

    Returns:
        0 where no value is finite.
    """
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=1)
    count = np.isfinite(ordered).sum(axis=1)
    low = np.take_along_axis(ordered, np.maximum(0, (count - 1) // 2)[:, None], axis=1)[:, 0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, ordered.shape[1] - 1)[:, None],
                              axis=1)[:, 0]
    return np.where(count > 0, 0.5 * (low + high), 0.0)
