"""CSV of DeepLabCut and Lightning Pose: header rows of scorer, bodyparts and coords."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ._deeplabcut import AXES, SCORE, Header, header_of
from ._dialect import Dialect, header_cells, read_table, write_table
from ._names import keypoint_names
from ._text import checked_number, decimals_of, number_text
from ._values import whole_number
from .base import Format, InputFile, ReadContext, SourceDocument
from .write_back import write_back


@FORMATS.register_module()
class DeepLabCut(Format):
    """A row per frame; x, y and likelihood of every body part (x, y, z in 3D).

    Rows of header: ``scorer``, with several animals ``individuals``, then ``bodyparts`` and
    ``coords``. The individuals are the tracks; one animal is the track 0. Body parts that only
    some individuals have (DeepLabCut's unique body parts) are missing for the others. Columns of
    other ``coords`` (Lightning Pose's variances) do not change. Empty cells are missing values. The
    frame numbers are in the first column; fps is not stored.
    """

    name = 'deeplabcut'
    title = 'DeepLabCut or Lightning Pose CSV: scorer,... / [individuals,...] / bodyparts,... / ...'
    suffixes = ('.csv',)
    frame_base = 0
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        return header_cells(file)[:1] == ['scorer'] and len(header_cells(file)) > 1

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The header is incomplete, a cell is not a number, or the rows are
                labelled images of a training set.
        """
        rows, dialect = read_table(file)
        header = header_of(rows, file.path)
        body = rows[header.rows:]
        frames = [checked_frame(row, rows[0], line, file.path, dialect)
                  for line, row in enumerate(body, start=header.rows + 1)]
        people, scores = people_of(body, header, file.path)
        source = self.document(file, rows, header=header, dialect=dialect, people=people,
                               frames=frames, decimals=decimals_of(header.numbers(body)))
        return context.dense_tracks(people, source, frame_ids=frames, scores=scores,
                                    names=header.names,
                                    representation=f'keypoints_{header.width}d')

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file. A new one has a row for every frame of the clip.
            tracks: The tracks.
        """
        source = self.source_of(tracks)
        if source is None:
            write_table(path, _new_table(tracks), Dialect())
            return
        write_table(path, updated_table(source, tracks), source.details['dialect'])


def checked_frame(row: Sequence[str], header: Sequence[str], line: int, path: Path,
                  dialect: Dialect) -> int:
    """Frame number of a row.

    Raises:
        DataFormatError: The row is of another length, an image of a training set, or its first
            cell no whole number.
    """
    dialect.check_line(row, header, line, path)
    if row[0].lower().endswith(('.png', '.jpg', '.jpeg')) or row[0] == 'labeled-data':
        raise DataFormatError(f"'{path}', line {line}: {row[0]!r} is an image; these "
                              'are labels of a training set, not the frames of a video.')
    return whole_number(row[0].removesuffix('.0'), f"'{path}', line {line}, frame")


def people_of(body: Sequence[Sequence[str]], header: Header, path: Path, first: int | None = None
              ) -> tuple[dict[int | str, np.ndarray], dict[int | str, np.ndarray] | None]:
    """Coordinates (T, K, C) and likelihoods (T, K) by track id; None without likelihoods.

    Args:
        body: The T rows.
        header: The columns.
        path: The file, for messages.
        first: Number of the first line in the file. Defaults to None, the one after the header.

    Raises:
        DataFormatError: A cell is not a number.
    """
    start = header.rows + 1 if first is None else first

    def column(place: int) -> list[float]:
        return [checked_number(row[place], f"'{path}', line {line}, column {place + 1}")
                for line, row in enumerate(body, start)]

    return header.people(len(body), column)


def updated_table(source: SourceDocument, tracks: PoseTracks) -> list[list[str]]:
    """Copy of the table that holds the tracks."""
    rows, details, decimals = source.data, source.details, source.decimals
    header = details['header']
    update = write_back(tracks, details['people'], details['frames'])
    lines = [[str(frame)] + [''] * (len(rows[0]) - 1) if row is None
             else list(rows[header.rows + row])
             for frame, row in zip(update.frame_ids, update.rows)]
    for column, changed, values, likelihoods in header.written(update):
        for at in changed.nonzero()[0].tolist():
            lines[at][column] = (f'{values[at]:g}' if likelihoods
                                 else number_text(float(values[at]), decimals))
    return [*(list(row) for row in rows[:header.rows]), *lines]


def _new_table(tracks: PoseTracks) -> list[list[str]]:
    names = keypoint_names(tracks)
    people = list(tracks)
    width = people[0][1].coords.shape[2] if people else 2
    coords = [*AXES[:width], SCORE]
    several = len(people) > 1 or any(isinstance(track_id, str) for track_id, _ in people)
    columns = [(str(track_id), name, coord) for track_id, _ in people for name in names
               for coord in coords]
    rows = [['scorer', *('smoothnet_plugin' for _ in columns)]]
    if several:
        rows.append(['individuals', *(column[0] for column in columns)])
    rows += [['bodyparts', *(column[1] for column in columns)],
             ['coords', *(column[2] for column in columns)]]
    places = [{frame: row for row, frame in enumerate(sequence.frame_ids.tolist())}
              for _, sequence in people]
    for frame in tracks.frame_ids.tolist():
        cells = [str(frame)]
        for (_, sequence), place in zip(people, places):
            if frame not in place:
                cells += [''] * (len(coords) * sequence.num_keypoints)
                continue
            row = place[frame]
            for k, position in enumerate(sequence.coords[row]):
                known = bool(np.isfinite(position).all())
                score = float(known) if sequence.scores is None else sequence.scores[row, k]
                cells += [number_text(float(v), None) if known else '' for v in position]
                cells.append(repr(float(score)) if known else '')
        rows.append(cells)
    return rows
