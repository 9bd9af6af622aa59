"""Plain npz files: the layout that holds everything tracks hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import REPRESENTATIONS, PoseSequence, PoseTracks, value_width
from ._json import parse_json, plain
from ._names import named_skeleton
from ._npz_arrays import COORDS, SCORES, new_arrays, updated_arrays
from ._zip import MAGIC, array_names, is_compressed, read_arrays, write_arrays
from .base import Format, InputFile, ReadContext

#: Kinds of types and number of axes (0: a single value) of the arrays that are ours.
_LAYOUT = {
    'lengths': ('iu', 1), 'track_ids': ('iuU', 1), 'frame_ids': ('iu', 1),
    'clip_frame_ids': ('iu', 1), 'scores': ('iuf', 2), 'keypoint_scores': ('iuf', 2),
    'valid': ('b', 2), 'filled': ('b', 2), 'joints': ('U', 1), 'fps': ('iuf', 0),
    'representation': ('U', 0), 'unit': ('U', 0), 'image_size': ('iu', 1), 'provenance': ('U', 0),
}
_KINDS = {'i': 'whole numbers', 'u': 'whole numbers', 'f': 'numbers', 'U': 'text',
          'b': 'truth values'}


class PlainNpz(Format):
    """Arrays of N rows, the tracks one after the other.

    ==================  ==========  =====================================================
    coords              (N, K, C)   or keypoints, estimate, positions
    lengths             (P,)        rows of every track; without it there is one track
    track_ids           (P,)        or names; with (N,) entries and no lengths: of each row
    scores              (N, K)      or keypoint_scores
    frame_ids           (N,)        by default every track counts from 0
    clip_frame_ids      (F,)        all frames of the clip, also empty ones
    valid, filled       (N, K)
    joints              (K,)        names of the keypoints
    fps                 ()
    representation      ()          by default keypoints, in 2D or 3D
    unit, image_size    (), (2,)
    provenance          ()          JSON
    ==================  ==========  =====================================================

    Only the coordinates are required; other arrays are kept as they are. Nothing is pickled. Of a
    skeleton only the names are held. Ids that are partly numbers and partly text become text.
    """

    name = 'npz'
    title = 'plain npz: coords (N, K, C), and optionally lengths, scores, joints, fps, ...'
    suffixes = ('.npz',)
    representations = tuple(REPRESENTATIONS)
    embeds_provenance = True

    def sniff(self, file: InputFile) -> bool:
        names = array_names(file.path) if file.head.startswith(MAGIC) else []
        return 'imgname' not in names and any(key in names for key in COORDS)

    def read(self, file: InputFile, context: ReadContext, *, key: str | None = None,
             representation: str | None = None) -> PoseTracks:
        """Read the tracks.

        Args:
            file: The file.
            context: What the caller told.
            key: Array of the coordinates. Defaults to None: the first there is of coords,
                keypoints, estimate, positions.
            representation: What the coordinates are. Defaults to None: what the file says, else
                keypoints.

        Raises:
            DataFormatError: The file is damaged, or its arrays do not fit together.
        """
        arrays = read_arrays(file.path)
        key = key or next((name for name in COORDS if name in arrays), 'coords')
        if key not in arrays:
            raise DataFormatError(f"'{file.path}' has no array '{key}'; it has "
                                  f"{', '.join(arrays) or 'none'}.")
        _check_layout(arrays, file.path)
        coords = arrays[key]
        usual = 'keypoints_3d' if coords.shape[-1:] == (3,) else 'keypoints_2d'
        representation = str(representation or _told(arrays, 'representation') or usual)
        width = value_width(representation)
        if coords.ndim != 3 or coords.shape[2] != width or coords.dtype.kind not in 'iuf':
            raise DataFormatError(
                f"'{file.path}', array '{key}': expected numbers of shape (N, K, {width}) for "
                f'{representation}, got {coords.dtype} of shape {coords.shape}.')
        rows = _rows_of_tracks(arrays, len(coords), file.path)
        fields = _row_fields(arrays, coords.shape[:2], file.path)
        fps = context.fps or _told(arrays, 'fps')
        skeleton = context.skeleton
        if skeleton is None and 'joints' in arrays:
            skeleton = named_skeleton(arrays['joints'].tolist(), file.path.stem)
        tracks = {track_id: PoseSequence(
            coords[indices], fps=fps, representation=representation,
            unit=context.unit or _told(arrays, 'unit'), refs=indices.tolist(), skeleton=skeleton,
            **{name: array[indices] for name, array in fields.items()})
            for track_id, indices in rows.items()}
        size = arrays.get('image_size', np.zeros(0, int)).tolist()
        provenance = _told(arrays, 'provenance')
        return PoseTracks(
            tracks, frame_ids=arrays.get('clip_frame_ids'), fps=fps,  # type: ignore[arg-type]
            image_size=(size[0], size[1]) if len(size) == 2 else None,
            provenance=parse_json(provenance, file.path) if provenance else [],
            source=self.document(file, arrays, key=key, rows=rows,
                                 compressed=is_compressed(file.path)))

    def write(self, path: Path, tracks: PoseTracks, *,
              provenance: list[Any] | None = None) -> None:
        """Write the tracks.

        Rows that the source has not get NaN, False, 0 or '' in arrays that are not ours.

        Args:
            path: The file.
            tracks: The tracks.
            provenance: What was done. Defaults to None (as it was).
        """
        source = self.source_of(tracks)
        arrays = new_arrays(tracks) if source is None else updated_arrays(source, tracks)
        if provenance is not None:
            arrays['provenance'] = np.array(json.dumps(provenance, default=plain))
        write_arrays(path, arrays, compressed=source is None or source.details['compressed'])


def _check_layout(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Hold the arrays that are ours to their types and numbers of axes."""
    for name, (kinds, axes) in _LAYOUT.items():
        array = arrays.get(name)
        if array is not None and (
                array.dtype.kind not in kinds or (array.ndim != axes if axes else array.size != 1)):
            wanted = ' or '.join(dict.fromkeys(_KINDS[kind] for kind in kinds))
            raise DataFormatError(
                f"'{path}', array '{name}': expected {wanted} "
                f"{f'with {axes} axes' if axes else '(one)'}, got {array.dtype} of shape "
                f'{array.shape}.')


