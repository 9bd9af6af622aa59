"""Tables read and written frame by frame: CSV, and CSV of DeepLabCut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseInstance, PoseTracks
from . import deeplabcut, table
from ._cells import Lines, frame_of, went_back
from ._columns import Columns
from ._decimals import Decimals
from ._deeplabcut import header_of
from ._dialect import Dialect, rows_of
from ._names import named_skeleton
from ._table_output import updated_table
from ._table_stream import FrameLines, Rows, TableStream
from ._text import number_of
from .base import SourceDocument

#: Header rows of DeepLabCut's table of several animals.
_DEEPEST_HEADER = 4


class CsvStream(TableStream):
    """A table as :class:`~smoothnet_plugin.io.table.Csv` reads it.

    The lines of a frame must follow one another; the frame is complete when the next one begins.
    The keypoints of a table with a row per keypoint are those of the first frame.
    """

    def __init__(self, header: Rows, rows: Iterator[tuple[int, list[str]]], dialect: Dialect,
                 path: Path) -> None:
        super().__init__(header, rows, dialect, path)
        self._columns = table.columns_of(header[0], path)
        self.width = self._columns.width
        self._names: list[str] = []
        self.skeleton = None
        if self._columns.name is None:
            self._names = list(self._columns.axes)
            self.skeleton = named_skeleton(self._names, path.stem)

    def _frames(self) -> Iterator[tuple[int, FrameLines]]:
        place, count, current = self._columns.frame, -1, None
        time: float | None = None
        lines = FrameLines([], 0)
        for line, row in self._rows:
            if not row:
                continue
            self._dialect.check_line(row, self.header[0], line, self.path)
            where = f"'{self.path}', line {line}"
            if place is not None:
                number = frame_of(row, place, where)
            elif self._columns.time is None:
                number = count = count + 1
            else:
                stamp = number_of(row[self._columns.time[0]])
                if stamp is None or not np.isfinite(stamp):
                    raise DataFormatError(f'{where}: the time stamp is missing; expected a number '
                                          "in every line, or a column 'frame'.")
                if time is not None and stamp < time:
                    raise went_back(where, stamp, time)
                count += stamp != time
                number, time = count, stamp
            if number != current:
                if lines.rows and current is not None:
                    yield current, lines
                current, lines = number, FrameLines([], line)
            lines.rows.append(row)
        if lines.rows and current is not None:
            yield current, lines

    def _people(self, lines: FrameLines) -> list[PoseInstance]:
        columns = self._columns
        if not self._names:
            columns.keep_groups(lines.rows)
        table_lines = Lines(lines.rows, columns, self.path, lines.first)
        self._names = self._names or table_lines.names()
        strange = set(table_lines.names()) - set(self._names)
        if strange:
            raise DataFormatError(
                f"'{self.path}', line {lines.first}: the keypoint {strange.pop()!r} is not in "
                'the first frame; a stream needs all keypoints there, also missing ones.')
        self._count(columns.numbers(lines.rows))
        people = table_lines.people([0] * len(lines.rows))
        return [table_lines.instance(self._names, places, track_id)
                for (_, track_id, _), places in people.items()]

    def _updated(self, lines: FrameLines, tracks: PoseTracks, decimals: Decimals | None) -> Rows:
        stamps = ({} if self._columns.time is None else
                  {int(tracks.frame_ids[0]): lines.rows[0][self._columns.time[0]]})
        source = SourceDocument(
            table.Csv.name, self.path, [*self.header, *lines.rows], decimals=decimals,
            details={'columns': self._columns, 'names': self._names, 'stamps': stamps})
        return updated_table(source, tracks)[1:]


class DeepLabCutStream(TableStream):
    """A table as :class:`~smoothnet_plugin.io.deeplabcut.DeepLabCut` reads it: a row per frame."""

    def __init__(self, header: Rows, rows: Iterator[tuple[int, list[str]]], dialect: Dialect,
                 path: Path) -> None:
        super().__init__(header, rows, dialect, path)
        self._columns = header_of(header, path)
        self.width = self._columns.width
        self.skeleton = named_skeleton(self._columns.names, path.stem)

    def _frames(self) -> Iterator[tuple[int, FrameLines]]:
        for line, row in self._rows:
            number = deeplabcut.checked_frame(row, self.header[0], line, self.path,
                                              self._dialect)
            people, scores = deeplabcut.people_of([row], self._columns, self.path, line)
            self._count(self._columns.numbers([row]))
            yield number, FrameLines([row], line, {'people': people, 'scores': scores})

    def _people(self, lines: FrameLines) -> list[PoseInstance]:
        scores = lines.details['scores']
        return [PoseInstance(coords[0], None if scores is None else np.nan_to_num(
                    scores[track_id][0]), track_id=track_id, payload=0)
                for track_id, coords in lines.details['people'].items()
                if np.isfinite(coords).any()]

    def _updated(self, lines: FrameLines, tracks: PoseTracks, decimals: Decimals | None) -> Rows:
        source = SourceDocument(
            deeplabcut.DeepLabCut.name, self.path, [*self.header, *lines.rows], decimals=decimals,
            details={'header': self._columns, 'people': lines.details['people'],
                     'frames': tracks.frame_ids.tolist()})
        return deeplabcut.updated_table(source, tracks)[len(self.header):]


def open_table(lines: Iterable[bytes], path: Path) -> TableStream | None:
    """The table in lines of text.

    Args:
        lines: The lines, UTF-8, in order.
        path: The file, for messages.

    Returns:
        The table, or None if the first line names no columns of poses.

    Raises:
        DataFormatError: The header is incomplete.
    """
    decoded = _decoded(lines, path)
    first = next(decoded, '')
    dialect = Dialect.of_line(first)
    rows = rows_of(chain([first.removeprefix('\ufeff')], decoded), dialect, path)
    _, names = next(rows, (0, []))
    if names[:1] == ['scorer'] and len(names) > 1:
        header = [names]
        while header[-1][:1] != ['coords'] and len(header) < _DEEPEST_HEADER:
            header.append(next(rows, (0, []))[1])
        return DeepLabCutStream(header, rows, dialect, path)
    return CsvStream([names], rows, dialect, path) if Columns.of(names).axes else None


def _decoded(lines: Iterable[bytes], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise DataFormatError(f"'{path}', line {number} is not UTF-8 text: {error}.") from error
