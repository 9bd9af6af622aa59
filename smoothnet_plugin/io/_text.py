"""Numbers in text: cells, decimals and line ends."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from ..errors import DataFormatError
from ._decimals import FULL, Decimals

_DECIMAL = re.compile(r'[+-]?[0-9]*\.([0-9]+)')
_COMMA = re.compile('[0-9],[0-9]')
_MISSING = ('', 'nan', 'na', 'n/a', 'null', 'none')


def newline_of(text: str) -> str:
    """Line end of a text."""
    return next((end for end in ('\r\n', '\n', '\r') if end in text), '\n')


def number_of(cell: str) -> float | None:
    """Value of a cell, NaN if it is missing, None if it is text."""
    try:
        return float(cell)
    except ValueError:
        return math.nan if cell.strip().lower() in _MISSING else None


def checked_number(cell: str, where: str) -> float:
    """Value of a cell, NaN if it is missing.

    Raises:
        DataFormatError: It is text.
    """
    number = number_of(cell)
    if number is None:
        fix = ('. Write decimal points, and nothing between thousands'
               if _COMMA.search(cell) else '')
        raise DataFormatError(f'{where}: expected a number, got {cell!r}{fix}.')
    return number


def decimals_of(cells: Iterable[str]) -> int | None:
    """Decimals of the most precise of some cells.

    Args:
        cells: The cells; those that hold no number do not count.

    Returns:
        How many; None for full precision: with an exponent, or with nine or more.
    """
    most = 0
    for cell in cells:
        match = _DECIMAL.fullmatch(cell.strip())
        if match:
            most = max(most, len(match.group(1)))
        elif 'e' in cell.lower() and number_of(cell) is not None and math.isfinite(float(cell)):
            return None
    return most if most < FULL else None


def number_text(value: float, decimals: Decimals | int | None) -> str:
    """A number as text, empty if it is missing; with full precision if decimals are None."""
    if not math.isfinite(value):
        return ''
    if isinstance(decimals, Decimals):
        return decimals.text(value)
    return repr(float(value)) if decimals is None else f'{value:.{decimals}f}'
