"""Tables of text: cells, line ends, numbers and their decimals."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataFormatError
from ..utils.files import atomic_write
from ._decimals import FULL, Decimals
from .input_file import InputFile

_MOST_CELLS = 40_000
_SAMPLE = 4096
_DELIMITERS = ',;\t'
_DECIMAL = re.compile(r'[+-]?[0-9]*\.([0-9]+)')
_MISSING = ('', 'nan', 'na', 'n/a', 'null', 'none')


@dataclass(frozen=True)
class TableStyle:
    """Layout of a text table.

    Attributes:
        delimiter: Between cells.
        newline: Line end.
        end: Whether the last line has one.
        mark: Whether the file starts with a byte order mark.
    """

    delimiter: str = ','
    newline: str = '\n'
    end: bool = True
    mark: bool = False

    @classmethod
    def of(cls, file: InputFile) -> TableStyle:
        """The style of a file, from its first line."""
        text = file.text
        newline = newline_of(text)
        return cls(delimiter_of(first_line(file)), newline, text.endswith(newline),
                   text.startswith('\ufeff'))


def newline_of(text: str) -> str:
    """Line end of a text."""
    return next((end for end in ('\r\n', '\n', '\r') if end in text), '\n')


def delimiter_of(header: str) -> str:
    """What separates the cells of a first line."""
    return max(_DELIMITERS, key=header.count)


def first_line(file: InputFile) -> str:
    """First line of a file of text."""
    return re.split('[\r\n]', file.text, maxsplit=1)[0].removeprefix('\ufeff')


def header_cells(file: InputFile) -> list[str]:
    """Cells of the first line; none if the file is not a text table."""
    if file.is_dir or not file.looks_like_text or file.looks_like_json or file.is_json_lines:
        return []
    try:
        style = TableStyle.of(file)
        line = first_line(file)
        if line.count(style.delimiter) > _MOST_CELLS:
            line = line[:_SAMPLE].rpartition(style.delimiter)[0]
        return next(csv.reader([line], delimiter=style.delimiter), [])
    except (DataFormatError, csv.Error):
        return []


def read_cells(file: InputFile, style: TableStyle) -> list[list[str]]:
    """All cells of a table.

    Raises:
        DataFormatError: The quotes do not match, a cell is far too long, or a line has far too
            many cells.
    """
    columns = first_line(file).count(style.delimiter) + 1
    if columns > _MOST_CELLS:
        raise DataFormatError(f"'{file.path}': {columns} columns; expected at most {_MOST_CELLS}.")
    lines = io.StringIO(file.text.removeprefix('\ufeff'), newline='')
    try:
        return list(csv.reader(lines, delimiter=style.delimiter, strict=True))
    except csv.Error as error:
        raise DataFormatError(f"'{file.path}' is not a readable CSV file: {error}.") from error


def write_cells(path: Path, rows: Iterable[Sequence[str]], style: TableStyle) -> None:
    """Write a table in a style."""
    content = text_of(rows, style)
    if not style.end:
        content = content.removesuffix(style.newline)
    with atomic_write(path, 'wb') as file:
        file.write((b'\xef\xbb\xbf' if style.mark else b'') + content.encode())


def text_of(rows: Iterable[Sequence[str]], style: TableStyle) -> str:
    """Rows of a table as text in a style, each with a line end."""
    text = io.StringIO()
    csv.writer(text, delimiter=style.delimiter, lineterminator=style.newline).writerows(rows)
    return text.getvalue()


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
        raise DataFormatError(f'{where}: expected a number, got {cell!r}.')
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
