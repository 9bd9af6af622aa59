"""Tracks as the arrays of a plain npz file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..structures import PoseSequence, PoseTracks
from ..utils.npz import StoredArray
from ._arrays import floating
from ._times import time_unit
from ._values import moved
from .base import SourceDocument
from .npz_layout import SCORES, scores_name
from .rows import Row

_LAYOUT = ('lengths', 'track_ids', 'frame_ids', 'clip_frame_ids')
_NEITHER = ('joints', 'image_size')


def new_arrays(tracks: PoseTracks) -> dict[str, np.ndarray]:
    """Tracks as the arrays of a plain npz file.

    Args:
        tracks: The tracks.

    Returns:
        The arrays by name, see :mod:`~smoothnet_plugin.io.npz_layout`.
    """
    people = list(tracks.tracks.values())
    one = people[0] if people else PoseSequence(np.zeros((0, 0, 2)))
    joined = people or [one]
    arrays = {
        'coords': np.concatenate([person.coords for person in joined]),
        'lengths': np.array([len(person) for person in people], dtype=np.int64),
        'track_ids': _id_array(list(tracks.tracks)),
        'frame_ids': np.concatenate([person.frame_ids for person in joined]),
        'clip_frame_ids': tracks.frame_ids,
        'valid': np.concatenate([person.valid for person in joined]),
        'representation': np.array(one.representation),
        'unit': np.array(one.unit),
    }
    if any(person.scores is not None for person in people):
        arrays['scores'] = np.concatenate([
            np.ones(person.coords.shape[:2]) if person.scores is None else person.scores
            for person in people])
    if any(person.filled.any() for person in people):
        arrays['filled'] = np.concatenate([person.filled for person in people])
    spread = _spread(people)
    if spread is not None:
        arrays['spread'] = spread
    if one.skeleton is not None:
        arrays['joints'] = np.array(one.skeleton.keypoint_names)
    fps = tracks.fps or one.fps
    if fps:
        arrays['fps'] = np.array(float(fps))
    if tracks.times is not None:
        arrays['times'] = tracks.times
    if tracks.image_size is not None:
        arrays['image_size'] = np.array(tracks.image_size)
    return arrays


def _spread(people: Sequence[PoseSequence]) -> np.ndarray | None:
    """Predicted spreads of all rows, NaN if a person has none; None if all have none."""
    if all(person.spread is None for person in people):
        return None
    return np.concatenate([np.full(person.coords.shape[:2], np.nan) if person.spread is None
                           else person.spread for person in people])


def _id_array(ids: Sequence[int | str]) -> np.ndarray:
    if all(not isinstance(track_id, str) for track_id in ids):
        return np.array(ids, dtype=np.int64)
    return np.array([str(track_id) for track_id in ids])


def updated_arrays(source: SourceDocument,
                   tracks: PoseTracks) -> dict[str, np.ndarray | StoredArray]:
    """Copy of the source's arrays that holds the tracks.

    Args:
        source: The source document of a plain npz file.
        tracks: The tracks.

    Returns:
        The arrays by name. If rows or tracks were added or dropped, all arrays with one entry per
        row or track change accordingly; new entries are NaN, False, 0 or ''.
    """
    key = source.details['key']
    arrays: dict[str, Any] = dict(source.data)
    shape = arrays[key].shape
    # Clips of one length may lie in an array (S, T, K, C); rows follow one another here.
    arrays[key] = arrays[key].read().reshape(math.prod(shape[:-2]), *shape[-2:])
    rows = [Row(track_id, sequence, i) for track_id, sequence in tracks
            for i in range(len(sequence))]
    index = np.array([-1 if row.ref is None else row.ref for row in rows], dtype=int)
    target = index
    if (list(tracks.tracks) != list(source.details['rows'])
            or not np.array_equal(np.sort(index), np.arange(len(arrays[key])))):
        arrays = _regrouped(arrays, key, tracks, rows, index, list(source.details['rows']),
                            source.details['stamps'])
        target = np.arange(len(rows))
    if not rows:
        return arrays
    if len(arrays[key]) != math.prod(shape[:-2]):
        shape = arrays[key].shape
    old = arrays[key]
    coords = floating(old)
    new = np.concatenate([sequence.coords for _, sequence in tracks]).astype(coords.dtype)
    moves = moved(coords[target], new)
    coords[target] = np.where(moves, new, coords[target])
    arrays[key] = (coords if moves.any() else old).reshape(shape)
    filled = np.concatenate([sequence.filled for _, sequence in tracks])
    if filled.any() or 'filled' in arrays:
        marks = np.zeros(coords.shape[:2], dtype=bool)
        marks[target] = filled
        arrays['filled'] = marks
    spread = _spread([sequence for _, sequence in tracks])
    if spread is not None:
        arrays['spread'] = np.full(coords.shape[:2], np.nan)
        arrays['spread'][target] = spread
    return arrays


def _regrouped(arrays: Mapping[str, Any], key: str, tracks: PoseTracks,
               rows: Sequence[Row], index: np.ndarray,
               old_ids: list[int | str], stamps: str | None) -> dict[str, Any]:
    """Arrays in a new layout, with concatenated tracks."""
    people = np.array([old_ids.index(track_id) if track_id in old_ids else -1
                       for track_id in tracks.tracks], dtype=int)
    taken: dict[str, Any] = {}
    for name, array in arrays.items():
        if array.ndim and len(array) == len(arrays[key]) and name not in _NEITHER:
            taken[name] = _taken(_read(array), index)
        elif array.ndim and len(array) == len(old_ids) and name not in _NEITHER:
            taken[name] = _taken(_read(array), people)
        else:
            taken[name] = array
    fresh = new_arrays(tracks)
    taken.update({name: fresh[name] for name in _LAYOUT})
    if stamps is not None and tracks.times is not None:
        taken[stamps] = _new_stamps(tracks, rows, index, arrays[stamps],
                                    time_unit(stamps) or 1.0, len(arrays[key]))
    own = scores_name({name: array.shape for name, array in taken.items()}, taken[key].shape[:2])
    scores = {name for name in (*SCORES, own) if name in taken}
    for place in np.flatnonzero(index < 0):
        row = rows[place]
        for name in scores:
            taken[name][place] = row.scores
        if 'valid' in taken:
            taken['valid'][place] = row.sequence.valid[row.index]
    return taken


def _new_stamps(tracks: PoseTracks, rows: Sequence[Row], index: np.ndarray,
                old: np.ndarray | StoredArray, unit: float, old_rows: int) -> np.ndarray:
    """Time stamps of every row, where the file has them by row, else of every frame."""
    assert tracks.times is not None
    times = tracks.times / unit
    if old.shape == (old_rows,):
        places = np.searchsorted(tracks.frame_ids, [row.frame_id for row in rows])
        stored = _taken(_read(old).astype(np.float64), index)
        times = np.where(np.isnan(stored), times[places], stored)
    return (np.round(times) if old.dtype.kind in 'iu' else times).astype(old.dtype)


def _read(array: np.ndarray | StoredArray) -> np.ndarray:
    return array.read() if isinstance(array, StoredArray) else array


def _taken(array: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Rows of an array; where the index is -1, NaN, False, 0 or ''."""
    rows = np.zeros((len(index), *array.shape[1:]), dtype=array.dtype)
    if array.dtype.kind == 'f':
        rows[:] = np.nan
    rows[index >= 0] = array[index[index >= 0]]
    return rows
