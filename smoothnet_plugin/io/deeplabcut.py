"""CSV of DeepLabCut and Lightning Pose: header rows of scorer, bodyparts and coords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ._names import keypoint_names
from ._text import (
    TableStyle,
    checked_number,
    decimals_of,
    header_cells,
    number_text,
    read_cells,
    write_cells,
)
from ._values import whole_number
from .base import Format, InputFile, ReadContext
from .write_back import write_back

_AXES = ('x', 'y', 'z')
_SCORE = 'likelihood'


@dataclass(frozen=True)
class _Header:
    """Columns of every person's body parts.

    Attributes:
        rows: Number of header rows.
        names: Body parts of all people, each once.
        places: By track id and body part, the columns of x, y and perhaps z.
        scores: By track id and body part, the column of the likelihood.
    """

    rows: int
    names: list[str]
    places: dict[int | str, dict[str, list[int]]]
    scores: dict[int | str, dict[str, int]]

    @property
    def width(self) -> int:
        widths = {len(columns) for parts in self.places.values() for columns in parts.values()}
        return widths.pop() if len(widths) == 1 else 0


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

    def sniff(self, file: InputFile) -> bool:
        return header_cells(file)[:1] == ['scorer'] and len(header_cells(file)) > 1

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The header is incomplete, a cell is not a number, or the rows are
                labelled images of a training set.
        """
        style = TableStyle.of(file)
        rows = read_cells(file, style)
        header = _header(rows, file.path)
        body = rows[header.rows:]
        frames = []
        for line, row in enumerate(body, start=header.rows + 1):
            if len(row) != len(rows[0]):
                raise DataFormatError(f"'{file.path}', line {line}: {len(row)} cells, but the "
                                      f'header has {len(rows[0])}.')
            if row[0].lower().endswith(('.png', '.jpg', '.jpeg')) or row[0] == 'labeled-data':
                raise DataFormatError(f"'{file.path}', line {line}: {row[0]!r} is an image; these "
                                      'are labels of a training set, not the frames of a video.')
            frames.append(whole_number(row[0].removesuffix('.0'),
                                       f"'{file.path}', line {line}, frame"))
        people = {track_id: _values(body, header, track_id, file.path)
                  for track_id in header.places}
        scores = {track_id: _scores(body, header, track_id, file.path, people[track_id])
                  for track_id in header.places} if any(header.scores.values()) else None
        cells = (row[column] for row in body for parts in header.places.values()
                 for columns in parts.values() for column in columns)
        source = self.document(file, rows, header=header, style=style, people=people,
                               frames=frames, decimals=decimals_of(cells))
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
            write_cells(path, _new_table(tracks), TableStyle())
            return
        details = source.details
        write_cells(path, _updated_table(source.data, details, tracks), details['style'])


def _header(rows: Sequence[Sequence[str]], path: Path) -> _Header:
    keys = []
    for row in rows[:4]:
        keys.append(row[0] if row else '')
        if keys[-1] == 'coords':
            break
    if keys not in (['scorer', 'bodyparts', 'coords'],
                    ['scorer', 'individuals', 'bodyparts', 'coords']):
        raise DataFormatError(f"'{path}': the first column begins with {', '.join(keys)}; expected "
                              'scorer, [individuals,] bodyparts, coords.')
    count = len(rows[0])
    if any(len(row) != count for row in rows[:len(keys)]):
        raise DataFormatError(f"'{path}': the header rows have "
                              f'{[len(row) for row in rows[:len(keys)]]} cells; expected the same '
                              'number.')
    found: dict[int | str, dict[str, dict[str, int]]] = {}
    for column in range(1, count):
        track_id = rows[1][column] if len(keys) == 4 else 0
        part, coord = rows[len(keys) - 2][column], rows[len(keys) - 1][column]
        places = found.setdefault(track_id, {}).setdefault(part, {})
        if coord in places:
            raise DataFormatError(f"'{path}': column {column + 1} repeats {part!r}, {coord!r}.")
        places[coord] = column
    whole = {track_id: {part: places for part, places in parts.items() if {'x', 'y'} <= set(places)}
             for track_id, parts in found.items()}
    header = _Header(
        len(keys), list(dict.fromkeys(part for parts in whole.values() for part in parts)),
        {track_id: {part: [places[axis] for axis in _AXES if axis in places]
                    for part, places in parts.items()} for track_id, parts in whole.items()},
        {track_id: {part: places[_SCORE] for part, places in parts.items() if _SCORE in places}
         for track_id, parts in whole.items()})
    if header.width == 0:
        raise DataFormatError(f"'{path}': none of the body parts has columns x and y, or only some "
                              'have z.')
    return header


def _values(body: Sequence[Sequence[str]], header: _Header, track_id: int | str,
            path: Path) -> np.ndarray:
    """Coordinates of a person, shape (T, K, C)."""
    values = np.full((len(body), len(header.names), header.width), np.nan)
    for part, columns in header.places[track_id].items():
        k = header.names.index(part)
        for c, column in enumerate(columns):
            values[:, k, c] = _column(body, header, column, path)
    return values


def _scores(body: Sequence[Sequence[str]], header: _Header, track_id: int | str, path: Path,
            coords: np.ndarray) -> np.ndarray:
    """Likelihoods of a person, shape (T, K); where there is no column, 1 for what is known."""
    scores = np.asarray(np.isfinite(coords).all(axis=-1), dtype=np.float64)
    for part, column in header.scores[track_id].items():
        scores[:, header.names.index(part)] = _column(body, header, column, path)
    return scores


def _column(body: Sequence[Sequence[str]], header: _Header, column: int, path: Path) -> list[float]:
    return [checked_number(row[column], f"'{path}', line {line}, column {column + 1}")
            for line, row in enumerate(body, start=header.rows + 1)]


def _updated_table(rows: Sequence[list[str]], details: Mapping[str, Any],
                   tracks: PoseTracks) -> list[list[str]]:
    header, decimals = details['header'], details['decimals']
    update = write_back(tracks, details['people'], details['frames'])
    lines = []
    for at, (frame, row) in enumerate(zip(update.frame_ids, update.rows)):
        cells = ([str(frame)] + [''] * (len(rows[0]) - 1) if row is None
                 else list(rows[header.rows + row]))
        for track_id, parts in header.places.items():
            changed, coords = update.changed[track_id][at], update.coords[track_id][at]
            for part, columns in parts.items():
                k = header.names.index(part)
                for c, column in enumerate(columns):
                    if changed[k, c]:
                        cells[column] = number_text(float(coords[k, c]), decimals)
                score = update.scores[track_id][at, k]
                if changed[k].any() and np.isfinite(score) and part in header.scores[track_id]:
                    cells[header.scores[track_id][part]] = f'{score:g}'
        lines.append(cells)
    return [*(list(row) for row in rows[:header.rows]), *lines]


def _new_table(tracks: PoseTracks) -> list[list[str]]:
    names = keypoint_names(tracks)
    people = list(tracks)
    width = people[0][1].coords.shape[2] if people else 2
    coords = [*_AXES[:width], _SCORE]
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
