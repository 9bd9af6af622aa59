"""Label files of Ultralytics' ``save_txt``: a folder with a text file per frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseFrame, PoseInstance, PoseTracks
from ._decimals import OF_FRACTIONS
from ._folders import PlainText, write_folder
from ._names import frame_numbers, name_like, natural_key
from ._people import ShapeCheck, record_id
from ._text import checked_number, decimals_of, number_text
from ._values import moved
from .base import Format, InputFile, ReadContext
from .rows import Row, by_frame, clip_frames, rows_for_document

_BOX = 5  # class, x and y of the centre, width, height
_USUAL = 17


@dataclass(frozen=True)
class _Layout:
    """Fields of a line: K keypoints of ``stride`` numbers after the box, then confidence and id."""

    count: int
    stride: int

    @property
    def end(self) -> int:
        return _BOX + self.count * self.stride


@FORMATS.register_module()
class UltralyticsLabels(Format):
    """``<video>_<frame>.txt``, a line per person: class, box, K times x y [confidence], [id].

    All numbers are fractions of the image, so ``image_size`` is needed: poses are smoothed in
    pixels and written as fractions again. 0 0 is a missing keypoint. Frames without people have no
    file. After the keypoints follow the box's confidence and the track id if they were saved; a
    single further number is the id where it is whole and 1 or more on all lines.
    """

    name = 'ultralytics_labels'
    title = 'Ultralytics save_txt: a folder of <video>_<frame>.txt, "0 0.5 0.5 0.2 0.6 0.4 ..."'
    representations = ('keypoints_2d',)
    frame_base = 1

    def sniff(self, file: InputFile) -> bool:
        for one in file.files('.txt')[:1]:
            cells = one.head.decode('utf-8', 'replace').split('\n')[0].split()
            return len(cells) > _BOX + 3 and all(_is_number(cell) for cell in cells)
        return False

    def read(self, file: InputFile, context: ReadContext, *,
             num_keypoints: int | None = None) -> PoseTracks:
        """Read the tracks.

        Args:
            file: The folder.
            context: What the caller specified; ``image_size`` is needed.
            num_keypoints: K. Defaults to None: 17 if that fits the lines, else with a confidence
                for every keypoint.

        Raises:
            DataFormatError: The size of the image is unknown, the files are not of one clip, or
                a line does not hold the numbers of K keypoints.
        """
        files = sorted(file.files('.txt'), key=lambda one: natural_key(one.path.name))
        if context.image_size is None:
            raise DataFormatError(f"'{file.path}': label files hold fractions of the image; "
                                  'specify image_size=(width, height), --image-size W H on the '
                                  'command line.')
        names = [one.path.name for one in files]
        numbers = frame_numbers(names)
        if not files or numbers is None:
            raise DataFormatError(f"'{file.path}': expected label files '<video>_<frame>.txt' of "
                                  'one video.')
        lines = [[line.split() for line in one.text.splitlines()] for one in files]
        cells = [line for one in lines for line in one if line]
        layout = _layout(cells, num_keypoints, file.path)
        ids = _id_column(cells, layout)
        check = ShapeCheck(file.path)
        frames = []
        for position, (one, number) in enumerate(zip(files, numbers)):
            check.path = one.path
            frame = PoseFrame(number)
            for index, line in enumerate(lines[position]):
                if line:
                    where = f'line {index + 1}'
                    found = _instance(line, layout, ids, f"'{one.path}', {where}",
                                      context.image_size)
                    found.payload = (position, index)
                    frame.instances.append(check(found, where))
            frames.append(frame)
        decimals = decimals_of(cell for line in cells for cell in line[_BOX:layout.end])
        source = self.document(file, list(zip(numbers, names, (one.text for one in files))),
                               layout=layout, size=context.image_size, ids=ids,
                               digits=max(decimals or 0, OF_FRACTIONS))
        return context.tracks(frames, source, frame_ids=clip_frames(numbers),
                              image_size=context.image_size)

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The folder.
            tracks: Tracks read from label files.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source = self.required_source(tracks, "'ultralytics'")
        known, new = rows_for_document(tracks)
        added = by_frame(new)
        kept = set(tracks.frame_ids.tolist())
        details = source.details
        arguments = (details['layout'], np.array(details['size']), details['digits'])
        files: list[tuple[str, str, PlainText]] = []
        for position, (number, name, text) in enumerate(source.data):
            if number not in kept:
                continue
            lines = []
            for index, line in enumerate(text.splitlines(keepends=True)):
                row = known.get((position, index))
                if not line.split():
                    lines.append(line)
                elif row is not None:
                    lines.append(_updated(line, row, *arguments))
            lines += [_created(row, details['ids'], *arguments) for row in added.pop(number, [])]
            files.append((name, ''.join(lines), PlainText()))
        for number, rows in added.items():
            name = name_like(source.data[0][1], source.data[0][0], number)
            files.append((name, ''.join(_created(row, details['ids'], *arguments)
                                        for row in rows), PlainText()))
        write_folder(path, files)


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _layout(lines: Sequence[Sequence[str]], count: int | None, path: Path) -> _Layout:
    least = min((len(line) for line in lines), default=0) - _BOX
    most = max((len(line) for line in lines), default=0) - _BOX
    tried = [count] if count else [_USUAL]
    for number in tried:
        for stride in (3, 2):
            if number * stride <= least and most <= number * stride + 2:
                return _Layout(number, stride)
    if count is None and least >= 3 and most - least // 3 * 3 <= 2:
        return _Layout(least // 3, 3)
    raise DataFormatError(f"'{path}': the lines have {least + _BOX} to {most + _BOX} numbers, "
                          f'which do not fit {count or _USUAL} keypoints; specify num_keypoints.')


def _id_column(lines: Sequence[Sequence[str]], layout: _Layout) -> int | None:
    """Column of the track id, or None."""
    extras = max((len(line) - layout.end for line in lines), default=0)
    if extras == 2:
        return layout.end + 1
    last = [line[layout.end] for line in lines if len(line) > layout.end]
    whole = extras == 1 and all(cell.isdigit() and int(cell) >= 1 for cell in last)
    return layout.end if whole else None


def _instance(line: Sequence[str], layout: _Layout, ids: int | None, where: str,
              size: tuple[int, int]) -> PoseInstance:
    values = np.array([checked_number(cell, where) for cell in line])
    points = values[_BOX:layout.end].reshape(layout.count, layout.stride)
    coords = np.where((points[:, :2] == 0).all(axis=1, keepdims=True), np.nan, points[:, :2])
    centre, extent = values[1:3], values[3:5]
    box = np.concatenate([centre - extent / 2, centre + extent / 2]) * np.tile(size, 2)
    track_id = int(values[ids]) if ids is not None and len(line) > ids else None
    scores = np.nan_to_num(points[:, 2]) if layout.stride == 3 else None
    return PoseInstance(coords * np.array(size), scores, box, track_id)


def _updated(line: str, row: Row, layout: _Layout, size: np.ndarray, decimals: int) -> str:
    cells = line.split()
    points = np.array([float(cell) for cell in cells[_BOX:layout.end]]).reshape(
        layout.count, layout.stride)[:, :2]
    old = np.where((points == 0).all(axis=1, keepdims=True), np.nan, points) * size
    mask = moved(old, row.coords)
    if not mask.any():
        return line
    for k, c in np.argwhere(mask):
        fraction = float(row.coords[k, c] / size[c])
        cells[_BOX + layout.stride * k + c] = number_text(fraction, decimals)
    return ' '.join(cells) + line[len(line.rstrip()):]


def _created(row: Row, ids: int | None, layout: _Layout, size: np.ndarray, decimals: int) -> str:
    known = np.asarray(np.isfinite(row.coords).all(axis=1))
    coords = np.where(known[:, None], row.coords / size, 0.0)
    low, high = coords[known].min(axis=0), coords[known].max(axis=0)
    values = [*((low + high) / 2).tolist(), *(high - low).tolist()]
    for position, score in zip(coords.tolist(), row.scores.tolist()):
        values += [*position, score][:layout.stride]
    cells = ['0', *(number_text(value, decimals) for value in values)]
    if ids is not None:
        cells += ['0'] * (ids - layout.end) + [str(record_id(row.track_id))]
    return ' '.join(cells) + '\n'
