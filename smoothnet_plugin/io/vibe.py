"""``vibe_output.pkl`` of VIBE (Kocabas et al., CVPR 2020) and its descendants."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

from ..registry import FORMATS
from ..structures.body_joints import BODY_JOINTS
from ._arrays import frame_numbers_of
from ._values import described, whole_number
from .base import SourceDocument
from .body_format import Changes, Person, PickledBodies, check_dict
from .body_parts import BodyLayout, arrays_of

_LAYOUT = BodyLayout({'pose': BODY_JOINTS[24]}, 'betas', ('pred_cam', 'orig_cam'))


@FORMATS.register_module()
class Vibe(PickledBodies):
    """A dict of people by id, each a dict of arrays with a row for every frame of ``frame_ids``.

    MEVA, TCMR, MPS-Net and PARE write the same. ``verts``, ``joints3d`` and
    ``joints2d_img_coord`` follow from the parameters: once these are smoothed, they are left out
    (or kept unchanged with ``derived='keep'``). The file has no frame rate.
    """

    name = 'vibe'
    title = 'VIBE pickle: {id: {"pose": (n, 72), "pred_cam", "orig_cam", "frame_ids", ...}}'
    frame_keys: ClassVar[tuple[str, ...]] = ('frame_ids',)
    derived_keys = ('verts', 'joints3d', 'joints2d_img_coord')

    def is_person(self, person: dict[Any, Any]) -> bool:
        """Whether a dict of the document is a person of this format."""
        return 'pose' in person and 'frame_ids' in person and (
            'pred_cam' in person or 'orig_cam' in person)

    def layout_of(self, person: dict[Any, Any]) -> BodyLayout:
        """What the arrays of a person may hold."""
        return _LAYOUT

    def is_content(self, content: dict[Any, Any]) -> bool:
        return bool(content) and all(isinstance(person, dict) and self.is_person(person)
                                     for person in content.values())

    def people(self, content: dict[Any, Any], path: Path) -> dict[Any, Person]:
        people = {}
        for key, value in content.items():
            where = f"'{path}', person {described(key)}"
            track_id = key if isinstance(key, str) else whole_number(key, where)
            person = check_dict(value, path, f'person {track_id}')
            layout = self.layout_of(person).among(person, where)
            arrays = arrays_of(person, layout, where)
            frames = next((name for name in self.frame_keys if name in person), 'frame_ids')
            count = len(next(iter(arrays.values())))
            people[track_id] = Person(where, arrays, layout, [key], {
                'frame_ids': frame_numbers_of(person.get(frames), count, f'{where}, {frames}')})
        return people

    def updated(self, source: SourceDocument, changes: Changes, derived: str) -> dict[Any, Any]:
        old = source.data.value
        content: dict[Any, Any] = defaultdict(dict) if isinstance(old, defaultdict) else {}
        for track_id, arrays in changes.items():
            [key] = source.details['people'][track_id].places
            content[key] = {**self.without_derived(old[key], bool(arrays), derived), **arrays}
        return content
