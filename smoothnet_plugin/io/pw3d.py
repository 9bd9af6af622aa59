"""``sequenceFiles`` of 3DPW (von Marcard et al., ECCV 2018)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures.body_joints import BODY_JOINTS
from .base import SourceDocument
from .body_format import Changes, Person, PickledBodies
from .body_parts import BodyLayout, arrays_of

_LAYOUT = BodyLayout({'poses': BODY_JOINTS[24]}, None, ('trans',))


@FORMATS.register_module()
class Pw3d(PickledBodies):
    """A dict of lists over actors: ``poses``, ``trans``, ``betas``, and data of the camera.

    Pickles of Python 2 are read. Track ids are the actors' numbers; actors that are no longer in
    the tracks are not changed. ``jointPositions`` follows from the parameters: it is left out once
    these are smoothed. ``poses_60Hz`` and ``trans_60Hz`` stay as they are. 30 frames per second
    unless given.
    """

    name = 'pw3d'
    title = '3DPW sequence pickle: {"poses": [(N, 72), ..], "trans", "campose_valid", ...}'
    fps = 30.0
    derived_keys = ('jointPositions',)

    def is_content(self, content: dict[Any, Any]) -> bool:
        return 'poses' in content and ('campose_valid' in content or 'cam_poses' in content)

    def people(self, content: dict[Any, Any], path: Path) -> dict[Any, Person]:
        lists = {key: content[key] for key in _LAYOUT.keys if content.get(key) is not None}
        poses = lists.get('poses')
        if poses is None or not all(isinstance(values, list) and len(values) == len(poses)
                                    for values in lists.values()):
            raise DataFormatError(f"'{path}': expected lists of poses and trans with an entry for "
                                  'each actor.')
        people = {}
        for actor in range(len(poses)):
            where = f"'{path}', actor {actor}"
            layout = _LAYOUT.among(lists, where)
            arrays = arrays_of({key: values[actor] for key, values in lists.items()}, layout,
                               where)
            people[actor] = Person(where, arrays, layout)
        return people

    def updated(self, source: SourceDocument, changes: Changes, derived: str) -> dict[Any, Any]:
        content = self.without_derived(source.data.value, any(map(bool, changes.values())), derived)
        for key in _LAYOUT.keys:
            if content.get(key) is not None:
                content[key] = [changes.get(actor, {}).get(key, array)
                                for actor, array in enumerate(content[key])]
        return content
