"""Lines of written tables: changed cells of old lines, and new lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..structures import PoseTracks
from ._cells import Lines
from ._columns import Columns
from ._decimals import Decimals
from ._names import keypoint_names
from ._text import decimals_of, number_of, number_text
from ._times import clock_text, seconds_of
from ._values import moved, nested_numbers
from .base import SourceDocument
from .rows import Row, all_rows, merged, rows_for_document


@dataclass(frozen=True)
class NewLines:
    """Lines of poses that a table does not have.

    Args:
        columns: Meaning of the columns.
        names: Names of the keypoints.
        count: Number of columns.
        decimals: Decimals of coordinates. Defaults to None, all that are needed.
    """

    columns: Columns
    names: Sequence[str]
    count: int
    decimals: Decimals | None = None

    def of_pose(self, row: Row) -> list[list[str]]:
        """One line, or one for each keypoint where the table has such rows."""
        if self.columns.name is not None:
            return [self.of_keypoint(row, k) for k in range(len(self.names))]
        return [self._line(row, enumerate(self.names))]

    def of_keypoint(self, row: Row, k: int) -> list[str]:
        """The line of a keypoint, in a table with a row for each."""
        line = self._line(row, [(k, '')])
        self.columns.set_name(line, self.names[k])
        return line

    def _line(self, row: Row, keypoints: Iterable[tuple[int, str]]) -> list[str]:
        """A line with some keypoints, each in the columns of a name."""
        columns, line = self.columns, [''] * self.count
        for place, value in ((columns.frame, row.frame_id), (columns.track, row.track_id)):
            if place is not None:
                line[place] = str(value)
        positions, scores = nested_numbers(row.coords), row.scores.tolist()
        for k, name in keypoints:
            for place, number in zip(columns.axes[name], positions[k]):
                line[place] = '' if number is None else number_text(number, self.decimals)
            if name in columns.scores:
                line[columns.scores[name]] = repr(scores[k])
        return line


def updated_table(source: SourceDocument, tracks: PoseTracks) -> list[list[str]]:
    """Copy of the table that holds the tracks."""
    header, details, decimals = source.data[0], source.details, source.decimals
    columns, names = details['columns'], details['names']
    fresh = NewLines(columns, names, len(header), decimals)
    old = Lines(source.data[1:], columns, source.path)
    body = [list(row) for row in old.rows]
    known, new = rows_for_document(tracks)
    kept: dict[int, int] = {}
    added: list[tuple[int, list[str]]] = []
    for lines, row in known.items():
        kept.update(dict.fromkeys(lines, row.frame_id))
        before, places = old.instance(names, lines).keypoints, old.places(names, lines)
        mask = moved(before, row.coords)
        for k in np.flatnonzero(mask.any(axis=1)).tolist():
            if names[k] not in places:
                added.append((row.frame_id, fresh.of_keypoint(row, k)))
                continue
            line, column = places[names[k]]
            for c in np.flatnonzero(mask[k]):
                body[line][columns.axes[column][c]] = number_text(float(row.coords[k, c]),
                                                                  decimals)
    for row in new:
        for cells in fresh.of_pose(row):
            if columns.time is not None:
                cells[columns.time[0]] = _stamp(row.frame_id, details['stamps'])
            added.append((row.frame_id, cells))
    items = [(kept[line], cells) for line, cells in enumerate(body) if line in kept]
    return [list(header), *merged(items, sorted(added, key=lambda item: item[0]))]


def new_table(tracks: PoseTracks) -> list[list[str]]:
    """A table of tracks from elsewhere: a row per person and frame."""
    names = keypoint_names(tracks)
    people = list(tracks.tracks.values())
    width = people[0].coords.shape[2] if people else 2
    parts = [*'xyz'[:width], *(['score'] if any(p.scores is not None for p in people) else [])]
    header = ['frame', *(['timestamp'] if tracks.times is not None else []), 'track_id',
              *(f'{name}_{part}' for name in names for part in parts)]
    fresh = NewLines(Columns.of(header), names, len(header))
    table = [header]
    for row in all_rows(tracks):
        [line] = fresh.of_pose(row)
        if tracks.times is not None:
            line[1] = repr(tracks.time_of(row.frame_id, math.nan))
        table.append(line)
    return table


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
