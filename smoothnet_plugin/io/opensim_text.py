"""The text of OpenSim's storage files: header, names of columns, cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataFormatError
from ..structures import default_unit

END = 'endheader'
TRANSLATION = re.compile(r'.*_t[xyz]')
_KINDS = {'double': 'scalar', 'float': 'scalar', 'vec3': 'keypoints_3d', 'quaternion': 'quaternion'}
_CELL = re.compile(r'\S+')


@dataclass(frozen=True)
class Storage:
    """Layout of a file.

    Attributes:
        lines: All lines.
        rows: Numbers of the lines of data.
        tabs: Whether cells are separated by tabs, else by blanks.
        labels: Names of the columns after the time.
        kind: Representation of a cell.
        degrees: Whether angles are in degrees.
    """

    lines: list[str]
    rows: list[int]
    tabs: bool
    labels: list[str]
    kind: str
    degrees: bool

    def unit(self, name: str) -> str:
        """Unit of a column."""
        if self.kind != 'scalar':
            return default_unit(self.kind)
        return 'm' if TRANSLATION.fullmatch(name) else 'deg' if self.degrees else ''

    def cells(self, line: str) -> list[str]:
        """The cells of a line."""
        return line.rstrip('\t').split('\t') if self.tabs else line.split()

    def with_cells(self, line: str, cells: dict[int, str]) -> str:
        """A line with other cells, by their place, and its own white space."""
        if self.tabs:
            own = line.split('\t')
            return '\t'.join(cells.get(place, cell) for place, cell in enumerate(own))
        places = iter(range(len(line)))
        return _CELL.sub(lambda match: cells.get(next(places), match.group()), line)


def parse_storage(lines: list[str], path: Path) -> Storage:
    """The layout of a file.

    Args:
        lines: Its lines.
        path: The file, for messages.

    Raises:
        DataFormatError: The header has no end, no names, or an unknown type of data.
    """
    end = next((number for number, line in enumerate(lines) if line.strip().lower() == END), None)
    if end is None:
        raise DataFormatError(f"'{path}' is truncated or not an OpenSim file: no line '{END}'.")
    filled = [number for number in range(end + 1, len(lines)) if lines[number].strip()]
    names = lines[filled[0]] if filled else ''
    tabs = '\t' in names
    labels = [name.strip() for name in (names.rstrip('\t').split('\t') if tabs
                                        else names.split())]
    if len(labels) < 2 or labels[0].lower() != 'time':
        raise DataFormatError(f"'{path}': the line after '{END}' is {names[:40]!r}; expected "
                              "names of columns, the first of them 'time'.")
    if len(set(labels)) < len(labels):
        twice = next(name for name in labels if labels.count(name) > 1)
        raise DataFormatError(f"'{path}': two columns are called {twice!r}.")
    header = {key.strip(): value.strip()
              for key, _, value in (line.partition('=') for line in lines[:end])}
    kind = _KINDS.get(header.get('DataType', 'double').lower())
    if kind is None:
        raise DataFormatError(f"'{path}': DataType is {header['DataType']!r}; expected double, "
                              'Vec3 or Quaternion.')
    degrees = header.get('inDegrees', '').lower() in ('yes', 'true', '1')
    return Storage(lines, filled[1:], tabs, labels[1:], kind, degrees)
