"""Decimals of coordinates in text: those of the source, and enough for smoothing to show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ..structures import PoseTracks

#: Numbers with so many decimals have full precision, and are not rounded.
FULL = 9
#: Least decimals by unit: 0.01 px, 0.1 mm and 0.01 degrees.
_LEAST = {'px': 2, 'm': 4, 'cm': 2, 'mm': 1, 'deg': 2}
_OF_OTHERS = 4
#: Least decimals of fractions of an image or a turn: of 1920 pixels they are 0.002.
OF_FRACTIONS = 6
#: Coordinates in pixels that are all smaller are fractions.
_LARGEST_FRACTION = 4.0
_SAMPLE, _AT_ONCE = 512, 1 << 16
_ROUNDED = ('keypoints_2d', 'keypoints_3d')


def decimals_in(values: np.ndarray) -> int | None:
    """Decimals that numbers were written with, trailing zeros apart.

    Args:
        values: The numbers, any shape; those that are not finite do not count.

    Returns:
        The decimals of the most precise one; None for nine or more.

    Example:
        >>> decimals_in(np.array([3.0, 12.25, 0.5])), decimals_in(np.array([1 / 3]))
        (2, None)
    """
    flat = np.asarray(values).ravel()
    # Most arrays of full precision are known by a few of their numbers.
    if len(flat) > _SAMPLE and _decimals_of(flat[::len(flat) // _SAMPLE][:_SAMPLE]) is None:
        return None
    # In parts, since the numbers are copied.
    return common_decimals(_decimals_of(flat[start:start + _AT_ONCE])
                           for start in range(0, len(flat), _AT_ONCE))


def _decimals_of(values: np.ndarray) -> int | None:
    left = values.astype(np.float64)
    left = left[np.isfinite(left)]
    with np.errstate(over='ignore', invalid='ignore'):
        for decimals in range(FULL):
            left = left[np.round(left, decimals) != left]
            if not len(left):
                return decimals
    return None


def written_decimals(seen: int | None, unit: str | None, greatest: float = np.inf) -> int | None:
    """Decimals of new numbers among those of a source.

    Args:
        seen: Decimals of the source, or None for full precision.
        unit: Unit of the numbers.
        greatest: Largest of their absolute values. Defaults to infinity.

    Returns:
        The decimals of the source, but at least 0.01 px, 0.1 mm or 0.01 degrees, and six for
        fractions; None for full precision.

    Example:
        >>> written_decimals(0, 'px'), written_decimals(1, 'm'), written_decimals(5, 'px')
        (2, 4, 5)
    """
    if seen is None:
        return None
    if unit == 'px' and greatest < _LARGEST_FRACTION:
        return max(seen, OF_FRACTIONS)
    return max(seen, _LEAST.get(unit or '', _OF_OTHERS))


class Decimals(NamedTuple):
    """How new numbers are written.

    Attributes:
        most: Decimals that they are rounded to.
        least: Decimals that they have in tables, if only zeros: those of the source.
    """

    most: int
    least: int

    def text(self, value: float) -> str:
        """A number as text.

        Example:
            >>> Decimals(4, 1).text(2.5), Decimals(4, 1).text(1 / 3)
            ('2.5', '0.3333')
        """
        text = f'{value:.{self.most}f}'
        spare = min(len(text) - len(text.rstrip('0')), self.most - self.least)
        return text[:len(text) - spare].removesuffix('.') if spare else text


def document_decimals(tracks: PoseTracks, seen: int | None) -> Decimals | None:
    """Decimals for new coordinates in a document.

    Args:
        tracks: The tracks as read.
        seen: Decimals of the document if its reader counted them, else None: by the values.

    Returns:
        See :func:`written_decimals`; None for full precision.
    """
    arrays = [sequence.coords for _, sequence in tracks if sequence.coords.size]
    if not arrays:
        return None
    if seen is None:
        seen = common_decimals(map(decimals_in, arrays))
    units = {sequence.unit for _, sequence in tracks}
    return decimals_for(arrays, seen, units.pop() if len(units) == 1 else None)


def decimals_for(arrays: Iterable[np.ndarray], seen: int | None,
                 unit: str | None) -> Decimals | None:
    """Decimals for new numbers among arrays of a source.

    Args:
        arrays: The numbers of the source.
        seen: Their decimals, or None for full precision.
        unit: Their unit.

    Returns:
        See :func:`written_decimals`; None for full precision.
    """
    most = written_decimals(seen, unit, greatest_of(arrays))
    return None if most is None or seen is None else Decimals(most, seen)


def greatest_of(arrays: Iterable[np.ndarray]) -> float:
    """The largest finite absolute value of arrays; 0 if there is none."""
    return max((float(np.max(np.abs(array), where=np.isfinite(array), initial=0.0))
                for array in arrays), default=0.0)


def rounded(tracks: PoseTracks, decimals: int | None) -> PoseTracks:
    """Tracks of keypoints with rounded coordinates; None leaves them as they are."""
    if decimals is None or any(sequence.representation not in _ROUNDED for _, sequence in tracks):
        return tracks
    return tracks.map(lambda sequence: sequence.replace(
        coords=round_to(sequence.coords, decimals)))


def round_to(values: np.ndarray, decimals: int | None) -> np.ndarray:
    """Values rounded to decimals, float64, so that JSON writes no more digits."""
    if decimals is None:
        return values
    return np.asarray(np.round(np.asarray(values, dtype=np.float64), decimals))


def common_decimals(counts: Iterable[int | None]) -> int | None:
    """The most decimals of several counts; None if one has full precision."""
    most = 0
    for count in counts:
        if count is None:
            return None
        most = max(most, count)
    return most
