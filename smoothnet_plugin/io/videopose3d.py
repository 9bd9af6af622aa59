"""npz files of VideoPose3D and of data sets in its layout (Pavllo et al., CVPR 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ..utils.npz import load_npz, write_npz
from ._arrays import boxed, floating, merged_values, object_array, unboxed
from ._values import described
from .base import Format, InputFile, ReadContext, SourceDocument
from .write_back import check_people

#: Arrays of poses, and the values of a keypoint.
_WIDTHS = {'positions_2d': 2, 'positions_3d': 3}
_DEEPEST = 4


@FORMATS.register_module()
class VideoPose3dNpz(Format):
    """``data_2d_*.npz`` and ``data_3d_*.npz``: ``positions_2d`` or ``positions_3d`` and metadata.

    ``{subject: {action: [(T, K, 2) of every camera]}}``, in 3D ``{subject: {action: (T, K, 3)}}``,
    in an object array, which is a pickle: it is read without running code. Every array is a track
    ``'subject/action/camera'`` whose frames count from 0. Dtypes and metadata are kept; NaN is
    missing. The frame rate is not stored.
    """

    name = 'videopose3d'
    title = 'VideoPose3D npz: positions_2d | positions_3d = {subject: {action: [(T, K, 2), ...]}}'
    suffixes = ('.npz',)
    frame_base = 0
    needs_source = True

    def sniff(self, file: InputFile) -> bool:
        return any(key in file.npz_names for key in _WIDTHS)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            UnsafeFileError: The file holds objects that could run code.
            DataFormatError: The file is damaged, or the clips have different keypoints.
        """
        npz = load_npz(file.path, file.content)
        key = next((key for key in _WIDTHS if key in npz), 'positions_2d')
        npz.require(key)
        content = unboxed(npz[key])
        clips = dict(_clips(content, (), f"'{file.path}', {key}", _WIDTHS[key]))
        if not clips:
            raise DataFormatError(f"'{file.path}', array '{key}': no clip in it; expected "
                                  '{subject: {action: [arrays (T, K, '
                                  f'{_WIDTHS[key]})]}}}}, got {described(content)}.')
        counts = {clip.shape[1] for clip in clips.values()}
        if len(counts) > 1:
            raise DataFormatError(f"'{file.path}': the clips have {sorted(counts)} keypoints; "
                                  'expected one number.')
        ids: dict[int | str, tuple[Any, ...]] = {'/'.join(map(str, place)): place
                                                 for place in clips}
        if len(ids) < len(clips):
            raise DataFormatError(f"'{file.path}': two clips have the same name.")
        members = npz.members(key)
        source = self.document(file, content, key=key, ids=ids, clips=clips, members=members,
                               order=list(npz), compressed=npz.is_compressed)
        return context.dense_tracks({track_id: clips[place] for track_id, place in ids.items()},
                                    source, representation=f'keypoints_{_WIDTHS[key]}d')

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from such a file.

        Raises:
            DataFormatError: The tracks are from another source, or have further people, or frames
                beyond the end.
        """
        source = self.source_of(tracks)
        if source is None:
            raise DataFormatError("Other results have no subjects and actions; write 'npz' or, for "
                                  "one person, 'npy'.")
        details = source.details
        check_people(tracks, details['ids'])
        new = {place: _updated(source, tracks, track_id)
               for track_id, place in details['ids'].items()}
        content = _replaced(source.data, (), new)
        packed = content if isinstance(content, np.ndarray) else boxed(content)
        arrays = {name: packed if name == details['key'] else details['members'][name]
                  for name in details['order']}
        write_npz(path, arrays, compressed=details['compressed'], objects=True)


def _clips(value: Any, place: tuple[Any, ...], where: str,
           width: int) -> Iterator[tuple[tuple[Any, ...], np.ndarray]]:
    """The arrays in nested dicts and lists, by their place."""
    children = _children(value)
    if children is not None and len(place) < _DEEPEST:
        for key, child in children:
            yield from _clips(child, (*place, key), where, width)
        return
    array = np.asarray(value) if isinstance(value, np.ndarray) else None
    if array is None or array.dtype.kind not in 'iuf' or array.ndim != 3 or (
            array.shape[2] != width):
        shown = described(value) if array is None else f'{array.dtype} of shape {array.shape}'
        raise DataFormatError(f"{where}, {'/'.join(map(str, place)) or 'content'}: expected "
                              f'numbers of shape (T, K, {width}), got {shown}.')
    yield place, array


def _children(value: Any) -> list[tuple[Any, Any]] | None:
    """Keys and entries of a container, None of an array of numbers or anything else."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple)) or (
            isinstance(value, np.ndarray) and value.dtype.hasobject and value.ndim == 1):
        return list(enumerate(value))
    return None


def _updated(source: SourceDocument, tracks: PoseTracks, track_id: int | str) -> np.ndarray:
    """A clip with its new values; frames that are no longer in the tracks are missing."""
    old = source.details['clips'][source.details['ids'][track_id]]
    values = floating(old)
    new = np.full_like(values, np.nan)
    sequence = tracks.tracks.get(track_id)
    if sequence is not None:
        frames = sequence.frame_ids
        if len(frames) and (frames[0] < 0 or frames[-1] >= len(old)):
            raise DataFormatError(f"'{track_id}' has the frames {frames[0]} to {frames[-1]}, its "
                                  f'clip only {len(old)}.')
        new[frames] = merged_values(values[frames], sequence.coords)
    return old if np.array_equal(new, values, equal_nan=True) else new


def _replaced(value: Any, place: tuple[Any, ...], new: dict[tuple[Any, ...], np.ndarray]) -> Any:
    """Copy of nested dicts and lists with other arrays at their places."""
    if place in new:
        return new[place]
    children = [(key, _replaced(child, (*place, key), new)) for key, child in
                _children(value) or []]
    if isinstance(value, dict):
        return dict(children)
    entries = [child for _, child in children]
    if isinstance(value, np.ndarray):
        return object_array(entries)
    return tuple(entries) if isinstance(value, tuple) else entries
