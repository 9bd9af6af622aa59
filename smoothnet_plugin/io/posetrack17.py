"""JSON of PoseTrack 2017: an object per frame in ``annolist``, every scalar in a list."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseInstance, PoseTracks, Skeleton, get_skeleton
from ._frame_lists import Frame, FrameLists, marked
from ._names import frame_numbers, name_like
from ._people import record_id
from ._values import checked, described, moved, number_array, track_id_of
from .base import InputFile
from .rows import Row

_NAMES = (*get_skeleton('lsp14').keypoint_names[:12], 'head_bottom', 'nose', 'head_top')
_LIST = 'annolist'


@FORMATS.register_module()
class PoseTrack17(FrameLists):
    """``{annolist: [{image: [{name}], annorect: [{track_id, annopoints: [{point: [...]}]}]}]}``.

    A person has those of 15 keypoints that are known; the others are missing. The numbers that
    distinguish the image names are the frame numbers. A point's ``score`` is its confidence. What
    is filled in is added as a point.
    """

    name = 'posetrack17'
    title = 'PoseTrack 2017: {"annolist": [{"image": [...], "annorect": [...]}]}'

    def sniff(self, file: InputFile) -> bool:
        document = file.document
        return isinstance(document, dict) and isinstance(document.get(_LIST), list)

    def skeleton(self, layout: None, count: int, poses: Any) -> Skeleton:
        return Skeleton('posetrack17', _NAMES, root=('left_hip', 'right_hip'))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks.

        Raises:
            DataFormatError: The poses do not have the 15 keypoints of PoseTrack 2017.
        """
        counts = {sequence.num_keypoints for _, sequence in tracks} - {len(_NAMES)}
        if counts:
            raise DataFormatError(f'PoseTrack 2017 has {len(_NAMES)} keypoints, but these poses '
                                  f"have {counts.pop()}; write 'coco_annotations' instead.")
        super().write(path, tracks)

    def split(self, document: Any, path: Path) -> list[Frame]:
        frames = document.get(_LIST) if isinstance(document, dict) else None
        if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
            raise DataFormatError(f"'{path}': expected an object whose '{_LIST}' is a list of "
                                  'frames.')
        names = [_image_name(frame) for frame in frames]
        numbers = frame_numbers(names) or range(len(names))
        return [Frame(number, frame, frame.get('annorect') or [])
                for number, frame in zip(numbers, frames)]

    def join(self, document: Any, frames: list[Frame]) -> Any:
        known = next(((_image_name(frame.key), frame.number) for frame in frames
                      if frame.key is not None), ('00000000.jpg', 0))
        joined = []
        for number, frame, people, _ in frames:
            if frame is None:
                frame = {'image': [{'name': name_like(known[0], known[1], number)}]}
            written = people or isinstance(frame.get('annorect'), list)
            joined.append({**frame, 'annorect': people} if written else frame)
        return {**(document or {}), _LIST: joined}

    def instance(self, record: Any, where: str, layout: None) -> PoseInstance | None:
        record = checked(record, dict, where, 'an object')
        points = _points_of(record)
        if not points:
            return None
        coords, scores = np.full((len(_NAMES), 2), np.nan), np.zeros(len(_NAMES))
        for place, point in _places(points, where).items():
            coords[place] = [_number(point, axis, where) for axis in 'xy']
            score = _number(point, 'score', where) if 'score' in point else 1.0
            scores[place] = score if math.isfinite(score) else 0.0
        coords[(coords == 0).all(axis=1)] = np.nan
        return PoseInstance(coords, scores, filled=bool(record.get('filled', False)),
                            track_id=track_id_of(record.get('track_id'), f'{where}, track_id'))

    def updated(self, record: Any, row: Row, layout: None) -> Any:
        points = _points_of(record)
        places = _places(points, '')
        instance = self.instance(record, '', layout)
        old = instance.keypoints if instance is not None else np.full((len(_NAMES), 2), np.nan)
        moves = moved(old, row.coords)
        changed, coords = list(points), row.coords.tolist()
        for place in np.flatnonzero(moves.any(axis=1)).tolist():
            new = {axis: [coords[place][c]] for c, axis in enumerate('xy') if moves[place, c]}
            if place in places:
                index = next(i for i, point in enumerate(points) if point is places[place])
                changed[index] = {**points[index], **new}
            else:
                changed.append(_point(place, coords[place], 0.0))
        if not moves.any():
            return record
        first = record['annopoints'][0]
        return {**record, 'annopoints': [{**first, 'point': changed}, *record['annopoints'][1:]]}

    def created(self, row: Row, like: Any, layout: None) -> Any:
        points = [_point(place, position, score) for place, (position, score) in enumerate(
            zip(row.coords.tolist(), row.scores.tolist())) if np.isfinite(position).all()]
        return marked({'track_id': [record_id(row.track_id)], 'annopoints': [{'point': points}]},
                      row)


def _image_name(frame: Mapping[str, Any]) -> str:
    image = frame.get('image')
    image = image[0] if isinstance(image, list) and image else image
    return str(image.get('name', '')) if isinstance(image, dict) else ''


def _points_of(record: Mapping[str, Any]) -> list[Any]:
    places = record.get('annopoints')
    first = places[0] if isinstance(places, list) and places else None
    points = first.get('point') if isinstance(first, dict) else None
    return points if isinstance(points, list) else []


def _places(points: list[Any], where: str) -> dict[int, Mapping[str, Any]]:
    """The points by their number."""
    places: dict[int, Mapping[str, Any]] = {}
    for point in points:
        if not isinstance(point, dict):
            raise DataFormatError(f'{where}: expected points, got {described(point)}.')
        place = _number(point, 'id', where)
        if place not in range(len(_NAMES)) or int(place) in places:
            raise DataFormatError(f"{where}: the id of a point is {point.get('id')!r}; expected 0 "
                                  f'to {len(_NAMES) - 1}, each once.')
        places[int(place)] = point
    return places


def _number(point: Mapping[str, Any], key: str, where: str) -> float:
    """A number, alone or in a list of one."""
    value = point.get(key)
    flat = number_array(value if isinstance(value, list) else [value], f'{where}, {key}').ravel()
    if flat.size != 1:
        raise DataFormatError(f'{where}, {key}: expected one number, got {described(value)}.')
    return float(flat[0])


def _point(place: int, position: list[float], score: float) -> dict[str, Any]:
    return {'id': [place], 'x': [position[0]], 'y': [position[1]], 'score': [score]}
