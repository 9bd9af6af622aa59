"""Plain npz files: the layout for the complete content of tracks."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import REPRESENTATIONS, PoseSequence, PoseTracks, value_width
from ..utils.npz import SafeNpz, StoredArray, load_npz, write_npz
from ._json import parse_json, plain
from ._names import named_skeleton
from ._npz_arrays import new_arrays, updated_arrays
from ._times import time_unit
from .base import Format, InputFile, ReadContext
from .npz_layout import (
    COORDS,
    LENGTHS,
    NAMES,
    scores_name,
    stored_keypoint_names,
    stored_lengths,
    stored_names,
)

#: More clips than this of fewer frames are rather people of as many frames.
_FEWEST_FRAMES = 5
#: Kinds of types and number of axes (0: a single value) of the arrays that are ours.
_LAYOUT = {
    'lengths': ('iu', 1), 'track_ids': ('iuU', 1), 'frame_ids': ('iu', 1),
    'clip_frame_ids': ('iu', 1), 'scores': ('iuf', 2), 'keypoint_scores': ('iuf', 2),
    'valid': ('b', 2), 'filled': ('b', 2), 'joints': ('U', 1), 'fps': ('iuf', 0),
    'representation': ('U', 0), 'unit': ('U', 0), 'image_size': ('iu', 1), 'provenance': ('U', 0),
}
_KINDS = {'i': 'whole numbers', 'u': 'whole numbers', 'f': 'numbers', 'U': 'text',
          'b': 'truth values'}


@FORMATS.register_module()
class PlainNpz(Format):
    """People one after the other; :mod:`~smoothnet_plugin.io.npz_layout` describes the arrays.

    Only the coordinates are required; other arrays do not change. Nothing is pickled. Of a
    skeleton only the names are stored. Ids that are partly numbers and partly text become text.
    Without scores, unit and representation, third values that look like confidences beside pixels
    are read as such, and kept.
    """

    name = 'npz'
    title = 'plain npz: coords (N, K, C), and optionally lengths, scores, joints, fps, ...'
    suffixes = ('.npz',)
    usual_for = ('.npz',)
    representations = tuple(REPRESENTATIONS)
    embeds_provenance = True

    def sniff(self, file: InputFile) -> bool:
        names = file.npz_names
        others = 'imgname' in names or {'boxes', 'segments'} <= set(names)
        return not others and any(key in names for key in COORDS)

    def read(self, file: InputFile, context: ReadContext, *, key: str | None = None,
             representation: str | None = None) -> PoseTracks:
        """Read the tracks.

        Args:
            file: The file.
            context: What the caller specified.
            key: Array of the coordinates. Defaults to None: the first there is of coords,
                keypoints, estimate, positions.
            representation: Representation of the coordinates. Defaults to None: the one in the
                file, else keypoints.

        Raises:
            DataFormatError: The file is damaged, or its arrays do not fit together.
        """
        npz = load_npz(file.path, file.content)
        members = npz.members()
        key = key or next((name for name in COORDS if name in members), 'coords')
        if key not in members:
            raise DataFormatError(f"'{file.path}' has no array '{key}'; it has "
                                  f"{', '.join(members) or 'none'}.")
        _check_layout(members, file.path)
        shape, dtype = members[key].shape, members[key].dtype
        states = not {'representation', 'unit'}.isdisjoint(members)
        usual = 'keypoints_3d' if shape[-1:] == (3,) else 'keypoints_2d'
        representation = str(representation or _value(members, 'representation') or usual)
        width = value_width(representation)
        if len(shape) not in (3, 4) or shape[-1] != width or dtype.kind not in 'iuf':
            raise DataFormatError(
                f"'{file.path}', array '{key}': expected numbers of shape (N, K, {width}) for "
                f'{representation}, got {dtype} of shape {shape}.')
        ids = _row_ids(members, shape)
        if len(shape) == 4 and shape[1] < _FEWEST_FRAMES < shape[0] and not {
                NAMES, 'track_ids'} & set(members):
            raise DataFormatError(
                f"'{file.path}', array '{key}': the axes of shape {shape} are clips and frames. If "
                'the first are frames and the second people, store np.swapaxes(coords, 0, 1).')
        lengths = None if ids is not None else stored_lengths(npz, key, 3)
        coords = npz[key].reshape(math.prod(shape[:-2]), *shape[-2:])
        rows = _rows_of_tracks(npz, ids, lengths, len(coords))
        fields = _row_fields(members, coords.shape[:2], file.path)
        fps = context.fps or _value(members, 'fps')
        joints = stored_keypoint_names(npz)
        skeleton = None if joints is None else named_skeleton(joints, file.path.stem)
        tracks = {track_id: PoseSequence(
            coords[indices], fps=fps, representation=representation,
            unit=_value(members, 'unit'), refs=indices.tolist(), skeleton=skeleton,
            **{name: array[indices] for name, array in fields.items()})
            for track_id, indices in rows.items()}
        size = members['image_size'].read().tolist() if 'image_size' in members else []
        frame_ids: Any = members['clip_frame_ids'].read() if 'clip_frame_ids' in members else None
        provenance = _value(members, 'provenance')
        stamps = _stamp_array(members, key)
        clip = PoseTracks(
            tracks, frame_ids=frame_ids, fps=fps,
            image_size=(size[0], size[1]) if len(size) == 2 else None,
            provenance=parse_json(provenance, file.path) if provenance else [],
            source=self.document(file, members, key=key, rows=rows, stamps=stamps,
                                 content='stated' if states else 'values',
                                 compressed=npz.is_compressed))
        times = {} if stamps is None else _times(members[stamps], clip, rows, time_unit(stamps))
        return context.on_clock(clip, times, file.path, rate=fps)

    def write(self, path: Path, tracks: PoseTracks, *,
              provenance: list[Any] | None = None) -> None:
        """Write the tracks.

        Rows that the source has not get NaN, False, 0 or '' in arrays that are not ours.

        Args:
            path: The file.
            tracks: The tracks.
            provenance: Operations on the tracks. Defaults to None (unchanged).
        """
        source = self.source_of(tracks)
        arrays: dict[str, Any] = dict(
            new_arrays(tracks) if source is None else updated_arrays(source, tracks))
        if provenance is not None:
            arrays['provenance'] = np.array(json.dumps(provenance, default=plain))
        write_npz(path, arrays, compressed=source is None or source.details['compressed'])


def _stamp_array(members: Mapping[str, StoredArray], key: str) -> str | None:
    """Name of the array of time stamps, or None."""
    return next((name for name, array in members.items() if name != key and time_unit(name)
                 and array.ndim == 1 and array.dtype.kind in 'iuf'), None)


def _times(member: StoredArray, tracks: PoseTracks, rows: Mapping[int | str, np.ndarray],
           unit: float | None) -> dict[int, float | None]:
    """Seconds by frame number of time stamps of every frame or every row."""
    count = sum(len(indices) for indices in rows.values())
    if member.shape not in ((tracks.num_frames,), (count,)):
        return {}
    stamps = member.read().astype(np.float64) * (unit or 1.0)
    if member.shape == (tracks.num_frames,):
        return dict(zip(tracks.frame_ids.tolist(), stamps.tolist()))
    return {frame: stamp for track_id, sequence in tracks for frame, stamp in zip(
        sequence.frame_ids.tolist(), stamps[rows[track_id]].tolist())}


def _check_layout(members: Mapping[str, StoredArray], path: Path) -> None:
    """Check the arrays of the layout for their types and numbers of axes, and all for objects."""
    for name, member in members.items():
        if member.dtype.hasobject:
            raise DataFormatError(f"'{path}', array '{name}', holds Python objects; expected plain "
                                  'numbers or text.')
    for name, (kinds, axes) in _LAYOUT.items():
        member = members.get(name)
        if member is not None and (
                member.dtype.kind not in kinds
                or (member.ndim != axes if axes else math.prod(member.shape) != 1)):
            wanted = ' or '.join(dict.fromkeys(_KINDS[kind] for kind in kinds))
            raise DataFormatError(
                f"'{path}', array '{name}': expected {wanted} "
                f"{f'with {axes} axes' if axes else '(one)'}, got {member.dtype} of shape "
                f'{member.shape}.')


def _value(members: Mapping[str, StoredArray], name: str) -> Any:
    """A single value of the file, or None."""
    return members[name].read().item() if name in members else None


def _row_ids(members: Mapping[str, StoredArray], shape: tuple[int, ...]) -> np.ndarray | None:
    """Track id of every row, where the file has them."""
    ids = members.get('track_ids')
    by_row = ids is not None and LENGTHS not in members and ids.shape == shape[:-2]
    return ids.read() if ids is not None and by_row else None


def _rows_of_tracks(npz: SafeNpz, row_ids: np.ndarray | None, lengths: np.ndarray | None,
                    count: int) -> dict[int | str, np.ndarray]:
    """Row numbers of every track."""
    if row_ids is not None or lengths is None:
        by_id: dict[int | str, list[int]] = {}
        for row, track_id in enumerate([] if row_ids is None else row_ids.tolist()):
            by_id.setdefault(track_id, []).append(row)
        return {track_id: np.array(rows) for track_id, rows in by_id.items()}
    ids = npz['track_ids'].tolist() if 'track_ids' in npz else None
    if ids is not None and (len(ids) != len(lengths) or len(set(ids)) < len(ids)):
        raise DataFormatError(f"'{npz.path}': {len(set(ids))} different track ids for "
                              f'{len(lengths)} lengths.')
    if ids is None:
        names = stored_names(npz, len(lengths))
        ids = names if names and len(set(names)) == len(names) else list(range(len(lengths)))
    rows = np.split(np.arange(count), np.cumsum(lengths)[:-1]) if len(lengths) else []
    return dict(zip(ids, rows))


def _row_fields(members: Mapping[str, StoredArray], shape: tuple[int, ...],
                path: Path) -> dict[str, np.ndarray]:
    """The arrays that PoseSequence takes row by row."""
    scores = scores_name({name: member.shape for name, member in members.items()},
                         shape) or 'scores'
    wanted = {'scores': (scores, shape), 'valid': ('valid', shape), 'filled': ('filled', shape),
              'frame_ids': ('frame_ids', shape[:1])}
    fields = {}
    for field, (name, expected) in wanted.items():
        if name in members:
            if members[name].shape != expected:
                raise DataFormatError(f"'{path}', array '{name}' has shape {members[name].shape}; "
                                      f'expected {expected} for the coordinates.')
            array = members[name].read()
            fields[field] = np.nan_to_num(array) if field == 'scores' else array
    return fields
