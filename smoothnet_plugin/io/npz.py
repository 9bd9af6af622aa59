"""Plain npz files: the layout that holds everything tracks hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import REPRESENTATIONS, PoseSequence, PoseTracks, value_width
from ._json import plain
from ._names import named_skeleton
from ._npz_arrays import COORDS, SCORES, new_arrays, updated_arrays
from ._zip import MAGIC, array_names, is_compressed, read_arrays, write_arrays
from .base import Format, InputFile, ReadContext


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
        coords = arrays[key]
        usual = 'keypoints_3d' if coords.shape[-1:] == (3,) else 'keypoints_2d'
        representation = str(representation or _told(arrays, 'representation', str) or usual)
        width = value_width(representation)
        if coords.ndim != 3 or coords.shape[2] != width or coords.dtype.kind not in 'iuf':
            raise DataFormatError(
                f"'{file.path}', array '{key}': expected numbers of shape (N, K, {width}) for "
                f'{representation}, got {coords.dtype} of shape {coords.shape}.')
        rows = _rows_of_tracks(arrays, len(coords), file.path)
        fields = _row_fields(arrays, coords.shape[:2], file.path)
        fps = context.fps or _told(arrays, 'fps', float)
        joints = [str(name) for name in arrays.get('joints', np.zeros(0, str)).ravel()]
        skeleton = named_skeleton(joints, file.path.stem) if joints else None
        tracks = {}
        for track_id, indices in rows.items():
            tracks[track_id] = PoseSequence(
                coords[indices], fps=fps, representation=representation,
                unit=context.unit or _told(arrays, 'unit', str), refs=indices.tolist(),
                skeleton=context.skeleton or skeleton,
                **{name: array[indices] for name, array in fields.items()})
        size = arrays.get('image_size')
        provenance = _told(arrays, 'provenance', str)
        return PoseTracks(
            tracks, frame_ids=arrays.get('clip_frame_ids'), fps=fps,  # type: ignore[arg-type]
            image_size=None if size is None else (int(size[0]), int(size[1])),
            provenance=json.loads(provenance) if provenance else [],
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


def _told(arrays: Mapping[str, np.ndarray], name: str, kind: type) -> Any:
    """A single value of the file as ``kind``, or None."""
    if name not in arrays:
        return None
    try:
        return kind(arrays[name].item())
    except ValueError as error:
        raise DataFormatError(f"npz: the array '{name}' is {arrays[name]!r}; expected a single "
                              f'{kind.__name__}.') from error


def _rows_of_tracks(arrays: Mapping[str, np.ndarray], count: int,
                    path: Path) -> dict[int | str, np.ndarray]:
    """Row numbers of every track."""
    names = arrays.get('track_ids', arrays.get('names'))
    ids = None if names is None else names.ravel().tolist()
    if 'lengths' not in arrays:
        if names is None or ids is None or len(ids) != count or 'track_ids' not in arrays:
            return {ids[0] if ids and len(ids) == 1 else 0: np.arange(count)}
        return {track_id: np.flatnonzero(names.ravel() == track_id)
                for track_id in dict.fromkeys(ids)}
    lengths = arrays['lengths'].ravel()
    if lengths.dtype.kind not in 'iu' or (lengths < 0).any() or lengths.sum() != count:
        raise DataFormatError(f"'{path}': the lengths sum to {lengths.sum()}; expected whole "
                              f'numbers that sum to the {count} rows of the coordinates.')
    if ids is None or len(set(ids)) < len(ids):
        ids = list(range(len(lengths)))
    if len(ids) != len(lengths):
        raise DataFormatError(f"'{path}': {len(ids)} track ids for {len(lengths)} lengths.")
    return dict(zip(ids, np.split(np.arange(count), np.cumsum(lengths)[:-1].astype(int))))


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
            fields[field] = arrays[name]
    return fields
