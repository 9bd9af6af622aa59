"""Analysis files of SLEAP: HDF5 with dense arrays of all tracks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseSequence, PoseTracks
from ._arrays import merged_values
from ._hdf5 import (
    array_of,
    changed_copy,
    check_memory,
    dataset_of,
    finite_rows,
    is_hdf5,
    opened,
    text_of,
)
from ._names import keypoint_names, named_skeleton
from .base import Format, InputFile, ReadContext
from .rows import Row

_TRACKS, _SCORES, _OCCUPANCY = 'tracks', 'point_scores', 'track_occupancy'
#: Axes of the arrays that SLEAP writes for MATLAB, and with ``transpose=False``.
_USUAL = ('track', 'xy', 'node', 'frame')
_PLAIN = ('frame', 'node', 'xy', 'track')
_WANTED = ('frame', 'node', 'xy')
#: Bytes of a track in addition to its values.
_OF_TRACK = 512


@FORMATS.register_module()
class SleapAnalysis(Format):
    """``tracks``, x and y of every node of every track in every frame, NaN where missing.

    Written by SLEAP's *Export Analysis HDF5* and by sleap-io, in any order of the axes (``dims``).
    The named tracks are the people, ``point_scores`` the confidences. New values are written into
    a copy of the file, so that everything else, dtypes and compression are kept. Frames count from
    0; fps is not stored. Needs ``pip install 'smoothnet_plugin[h5]'``.
    """

    name = 'sleap'
    title = 'SLEAP analysis HDF5: tracks, node_names, track_names (needs h5py)'
    suffixes = ('.h5', '.hdf5')
    usual_for = ('.h5', '.hdf5')
    representations = ('keypoints_2d', 'keypoints_3d')
    frame_base = 0

    def sniff(self, file: InputFile) -> bool:
        return is_hdf5(file, b'tracks', b'node_names')

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: h5py is not installed, or the file is damaged.
        """
        path, size = file.path, len(file.content)
        with opened(file) as hdf5:
            dataset = dataset_of(hdf5, _TRACKS, path)
            axes = _axes(hdf5, dataset, path)
            shape = dict(zip(axes, dataset.shape))
            if shape['xy'] not in (2, 3) or dataset.dtype.kind != 'f':
                raise DataFormatError(f"'{path}': '{_TRACKS}' is {dataset.dtype} of shape "
                                      f'{dataset.shape} with the axes {", ".join(axes)}; expected '
                                      'numbers with 2 or 3 coordinates.')
            of_track = dataset.size // max(shape['track'], 1) * dataset.dtype.itemsize
            # Every frame has a number, and every track objects, even without values.
            check_memory(max(of_track, 8 * shape['frame'], _OF_TRACK * shape['track']), _TRACKS,
                         path, size)
            names = _texts(hdf5, 'node_names', path, size)
            ids = _track_ids(_texts(hdf5, 'track_names', path, size), shape['track'])
            scores = _score_array(hdf5, shape, path)
            skeleton = named_skeleton(names, path.stem) if len(names) == shape['node'] else None
            tracks: dict[int | str, PoseSequence] = {}
            kept = 0
            frames = np.arange(shape['frame'])
            for number, track_id in enumerate(ids):
                check_memory(of_track + kept, _TRACKS, path, size)
                values = _of_track(dataset, axes, number)
                seen = finite_rows(values)
                if not len(seen):
                    continue
                kept += values[seen].nbytes
                tracks[track_id] = PoseSequence(
                    values[seen], frame_ids=frames[seen],
                    representation=f'keypoints_{shape["xy"]}d',
                    scores=None if scores is None else np.nan_to_num(
                        _of_track(scores, _without(axes, 'xy'), number)[seen]),
                    skeleton=skeleton, refs=seen.tolist())
        return PoseTracks(tracks, frames,
                          source=self.document(file, file.content, ids=ids, axes=axes))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks. A new file has every frame from 0 to the last one.

        Raises:
            DataFormatError: h5py is not installed, or tracks or frames were added to a file.
        """
        source = self.source_of(tracks)
        if source is None:
            with changed_copy(path, b'') as file:
                for name, array in _new_arrays(tracks).items():
                    file.create_dataset(name, data=array)
            return
        ids, axes = source.details['ids'], source.details['axes']
        strangers = [track_id for track_id in tracks.tracks if track_id not in ids]
        if strangers:
            raise DataFormatError(f'The SLEAP file has no track {strangers[0]!r}; keep the track '
                                  "ids as they were read, or write another format, for example "
                                  "'csv'.")
        with changed_copy(path, source.data) as file:
            shape = dict(zip(axes, file[_TRACKS].shape))
            if len(tracks.frame_ids) != shape['frame'] or not np.array_equal(
                    tracks.frame_ids, np.arange(shape['frame'])):
                raise DataFormatError('Frames were dropped from or added to a SLEAP file, but its '
                                      "other arrays cannot follow; write 'csv' instead.")
            scores = _score_array(file, shape, path)
            occupancy = file.get(_OCCUPANCY)
            for number, track_id in enumerate(ids):
                _write_track(file[_TRACKS], scores, occupancy, axes, number,
                             tracks.tracks.get(track_id))


def _axes(hdf5: Any, dataset: Any, path: Path) -> tuple[str, ...]:
    """Names of the axes of ``tracks``."""
    dims = dataset.attrs.get('dims')
    axes = _USUAL if hdf5.attrs.get('transpose', True) else _PLAIN
    if dims is not None:
        try:
            axes = tuple(json.loads(text_of(dims)))
        except (ValueError, TypeError):
            axes = ()
    if sorted(map(str, axes)) != sorted(_USUAL) or dataset.ndim != len(_USUAL):
        raise DataFormatError(f"'{path}': '{_TRACKS}' has {dataset.ndim} axes, dims {dims!r}; "
                              f"expected {', '.join(_USUAL)} in some order.")
    return axes


def _without(axes: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(axis for axis in axes if axis != name)


def _place(axes: Sequence[str], number: int) -> tuple[Any, ...]:
    return tuple(number if axis == 'track' else slice(None) for axis in axes)


def _order(axes: Sequence[str]) -> list[int]:
    """Permutation of a track's axes to (frame, node[, xy])."""
    own = _without(axes, 'track')
    return [own.index(axis) for axis in _WANTED if axis in own]


