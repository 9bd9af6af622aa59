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


def has_true(mask: np.ndarray) -> bool:
    """``mask.any()``, in a tenth of its time for the few values of a pose."""
    return bool(np.count_nonzero(mask))


def all_true(mask: np.ndarray) -> bool:
    """``mask.all()``, in a tenth of its time for the few values of a pose."""
    return bool(np.count_nonzero(mask) == mask.size)


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
    if finite.shape[-1] == 1:
        return finite[..., 0].copy()
    result = np.asarray(finite[..., 0] & finite[..., 1])
    for channel in range(2, finite.shape[-1]):
        result &= finite[..., channel]
    return result


def dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Scalar products along the short last axis, over which NumPy's own reductions sum slowly.

    Args:
        one: Shape (..., C), floating point, C >= 1.
        other: Same shape.

    Returns:
        Shape (...).
    """
    product = one[..., 0] * other[..., 0]
    for channel in range(1, one.shape[-1]):
        product += one[..., channel] * other[..., channel]
    return product


def squared_length(vectors: np.ndarray) -> np.ndarray:
    """Sum of the squares along the last axis; see :func:`dot`."""
    return dot(vectors, vectors)


def length_of(vectors: np.ndarray) -> np.ndarray:
    """Euclidean length along the last axis; see :func:`squared_length`."""
    return np.sqrt(squared_length(vectors))


def median_known(values: np.ndarray, axis: int = 1) -> np.ndarray:
    """Median of the finite values over an axis.

    Args:
        values: Any shape.
        axis: The axis, which the result lacks. Defaults to 1, the second.

    Returns:
        The medians; 0 where no value is finite.
    """
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=axis)
    count = np.isfinite(ordered).sum(axis=axis, keepdims=True)
    low, high = (np.take_along_axis(ordered, np.clip(place, 0, ordered.shape[axis] - 1), axis=axis)
                 for place in ((count - 1) // 2, count // 2))
    return np.where(count > 0, 0.5 * (low + high), 0.0).squeeze(axis)


def mean_known(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of the values that are not NaN over an axis.

    Args:
        values: Any shape.
        axis: The axis, which the result lacks.

    Returns:
        The means; NaN where all values are NaN.
    """
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
