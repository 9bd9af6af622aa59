"""An array of one person's poses in an ``.npy`` file, as VideoPose3D and many scripts write it."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import REPRESENTATIONS, PoseTracks, value_width
from ..utils.files import atomic_write
from ..utils.npy import read_data, read_header
from ._arrays import floating
from ._markers import only_person, poses_of_all_frames
from .base import Format, InputFile, ReadContext
from .write_back import write_back

_MAGIC = b'\x93NUMPY'
_USUAL = {2: 'keypoints_2d', 3: 'keypoints_3d'}


@FORMATS.register_module()
class PlainNpy(Format):
    """One person, shape (T, K, C): frames from 0, keypoints, 2 or 3 coordinates.

    NaN marks missing values. The array has no names, frame rate or unit; its floating dtype is
    kept. Third values that look like confidences beside pixels are read as such, and kept.
    """

    name = 'npy'
    title = 'npy: one array (T, K, 2) or (T, K, 3), for example by VideoPose3D'
    suffixes = ('.npy',)
    representations = tuple(REPRESENTATIONS)
    frame_base = 0

    def sniff(self, file: InputFile) -> bool:
        if not file.head.startswith(_MAGIC):
            return False
        try:
            shape, _, dtype = read_header(io.BytesIO(file.head))
        except ValueError:
            return False
        return len(shape) == 3 and shape[2] in _USUAL and dtype.kind in 'iuf'

    def read(self, file: InputFile, context: ReadContext, *,
             representation: str | None = None) -> PoseTracks:
        """Read the tracks.

        Args:
            file: The file.
            context: What the caller specified.
            representation: Representation of the values. Defaults to None: keypoints.

        Raises:
            DataFormatError: The file is damaged, or the array has another shape.
        """
        stream = io.BytesIO(file.content)
        try:
            shape, fortran, dtype = read_header(stream)
        except ValueError as error:
            raise DataFormatError(f"'{file.path}' is not a readable npy file: {error}.") from error
        representation = representation or _USUAL.get(shape[-1] if shape else 0, 'keypoints_3d')
        width = value_width(representation)
        if len(shape) != 3 or shape[2] != width or dtype.kind not in 'iuf':
            raise DataFormatError(f"'{file.path}': the array is {dtype} of shape {shape}; expected "
                                  f'numbers of shape (T, K, {width}) for {representation}.')
        size = len(file.content) - stream.tell()
        if size != math.prod(shape) * dtype.itemsize:
            raise DataFormatError(f"'{file.path}' is cut off or damaged: {size} bytes for an array "
                                  f'{dtype} of shape {shape}.')
        array = read_data(stream, shape, fortran, dtype)
        return context.dense_tracks({0: array}, self.document(file, array, content='values'),
                                    representation=representation)

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks of one person; a new array starts at the first frame.

        Raises:
            DataFormatError: There are several people.
        """
        source = self.source_of(tracks)
        array = _new_array(tracks) if source is None else _updated_array(source.data, tracks)
        with atomic_write(path, 'wb') as file:
            np.lib.format.write_array(file, array, allow_pickle=False)


def _updated_array(old: np.ndarray, tracks: PoseTracks) -> np.ndarray:
    """The array with the tracks."""
    update = write_back(tracks, {0: old.astype(np.float64)})
    if len(update.rows) == len(old) and not update.changed[0].any():
        return old
    return update.coords[0].astype(floating(old[:0]).dtype)


def _new_array(tracks: PoseTracks) -> np.ndarray:
    sequence = only_person(tracks, 'npy')
    return poses_of_all_frames(sequence, 'npy', 'npz') if len(sequence) else sequence.coords