def _of_track(dataset: Any, axes: Sequence[str], number: int) -> np.ndarray:
    """Values of a track, shape (T, K, 2) or (T, K)."""
    return np.asarray(dataset[_place(axes, number)]).transpose(_order(axes))


def _score_array(hdf5: Any, shape: dict[str, int], path: Path) -> Any:
    """The dataset of the confidences, or None."""
    if _SCORES not in hdf5:
        return None
    dataset = dataset_of(hdf5, _SCORES, path)
    expected = tuple(count for axis, count in shape.items() if axis != 'xy')
    if dataset.shape != expected or dataset.dtype.kind != 'f':
        raise DataFormatError(f"'{path}': '{_SCORES}' is {dataset.dtype} of shape {dataset.shape}; "
                              f'expected numbers of shape {expected}.')
    return dataset


def _texts(hdf5: Any, name: str, path: Path, size: int) -> list[str]:
    if name not in hdf5:
        return []
    array = array_of(hdf5, name, path, size)
    return [text_of(entry) for entry in array.ravel().tolist()]


def _track_ids(names: Sequence[str], count: int) -> list[int | str]:
    """The names of the tracks if they are complete and different, else numbers."""
    if len(names) == count and len(set(names)) == count and all(names):
        return list(names)
    return list(range(count))


def _write_track(dataset: Any, scores: Any, occupancy: Any, axes: Sequence[str], number: int,
                 sequence: PoseSequence | None) -> None:
    """Write a track's new values; NaN in frames that are no longer in it."""
    old = _of_track(dataset, axes, number)
    new = np.full_like(old, np.nan)
    certain = None if scores is None else _of_track(scores, _without(axes, 'xy'), number)
    if sequence is not None:
        rows = sequence.frame_ids
        before = old[rows]
        new[rows] = merged_values(before, sequence.coords)
        if certain is not None:
            for index, frame in enumerate(rows.tolist()):
                if not np.isfinite(old[frame]).any():
                    certain[frame] = Row(number, sequence, index).scores
    if np.array_equal(old, new, equal_nan=True):
        return
    back = np.argsort(_order(axes))
    dataset[_place(axes, number)] = new.transpose(back)
    if scores is not None and certain is not None:
        scores[_place(_without(axes, 'xy'), number)] = certain.transpose(
            np.argsort(_order(_without(axes, 'xy'))))
    if occupancy is not None:
        _write_occupancy(occupancy, number, finite_rows(new))


def _write_occupancy(occupancy: Any, number: int, frames: np.ndarray) -> None:
    """Mark the frames of a track; (frames, tracks) unless ``dims`` says otherwise."""
    by_track = text_of(occupancy.attrs.get('dims', '')).startswith('["track"')
    place = (number, slice(None)) if by_track else (slice(None), number)
    seen = np.zeros(occupancy.shape[int(by_track)], dtype=occupancy.dtype)
    seen[frames] = 1
    occupancy[place] = seen


def _new_arrays(tracks: PoseTracks) -> dict[str, np.ndarray]:
    people = list(tracks.tracks.values())
    last = int(tracks.frame_ids[-1]) if tracks.num_frames else -1
    if tracks.num_frames and (int(tracks.frame_ids[0]) < 0 or last > 100 * tracks.num_frames):
        raise DataFormatError(f'SLEAP holds every frame from 0 to the last one, but these are '
                              f"{tracks.num_frames} frames up to {last}; write 'csv' instead.")
    names = keypoint_names(tracks)
    width = people[0].coords.shape[2] if people else 2
    coords = np.full((len(people), width, len(names), last + 1), np.nan)
    scores = np.full((len(people), len(names), last + 1), np.nan)
    for number, person in enumerate(people):
        coords[number][..., person.frame_ids] = person.coords.transpose(2, 1, 0)
        for index, frame in enumerate(person.frame_ids.tolist()):
            scores[number, :, frame] = Row(number, person, index).scores
    seen = np.isfinite(coords).any(axis=(1, 2))
    return {_TRACKS: coords, _SCORES: scores, _OCCUPANCY: seen.T.astype(np.uint8),
            'node_names': np.array([name.encode() for name in names]),
            'track_names': np.array([str(track_id).encode() for track_id in tracks.tracks])}
