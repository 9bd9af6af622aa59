"""Results of AlphaPose."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..registry import FORMATS
from ._flat import FlatList
from ._names import frame_numbers, name_like
from ._values import track_id_of, whole_number
from .base import InputFile
from .coco import is_alphapose, is_flat_list


@FORMATS.register_module()
class AlphaPose(FlatList):
    """``[{image_id: '12.jpg', category_id, keypoints, score, box, idx}]``.

    The numbers that distinguish the image names are the frame numbers; if the names are
    ambiguous, images count from 0 in the order of the file. ``idx`` is the track id if AlphaPose
    tracked (in nested lists, which its pose flow writes, the smallest number): without tracking it
    is 0 for all people and does not count as an id. Scores of some of its models exceed 1.
    """

    name = 'alphapose'
    title = 'AlphaPose: [{"image_id": "12.jpg", "keypoints": [x, y, score, ...], "box": ...}, ...]'
    frame_base = 0
    box_key = 'box'
    id_key = 'idx'
    consecutive = True

    def sniff(self, file: InputFile) -> bool:
        return is_flat_list(file) and is_alphapose(file.json[0])

    def numbers(self, image_ids: Iterable[Any], document: Any, path: Path) -> dict[Any, int]:
        pictures = list(dict.fromkeys(image_ids))
        if all(isinstance(picture, int) for picture in pictures):
            return {picture: whole_number(picture, f"'{path}', image_id") for picture in pictures}
        numbers = frame_numbers([str(picture) for picture in pictures])
        return dict(zip(pictures, numbers or range(len(pictures))))

    def image_id(self, frame: int, like: tuple[Any, int] | None) -> int | str:
        if like is None:
            return f'{frame}.jpg'
        return frame if isinstance(like[0], int) else name_like(like[0], like[1], frame)

    def track_ids(self, entries: list[dict[str, Any]], path: Path) -> list[int | str | None]:
        ids = [track_id_of(_first(entry.get(self.id_key)), f"'{path}', {self.id_key}")
               for entry in entries]
        seen = list(zip((entry['image_id'] for entry in entries), ids))
        tracked = any(ids) and len(set(seen)) == len(seen)
        return ids if tracked else [None] * len(ids)


def _first(value: Any) -> Any:
    """The smallest number in nested lists, as in AlphaPose's own viewer."""
    numbers = []
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        else:
            numbers.append(item)
    if len(numbers) > 1 and all(isinstance(number, (int, float)) for number in numbers):
        return min(numbers)
    return value
