"""JSON of landmarks identified by name or position: MediaPipe, and TensorFlow.js pose detection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseInstance
from ._decimals import OF_FRACTIONS, decimals_in, round_to
from ._frame_lists import Frame, FrameLists, marked, places_in_list
from ._people import record_id
from ._times import stamp_of
from ._values import checked, described, moved, number_array, track_id_of
from .base import InputFile, ReadContext
from .rows import Row

#: (width, height) of the images in pixels, or None if unknown.
Size = tuple[int, int] | None

_AXES = ('x', 'y')
_WRAPPED = 'landmark'
_LISTS = ('pose_landmarks', 'poseLandmarks', 'landmarks', 'hand_landmarks', 'face_landmarks',
          'poses')


@dataclass(frozen=True)
class _Wrapping:
    """Layout of the people in a frame.

    Attributes:
        alone: Whether the people of the frame are a single person without a list.
        frame: The frame in the document.
        key: Key of the people if the frame is an object with other content, else None.
    """

    alone: bool
    frame: Any
    key: str | None = None

    @property
    def people(self) -> Any:
        """The people of the frame in the document."""
        return self.frame if self.key is None else self.frame[self.key]

    def wrap(self, people: list[Any]) -> Any:
        """A frame like this one with other people."""
        inner: Any = people[0] if self.alone and len(people) == 1 else people
        if not people and not self.people:
            inner = self.people
        return inner if self.key is None else {**self.frame, self.key: inner}


class _Landmarks(FrameLists):
    """Frames in a list; a frame is a list of people, or a single person."""

    def split(self, document: Any, path: Path) -> list[Frame]:
        frames = checked(document, list, f"'{path}'", 'a list of frames')
        return [Frame(number, *self._unwrapped(frame)) for number, frame in enumerate(frames)]

    def stamp(self, frame: Frame) -> float | None:
        return stamp_of(frame.key.frame)

    def join(self, document: Any, frames: list[Frame]) -> Any:
        known = [frame.key for frame in frames if frame.key is not None]
        alone = document is not None and any(key.alone for key in known)
        name = known[0].key if known else None
        usual = _Wrapping(alone, [] if name is None else {name: []}, name)
        return [[] if frame is None else (frame.key or usual).wrap(frame.records)
                for frame in places_in_list(frames)]

    def _unwrapped(self, frame: Any) -> tuple[_Wrapping, list[Any]]:
        """The layout of a frame, and its people."""
        key = _wrapping_key(frame)
        people = frame if key is None else frame[key]
        alone = bool(people) and self._is_person(people)
        return _Wrapping(alone, frame, key), [people] if alone else people or []

    def _is_person(self, value: Any) -> bool:
        raise NotImplementedError


@FORMATS.register_module()
class TfjsPoses(_Landmarks):
    """``[[{keypoints: [{x, y, [z], [score], name}], [score], [id]}, ...], ...]``, in pixels.

    The result of ``detector.estimatePoses()`` for every frame (MoveNet, BlazePose, PoseNet), also
    in objects ``{timestamp, poses: [...]}``. Frames count from 0. ``z`` and ``keypoints3D`` do not
    change.
    """

    name = 'tfjs'
    title = 'TensorFlow.js pose detection: [[{"keypoints": [{"x": ..., "y": ..., "name": ...}]}]]'

    def sniff(self, file: InputFile) -> bool:
        person = _first_person(file)
        return isinstance(person, dict) and _is_points(person.get('keypoints'))

    def _is_person(self, value: Any) -> bool:
        return isinstance(value, dict)

    def instance(self, record: Any, where: str, layout: None) -> PoseInstance | None:
        record = checked(record, dict, where, 'an object')
        if not record.get('keypoints'):
            return None
        coords, scores = _points(record['keypoints'], 'score', where)
        return PoseInstance(coords, scores,
                            track_id=track_id_of(record.get('id'), f'{where}, id'),
                            filled=bool(record.get('filled', False)))

    def updated(self, record: Any, row: Row, layout: None) -> Any:
        return {**record, 'keypoints': _updated_points(record['keypoints'], row.coords, 'score')}

    def created(self, row: Row, like: Any, layout: None) -> Any:
        names = ([point.get('name') for point in like['keypoints']] if like
                 else row.sequence.keypoint_names
                 or [f'keypoint_{k}' for k in range(row.sequence.num_keypoints)])
        points = [{'x': x, 'y': y, 'score': score, 'name': name} for (x, y), score, name in zip(
            np.nan_to_num(row.coords).tolist(), row.scores.tolist(), names)]
        return marked({'score': float(row.scores.mean()), 'keypoints': points,
                       'id': record_id(row.track_id)}, row)


@FORMATS.register_module()
class MediaPipeLandmarks(_Landmarks):
    """``[[[{x, y, z, visibility}, ...], ...], ...]``: frames of people of landmarks.

    A person may also be ``{"landmark": [...]}`` (``MessageToDict``), and a frame the landmarks of
    one person, or an object such as ``{timestamp_ms, pose_landmarks: [...]}``, whose other content
    does not change; ``null`` or an empty list is a frame without people. MediaPipe's x and y are
    fractions of the image's width and height, so ``image_size`` is needed: poses are smoothed in
    pixels and written as fractions again. ``z`` does not change. Frames count from 0.
    """

    name = 'mediapipe'
    keeps_decimals = False
    title = 'MediaPipe landmarks: [[[{"x": 0.5, "y": 0.3, "z": ..., "visibility": ...}]]]'

    def sniff(self, file: InputFile) -> bool:
        person = _first_person(file)
        if isinstance(person, dict):
            person = person.get(_WRAPPED)
        return _is_points(person)

    def layout_of(self, context: ReadContext) -> Size:
        return context.image_size

    def _is_person(self, value: Any) -> bool:
        return _is_points(value) or (isinstance(value, dict) and _WRAPPED in value)

    def instance(self, record: Any, where: str, layout: Size) -> PoseInstance | None:
        points = record.get(_WRAPPED) if isinstance(record, dict) else record
        if not points:
            return None
        if layout is None:
            raise DataFormatError(
                f'{where}: x and y of MediaPipe are fractions of the image; specify '
                'image_size=(width, height), --image-size W H on the command line.')
        coords, scores = _points(points, 'visibility', where)
        filled = isinstance(record, dict) and bool(record.get('filled', False))
        return PoseInstance(coords * layout, scores, filled=filled)

    def updated(self, record: Any, row: Row, layout: Size) -> Any:
        wrapped = isinstance(record, dict)
        points = record[_WRAPPED] if wrapped else record
        size = np.array(layout)
        old, _ = _points(points, 'visibility', '')
        # Unchanged fractions are reproduced exactly, despite rounding twice.
        coords = np.where(moved(old * size, row.coords),
                          round_to(row.coords / size, _decimals_of(old)), old)
        points = _updated_points(points, coords, 'visibility')
        return {**record, _WRAPPED: points} if wrapped else points

    def created(self, row: Row, like: Any, layout: Size) -> Any:
        if layout is None:
            raise DataFormatError('MediaPipe landmarks are fractions of the image; the tracks need '
                                  'an image_size of (width, height).')
        coords = np.nan_to_num(row.coords / np.array(layout))
        if like is not None:
            near = like[_WRAPPED] if isinstance(like, dict) else like
            coords = round_to(coords, _decimals_of(_points(near, 'visibility', '')[0]))
        points = [{'x': x, 'y': y, 'z': 0.0, 'visibility': score}
                  for (x, y), score in zip(coords.tolist(), row.scores.tolist())]
        return {_WRAPPED: points} if isinstance(like, dict) else points


def _decimals_of(fractions: np.ndarray) -> int | None:
    """Decimals for new fractions, from those of a person."""
    seen = decimals_in(fractions)
    return None if seen is None else max(seen, OF_FRACTIONS)


def _wrapping_key(frame: Any) -> str | None:
    """Key of the people of a frame that is an object with other content."""
    return next((key for key in _LISTS if isinstance(frame, dict)
                 and (frame.get(key) is None or isinstance(frame[key], (list, dict)))
                 and key in frame), None)


def _first_person(file: InputFile) -> Any:
    """The first person of a list of frames."""
    document = file.document
    for frame in document if isinstance(document, list) else []:
        key = _wrapping_key(frame)
        if key is not None:
            frame = frame[key]
        if isinstance(frame, dict) or _is_points(frame):
            return frame
        if isinstance(frame, list) and frame:
            return frame[0]
        if frame:
            return None
    return None


def _is_points(value: Any) -> bool:
    return (isinstance(value, list) and bool(value) and isinstance(value[0], dict)
            and set(_AXES) <= set(value[0]))


def _points(points: Any, score_key: str, where: str) -> tuple[np.ndarray, np.ndarray | None]:
    if not isinstance(points, list) or not all(
            isinstance(point, Mapping) and set(_AXES) <= set(point) for point in points):
        raise DataFormatError(f"{where}: expected points with 'x' and 'y', got "
                              f'{described(points)}.')
    coords = number_array([[point['x'], point['y']] for point in points], where)
    coords[(coords == 0).all(axis=1)] = np.nan
    if not any(score_key in point for point in points):
        return coords, None
    scores = [point.get(score_key) for point in points]
    return coords, np.nan_to_num(number_array(scores, f'{where}, {score_key}'))


def _updated_points(points: list[Any], coords: np.ndarray, score_key: str) -> list[Any]:
    old, _ = _points(points, score_key, '')
    mask = moved(old, coords)
    return [{**point, **{axis: float(coords[k, c]) for c, axis in enumerate(_AXES) if mask[k, c]}}
            if mask[k].any() else point for k, point in enumerate(points)]
