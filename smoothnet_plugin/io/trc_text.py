"""The text of TRC files: header, standard cells, positions."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..utils.arguments import GREATEST_FPS
from ._text import checked_number

HEADER_LINES = 5
_DECIMAL_COMMA = re.compile(r'(?:^|\s)[+-]?[0-9]*,[0-9]+(?=\s|$)')
_NAMES_START = re.compile(r'\s*Frame#(\s+)Time(?:\s|$)')


def header_values(lines: list[str], path: Path) -> dict[str, Any]:
    """Values of the header's second and third line."""
    if len(lines) < HEADER_LINES or 'Frame#' not in lines[3]:
        raise DataFormatError(f"'{path}' is truncated or not a TRC file: expected five lines of "
                              "header with 'Frame#' in the fourth.")
    values: dict[str, Any] = {}
    for key, value in zip(lines[1].split('\t'), lines[2].split('\t')):
        key, value = key.strip(), value.strip()
        if key == 'Units' and value:
            values[key] = value
        elif key in ('DataRate', 'NumMarkers'):
            try:
                number = float(value)
            except ValueError:
                number = 0.0
            greatest = GREATEST_FPS if key == 'DataRate' else math.inf
            if not (0 < number <= greatest and math.isfinite(number)):
                raise DataFormatError(f"'{path}', line 3: {key} is {value!r}; expected a positive "
                                      f'number{f", at most {greatest}" * (greatest < math.inf)}.')
            values[key] = number
    return values


def standard_lines(lines: list[str]) -> list[str]:
    """The lines with tabs between cells and decimal points."""
    standard = list(lines)
    for number in (1, 2):
        if number < len(lines) and '\t' not in lines[number]:
            standard[number] = '\t'.join(lines[number].split())
    if len(lines) > 3:
        start = _NAMES_START.match(lines[3])
        rest = lines[3][start.end():] if start else ''
        if start and ('\t' not in start.group(1) or (rest.strip() and '\t' not in rest)):
            standard[3] = 'Frame#\tTime\t' + (
                rest if '\t' in rest else '\t\t\t'.join(rest.split()))
    body = range(HEADER_LINES, len(lines))
    comma = any(_DECIMAL_COMMA.search(lines[number]) for number in body)
    for number in body:
        if lines[number].strip() and '\t' not in lines[number]:
            standard[number] = '\t'.join(lines[number].split())
        if comma:
            standard[number] = standard[number].replace(',', '.')
    return standard


def positions(cells: list[str], count: int, where: str) -> np.ndarray:
    """The positions of a line, shape (K, 3)."""
    cells = cells[2:]
    if any(cell.strip() for cell in cells[3 * count:]):
        raise DataFormatError(f'{where}: {len(cells)} values for {count} markers; expected '
                              f'{3 * count}.')
    values = [checked_number(cell, f'{where}, column {column}')
              for column, cell in enumerate(cells[:3 * count], start=3)]
    return np.array(values + [math.nan] * (3 * count - len(values))).reshape(count, 3)
