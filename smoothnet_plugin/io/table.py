"""Poses in a text table: CSV."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseFrame, PoseTracks
from ._cells import Lines
from ._columns import Columns, mapped_header
from ._decimals import Decimals
from ._names import keypoint_names, named_skeleton
from ._text import (
    TableStyle,
    decimals_of,
    header_cells,
    number_of,
    number_text,
    read_cells,
    write_cells,
)
from ._times import clock_text, seconds_of
from ._values import moved, nested_numbers
from .base import Format, InputFile, ReadContext, SourceDocument
from .rows import Row, all_rows, clip_frames, merged, rows_for_document

_SHOWN = 12


@FORMATS.register_module()
class Csv(Format):
    """A table with a header, wide or tidy.

    Wide, and so written: ``frame,track_id,<name>_x,<name>_y[,<name>_z][,<name>_score]``, a row
    per person and frame; SLEAP's ``<name>.x`` and numbered columns ``x0,y0[,z0][,v0]`` are read
    too. Tidy: ``frame,track_id,keypoint,x,y[,z][,score]``, a row per keypoint.
    The columns may come in any order, with others between them; comma, semicolon or tab separate.
    Empty cells and NaN are missing values. Without a frame column frames are numbered by their time
    stamps, without these the rows of a wide table count from 0; without a track column people are
    tracked if a frame has several.

    Time stamps are in a column ``timestamp`` or ``time`` in seconds, ``timestamp_ms`` in
    milliseconds; there is no frame rate otherwise. Frames without people have no rows: the clip
    goes from the first frame to the last. New coordinates get the decimals of the file; cells are
    quoted only where needed.
    """

    name = 'csv'
    title = 'CSV: frame,track_id,<name>_x,<name>_y[,<name>_z][,<name>_score] or a row per keypoint'
    suffixes = ('.csv', '.tsv')
    usual_for = ('.csv', '.tsv')
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        return bool(Columns.of(header_cells(file)).axes)

    def read(self, file: InputFile, context: ReadContext, *,
             columns: Mapping[str, str] | None = None) -> PoseTracks:
        """Read the tracks.

        Args:
            file: The file.
            context: What the caller specified.
            columns: Columns of the file by meaning, for a header of other names: ``{'frame':
                'Frame No', 'nose.x': 'nx', 'nose.y': 'ny', 'nose.score': 'nc'}``, or with a row per
                keypoint ``{'frame': ..., 'keypoint': ..., 'x': ..., 'y': ...}``; also ``track_id``,
                ``z``, ``timestamp`` and ``timestamp_ms``. Other columns are not read. Defaults to
                None: by their names.

        Raises:
            DataFormatError: The header names no keypoints, or a cell is not what it should be.
            ConfigError: The file does not have a column.
        """
        style = TableStyle.of(file)
        rows = read_cells(file, style)
        header, body = rows[0], rows[1:]
        found = columns_of(header, file.path, columns)
        for line, row in enumerate(body, start=2):
            check_line(row, header, line, file.path)
        left_out = found.left_out(header) if columns is None else []
        if left_out:
            warnings.warn(
                f"'{file.path}': {len(left_out)} columns look like values of keypoints and are not "
                f"read: {', '.join(left_out[:_SHOWN])}. A keypoint has <name>_x, <name>_y[, "
                '<name>_z][, <name>_score]; columns= (--columns) gives other names.', stacklevel=4)
        found.keep_groups(body)
        lines = Lines(body, found, file.path)
        people = lines.people(lines.frames())
        stamps = lines.stamps()
        line_of = {frame: places[0] for (frame, _, _), places in people.items()} if stamps else {}
        names = lines.names()
        frames = {frame: PoseFrame(frame) for frame, _, _ in people}
        for (frame, track_id, _), places in people.items():
            frames[frame].instances.append(lines.instance(names, places, track_id))
        alone = found.track is None and all(len(f.instances) < 2 for f in frames.values())
        for instance in (i for f in frames.values() for i in f.instances) if alone else ():
            instance.track_id = 0
        return context.tracks(
            list(frames.values()),
            self.document(file, rows, columns=found, names=names, style=style,
                          decimals=decimals_of(found.numbers(body)),
                          stamps={frame: body[line][found.time[0]] for frame, line
                                  in line_of.items()} if found.time else {}),
            frame_ids=clip_frames(frames),
            times={frame: stamps[line] for frame, line in line_of.items()},
            representation=f'keypoints_{found.width}d',
            skeleton=named_skeleton(names, file.path.stem))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file; new ones named ``*.tsv`` are separated by tabs.
            tracks: The tracks.
        """
        source = self.source_of(tracks)
        if source is None:
            style = TableStyle('\t' if path.suffix == '.tsv' else ',')
            write_cells(path, _new_table(tracks), style)
        else:
            write_cells(path, updated_table(source, tracks), source.details['style'])


def columns_of(header: Sequence[str], path: Path,
               columns: Mapping[str, str] | None = None) -> Columns:
    """Columns of a table, which must name keypoints, and frames where they are needed.

    Args:
        header: Names of the columns.
        path: The file, for messages.
        columns: See :meth:`Csv.read`. Defaults to None.

    Raises:
        DataFormatError: They do not.
        ConfigError: The file does not have a column of ``columns``.
    """
    found = Columns.of(header if columns is None else mapped_header(header, columns))
    if found.width == 0:
        raise DataFormatError(
            f"'{path}': the header names no keypoints, or some with z and some without; "
            'expected columns <name>_x, <name>_y[, <name>_z][, <name>_score].')
    _refuse_twins(header, found, path)
    if found.frame is None and found.time is None and (
            found.name is not None or found.track is not None):
        raise DataFormatError(
            f"'{path}': a table with a row per {'keypoint' if found.name else 'person'} "
            "needs a column 'frame' of whole numbers or a column 'timestamp' of seconds "
            f"('timestamp_ms' of milliseconds); it has {', '.join(header[:_SHOWN])}.")
    return found


