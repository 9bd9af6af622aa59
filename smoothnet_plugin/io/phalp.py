"""``demo_<video>.pkl`` of PHALP (Rajasegaran et al., CVPR 2022), which 4D-Humans writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ..structures.body_joints import BODY_JOINTS
from ..utils.pickle_files import write_pickle
from ._values import whole_number
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict, pickle_of, without_derived
from .body_parts import BodyLayout, joined_rows, read_body

_ROTATIONS = {'global_orient': BODY_JOINTS[24][:1], 'body_pose': BODY_JOINTS[24][1:]}
_DERIVED = ('3d_joints', '2d_joints', 'pose')


@FORMATS.register_module()
class Phalp(BodyFormat):
    """A dict of frames, each with parallel lists over people (``tid``, ``smpl``, ``camera``).

    PHALP keeps people whom it lost for a while with the last pose that it saw
    (``tracked_time > 0``): these are not measurements and count as missing. A new shot begins new
    tracks, named ``<id>_shot<n>`` from the second shot on. Confidences are those of the detections.
    """

    name = 'phalp'
    title = 'PHALP / 4D-Humans pickle: {frame: {"tid": [..], "smpl": [..], "time": 0, ...}}'
    suffixes = ('.pkl',)
    frame_base = 0

    def sniff(self, file: InputFile) -> bool:
        content = file.pickled.value if file.pickled else None
        return isinstance(content, dict) and bool(content) and all(
            isinstance(frame, dict) and 'tid' in frame and 'smpl' in frame
            for frame in content.values())

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The file is damaged, or lists of a frame differ in length.
        """
        document = pickle_of(file)
        content = check_dict(document.value, file.path, 'content')
        numbers = _frame_numbers(content, file.path)
        rows: dict[Any, list[tuple[int, Any, int]]] = {}
        shot = 0
        for place, key in enumerate(sorted(content, key=numbers.__getitem__)):
            frame = content[key]
            shot += place > 0 and frame.get('shot') == 1
            for index, track_id in enumerate(frame['tid']):
                lost = frame.get('tracked_time')
                if len(frame['smpl']) != len(frame['tid']) or (
                        lost is not None and len(lost) != len(frame['tid'])):
                    raise DataFormatError(f"'{file.path}', frame {key!r}: {len(frame['tid'])} ids, "
                                          f"but {len(frame['smpl'])} bodies.")
                if lost is None or lost[index] <= 0:
                    name = whole_number(track_id, f"'{file.path}', frame {key!r}, tid")
                    rows.setdefault(f'{name}_shot{shot + 1}' if shot else name, []).append(
                        (numbers[key], key, index))
        tracks, people = {}, {}
        for track_id, places in rows.items():
            where = f"'{file.path}', person {track_id}"
            bodies = [content[key]['smpl'][index] for _, key, index in places]
            arrays = {name: joined_rows([check_dict(body, file.path, 'smpl').get(name)
                                         for body in bodies], f'{where}, {name}')
                      for name in (*_ROTATIONS, 'betas')}
            cameras = [content[key].get('camera') for _, key, _ in places]
            if all(camera is not None for camera in cameras):
                arrays['camera'] = joined_rows(
                    [camera[place[2]] for camera, place in zip(cameras, places)], where)
            layout = BodyLayout(_ROTATIONS, 'betas', ('camera',) if 'camera' in arrays else ())
            scores = _confidences([content[key].get('conf') for _, key, _ in places],
                                  [index for _, _, index in places])
            tracks[track_id] = read_body(
                arrays, layout, where, fps=context.fps,
                frame_ids=np.array([number for number, _, _ in places]),
                scores=None if scores is None else np.repeat(scores[:, None], 24, axis=1))
            people[track_id] = Person(arrays, layout, [(key, index) for _, key, index in places])
        return PoseTracks(tracks, np.array(sorted(numbers.values())), fps=context.fps,
                          source=self.document(file, document, people=people))

    def write(self, path: Path, tracks: PoseTracks, *, derived: str = 'drop') -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from a file of this format.
            derived: What happens to joints and features computed from the parameters:
                ``'drop'`` or ``'keep'``. Defaults to ``'drop'``.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source, changes = self.changes(tracks)
        old = source.data.value
        new: dict[Any, dict[str, Any]] = {}
        for track_id, arrays in changes.items():
            for row, (key, index) in enumerate(source.details['people'][track_id].places):
                if not arrays:
                    continue
                if key not in new:
                    new[key] = without_derived(old[key], True, derived, _DERIVED)
                    new[key]['smpl'] = list(new[key]['smpl'])
                    if 'camera' in arrays:
                        new[key]['camera'] = list(new[key]['camera'])
                body = dict(new[key]['smpl'][index])
                for name, array in arrays.items():
                    if name == 'camera':
                        new[key]['camera'][index] = array[row]
                    else:
                        body[name] = array[row]
                new[key]['smpl'][index] = body
        content = {key: new.get(key, frame) for key, frame in old.items()}
        write_pickle(path, source.data._replace(value=content))


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
    """Confidence of each row, or None unless every frame has one."""
    values = []
    for confidences, index in zip(lists, indices):
        if not isinstance(confidences, (list, tuple, np.ndarray)) or len(confidences) <= index:
            return None
        value = np.asarray(confidences[index], dtype=np.float64).ravel()
        values.append(value[0] if len(value) else np.nan)
    return np.nan_to_num(np.array(values))
