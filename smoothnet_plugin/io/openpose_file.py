"""OpenPose's frames in a single JSON file, and AlphaPose's results in OpenPose's layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseInstance, PoseTracks
from ._frame_lists import Frame, FrameLists, places_in_list
from ._names import frame_numbers, name_like
from ._openpose import Arrays, check_body, whole_id
from ._times import stamp_of
from ._values import described, track_id_of
from .base import InputFile, ReadContext
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
        document = file.json if file.looks_like_json else None
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
        return [(number, (name, frame), _people(frame))
                for number, (name, frame) in zip(numbers, named)]

    def join(self, document: Any, frames: list[Frame]) -> Any:
        if document is None:
            document = []
        like = next((key for _, key, _ in frames if key is not None), ('0.jpg', {'people': []}))

        def framed(key: Any, people: list[Any]) -> Any:
            _, frame = key or (None, {name: value for name, value in like[1].items()
                                      if name in ('version', *_LISTS)})
            return {**frame, _list_of(frame) or 'people': people}

        if isinstance(document, dict):
            known = next((number for number, key, _ in frames if key is not None), 0)
            return {name_like(like[0], known, number) if key is None else key[0]:
                    framed(key, people) for number, key, people in frames}
        return [framed(None, []) if frame is None else framed(frame[1], frame[2])
                for frame in places_in_list(frames)]

    def stamp(self, frame: Frame) -> float | None:
        return stamp_of(frame[1][1])

    def instance(self, record: Any, where: str, context: ReadContext) -> PoseInstance | None:
        if not isinstance(record, dict):
            raise DataFormatError(f'{where}: expected an object, got {described(record)}.')
        arrays = _arrays(record)
        return arrays.instance(record, None, where) if record.get(arrays.body) else None

    def updated(self, record: Any, row: Row, context: ReadContext) -> Any:
        return _arrays(record).updated(record, row)

    def created(self, row: Row, like: Any, context: ReadContext) -> Any:
        named = like is None or track_id_of(like.get('person_id'), 'person_id') is not None
        person = _arrays(like or {}).created(
            row, whole_id(row) if named and not isinstance(row.track_id, str) else -1, like or {})
        if like is not None and 'person_id' not in like:
            del person['person_id']
        return person

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks."""
        tracks = super().read(file, context)
        sequence = next(iter(tracks.tracks.values()), None)
        if sequence is None or sequence.skeleton is not None:
            return tracks
        skeleton = Arrays(2, '_keypoints_2d', ()).skeleton(
            sequence.num_keypoints, (pose for _, one in tracks for pose in one.coords))
        return tracks.map(lambda one: one.replace(skeleton=skeleton))


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