def _told(arrays: Mapping[str, np.ndarray], name: str) -> Any:
    """A single value of the file, or None."""
    return arrays[name].item() if name in arrays else None


def _rows_of_tracks(arrays: Mapping[str, np.ndarray], count: int,
                    path: Path) -> dict[int | str, np.ndarray]:
    """Row numbers of every track."""
    ids = arrays['track_ids'].tolist() if 'track_ids' in arrays else None
    if 'lengths' not in arrays:
        if ids is not None and len(ids) == count:
            return {track_id: np.flatnonzero(arrays['track_ids'] == track_id)
                    for track_id in dict.fromkeys(ids)}
        lengths = np.array([count])
    else:
        lengths = arrays['lengths']
    if (lengths < 0).any() or lengths.sum() != count:
        raise DataFormatError(f"'{path}': the lengths sum to {lengths.sum()}; expected whole "
                              f'numbers that sum to the {count} rows of the coordinates.')
    if ids is not None and (len(ids) != len(lengths) or len(set(ids)) < len(ids)):
        raise DataFormatError(f"'{path}': {len(set(ids))} different track ids for {len(lengths)} "
                              'lengths.')
    names = arrays.get('names')
    if ids is None and names is not None and names.dtype.kind == 'U' and (
            names.shape == lengths.shape and len(set(names.tolist())) == len(names)):
        ids = names.tolist()
    rows = np.split(np.arange(count), np.cumsum(lengths)[:-1].astype(int)) if len(lengths) else []
    return dict(zip(range(len(lengths)) if ids is None else ids, rows))


def _row_fields(arrays: Mapping[str, np.ndarray], shape: tuple[int, ...],
                path: Path) -> dict[str, np.ndarray]:
    """The arrays that PoseSequence takes row by row."""
    scores = next((name for name in SCORES if name in arrays), 'scores')
    wanted = {'scores': (scores, shape), 'valid': ('valid', shape), 'filled': ('filled', shape),
              'frame_ids': ('frame_ids', shape[:1])}
    fields = {}
    for field, (name, expected) in wanted.items():
        if name in arrays:
            if arrays[name].shape != expected:
                raise DataFormatError(f"'{path}', array '{name}' has shape {arrays[name].shape}; "
                                      f'the coordinates ask for {expected}.')
            fields[field] = np.nan_to_num(arrays[name]) if field == 'scores' else arrays[name]
    return fields
