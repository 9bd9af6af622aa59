"""COCO keypoint results, as MMPose's CocoMetric and other evaluators write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..registry import FORMATS
from ._flat import FlatList
from ._values import whole_number
from .base import InputFile


@FORMATS.register_module()
class CocoResults(FlatList):
    """``[{image_id, category_id, keypoints, score, bbox, ...}]`` with numbers as image ids.

    The image ids are the frame numbers; the clip has no others, since evaluators reject results of
    unknown images. ``track_id`` is read if present.
    """

    name = 'coco'
    title = 'COCO keypoint results: [{"image_id": 1, "keypoints": [x, y, score, ...], ...}, ...]'
    box_key = 'bbox'
    id_key = 'track_id'

    def sniff(self, file: InputFile) -> bool:
        return is_flat_list(file) and not is_alphapose(file.json[0])

    def numbers(self, image_ids: Iterable[Any], document: Any, path: Path) -> dict[Any, int]:
        return {image_id: whole_number(image_id, f"'{path}', image_id") for image_id in image_ids}


def is_flat_list(file: InputFile) -> bool:
    """Whether a file is a list of people with image ids."""
    document = file.document
    return (isinstance(document, list) and bool(document) and isinstance(document[0], dict)
            and {'image_id', 'keypoints'} <= set(document[0]))


def is_alphapose(entry: dict[str, Any]) -> bool:
    """Whether an entry was written by AlphaPose: images by name, ``box`` and ``idx``."""
    return isinstance(entry['image_id'], str) or 'box' in entry or 'idx' in entry
