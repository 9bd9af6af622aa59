"""OpenPose's frames in a single JSON file, and AlphaPose's results in OpenPose's layouts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseInstance, Skeleton
from ._frame_lists import Frame, FrameLists, places_in_list
from ._names import frame_numbers, name_like
from ._openpose import Arrays, check_body, whole_id
from ._times import stamp_of
from ._values import checked, described, track_id_of
from .base import InputFile
from .rows import Row

_LISTS = ('people', 'bodies')


@FORMATS.register_module()
class OpenPoseFile(FrameLists):
    """``[{version, people: [{...}]}, ...]``, or ``{"12.jpg": {version, people}}`` by image.

    What scripts gather from OpenPose's files, and AlphaPose writes by ``--format open`` and
    ``--format cmu`` (``{bodies: [{joints}]}``). Frames of a list count from 0; the numbers that
    distinguish names are the frame numbers. The body is read, in 2D; other arrays do not change.
    """

    name = 'openpose_file'
    title = 'OpenPose frames in one file: [{"people": [{"pose_keypoints_2d": ...}]}, ...]'

    def sniff(self, file: InputFile) -> bool:
        document = file.document
        frames = list(document.values()) if isinstance(document, dict) else document
        return isinstance(frames, list) and bool(frames) and all(
            isinstance(frame, dict) and _list_of(frame) is not None for frame in frames)

    def split(self, document: Any, path: Path) -> list[Frame]:
        named = list(document.items()) if isinstance(document, dict) else list(
            enumerate(document if isinstance(document, list) else []))
        if not named or not all(isinstance(frame, dict) and _list_of(frame) for _, frame in named):
            raise DataFormatError(f"'{path}': expected frames, objects with 'people' or 'bodies', "
                                  f'got {described(document)}.')
        numbers = range(len(named))
        if isinstance(document, dict):
            numbers = frame_numbers(list(document)) or numbers
        people = [person for _, frame in named for person in _people(frame)
                  if isinstance(person, dict)]
        if not any('joints' in person for person in people):
            check_body(people, f"'{path}'")
        return [Frame(number, (name, frame), _people(frame))
                for number, (name, frame) in zip(numbers, named)]

    def join(self, document: Any, frames: list[Frame]) -> Any:
        like = next((frame for frame in frames if frame.key is not None),
                    Frame(0, ('0.jpg', {'people': []}), []))
        image, model = like.key

        def framed(frame: Frame | None) -> Any:
            content = frame.key[1] if frame is not None and frame.key is not None else {
                name: value for name, value in model.items() if name in ('version', *_LISTS)}
            return {**content, _list_of(content) or 'people': frame.records if frame else []}

        if isinstance(document, dict):
            return {name_like(image, like.number, frame.number) if frame.key is None
                    else frame.key[0]: framed(frame) for frame in frames}
        return [framed(frame) for frame in places_in_list(frames)]

    def skeleton(self, layout: None, count: int, poses: Iterable[np.ndarray]) -> Skeleton | None:
        return Arrays(2, '_keypoints_2d', ()).skeleton(count, poses)

    def stamp(self, frame: Frame) -> float | None:
        return stamp_of(frame.key[1])

    def instance(self, record: Any, where: str, layout: None) -> PoseInstance | None:
        arrays = _arrays(checked(record, dict, where, 'an object'))
        return arrays.instance(record, where) if record.get(arrays.body) else None

    def updated(self, record: Any, row: Row, layout: None) -> Any:
        return _arrays(record).updated(record, row)

    def created(self, row: Row, like: Any, layout: None) -> Any:
        named = like is None or track_id_of(like.get('person_id'), 'person_id') is not None
        person = _arrays(like or {}).created(
            row, whole_id(row) if named and not isinstance(row.track_id, str) else -1, like or {})
        if like is not None and 'person_id' not in like:
            del person['person_id']
        return person


def _list_of(frame: dict[str, Any]) -> str | None:
    """Key of the people of a frame."""
    return next((key for key in _LISTS if isinstance(frame.get(key), list)), None)


def _people(frame: dict[str, Any]) -> list[Any]:
    key = _list_of(frame)
    return frame[key] if key else []


class _Joints(Arrays):
    """The flat list of AlphaPose's ``--format cmu``."""

    @property
    def body(self) -> str:
        return 'joints'

    def _name(self, part: str) -> str:
        return self.body


def _arrays(record: dict[str, Any]) -> Arrays:
    return _Joints(2, 'joints', ()) if 'joints' in record else Arrays.of([record], 2, every=False)
