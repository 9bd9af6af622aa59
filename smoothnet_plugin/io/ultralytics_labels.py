"""Label files of Ultralytics' ``save_txt``: a folder with a text file per frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseInstance, PoseTracks
from ..tracking.similarity import keypoint_box
from ._decimals import OF_FRACTIONS
from ._folders import write_folder
from ._frame_lists import Frame, FrameLists
from ._names import frame_numbers, name_like
from ._people import record_id
from ._text import checked_number, decimals_of, number_of, number_text
from ._values import moved
from .base import InputFile, ReadContext
from .rows import Row, clip_frames

_BOX = 5  # class, x and y of the centre, width, height
_USUAL = 17


@dataclass(frozen=True)
class _Layout:
    """Fields of a line: K keypoints of ``stride`` numbers after the box, then confidence and id.

    Attributes:
        count: K.
        stride: 2 or 3.
        ids: Column of the track id, or None.
        size: (width, height) of the images, which all coordinates are fractions of.
        decimals: Decimals of new fractions.
    """

    count: int
    stride: int
    ids: int | None = None
    size: tuple[int, int] = (1, 1)
    decimals: int = OF_FRACTIONS

    @property
    def end(self) -> int:
        return _BOX + self.count * self.stride


@FORMATS.register_module()
class UltralyticsLabels(FrameLists):
    """``<video>_<frame>.txt``, a line per person: class, box, K times x y [confidence], [id].

    All numbers are fractions of the image, so ``image_size`` is needed: poses are smoothed in
    pixels and written as fractions again. 0 0 is a missing keypoint. Frames without people have no
    file. After the keypoints follow the box's confidence and the track id if they were saved; a
    single further number is the id where it is whole and 1 or more on all lines.
    """

    name = 'ultralytics_labels'
    title = 'Ultralytics save_txt: a folder of <video>_<frame>.txt, "0 0.5 0.5 0.2 0.6 0.4 ..."'
    suffixes = ()
    frame_base = 1
    keeps_decimals = False

    def sniff(self, file: InputFile) -> bool:
        for one in _frame_files(file)[:1]:
            cells = one.head.decode('utf-8', 'replace').split('\n')[0].split()
            return len(cells) > _BOX + 3 and all(
                number is not None and np.isfinite(number) for number in map(number_of, cells))
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
        files = _frame_files(file)
        if context.image_size is None:
            raise DataFormatError(f"'{file.path}': label files hold fractions of the image; "
                                  'specify image_size=(width, height), --image-size W H on the '
                                  'command line.')
        names = [one.path.name for one in files]
        numbers = frame_numbers(names)
        if not files or numbers is None:
            raise DataFormatError(f"'{file.path}': expected label files '<video>_<frame>.txt' of "
                                  'one video.')
        cells = [line.split() for one in files for line in one.text.splitlines() if line.strip()]
        layout = _layout(cells, num_keypoints, file.path)
        decimals = decimals_of(cell for line in cells for cell in line[_BOX:layout.end])
        layout = replace(layout, ids=_id_column(cells, layout), size=context.image_size,
                         decimals=max(decimals or 0, OF_FRACTIONS))
        slots = [Frame(number, one.path.name, one.text.splitlines(keepends=True), one.path)
                 for one, number in zip(files, numbers)]
        return self.tracks(file, context, slots, layout, frame_ids=clip_frames(numbers))

    def label(self, number: int, index: int) -> str:
        return f'line {index + 1}'

    def instance(self, record: str, where: str, layout: _Layout) -> PoseInstance | None:
        line = record.split()
        if not line:
            return None
        values = np.array([checked_number(cell, where) for cell in line])
        points = values[_BOX:layout.end].reshape(layout.count, layout.stride)
        coords = np.where((points[:, :2] == 0).all(axis=1, keepdims=True), np.nan, points[:, :2])
        centre, extent = values[1:3], values[3:5]
        box = np.concatenate([centre - extent / 2, centre + extent / 2]) * np.tile(layout.size, 2)
        has_id = layout.ids is not None and len(line) > layout.ids
        scores = np.nan_to_num(points[:, 2]) if layout.stride == 3 else None
        return PoseInstance(coords * np.array(layout.size), scores, box,
                            int(values[layout.ids]) if has_id else None)

    def updated(self, record: str, row: Row, layout: _Layout) -> str:
        old = self.instance(record, '', layout)
        mask = moved(old.keypoints, row.coords) if old else np.zeros(row.coords.shape, dtype=bool)
        if not mask.any():
            return record
        cells = record.split()
        for k, c in np.argwhere(mask):
            fraction = float(row.coords[k, c] / layout.size[c])
            cells[_BOX + layout.stride * k + c] = number_text(fraction, layout.decimals)
        return ' '.join(cells) + record[len(record.rstrip()):]

    def created(self, row: Row, like: str | None, layout: _Layout) -> str:
        coords = row.coords / np.array(layout.size)
        low, high = np.split(keypoint_box(coords), 2)
        coords = np.where(np.isfinite(coords).all(axis=1, keepdims=True), coords, 0.0)
        values = [*((low + high) / 2).tolist(), *(high - low).tolist()]
        for position, score in zip(coords.tolist(), row.scores.tolist()):
            values += [*position, score][:layout.stride]
        cells = ['0', *(number_text(value, layout.decimals) for value in values)]
        if layout.ids is not None:
            cells += ['0'] * (layout.ids - layout.end) + [str(record_id(row.track_id))]
        return ' '.join(cells) + '\n'

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The folder.
            tracks: Tracks read from label files.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source = self.required_source(tracks, "'ultralytics'")
        first = source.details['slots'][0]
        write_folder(path, {
            name_like(first.key, first.number, frame.number) if frame.key is None else frame.key:
            partial(''.join, frame.records)
            for frame in self.updated_frames(tracks, source, source.details['layout'])})


def _frame_files(file: InputFile) -> list[InputFile]:
    """A folder's numbered text files, not ``classes.txt``; if there are none, all text files."""
    files = file.files('.txt')
    return [one for one in files if one.path.stem[-1:].isdigit()] or files


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