def _refuse_twins(header: Sequence[str], columns: Columns, path: Path) -> None:
    """Refuse columns of the same name: only one would be read."""
    plain = [name.strip().lower() for name in header]
    places = [place for axes in columns.axes.values() for place in axes]
    places += [*columns.scores.values(), *(place for place in (columns.frame, columns.track)
                                           if place is not None)]
    twice = next((header[place] for place in places if plain.count(plain[place]) > 1), None)
    if twice is not None:
        raise DataFormatError(f"'{path}': {plain.count(twice.strip().lower())} columns are called "
                              f'{twice!r}; expected a name for each keypoint.')


def check_line(row: Sequence[str], header: Sequence[str], line: int, path: Path) -> None:
    """Refuse a line, unless it is empty, that does not have as many cells as the header."""
    if row and len(row) != len(header):
        raise DataFormatError(f"'{path}', line {line}: {len(row)} cells, but the header has "
                              f'{len(header)}.')


def updated_table(source: SourceDocument, tracks: PoseTracks) -> list[list[str]]:
    """Copy of the table that holds the tracks."""
    header, details, decimals = source.data[0], source.details, source.decimals
    columns, names = details['columns'], details['names']
    old = Lines(source.data[1:], columns, source.path)
    body = [list(row) for row in old.rows]
    known, new = rows_for_document(tracks)
    kept: dict[int, int] = {}
    added: list[tuple[int, list[str]]] = []
    for lines, row in known.items():
        kept.update(dict.fromkeys(lines, row.frame_id))
        before, places = old.instance(names, lines).keypoints, old.places(names, lines)
        mask = moved(before, row.coords)
        for k in np.flatnonzero(mask.any(axis=1)):
            if names[k] in places:
                line, column = places[names[k]]
                for c in np.flatnonzero(mask[k]):
                    body[line][columns.axes[column][c]] = number_text(float(row.coords[k, c]),
                                                                      decimals)
            else:
                added.append((row.frame_id, _tidy_line(row, k, names, columns, len(header),
                                                       decimals)))
    for row in new:
        fresh = ([_wide_line(row, names, columns, len(header), decimals)] if columns.name is None
                 else [_tidy_line(row, k, names, columns, len(header), decimals)
                       for k in range(len(names))])
        for line in fresh:
            if columns.time is not None:
                line[columns.time[0]] = _stamp(row.frame_id, details['stamps'])
            added.append((row.frame_id, line))
    items = [(kept[line], cells) for line, cells in enumerate(body) if line in kept]
    return [list(header), *merged(items, sorted(added, key=lambda item: item[0]))]


def _stamp(frame: int, stamps: Mapping[int, str]) -> str:
    """Cell of the time stamp of an added line, from the cells of other frames."""
    if frame in stamps:
        return stamps[frame]
    known = sorted((number, value, cell) for number, cell in stamps.items()
                   if (value := seconds_of(cell)) is not None and math.isfinite(value))
    if not known:
        return ''
    numbers, values, cells = zip(*known)
    value = float(np.interp(frame, numbers, values))
    if number_of(cells[0]) is None:
        return clock_text(value, cells[0])
    return number_text(value, decimals_of(stamps.values()))


def _start_line(row: Row, columns: Columns, width: int) -> list[str]:
    line = [''] * width
    if columns.frame is not None:
        line[columns.frame] = str(row.frame_id)
    if columns.track is not None:
        line[columns.track] = str(row.track_id)
    return line


def _fill(line: list[str], position: list[Any], score: float, name: str, columns: Columns,
          decimals: Decimals | None) -> None:
    for place, value in zip(columns.axes[name], position):
        line[place] = '' if value is None else number_text(value, decimals)
    if name in columns.scores:
        line[columns.scores[name]] = repr(score)


def _wide_line(row: Row, names: Sequence[str], columns: Columns, width: int,
               decimals: Decimals | None = None) -> list[str]:
    line = _start_line(row, columns, width)
    for name, position, score in zip(names, nested_numbers(row.coords), row.scores.tolist()):
        _fill(line, position, score, name, columns, decimals)
    return line


def _tidy_line(row: Row, k: int, names: Sequence[str], columns: Columns, width: int,
               decimals: Decimals | None) -> list[str]:
    line = _start_line(row, columns, width)
    columns.set_name(line, names[k])
    _fill(line, nested_numbers(row.coords)[k], row.scores.tolist()[k], '', columns, decimals)
    return line


def _new_table(tracks: PoseTracks) -> list[list[str]]:
    names = keypoint_names(tracks)
    people = list(tracks.tracks.values())
    width = people[0].coords.shape[2] if people else 2
    parts = [*'xyz'[:width], *(['score'] if any(p.scores is not None for p in people) else [])]
    header = ['frame', *(['timestamp'] if tracks.times is not None else []), 'track_id',
              *(f'{name}_{part}' for name in names for part in parts)]
    columns = Columns.of(header)
    lines = [(row.frame_id, _wide_line(row, names, columns, len(header)))
             for row in all_rows(tracks)]
    for frame, line in lines if columns.time is not None else ():
        line[1] = repr(tracks.time_of(frame, math.nan))
    return [header, *(line for _, line in lines)]
