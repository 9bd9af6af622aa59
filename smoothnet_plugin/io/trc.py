"""TRC, the marker files of OpenSim, which Pose2Sim and Sports2D also write."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..processing.flat import is_flat
from ..registry import FORMATS
from ..structures import PoseSequence, PoseTracks
from ..utils.files import atomic_write
from ._decimals import Decimals
from ._markers import dense, known_fps, only_person
from ._names import keypoint_names, named_skeleton
from ._text import decimals_of, newline_of, number_of, number_text
from ._values import moved, whole_number
from .base import Format, InputFile, ReadContext, SourceDocument
from .rows import Row, merged, rows_for_document
from .trc_text import HEADER_LINES, header_values, positions, standard_lines

_WIDEST = 20.0


@FORMATS.register_module()
class Trc(Format):
    """One person's markers in 3D: a header of five lines, then a line per frame.

    Empty cells are missing values. Lines without changes are kept, and new numbers have the
    decimals of the file; in the header only the number of frames is updated. The first column has
    the frame numbers, the second one the seconds: where these are more than roundings of the
    header's rate, they are the clock. Blanks instead of tabs and decimal commas, which are not TRC,
    are accepted; if anything changes, such a file is written with tabs and decimal points. If Z is
    always 0, the unit is pixels if the header specifies metres and the values are too large for a
    room: Sports2D writes pixels this way.
    """

    name = 'trc'
    title = 'TRC markers (OpenSim, Pose2Sim, Sports2D)'
    suffixes = ('.trc',)
    representations = ('keypoints_3d',)
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        return file.head.removeprefix(b'\xef\xbb\xbf').startswith(b'PathFileType')

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The header or a line is invalid.
        """
        newline = newline_of(file.text)
        lines = file.text.removesuffix(newline).split(newline)
        standard = standard_lines(lines)
        header = header_values(standard, file.path)
        names = [name.strip() for name in standard[3].split('\t')[2:] if name.strip()]
        if not names or len(names) != header.get('NumMarkers', len(names)):
            raise DataFormatError(
                f"'{file.path}', line 4: {len(names)} marker names, but the header says "
                f"NumMarkers = {header.get('NumMarkers')}.")
        body = {number: line.split('\t') for number, line in enumerate(standard)
                if number >= HEADER_LINES and line.strip()}
        line_of: dict[int, int] = {}
        times: dict[int, float | None] = {}
        coords = []
        for number, cells in body.items():
            where = f"'{file.path}', line {number + 1}"
            frame = whole_number(cells[0].strip().removesuffix('.0'), f'{where}, frame number')
            if frame in line_of:
                raise DataFormatError(f'{where}: frame {frame} occurs twice, first in line '
                                      f'{line_of[frame] + 1}.')
            line_of[frame] = number
            times[frame] = number_of(cells[1]) if len(cells) > 1 else None
            coords.append(positions(cells, len(names), where))
        order = np.argsort(list(line_of), kind='stable')
        fps = context.fps or header.get('DataRate')
        source = self.document(
            file, lines, newline=newline, end=file.text.endswith(newline), standard=standard,
            decimals=decimals_of(cell for cells in body.values() for cell in cells[2:]))
        values = np.array(coords)[order] if coords else np.zeros((0, len(names), 3))
        sequence = PoseSequence(
            values, frame_ids=np.array(list(line_of), dtype=np.int64)[order], fps=fps,
            representation='keypoints_3d',
            unit=_unit(header.get('Units'), values),
            skeleton=named_skeleton(names, file.path.stem),
            refs=np.array(list(line_of.values()))[order].tolist())
        digits = decimals_of(cell for cells in body.values() for cell in cells[1:2])
        return context.on_clock(
            PoseTracks({0: sequence}, fps=fps, source=source), times, file.path,
            resolution=10.0**-digits if digits else None, rate=header.get('DataRate'))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks of one person. New files get a line for every frame between the
                first and the last, unless almost none of these is known.

        Raises:
            DataFormatError: There are several people, or fps is unknown.
        """
        only_person(tracks, 'TRC')
        source = self.source_of(tracks)
        lines = (_new_lines(path, tracks, known_fps(tracks, 'TRC')) if source is None
                 else _updated_lines(source, tracks))
        newline = source.details['newline'] if source else '\n'
        text = newline.join(lines) + (newline if source is None or source.details['end'] else '')
        with atomic_write(path, 'wb') as file:
            file.write(text.encode('utf-8'))


def _updated_lines(source: SourceDocument, tracks: PoseTracks) -> list[str]:
    lines, decimals = source.details['standard'], source.decimals
    known, new = rows_for_document(tracks)
    fps = known_fps(tracks, 'TRC') if new else 1.0
    items: list[tuple[int, str]] = []
    offset = 0.0  # Time minus frame number over fps.
    for number in range(HEADER_LINES, len(lines)):
        if not lines[number].strip():
            frame = items[-1][0] if items else min(tracks.frame_ids.tolist(), default=0)
            items.append((frame, lines[number]))
        elif number in known:
            row = known[number]
            items.append((row.frame_id, _updated_line(lines[number], row, decimals)))
            offset = _time(lines[number], row.frame_id / fps) - row.frame_id / fps
    added = [(row.frame_id, _line(row.frame_id, tracks.time_of(row.frame_id,
                                                                offset + row.frame_id / fps),
                                  row.coords, decimals)) for row in new]
    header = list(lines[:HEADER_LINES])
    if added or len(known) != sum(bool(line.strip()) for line in lines[HEADER_LINES:]):
        keys = [key.strip() for key in header[1].split('\t')]
        values = header[2].split('\t')
        if 'NumFrames' in keys and keys.index('NumFrames') < len(values):
            values[keys.index('NumFrames')] = str(len(known) + len(added))
        header[2] = '\t'.join(values)
    updated = header + merged(items, added)
    return source.data if updated == lines else updated


def _unit(unit: str | None, values: np.ndarray) -> str | None:
    if unit == 'm' and is_flat(values) and np.nanmax(np.abs(values)) > _WIDEST:
        return 'px'
    return unit


def _time(line: str, default: float) -> float:
    try:
        return float(line.split('\t')[1])
    except (IndexError, ValueError):
        return default


def _updated_line(line: str, row: Row, decimals: Decimals | None) -> str:
    cells = line.split('\t')
    mask = moved(positions(cells, row.sequence.num_keypoints, ''), row.coords)
    if mask.any():
        cells += [''] * (2 + mask.size - len(cells))
    for k, c in np.argwhere(mask):
        cells[2 + 3 * k + c] = number_text(float(row.coords[k, c]), decimals)
    return '\t'.join(cells)


def _line(frame: int, time: float, coords: np.ndarray, decimals: Decimals | None = None) -> str:
    known = np.isfinite(coords).all(axis=1, keepdims=True)
    values: list[float] = np.where(known, coords, np.nan).ravel().tolist()
    cells = [number_text(value, decimals) for value in values]
    return '\t'.join([str(frame), repr(round(time, 9)), *cells])


def _new_lines(path: Path, tracks: PoseTracks, fps: float) -> list[str]:
    sequence, names = only_person(tracks, 'TRC'), keypoint_names(tracks)
    frames = np.arange(int(sequence.frame_ids[0]), int(sequence.frame_ids[-1]) + 1) if dense(
        sequence.frame_ids) else sequence.frame_ids
    first, count = int(frames[0]), len(frames)
    coords = np.full((count, *sequence.coords.shape[1:]), np.nan)
    coords[np.searchsorted(frames, sequence.frame_ids)] = sequence.coords
    rate = repr(int(fps) if fps == int(fps) else fps)
    header = {'DataRate': rate, 'CameraRate': rate, 'NumFrames': str(count),
              'NumMarkers': str(len(names)), 'Units': sequence.unit or '', 'OrigDataRate': rate,
              'OrigDataStartFrame': str(first), 'OrigNumFrames': str(count)}
    axes = (f'{axis}{k + 1}' for k in range(len(names)) for axis in 'XYZ')
    return [
        f'PathFileType\t4\t(X/Y/Z)\t{path.name}',
        '\t'.join(header),
        '\t'.join(header.values()),
        '\t'.join(['Frame#', 'Time', '\t\t\t'.join(names) + '\t\t']),
        '\t'.join(['', '', *axes]),
        *(_line(frame, tracks.time_of(frame, frame / fps), row)
          for frame, row in zip(frames.tolist(), coords)),
    ]
