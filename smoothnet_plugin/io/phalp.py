"""``demo_<video>.pkl`` of PHALP (Rajasegaran et al., CVPR 2022), which 4D-Humans writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures.body_joints import BODY_JOINTS
from ._values import whole_number
from .base import SourceDocument
from .body_format import Changes, Person, PickledBodies, check_dict
from .body_parts import BodyLayout

_BODY = BODY_JOINTS[24]
_LAYOUT = BodyLayout({'global_orient': _BODY[:1], 'body_pose': _BODY[1:]}, 'betas')
_WITH_CAMERA = _LAYOUT._replace(points=('camera',))


@FORMATS.register_module()
class Phalp(PickledBodies):
    """A dict of frames, each with parallel lists over people (``tid``, ``smpl``, ``camera``).

    PHALP keeps people whom it lost for a while with the last pose that it saw
    (``tracked_time > 0``): these are not measurements and count as missing. A new shot begins new
    tracks, named ``<id>_shot<n>`` from the second shot on. Confidences are those of the detections.
    """

    name = 'phalp'
    title = 'PHALP / 4D-Humans pickle: {frame: {"tid": [..], "smpl": [..], "time": 0, ...}}'
    derived_keys = ('3d_joints', '2d_joints', 'pose')

    def is_content(self, content: dict[Any, Any]) -> bool:
        return bool(content) and all(isinstance(frame, dict) and 'tid' in frame and 'smpl' in frame
                                     for frame in content.values())

    def people(self, content: dict[Any, Any], path: Path) -> dict[Any, Person]:
        def value(key: Any, index: int, name: str) -> Any:
            frame = content[key]
            if name == 'camera':
                return frame['camera'][index]
            return check_dict(frame['smpl'][index], path, 'smpl').get(name)

        people = {}
        for track_id, rows in _rows(content, path).items():
            with_camera = all(content[key].get('camera') is not None for _, key, _ in rows)
            scores = _confidences([content[key].get('conf') for _, key, _ in rows],
                                  [index for _, _, index in rows])
            people[track_id] = Person.of_rows(
                f"'{path}', person {track_id}", rows, _WITH_CAMERA if with_camera else _LAYOUT,
                value, scores=scores)
        return people

    def frame_ids(self, content: dict[Any, Any], path: Path) -> np.ndarray:
        return np.array(sorted(_frame_numbers(content, path).values()))

    def updated(self, source: SourceDocument, changes: Changes, derived: str) -> dict[Any, Any]:
        content = dict(source.data.value)
        for track_id, arrays in changes.items():
            for row, (key, index) in enumerate(source.details['people'][track_id].places):
                if not arrays:
                    continue
                if content[key] is source.data.value[key]:
                    content[key] = self.without_derived(content[key], True, derived)
                for name, array in arrays.items():
                    if name == 'camera':
                        _set(content[key], 'camera', index, array[row])
                    else:
                        _set(content[key], 'smpl', index,
                             {**content[key]['smpl'][index], name: array[row]})
        return content


def _set(frame: dict[Any, Any], name: str, index: int, value: Any) -> None:
    """Replace an entry of a list of a frame, which may be shared with the source."""
    frame[name] = [*frame[name][:index], value, *frame[name][index + 1:]]


def _rows(content: Mapping[Any, Any], path: Path) -> dict[Any, list[tuple[int, Any, int]]]:
    """Frame number, key of the frame and index there of all measurements of each track."""
    numbers = _frame_numbers(content, path)
    rows: dict[Any, list[tuple[int, Any, int]]] = {}
    shot = 0
    for place, key in enumerate(sorted(content, key=numbers.__getitem__)):
        frame = content[key]
        shot += place > 0 and frame.get('shot') == 1
        lost = frame.get('tracked_time')
        if len(frame['smpl']) != len(frame['tid']) or (
                lost is not None and len(lost) != len(frame['tid'])):
            raise DataFormatError(f"'{path}', frame {key!r}: {len(frame['tid'])} ids, but "
                                  f"{len(frame['smpl'])} bodies.")
        for index, track_id in enumerate(frame['tid']):
            if lost is None or lost[index] <= 0:
                name = whole_number(track_id, f"'{path}', frame {key!r}, tid")
                rows.setdefault(f'{name}_shot{shot + 1}' if shot else name, []).append(
                    (numbers[key], key, index))
    return rows


def _frame_numbers(content: Mapping[Any, Any], path: Path) -> dict[Any, int]:
    """Number of each frame: ``time``, else the place in the file."""
    numbers = {}
    for place, (key, frame) in enumerate(content.items()):
        frame = check_dict(frame, path, f'frame {key!r}')
        for name in ('tid', 'smpl'):
            if not isinstance(frame.get(name), (list, tuple, np.ndarray)):
                raise DataFormatError(f"'{path}', frame {key!r}: {name} is not a list.")
        numbers[key] = whole_number(frame.get('time', place), f"'{path}', frame {key!r}, time")
    if len(set(numbers.values())) < len(numbers):
        raise DataFormatError(f"'{path}': two frames have the same time.")
    return numbers


def _confidences(lists: list[Any], indices: list[int]) -> np.ndarray | None:
    """Confidence of every joint in each row, or None unless every frame has one."""
    values = []
    for confidences, index in zip(lists, indices):
        if not isinstance(confidences, (list, tuple, np.ndarray)) or len(confidences) <= index:
            return None
        value = np.asarray(confidences[index], dtype=np.float64).ravel()
        values.append(value[0] if len(value) else np.nan)
    return np.repeat(np.nan_to_num(np.array(values))[:, None], len(_BODY), axis=1)
