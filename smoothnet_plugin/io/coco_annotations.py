"""COCO annotations of video frames: PoseTrack 2018 and 2021, and other data sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks, Skeleton
from ._flat import FlatList
from ._names import frame_numbers, keypoint_names, named_skeleton
from ._people import record_id
from ._times import stamp_of
from ._values import number_array, split_flat, whole_number
from .base import InputFile
from .rows import Row

_STRIDE = 3
_VISIBILITY = (0.0, 1.0, 2.0)


@FORMATS.register_module()
class CocoAnnotations(FlatList):
    """``{images: [{id, file_name}], annotations: [{image_id, keypoints, ...}], categories}``.

    The number of an image is its ``frame_id`` if the images have different ones, else the number
    that distinguishes their file names, else its ``id``. Confidences are in a list ``scores``
    (PoseTrack), else in the third value of a keypoint; values 0, 1, 2 are COCO's visibility and
    count as 0, 1, 1. Annotations without keypoints do not change.
    """

    name = 'coco_annotations'
    title = 'COCO or PoseTrack annotations: {"images": [...], "annotations": [{"keypoints": ...}]}'
    box_key = 'bbox'
    id_key = 'track_id'

    def sniff(self, file: InputFile) -> bool:
        document = file.document
        return isinstance(document, dict) and all(
            isinstance(document.get(key), list) for key in ('images', 'annotations'))

    def entries(self, document: Any, path: Path) -> list[Any]:
        if not isinstance(document, dict) or not isinstance(document.get('annotations'), list):
            raise DataFormatError(f"'{path}': expected an object whose 'annotations' is a list.")
        return document['annotations']

    def with_entries(self, document: Any, entries: list[Any], tracks: PoseTracks) -> Any:
        if document is not None:
            ids = [entry.get('id') for entry in document['annotations']]
            if ids and all(isinstance(number, int) for number in ids):
                free = count(max(ids) + 1)
                entries = [entry if 'id' in entry else {'id': next(free), **entry}
                           for entry in entries]
            return {**document, 'annotations': entries}
        return {
            'images': [{'id': frame, 'file_name': f'{frame:06d}.jpg', 'frame_id': frame}
                       for frame in tracks.frame_ids.tolist()],
            'annotations': [{'id': number, **entry} for number, entry in enumerate(entries, 1)],
            'categories': [{'id': 1, 'name': 'person', 'keypoints': keypoint_names(tracks)}]}

    def numbers(self, image_ids: Iterable[Any], document: Any, path: Path) -> dict[Any, int]:
        images = [image for image in document.get('images', []) if isinstance(image, dict)
                  and isinstance(image.get('id'), (int, str))]
        videos = {image.get('vid_id', image.get('video_id')) for image in images}
        if len(videos) > 1:
            raise DataFormatError(f"'{path}': the images are of {len(videos)} videos; expected "
                                  'a file per video.')
        keys = [image['id'] for image in images]
        for given in ([image.get('frame_id') for image in images], keys):
            if all(isinstance(number, int) for number in given) and (
                    len(set(given)) == len(given)):
                numbers = dict(zip(keys, given))
                break
        else:
            names = [str(image.get('file_name', image['id'])) for image in images]
            numbers = dict(zip(keys, frame_numbers(names) or range(len(names))))
        for image_id in image_ids:
            if image_id not in numbers:
                raise DataFormatError(f"'{path}': no image has the id {image_id!r} of an "
                                      'annotation.')
        return {key: whole_number(number, f"'{path}', image {key!r}")
                for key, number in numbers.items()}

    def times(self, document: Any, numbers: Mapping[Any, int]) -> dict[int, float | None]:
        return {numbers[image['id']]: stamp for image in document.get('images', [])
                if (stamp := stamp_of(image)) is not None and image.get('id') in numbers}

    def pose(self, entry: Mapping[str, Any], where: str) -> tuple[np.ndarray, np.ndarray | None]:
        coords, third = split_flat(entry['keypoints'], _STRIDE, f'{where}, keypoints')
        if 'scores' in entry:
            return coords, np.nan_to_num(number_array(entry['scores'], f'{where}, scores'))
        if np.isin(third, _VISIBILITY).all():
            coords[third == 0] = np.nan
            return coords, np.minimum(third, 1.0)
        return coords, third

    def skeleton(self, document: Any, category: Any, path: Path) -> Skeleton | None:
        categories = document.get('categories')
        named = [one for one in (categories if isinstance(categories, list) else [])
                 if isinstance(one, dict) and isinstance(one.get('keypoints'), list)
                 and category in (None, one.get('id'))]
        counts = {len(entry['keypoints']) // _STRIDE for entry in document['annotations']
                  if entry.get('keypoints') and category in (None, entry.get('category_id'))}
        if len(named) != 1 or counts != {len(named[0]['keypoints'])}:
            return None
        return named_skeleton([str(name) for name in named[0]['keypoints']], path.stem)

    def _added_entry(self, row: Row, document: list[dict[str, Any]], numbers: Mapping[Any, int],
                     track_ids: bool) -> dict[str, Any]:
        if row.frame_id not in numbers.values():
            raise DataFormatError(f'No image of the annotations is frame {row.frame_id}; keep the '
                                  "frames as they were read, or write another format.")
        return super()._added_entry(row, document, numbers, track_ids)

    def _new_entry(self, row: Row, track_ids: bool, like: tuple[Any, int] | None = None,
                   category: Any = 1) -> dict[str, Any]:
        entry = super()._new_entry(row, track_ids, like, category)
        return {**entry, 'scores': row.scores.tolist(), self.id_key: record_id(row.track_id)}
