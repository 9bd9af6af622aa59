"""Reading numbers from parsed documents, and writing them to copies."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DataFormatError

_DIGITS = re.compile(r'-?[0-9]{1,15}')
_GREATEST = 10**15


def number_array(value: Any, where: str) -> np.ndarray:
    """Array of a nested list of numbers; null is NaN.

    Args:
        value: The list.
        where: Which one, for messages.

    Returns:
        The numbers, float64.

    Raises:
        DataFormatError: The list is ragged, or holds anything but numbers and nulls.
    """
    checked(value, (list, tuple), where, 'a list of numbers')
    try:
        array = np.array(value)
    except ValueError as error:
        raise DataFormatError(
            f'{where}: the list is ragged; expected rows of one length.') from error
    if array.dtype.kind in 'iuf' or array.size == 0:
        return array.astype(np.float64)
    if array.dtype.kind == 'O':
        flat = [math.nan if number is None else number for number in array.ravel()]
        if all(isinstance(number, (int, float)) for number in flat):
            try:
                return np.array(flat, dtype=np.float64).reshape(array.shape)
            except OverflowError as error:
                raise DataFormatError(f'{where}: {error}.') from error
    strange = next((item for item in _leaves(value)
                    if item is not None and not isinstance(item, (int, float))), value)
    raise DataFormatError(f'{where}: expected numbers, got {described(strange)}.')


def whole_number(value: Any, where: str) -> int:
    """An integer of at most 15 digits that may be written as 3, 3.0 or "3".

    Raises:
        DataFormatError: It is something else.
    """
    if isinstance(value, str):
        whole = _DIGITS.fullmatch(value.strip()) is not None
    elif isinstance(value, float):
        whole = value.is_integer() and abs(value) < _GREATEST
    else:
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and (
            abs(value) < _GREATEST)
    if not whole:
        raise DataFormatError(f'{where}: expected a whole number, got {described(value)}.')
    return int(value)


def track_id_of(value: Any, where: str) -> int | str | None:
    """A track id; None, -1 and an empty list stand for "not tracked".

    Raises:
        DataFormatError: It is neither a whole number nor text.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list) and len(value) <= 1:
        return track_id_of(value[0] if value else None, where)
    if value is None or (isinstance(value, (int, float)) and value == -1):
        return None
    return value if isinstance(value, str) else whole_number(value, where)


def split_flat(value: Any, stride: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and scores of ``[x, y, score, x, y, score, ...]``.

    A keypoint of zeros is missing (the convention of COCO and OpenPose): its coordinates are NaN.
    Scores that are null or NaN count as 0.

    Args:
        value: The list.
        stride: Numbers per keypoint, 3 in 2D and 4 in 3D.
        where: Which list, for messages.

    Returns:
        Coordinates, shape (K, stride - 1), and scores, shape (K,).

    Raises:
        DataFormatError: The list does not hold ``stride`` numbers per keypoint.
    """
    flat = number_array(value, where)
    if flat.ndim != 1 or flat.size % stride:
        raise DataFormatError(
            f'{where}: expected a flat list of {stride} numbers per keypoint, got shape '
            f'{flat.shape}.')
    flat = flat.reshape(-1, stride)
    coords = np.where((flat == 0).all(axis=1, keepdims=True), np.nan, flat[:, :-1])
    return coords, np.nan_to_num(flat[:, -1])


def join_flat(coords: np.ndarray, scores: np.ndarray) -> list[float]:
    """Inverse of :func:`split_flat`; keypoints without a finite position become zero."""
    known = np.isfinite(coords).all(axis=1, keepdims=True)
    flat = np.concatenate([coords, scores[:, None]], axis=1)
    return np.where(known, flat, 0.0).ravel().tolist()


def moved(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Which values to write: those that are known and differ from the document's.

    Args:
        old: Values of the document, shape (K, C), missing values NaN.
        new: Values to write, shape (K, C).

    Returns:
        Mask, shape (K, C).
    """
    known = np.asarray(np.isfinite(new).all(axis=-1, keepdims=True))
    return known & (new != old.astype(new.dtype))


def updated_flat(value: Sequence[Any], stride: int, new: np.ndarray, where: str) -> list[Any]:
    """Copy of a flat list with new coordinates; unchanged values stay the same."""
    old, _ = split_flat(list(value), stride, where)
    changed = list(value)
    numbers = new.tolist()
    for k, c in np.argwhere(moved(old, new)):
        changed[k * stride + c] = numbers[k][c]
    return changed


def updated_nested(value: Sequence[Any], new: np.ndarray, where: str) -> list[Any]:
    """Copy of a list of positions with new coordinates; unchanged values stay the same."""
    old = number_array(value, where)
    if old.shape != new.shape:
        return nested_numbers(new)
    mask = moved(old, new)
    numbers = new.tolist()
    if mask.all():
        return numbers
    return [[number if change else kept for kept, number, change in zip(*row)]
            for row in zip(value, numbers, mask.tolist())]


def known_scores(value: Any, where: str) -> np.ndarray:
    """Scores of a list of numbers: 0 for null and NaN.

    Raises:
        DataFormatError: See :func:`number_array`.
    """
    scores = number_array(value, where)
    # Most lists hold finite numbers only, and nan_to_num is slow for short ones.
    return scores if np.isfinite(scores).all() else np.nan_to_num(scores)


def nested_numbers(array: np.ndarray) -> list[Any]:
    """Nested lists of an array of shape (K, C); positions that are not finite become null."""
    return [row if all(map(math.isfinite, row)) else [None] * len(row) for row in array.tolist()]


def box_array(value: Any, where: str) -> np.ndarray | None:
    """The four numbers of a box, with any nesting; None if there are none.

    Raises:
        DataFormatError: The box holds fewer than four numbers or something else.
    """
    if value is None:
        return None
    box = number_array(value, where).ravel()
    if box.size == 0:
        return None
    if box.size < 4:
        raise DataFormatError(f'{where}: expected four numbers, got {box.size}.')
    return box[:4]


def checked(value: Any, kind: type | tuple[type, ...], where: str, expected: str) -> Any:
    """The value, if it is of a kind.

    Raises:
        DataFormatError: It is not; the message names the place and what is expected.
    """
    if not isinstance(value, kind):
        raise DataFormatError(f'{where}: expected {expected}, got {described(value)}.')
    return value


def _leaves(value: Any) -> Any:
    for item in value:
        if isinstance(item, (list, tuple)):
            yield from _leaves(item)
        else:
            yield item


def described(value: Any) -> str:
    """Type and start of a value, for messages."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 40 else text[:37] + '...'}"
