"""The npz layout of the SmoothNet reference: one object array of sequences per quantity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import METRES, PoseSequence, PoseTracks
from ..utils.npz import load_npz, write_npz
from ._arrays import floating, object_array
from ._values import moved
from .base import Format, InputFile, ReadContext, SourceDocument

_KEYS = {
    'joints_3d': 'keypoints_3d',
    'joints_2d': 'keypoints_2d',
    'keypoints_3d': 'keypoints_3d',
    'keypoints_2d': 'keypoints_2d',
    'pose': 'axis_angle',
}


@FORMATS.register_module()
class SmoothNetNpz(Format):
    """``imgname`` and ``joints_3d``, ``joints_2d`` or ``pose``, an entry per sequence.

    An entry is an array (L, K * C), flattened joint by joint: metres in 3D, pixels in 2D,
    axis-angle for ``pose``. Entries lie in object arrays, which are pickles: they are read
    without running code. Sequences are tracks 0, 1, ...; each counts its frames from 0.
    """

    name = 'smoothnet_npz'
    title = 'SmoothNet reference npz: imgname, joints_3d | joints_2d | pose'
    suffixes = ('.npz',)
    representations = ('keypoints_2d', 'keypoints_3d', 'axis_angle')

    def sniff(self, file: InputFile) -> bool:
        names = file.npz_names
        return 'imgname' in names and any(key in names for key in _KEYS)

    def read(self, file: InputFile, context: ReadContext, *, key: str | None = None) -> PoseTracks:
        """Read the tracks.

        Args:
            file: The file.
            context: What the caller specified.
            key: Array to read. Defaults to None: the first there is of joints_3d, joints_2d,
                keypoints_3d, keypoints_2d, pose.

        Raises:
            UnsafeFileError: The file holds objects that could run code.
            DataFormatError: The file is damaged, or a sequence is not what it should be.
        """
        npz = load_npz(file.path, file.content)
        arrays = {name: npz[name] for name in npz}
        key = key or next((name for name in _KEYS if name in arrays), 'joints_3d')
        if key not in _KEYS or key not in arrays:
            raise DataFormatError(
                f"'{file.path}' has no array '{key}' to smooth; it has {', '.join(arrays)}, of "
                f"which {', '.join(name for name in _KEYS if name in arrays) or 'none'} can be.")
        if arrays[key].ndim == 0:
            raise DataFormatError(f"'{file.path}', array '{key}': expected an entry per sequence, "
                                  'got a single value.')
        entries = [_entry(entry, i, key, file.path) for i, entry in enumerate(arrays[key])]
        names = arrays.get('imgname')
        if names is None or names.ndim == 0 or len(names) != len(entries):
            raise DataFormatError(f"'{file.path}': imgname must have an entry for each of the "
                                  f"{len(entries)} sequences of '{key}'.")
        tracks = {}
        for i, entry in enumerate(entries):
            if np.shape(names[i])[:1] != entry.shape[:1]:
                raise DataFormatError(
                    f"'{file.path}', sequence {i}: {np.size(names[i])} image names for "
                    f"{len(entry)} rows of '{key}'.")
            tracks[i] = PoseSequence(
                entry, representation=_KEYS[key], refs=[(i, row) for row in range(len(entry))])
        return PoseTracks(tracks, source=self.document(
            file, arrays, key=key, compressed=npz.is_compressed))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks; new files get metres in 3D.

        Args:
            path: The file.
            tracks: The tracks.

        Raises:
            DataFormatError: Rows were added to or dropped from a sequence of the source, or the
                unit cannot be converted to metres.
        """
        source = self.source_of(tracks)
        arrays = _new_arrays(tracks) if source is None else _updated(source, tracks)
        write_npz(path, arrays, compressed=source is not None and source.details['compressed'],
                  objects=True)


def _entry(entry: object, i: int, key: str, path: Path) -> np.ndarray:
    """One sequence as (L, K, C)."""
    width = 2 if _KEYS[key] == 'keypoints_2d' else 3
    array = np.asarray(entry)
    if (array.dtype.kind not in 'iuf' or array.ndim not in (2, 3)
            or (array.shape[1] % width if array.ndim == 2 else array.shape[2] != width)):
        raise DataFormatError(f"'{path}', sequence {i}: '{key}' is {array.dtype} of shape "
                              f'{array.shape}; expected numbers of shape (L, K * {width}).')
    return array.reshape(len(array), math.prod(array.shape[1:]) // width, width)


def _updated(source: SourceDocument, tracks: PoseTracks) -> dict[str, np.ndarray]:
    """Copy of the source's arrays with the tracks; dropped tracks are removed."""
    key = source.details['key']
    entries = source.data[key]
    kept, changed = [], []
    for track_id, sequence in tracks:
        refs = sequence.refs
        i = refs[0][0] if refs and refs[0] else track_id
        if i not in range(len(entries)) or (refs or []) != [
                (i, row) for row in range(len(entries[i]))]:
            raise DataFormatError(
                f'Rows were added to or dropped from the sequence {track_id!r}, but the SmoothNet '
                "layout has one row per image; write plain npz (format='npz') instead.")
        old = np.asarray(entries[i])
        new = sequence.coords.reshape(old.shape)
        flat = moved(old.reshape(sequence.coords.shape), sequence.coords).reshape(old.shape)
        values = floating(old)
        values[flat] = new[flat]
        kept.append(i)
        changed.append(values if flat.any() else old)
    arrays: dict[str, np.ndarray] = {}
    for name, array in source.data.items():
        per_sequence = array.ndim > 0 and len(array) == len(entries)
        arrays[name] = array[kept] if per_sequence and kept != list(range(len(entries))) else array
    as_objects = entries.dtype.hasobject or not changed
    arrays[key] = object_array(changed) if as_objects else np.stack(changed)
    return arrays


def _new_arrays(tracks: PoseTracks) -> Mapping[str, np.ndarray]:
    names, entries = [], []
    representation = 'keypoints_3d'
    for track_id, sequence in tracks:
        representation = sequence.representation
        scale = 1.0
        if representation == 'keypoints_3d':
            if sequence.unit not in METRES:
                raise DataFormatError(f'The SmoothNet layout holds metres; the unit of these '
                                      f"tracks is {sequence.unit!r}, expected one of "
                                      f"{', '.join(METRES)}.")
            scale = METRES[sequence.unit]
        coords = sequence.coords if scale == 1 else sequence.coords * scale
        names.append(np.array([f'{track_id}/{frame:06d}.jpg' for frame in sequence.frame_ids]))
        entries.append(coords.reshape(len(sequence), math.prod(coords.shape[1:])))
    key = next(name for name, kind in _KEYS.items() if kind == representation)
    return {'imgname': object_array(names), key: object_array(entries)}
