"""JSON of PoseFlow and AlphaPose by image: ``{"12.jpg": [{keypoints, scores, idx}]}``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..registry import FORMATS
from ..structures import PoseInstance
from ._frame_lists import Frame, FrameLists, marked
from ._names import frame_numbers, name_like
from ._people import record_id
from ._values import box_array, checked, join_flat, split_flat, track_id_of, updated_flat
from .base import InputFile
from .rows import Row

_STRIDE = 3


@FORMATS.register_module()
class PoseFlow(FrameLists):
    """An object with a list of people for every image.

    ``keypoints`` are K times (x, y, score), (0, 0, 0) for missing ones, and ``idx`` is the track
    id. The numbers that distinguish the image names are the frame numbers.
    """

    name = 'poseflow'
    title = 'PoseFlow: {"12.jpg": [{"keypoints": [x, y, score, ...], "scores": 2.1, "idx": 1}]}'

    def sniff(self, file: InputFile) -> bool:
        document = file.document
        if not isinstance(document, dict) or not all(
                isinstance(people, list) for people in document.values()):
            return False
        first = next((people[0] for people in document.values() if people), None)
        return isinstance(first, dict) and isinstance(first.get('keypoints'), list) and (
            'idx' in first or 'scores' in first)

    def split(self, document: Any, path: Path) -> list[Frame]:
        checked(document, dict, f"'{path}'", 'an object of images')
        numbers = frame_numbers(list(document)) or range(len(document))
        return [Frame(number, name, people)
                for number, (name, people) in zip(numbers, document.items())]

    def join(self, document: Any, frames: list[Frame]) -> Any:
        known = next((frame for frame in frames if frame.key is not None), Frame(0, '0.jpg', []))
        return {name_like(known.key, known.number, frame.number) if frame.key is None
                else frame.key: frame.records for frame in frames}

    def instance(self, record: Any, where: str, layout: None) -> PoseInstance | None:
        record = checked(record, dict, where, 'an object')
        if not record.get('keypoints'):
            return None
        coords, scores = split_flat(record['keypoints'], _STRIDE, f'{where}, keypoints')
        box = box_array(record.get('box'), f'{where}, box')
        if box is not None:
            box[2:] += box[:2]
        return PoseInstance(coords, scores, box,
                            track_id_of(record.get('idx'), f'{where}, idx'),
                            bool(record.get('filled', False)))

    def updated(self, record: Any, row: Row, layout: None) -> Any:
        return {**record, 'keypoints': updated_flat(record['keypoints'], _STRIDE, row.coords, '')}

    def created(self, row: Row, like: Any, layout: None) -> Any:
        return marked({'keypoints': join_flat(row.coords, row.scores),
                       'scores': float(row.scores.mean()), 'idx': record_id(row.track_id)}, row)
