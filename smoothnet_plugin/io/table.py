"""Poses in a text table: CSV."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseFrame, PoseTracks
from ._cells import Lines
from ._columns import Columns, mapped_header
from ._dialect import Dialect, header_cells, read_table, write_table
from ._names import named_skeleton
from ._table_output import new_table, updated_table
from ._text import decimals_of
from .base import Format, InputFile, ReadContext
from .rows import clip_frames

_SHOWN = 12


@FORMATS.register_module()
class Csv(Format):
    """A table with a header, wide or tidy.

    Wide, and so written: ``frame,track_id,<name>_x,<name>_y[,<name>_z][,<name>_score]``, a row
    per person and frame; SLEAP's ``<name>.x`` and numbered columns ``x0,y0[,z0][,v0]`` are read
    too. Tidy: ``frame,track_id,keypoint,x,y[,z][,score]``, a row per keypoint.
    The columns may come in any order, with others between them; comma, semicolon or tab separate,
    and decimals may follow a comma that separates nothing.
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
        rows, dialect = read_table(file)
        header, body = rows[0], rows[1:]
        found = columns_of(header, file.path, columns)
        for line, row in enumerate(body, start=2):
            if row:
                dialect.check_line(row, header, line, file.path)
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
            self.document(file, rows, columns=found, names=names, dialect=dialect,
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
            dialect = Dialect('\t' if path.suffix == '.tsv' else ',')
            write_table(path, new_table(tracks), dialect)
        else:
            write_table(path, updated_table(source, tracks), source.details['dialect'])


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
