"""Storage files of OpenSim (.mot, .sto): joint angles, forces, orientations over time."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks, value_width
from ..utils.files import atomic_write
from ._decimals import Decimals, decimals_for
from ._markers import known_fps
from ._text import checked_number, decimals_of, newline_of, number_text
from .base import Format, InputFile, ReadContext, SourceDocument
from .opensim_text import END, TRANSLATION, Storage, parse_storage
from .write_back import write_back

#: A step that only a wrapped angle makes, in degrees.
_WRAPPED = 270.0


@FORMATS.register_module()
class OpenSimStorage(Format):
    """A header up to ``endheader``, a line of names that begins with ``time``, a line per frame.

    Every column is a separate track, because angles, translations and forces have different units;
    it has one value (``scalar``), in newer files three (``DataType=Vec3``) or a quaternion. Angles
    that jump by a full turn are smoothed without the jump and written with it. The time is the
    clock. The header, the time and lines without changes are kept, and new numbers have the
    decimals of their column (at least 0.01 degrees or 0.1 mm). The numbers of rows and columns in
    the header are often wrong and not used.
    """

    name = 'opensim'
    title = 'OpenSim motion or storage: ..., endheader, time <name> <name> ...'
    suffixes = ('.mot', '.sto')
    usual_for = ('.mot', '.sto')
    representations = ('scalar', 'keypoints_3d', 'quaternion')
    frame_base = 0

    def sniff(self, file: InputFile) -> bool:
        return not file.is_dir and re.search(rb'^\s*endheader\s*$', file.head,
                                             re.IGNORECASE | re.MULTILINE) is not None

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The header has no end or no names, or a cell is not a number.
        """
        newline = newline_of(file.text)
        storage = parse_storage(file.text.split(newline), file.path)
        cells = [storage.cells(storage.lines[number]) for number in storage.rows]
        for number, row in zip(storage.rows, cells):
            if len(row) != 1 + len(storage.labels):
                raise DataFormatError(f"'{file.path}', line {number + 1}: {len(row)} cells for "
                                      f'{1 + len(storage.labels)} columns.')
        values = _values(cells, storage, file.path)
        turns = _turns(values, storage)
        people: dict[Any, np.ndarray] = {
            name: values[:, place, None] + turns[:, place, None, None]
            for place, name in enumerate(storage.labels)}
        times: dict[int, float | None] = {
            number: checked_number(row[0], f"'{file.path}', line {line + 1}, time")
            for number, (line, row) in enumerate(zip(storage.rows, cells))}
        source = self.document(file, storage, newline=newline, people=people, turns=turns,
                               decimals_of=_decimals(cells, storage))
        tracks = context.dense_tracks(people, source, representation=storage.kind, times=times)
        return tracks.replace(tracks={name: sequence.replace(unit=storage.unit(str(name)))
                                      for name, sequence in tracks})

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file. A new one has the scalar tracks of the same frames as its columns.
            tracks: The tracks.

        Raises:
            DataFormatError: The tracks are not scalar, have different frames, or fps is unknown.
        """
        source = self.source_of(tracks)
        if source is None:
            lines, newline = _new_lines(path, tracks), '\n'
        else:
            lines, newline = _updated_lines(source, tracks), source.details['newline']
        with atomic_write(path, 'wb') as file:
            file.write(newline.join(lines).encode('utf-8'))


def _decimals(cells: Sequence[Sequence[str]], storage: Storage) -> list[Decimals | None]:
    """Decimals of new numbers of each column."""
    return [decimals_for((), decimals_of(part for row in cells for part in row[place].split(',')),
                         storage.unit(name))
            for place, name in enumerate(storage.labels, start=1)]


def _values(cells: Sequence[Sequence[str]], storage: Storage, path: Path) -> np.ndarray:
    """Shape (T, N, C); quaternions as (x, y, z, w)."""
    width = value_width(storage.kind)
    values = np.full((len(cells), len(storage.labels), width), np.nan)
    for t, row in enumerate(cells):
        for place, cell in enumerate(row[1:]):
            where = f"'{path}', line {storage.rows[t] + 1}, column {storage.labels[place]!r}"
            parts = cell.split(',') if width > 1 else [cell]
            if len(parts) == width:
                values[t, place] = [checked_number(part.strip(), where) for part in parts]
            elif cell.strip().lower() not in ('', 'nan'):
                raise DataFormatError(f'{where}: {len(parts)} values; expected {width}.')
    return np.roll(values, -1, axis=-1) if storage.kind == 'quaternion' else values


def _turns(values: np.ndarray, storage: Storage) -> np.ndarray:
    """Degrees to add so that angles that were wrapped to a turn are continuous, shape (T, N)."""
    turns = np.zeros(values.shape[:2])
    angles = storage.degrees and storage.kind == 'scalar'
    for place, name in enumerate(storage.labels if angles else ()):
        known = np.flatnonzero(np.isfinite(values[:, place, 0]))
        if TRANSLATION.fullmatch(name) or len(known) < 2:
            continue
        column = values[known, place, 0]
        steps = np.diff(column)
        if np.abs(column).max() <= 360 and (np.abs(steps) > _WRAPPED).any():
            shift = np.cumsum(-360 * np.round(steps / 360) * (np.abs(steps) > _WRAPPED))
            turns[known[1:], place] = shift
    return turns


def _updated_lines(source: SourceDocument, tracks: PoseTracks) -> list[str]:
    storage, details = source.data, source.details
    update = write_back(tracks, details['people'])
    lines = list(storage.lines)
    kept = set()
    for at, row in enumerate(update.rows):
        if row is None:
            raise DataFormatError('Frames were added to an OpenSim file whose columns cannot '
                                  "follow; write 'npz' instead.")
        number = storage.rows[row]
        kept.add(number)
        new = {}
        for place, name in enumerate(storage.labels):
            if update.changed[name][at].any():
                value = update.coords[name][at, 0] - details['turns'][row, place]
                new[place + 1] = _cell(value, storage.kind, details['decimals_of'][place])
        if new:
            lines[number] = storage.with_cells(lines[number], new)
    dropped = set(storage.rows) - kept
    if dropped:
        for number, line in enumerate(lines[:storage.rows[0]]):
            if line.strip() == f'nRows={len(storage.rows)}':
                lines[number] = f'nRows={len(kept)}'
    return [line for number, line in enumerate(lines) if number not in dropped]


def _cell(value: np.ndarray, kind: str, decimals: Decimals | None) -> str:
    if not np.isfinite(value).all():
        return 'nan'
    value = np.roll(value, 1) if kind == 'quaternion' else value
    return ','.join(number_text(float(part), decimals) for part in value)


def _new_lines(path: Path, tracks: PoseTracks) -> list[str]:
    if any(sequence.representation != 'scalar' or sequence.num_keypoints != 1
           for _, sequence in tracks):
        raise DataFormatError("OpenSim's .mot files hold one number per column, but these are "
                              "poses; write 'trc' for points in space.")
    fps = known_fps(tracks.replace(tracks=dict(list(tracks.tracks.items())[:1])), 'OpenSim')
    frames = tracks.frame_ids
    columns = np.full((len(frames), len(tracks)), math.nan)
    for place, (_, sequence) in enumerate(tracks):
        columns[np.searchsorted(frames, sequence.frame_ids), place] = sequence.coords[:, 0, 0]
    degrees = any(sequence.unit == 'deg' for _, sequence in tracks)
    return [path.stem, 'version=1', f'nRows={len(frames)}', f'nColumns={len(tracks) + 1}',
            f"inDegrees={'yes' if degrees else 'no'}", END,
            '\t'.join(['time', *map(str, tracks.tracks)]),
            *('\t'.join([repr(tracks.time_of(frame, frame / fps)),
                         *(number_text(value, None) or 'nan' for value in row)])
              for frame, row in zip(frames.tolist(), columns.tolist())), '']
