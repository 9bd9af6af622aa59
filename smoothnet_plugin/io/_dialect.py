"""The dialect of a text table: what separates its cells, lines and decimals."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DataFormatError
from ..utils.files import atomic_write
from ._text import newline_of
from .input_file import InputFile

Rows = list[list[str]]

_MOST_CELLS = 40_000
_SAMPLE = 4096
_DELIMITERS = ',;\t'
_WITH_COMMA = re.compile(r'\s*[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?\s*')
_WITH_POINT = re.compile(r'\s*[+-]?[0-9]*\.[0-9]+([eE][+-]?[0-9]+)?\s*')
_WHOLE = re.compile(r'\s*[+-]?[0-9]+\s*')
#: A whole number may look so, too.
_THOUSANDS = re.compile(r'\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*')


@dataclass(frozen=True)
class Dialect:
    """Dialect of a text table.

    Attributes:
        delimiter: Between cells.
        newline: Line end.
        end: Whether the last line has one.
        mark: Whether the file starts with a byte order mark.
        comma: Whether decimals follow a comma; None as long as no number has decimals.
    """

    delimiter: str = ','
    newline: str = '\n'
    end: bool = True
    mark: bool = False
    comma: bool | None = None

    @classmethod
    def of(cls, file: InputFile) -> Dialect:
        """The dialect of a file; the decimal sign is known after :func:`read_table`."""
        newline = newline_of(file.text)
        return replace(cls.of_line(first_line(file)), newline=newline,
                       end=file.text.endswith(newline), mark=file.text.startswith('\ufeff'))

    @classmethod
    def of_line(cls, line: str) -> Dialect:
        """The dialect of a first line, which has its line end."""
        return cls(max(_DELIMITERS, key=line.count), '\r\n' if line.endswith('\r\n') else '\n',
                   mark=line.startswith('\ufeff'))

    def after(self, rows: Iterable[Sequence[str]]) -> Dialect:
        """The dialect with the decimal sign of further rows, unless it is known."""
        return self if self.comma is not None else replace(self, comma=_decimal_comma(rows))

    def with_points(self, row: list[str]) -> list[str]:
        """A row as read, with decimal points."""
        if not self.comma:
            return row
        return [cell.replace(',', '.') if ',' in cell and _WITH_COMMA.fullmatch(cell) else cell
                for cell in row]

    def text_of(self, rows: Iterable[Sequence[str]]) -> str:
        """Rows with decimal points as text, each with a line end."""
        if self.comma:
            rows = ([cell.replace('.', ',') if '.' in cell and _WITH_POINT.fullmatch(cell)
                     else cell for cell in row] for row in rows)
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator=self.newline).writerows(rows)
        return text.getvalue()

    def check_line(self, row: Sequence[str], header: Sequence[str], line: int, path: Path) -> None:
        """Refuse a line that does not have as many cells as the header."""
        if len(row) == len(header):
            return
        fix = ('; if commas also mark the decimals, separate cells by semicolons or tabs'
               if self.delimiter == ',' and len(row) > len(header) else '')
        raise DataFormatError(f"'{path}', line {line}: {len(row)} cells, but the header has "
                              f'{len(header)}{fix}.')


def _decimal_comma(rows: Iterable[Sequence[str]]) -> bool | None:
    """Whether decimals follow a comma; None if no number has decimals.

    Numbers with points beside them, or whole numbers beside commas that may all separate thousands,
    leave no certainty: then it is False, and readers refuse the commas.
    """
    commas = thousands = whole = 0
    points = False
    for cell in (cell for row in rows for cell in row):
        if ',' in cell:
            commas += _WITH_COMMA.fullmatch(cell) is not None
            thousands += _THOUSANDS.fullmatch(cell) is not None
        elif '.' in cell:
            points = points or _WITH_POINT.fullmatch(cell) is not None
        else:
            whole += _WHOLE.fullmatch(cell) is not None
    if not commas:
        return False if points else None
    return not points and (thousands < commas or whole <= commas)


def first_line(file: InputFile) -> str:
    """First line of a file of text."""
    return re.split('[\r\n]', file.text, maxsplit=1)[0].removeprefix('\ufeff')


def header_cells(file: InputFile) -> list[str]:
    """Cells of the first line; none if the file is not a text table."""
    if file.is_dir or not file.looks_like_text or file.looks_like_json or file.is_json_lines:
        return []
    try:
        dialect = Dialect.of(file)
        line = first_line(file)
        if line.count(dialect.delimiter) > _MOST_CELLS:
            line = line[:_SAMPLE].rpartition(dialect.delimiter)[0]
        return next(csv.reader([line], delimiter=dialect.delimiter), [])
    except (DataFormatError, csv.Error):
        return []


def read_table(file: InputFile) -> tuple[Rows, Dialect]:
    """All rows of a table, with decimal points, and its dialect.

    Raises:
        DataFormatError: The quotes do not match, a cell is far too long, or a line has far too
            many cells.
    """
    dialect = Dialect.of(file)
    columns = first_line(file).count(dialect.delimiter) + 1
    if columns > _MOST_CELLS:
        raise DataFormatError(f"'{file.path}': {columns} columns; expected at most {_MOST_CELLS}.")
    lines = io.StringIO(file.text.removeprefix('\ufeff'), newline='')
    rows = [row for _, row in rows_of(lines, dialect, file.path)]
    # Commas in a table that they separate are decimal signs in quotes only.
    if ('"' if dialect.delimiter == ',' else ',') in file.text:
        dialect = dialect.after(rows)
        rows = [dialect.with_points(row) for row in rows]
    return rows, dialect


def rows_of(lines: Iterable[str], dialect: Dialect, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows as they are in the file, with the numbers of their lines.

    Raises:
        DataFormatError: The quotes do not match, or a cell is far too long.
    """
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise DataFormatError(f"'{path}' is not a readable CSV file: {error}.") from error


def write_table(path: Path, rows: Iterable[Sequence[str]], dialect: Dialect) -> None:
    """Write a table in a dialect."""
    content = dialect.text_of(rows)
    if not dialect.end:
        content = content.removesuffix(dialect.newline)
    with atomic_write(path, 'wb') as file:
        file.write((b'\xef\xbb\xbf' if dialect.mark else b'') + content.encode())
