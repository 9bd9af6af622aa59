"""Checks and copies of the arrays in documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ._values import moved


def numbers(value: Any, where: str) -> np.ndarray:
    """An array of numbers.

    Raises:
        DataFormatError: It is something else.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataFormatError(f'{where}: {error}.') from error
    if array.dtype.kind not in 'iuf' or array.ndim == 0:
        raise DataFormatError(f'{where}: expected an array of numbers, got {type(value).__name__} '
                              f'of {array.dtype}.')
    return array


def joined_rows(rows: Iterable[Any], where: str) -> np.ndarray:
    """One array of per-frame arrays of one shape, which are stacked.

    Raises:
        DataFormatError: Shapes differ, or these are not numbers.
    """
    arrays = [numbers(row, where) for row in rows]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        raise DataFormatError(f'{where}: frames have the shapes {sorted(shapes)}; expected one.')
    return np.stack(arrays) if arrays else np.zeros((0, 0))


def frame_numbers_of(value: Any, count: int, where: str) -> np.ndarray:
    """Frame numbers, strictly increasing.

    Raises:
        DataFormatError: They are not, or are not as many as there are frames.
    """
    ids = numbers(value, where)
    if ids.shape != (count,) or not np.isfinite(ids).all() or (ids != np.round(ids)).any():
        raise DataFormatError(f'{where}: expected {count} whole numbers, got {ids.dtype} of shape '
                              f'{ids.shape}.')
    if (np.diff(ids) <= 0).any():
        raise DataFormatError(f'{where}: frame numbers do not increase; a person has one pose per '
                              'frame.')
    return ids.astype(np.int64)


def floating(array: np.ndarray) -> np.ndarray:
    """A copy that can hold new coordinates: of the same dtype, or float64 instead of integers."""
    return np.array(array, dtype=array.dtype if array.dtype.kind == 'f' else np.float64)


def merged_values(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """New coordinates where they are known, those of the document elsewhere.

    Args:
        old: Coordinates of the document, shape (..., C), NaN where missing.
        new: Smoothed coordinates, same shape.
    """
    return np.where(moved(old, new), new, old)


def boxed(value: Any) -> np.ndarray:
    """Any object as an object array of shape (), which npz files hold."""
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def unboxed(array: np.ndarray) -> Any:
    """The object of :func:`boxed`; other arrays are returned unchanged."""
    return array.item() if array.dtype.hasobject and array.ndim == 0 else array


def object_array(entries: Sequence[Any]) -> np.ndarray:
    """An object array (N,) of N arrays, also of arrays of one shape."""
    array = np.empty(len(entries), dtype=object)
    for index, entry in enumerate(entries):
        array[index] = entry
    return array
