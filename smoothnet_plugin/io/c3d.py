"""C3D motion capture files, through ezc3d where it is installed."""

from __future__ import annotations

import copy
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseSequence, PoseTracks
from ..utils.child_process import try_in_child
from ..utils.files import temporary_beside
from ..utils.optional import required
from ._markers import known_fps, only_person, poses_of_all_frames
from ._names import keypoint_names, named_skeleton
from ._values import moved
from .base import Format, InputFile, ReadContext, SourceDocument

_KEY_BYTE = 0x50
_MOST_FRAMES = 1 << 31
_BLOCK = 512
#: Memory that reading may take: so much whatever the file holds, and so many times its size.
_LEAST_MEMORY, _TIMES = 64 << 20, 20


@FORMATS.register_module()
class C3d(Format):
    """The points of a C3D file as one person; analog data and parameters are kept.

    Points without a position are missing values. Values are single precision. Needs
    ``pip install ezc3d``.
    """

    name = 'c3d'
    title = 'C3D markers (needs ezc3d)'
    suffixes = ('.c3d',)
    representations = ('keypoints_3d',)
    frame_base = 1

    def sniff(self, file: InputFile) -> bool:
        return (len(file.head) >= _BLOCK and file.head[1] == _KEY_BYTE
                and 1 < file.head[0] < _KEY_BYTE)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: ezc3d is not installed, or cannot read the file.
        """
        if not self.sniff(file):
            raise DataFormatError(f"'{file.path}' is not a C3D file.")
        _check_size(file)
        document = _parsed(file.path)
        points = np.asarray(document['data']['points'], dtype=np.float64)
        point = document['parameters']['POINT']
        names = _labels(point)
        if len(names) != points.shape[1]:
            raise DataFormatError(f"'{file.path}': {len(names)} labels for {points.shape[1]} "
                                  'points.')
        first = int(document['header']['points']['first_frame']) + 1
        units = point['UNITS']['value'] if 'UNITS' in point else []
        rate = float(document['header']['points']['frame_rate'])
        fps = context.fps or (rate if rate > 0 else None)
        count = points.shape[2]
        sequence = PoseSequence(
            points[:3].transpose(2, 1, 0), frame_ids=np.arange(first, first + count), fps=fps,
            representation='keypoints_3d',
            unit=(str(units[0]).strip() if len(units) else None) or None,
            skeleton=named_skeleton(names, file.path.stem),
            refs=list(range(count)))
        return PoseTracks({0: sequence}, fps=fps, source=self.document(file, document))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks of one person. New files get every frame between the first and the
                last; a clip that starts before frame 1, which C3D cannot, is moved there.

        Raises:
            DataFormatError: ezc3d is not installed, there are several people, fps is unknown, or
                frames of the source were dropped.
        """
        sequence = only_person(tracks, 'C3D')
        source = self.source_of(tracks)
        document = (_new_document(sequence, known_fps(tracks, 'C3D'), keypoint_names(tracks))
                    if source is None else _updated(source, sequence))
        with temporary_beside(path) as temporary:
            document.write(str(temporary))


def _check_size(file: InputFile) -> None:
    """Check that a file is as long as its header declares: ezc3d hangs on some shorter ones.

    Raises:
        DataFormatError: The file is cut off.
    """
    head = file.head
    size = file.path.stat().st_size
    parameters = (head[0] - 1) * _BLOCK
    # The fourth byte of the parameters names the processor; 86 is the one of big-endian files.
    processor = file.content[parameters + 3] if size > parameters + 3 else 0
    order = '>' if processor == 86 else '<'
    points, analog, first, last = struct.unpack_from(f'{order}4H', head, 2)
    scale, start = struct.unpack_from(f'{order}fH', head, 12)
    expected = (start - 1) * _BLOCK
    if first <= last < 0xffff:
        expected += (last - first + 1) * (4 * points + analog) * (4 if scale < 0 else 2)
    if start <= head[0] or size < expected:
        raise DataFormatError(f"'{file.path}' is cut off or damaged: it has {size} bytes, but its "
                              f'header announces at least {expected}.')


def _ezc3d() -> Any:
    return required('ezc3d', 'C3D files are read and written by ezc3d, which is not installed: '
                    'pip install ezc3d', DataFormatError)


def _parsed(path: Path) -> Any:
    ezc3d = _ezc3d()
    size = path.stat().st_size
    try_in_child('ezc3d', 'ezc3d.c3d(sys.argv[1])', path, 'C3D', size=size,
                 memory=_LEAST_MEMORY + _TIMES * size, arguments=[str(path)])
    try:
        return ezc3d.c3d(str(path))
    except Exception as error:  # What ezc3d raises on damaged files is not documented.
        raise DataFormatError(f"'{path}' is not a readable C3D file: {error}.") from error


def _labels(point: Any) -> list[str]:
    """Names of the points; those after the first 255 are in LABELS2, LABELS3, ..."""
    labels = list(point['LABELS']['value'])
    more = 2
    while f'LABELS{more}' in point:
        labels += list(point[f'LABELS{more}']['value'])
        more += 1
    return [str(label).strip() for label in labels]


def _updated(source: SourceDocument, sequence: PoseSequence) -> Any:
    """Copy of the source that holds the sequence."""
    document = copy.deepcopy(source.data)
    points = document['data']['points']
    if sequence.refs != list(range(points.shape[2])):
        raise DataFormatError('Frames of the C3D file were dropped or added, but its other data '
                              "cannot follow; write another format, for example 'trc'.")
    moves = moved(points[:3].transpose(2, 1, 0), sequence.coords).transpose(2, 1, 0)
    points[:3][moves] = sequence.coords.transpose(2, 1, 0)[moves]
    # A negative residual would mark the point as missing.
    residuals = document['data']['meta_points']['residuals']
    residuals[0][moves.any(axis=0) & (residuals[0] < 0)] = 0
    document['data']['points'] = points
    document['data']['meta_points']['residuals'] = residuals
    return document


def _new_document(sequence: PoseSequence, fps: float, names: list[str]) -> Any:
    document = _ezc3d().c3d()
    coords = poses_of_all_frames(sequence, 'C3D', 'trc', _MOST_FRAMES).astype(np.float64)
    points = np.pad(coords.transpose(2, 1, 0), ((0, 1), (0, 0), (0, 0)), constant_values=1)
    point = document['parameters']['POINT']
    point['RATE']['value'] = [fps]
    point['LABELS']['value'] = tuple(names)
    point['UNITS']['value'] = (sequence.unit or '',)
    document['data']['points'] = points
    first = max(int(sequence.frame_ids[0]) - 1, 0)
    document['header']['points']['first_frame'] = first
    document['header']['points']['last_frame'] = first + len(coords) - 1
    return document
