"""JSON of Ultralytics' ``Results.to_json()``, a list of people for every frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseInstance
from ..tracking.similarity import keypoint_box
from ._frame_lists import Frame, FrameLists, marked, places_in_list
from ._people import record_id
from ._values import checked, described, moved, number_array, track_id_of, whole_number
from .base import InputFile
from .rows import Row

_CORNERS = ('x1', 'y1', 'x2', 'y2')
_AXES = ('x', 'y')


@FORMATS.register_module()
class Ultralytics(FrameLists):
    """``[[{name, class, confidence, box, [track_id], keypoints: {x, y, [visible]}}, ...], ...]``.

    What ``to_json()`` or ``summary()`` gives of each image, in a list of all frames, in an object
    by frame number, or of a single image. (0, 0) marks a missing keypoint.
    Frames of a list count from 0. Detections without keypoints do not change. A file does not
    specify whether its coordinates are normalised; they are smoothed unchanged.
    """

    name = 'ultralytics'
    title = 'Ultralytics to_json: [[{"box": {"x1": ...}, "keypoints": {"x": [...], ...}}], ...]'

    def sniff(self, file: InputFile) -> bool:
        document = file.document
        frames = list(document.values()) if isinstance(document, dict) else document
        for frame in frames if isinstance(frames, list) else []:
            for record in frame if isinstance(frame, list) else [frame]:
                return isinstance(record, dict) and 'box' in record and isinstance(
                    record.get('keypoints', {}), dict)
        return False

    def split(self, document: Any, path: Path) -> list[Frame]:
        if isinstance(document, dict):
            return [Frame(whole_number(key, f"'{path}', key"), key, records)
                    for key, records in document.items()]
        checked(document, list, f"'{path}'", 'a list of frames, or an object of them by number')
        if document and all(isinstance(record, dict) for record in document):
            return [Frame(0, None, document)]
        return [Frame(number, number, records) for number, records in enumerate(document)]

    def join(self, document: Any, frames: list[Frame]) -> Any:
        if isinstance(document, dict):
            return {str(frame.number) if frame.key is None else frame.key: frame.records
                    for frame in frames}
        if document and isinstance(document[0], dict) and len(frames) == 1:
            return frames[0].records
        return [[] if frame is None else frame.records for frame in places_in_list(frames)]

    def instance(self, record: Any, where: str, layout: None) -> PoseInstance | None:
        record = checked(record, dict, where, 'an object')
        if not record.get('keypoints'):
            return None
        coords, scores = _keypoints(record, where)
        box = record.get('box')
        corners = None
        if isinstance(box, Mapping) and set(_CORNERS) <= set(box):
            corners = number_array([box[corner] for corner in _CORNERS], f'{where}, box')
        return PoseInstance(coords, scores, corners,
                            track_id_of(record.get('track_id'), f'{where}, track_id'),
                            bool(record.get('filled', False)))

    def updated(self, record: Any, row: Row, layout: None) -> Any:
        old, _ = _keypoints(record, '')
        mask = moved(old, row.coords)
        if not mask.any():
            return record
        keypoints = dict(record['keypoints'])
        for c, axis in enumerate(_AXES):
            keypoints[axis] = [float(new) if change else value for value, new, change in zip(
                keypoints[axis], row.coords[:, c], mask[:, c])]
        return {**record, 'keypoints': keypoints}

    def created(self, row: Row, like: Any, layout: None) -> Any:
        coords = np.where(np.isfinite(row.coords).all(axis=1, keepdims=True), row.coords, 0.0)
        like = like or {'name': 'person', 'class': 0}
        return marked({
            'name': like.get('name'), 'class': like.get('class'),
            'confidence': float(row.scores.mean()),
            'box': dict(zip(_CORNERS, keypoint_box(row.coords).tolist())),
            'track_id': record_id(row.track_id),
            'keypoints': {'x': coords[:, 0].tolist(), 'y': coords[:, 1].tolist(),
                          'visible': row.scores.tolist()}}, row)


def _keypoints(record: Mapping[str, Any], where: str) -> tuple[np.ndarray, np.ndarray | None]:
    keypoints = record['keypoints']
    if not isinstance(keypoints, Mapping) or not set(_AXES) <= set(keypoints):
        raise DataFormatError(f"{where}: expected keypoints with 'x' and 'y', got "
                              f'{described(keypoints)}.')
    x, y = (number_array(keypoints[axis], f'{where}, keypoints, {axis}') for axis in _AXES)
    if x.shape != y.shape or x.ndim != 1:
        raise DataFormatError(f'{where}: {x.size} values of x, {y.size} of y.')
    coords = np.stack([x, y], axis=1)
    coords[(coords == 0).all(axis=1)] = np.nan
    if 'visible' not in keypoints:
        return coords, None
    return coords, np.nan_to_num(number_array(keypoints['visible'], f'{where}, visible'))
