"""Skeleton pickles of MMAction2 and PYSKL."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseSequence, PoseTracks
from ..utils.files import atomic_write
from ..utils.restricted_pickle import load_pickle
from ._values import described
from .base import Format, InputFile, ReadContext, SourceDocument
from .mmengine_dump import is_pickle
from .write_back import check_people, write_back

_POSES, _SCORES = 'keypoint', 'keypoint_score'
_NAMES = ('frame_dir', 'filename')


@FORMATS.register_module()
class MMActionSkeletons(Format):
    """``{split, annotations: [{frame_dir, keypoint (M, T, V, C), keypoint_score, ...}]}``.

    A list of annotations and a single annotation are read too. People are the tracks 0 .. M-1, of
    several clips ``'<frame_dir>/<number>'``; every clip counts its frames from 0. In MMAction2's
    own files a person's number is a rank, which may belong to another person in the next frame. A
    keypoint of zeros is missing and is written as zeros. Half precision is kept. Files are read
    without running code. Other results cannot be converted to this format.
    """

    name = 'mmaction'
    title = 'MMAction2 or PYSKL pickle: {"annotations": [{"keypoint": (M, T, V, C), ...}]}'
    suffixes = ('.pkl', '.pickle')
    frame_base = 0
    needs_source = True

    def sniff(self, file: InputFile) -> bool:
        return (is_pickle(file) and b'total_frames' in file.content
                and b'keypoint' in file.content)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            UnsafeFileError: The pickle has other objects than arrays and plain containers.
            DataFormatError: The file is damaged, or an annotation is invalid.
        """
        content = load_pickle(io.BytesIO(file.content), f"'{file.path}'")
        annotations = _annotations(content)
        source = self.document(file, content, content='keypoints',
                               protocol=max(2, file.head[1]))
        tracks, frame_ids = {}, set()
        size = None
        for number, annotation in enumerate(annotations):
            where = f"'{file.path}', annotation {number}"
            coords, scores = _arrays(annotation, where)
            clip = context.dense_tracks(
                dict(enumerate(coords)), source,
                scores=None if scores is None else dict(enumerate(scores)),
                representation=f'keypoints_{coords[0].shape[2]}d' if coords else 'keypoints_2d')
            for track_id, sequence in clip:
                tracks[_track_id(annotations, number, int(track_id))] = sequence
            frame_ids |= set(clip.frame_ids.tolist())
            shape = annotation.get('img_shape')
            if len(annotations) == 1 and isinstance(shape, (list, tuple)) and len(shape) == 2:
                size = (int(shape[1]), int(shape[0]))
        return PoseTracks(tracks, np.array(sorted(frame_ids), dtype=np.int64), image_size=size,
                          source=source)

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from such a file.

        Raises:
            DataFormatError: The tracks are from another source, or have further people or frames.
        """
        source = self.required_source(tracks)
        content = _updated(source, tracks)
        with atomic_write(path, 'wb') as file:
            pickle.dump(content, file, protocol=source.details['protocol'])


def _annotations(content: Any) -> list[Any]:
    if isinstance(content, Mapping):
        inner = content.get('annotations')
        return inner if isinstance(inner, list) else [content]
    return content if isinstance(content, list) else [content]


def _track_id(annotations: list[Any], number: int, person: int) -> int | str:
    if len(annotations) == 1:
        return person
    names = [next((one[key] for key in _NAMES if isinstance(one.get(key), str)), None)
             for one in annotations]
    name = names[number]
    return f'{name if name and names.count(name) == 1 else number}/{person}'


def _arrays(annotation: Any,
            where: str) -> tuple[list[np.ndarray], list[np.ndarray] | None]:
    """Coordinates (T, V, C) and confidences (T, V) of every person."""
    if not isinstance(annotation, Mapping) or _POSES not in annotation:
        raise DataFormatError(f"{where}: expected an object with '{_POSES}', got "
                              f'{described(annotation)}.')
    poses = annotation[_POSES]
    if not isinstance(poses, np.ndarray) or poses.ndim != 4 or poses.shape[3] not in (2, 3) or (
            poses.dtype.kind not in 'iuf'):
        found = f'{poses.dtype} of shape {poses.shape}' if isinstance(
            poses, np.ndarray) else described(poses)
        raise DataFormatError(f"{where}: '{_POSES}' is {found}; expected numbers of shape "
                              '(people, frames, keypoints, 2 or 3).')
    coords = np.array(poses, dtype=np.float32 if poses.dtype == np.float16 else np.float64 if (
        poses.dtype.kind != 'f') else poses.dtype)
    coords[(coords == 0).all(axis=-1)] = np.nan
    scores = annotation.get(_SCORES)
    if scores is None:
        return list(coords), None
    if not isinstance(scores, np.ndarray) or scores.shape != poses.shape[:3]:
        raise DataFormatError(f"{where}: '{_SCORES}' has shape {np.shape(scores)}; expected "
                              f'{poses.shape[:3]}.')
    return list(coords), list(np.asarray(scores, dtype=np.float64))


def _updated(source: SourceDocument, tracks: PoseTracks) -> Any:
    annotations = _annotations(source.data)
    check_people(tracks, [_track_id(annotations, number, person)
                          for number, annotation in enumerate(annotations)
                          for person in range(len(annotation[_POSES]))])
    updated = []
    for number, annotation in enumerate(annotations):
        coords, _ = _arrays(annotation, '')
        people = dict(enumerate(coords))
        own: dict[int | str, PoseSequence] = {
            person: tracks.tracks[track_id] for person in people
            if (track_id := _track_id(annotations, number, person)) in tracks.tracks}
        length = annotation[_POSES].shape[1]
        update = write_back(PoseTracks(own, np.union1d(np.arange(length), np.concatenate(
            [np.zeros(0, int), *(sequence.frame_ids for sequence in own.values())]))), people)
        if None in update.rows or (not set(range(length)) <= set(tracks.frame_ids.tolist()) and (
                len(annotations) == 1)):
            raise DataFormatError('Frames were dropped from or added to a clip of MMAction2, but '
                                  "its other arrays cannot follow; write 'npz' instead.")
        poses = np.array(annotation[_POSES])
        for person, changed in update.changed.items():
            new = np.nan_to_num(update.coords[person])
            poses[person][changed] = new.astype(poses.dtype)[changed]
        updated.append({**annotation, _POSES: poses})
    if isinstance(source.data, list):
        return updated
    if isinstance(source.data.get('annotations'), list):
        return {**source.data, 'annotations': updated}
    return updated[0]
