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


#: Masks of fewer values are searched as bytes, which costs a fraction of a NumPy call.
_FEW = 256


def has_true(mask: np.ndarray) -> bool:
    """``mask.any()``, in a tenth of its time for the few values of a pose."""
    if mask.size < _FEW:
        return b'\1' in mask.tobytes()
    return bool(np.count_nonzero(mask))


def all_true(mask: np.ndarray) -> bool:
    """``mask.all()``, in a tenth of its time for the few values of a pose."""
    if mask.size < _FEW:
        return b'\0' not in mask.tobytes()
    return bool(np.count_nonzero(mask) == mask.size)


def true_spans(mask: np.ndarray) -> list[tuple[int, int]]:
    """First place and end of each run of True in a mask of shape (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


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


def curve_squares(curves: np.ndarray) -> np.ndarray:
    """Sum of the squares over the first axis, that of the channels: (C, ...) to (...)."""
    total = curves[0] * curves[0]
    for channel in curves[1:]:
        total += channel * channel
    return total


def curve_lengths(curves: np.ndarray) -> np.ndarray:
    """Euclidean length over the first axis; see :func:`curve_squares`."""
    return np.sqrt(curve_squares(curves))


def curves_of(coords: np.ndarray) -> np.ndarray:
    """Coordinates (T, ..., C) as curves (C, ..., T), contiguous in memory."""
    return np.ascontiguousarray(coords.swapaxes(0, -1))


def time_last(values: np.ndarray) -> np.ndarray:
    """Values (T, ...) as (..., T), contiguous in memory."""
    return np.ascontiguousarray(np.moveaxis(values, 0, -1))


def median_known(values: np.ndarray, axis: int = 1) -> np.ndarray:
    """Median of the finite values over an axis.

    Args:
        values: Any shape.
        axis: The axis, which the result lacks. Defaults to 1, the second.

    Returns:
        The medians; 0 where no value is finite.
    """
    values = np.moveaxis(values, axis, -1)
    finite = np.isfinite(values)
    if finite.size and all_true(finite):
        return median_last(values)
    ordered = np.sort(np.where(finite, values, np.nan), axis=-1)
    count = finite.sum(axis=-1, keepdims=True)
    low, high = (np.take_along_axis(ordered, np.clip(place, 0, ordered.shape[-1] - 1), axis=-1)
                 for place in ((count - 1) // 2, count // 2))
    return np.where(count > 0, 0.5 * (low + high), 0.0)[..., 0]


def median_last(values: np.ndarray) -> np.ndarray:
    """``np.median(values, axis=-1)`` of finite values, in a fraction of its time for short rows."""
    ordered, count = np.sort(values, axis=-1), values.shape[-1]
    return 0.5 * (ordered[..., (count - 1) // 2] + ordered[..., count // 2])


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
