"""``vibe_output.pkl`` of VIBE (Kocabas et al., CVPR 2020) and its descendants."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

from ..registry import FORMATS
from ..structures import PoseTracks
from ..structures.body_joints import BODY_JOINTS
from ..utils.pickle_files import write_pickle
from ._values import described, whole_number
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict, pickle_of, without_derived
from .body_parts import BodyLayout, frame_numbers_of, numbers, read_body


@FORMATS.register_module()
class Vibe(BodyFormat):
    """A dict of people by id, each a dict of arrays with a row for every frame of ``frame_ids``.

    MEVA, TCMR, MPS-Net and PARE write the same. ``verts``, ``joints3d`` and
    ``joints2d_img_coord`` follow from the parameters: once these are smoothed, they are left out
    (or kept unchanged with ``derived='keep'``). The file has no frame rate.
    """

    name = 'vibe'
    title = 'VIBE pickle: {id: {"pose": (n, 72), "pred_cam", "orig_cam", "frame_ids", ...}}'
    suffixes = ('.pkl',)
    frame_base = 0
    frame_keys: ClassVar[tuple[str, ...]] = ('frame_ids',)
    derived_keys: ClassVar[tuple[str, ...]] = ('verts', 'joints3d', 'joints2d_img_coord')

    def is_person(self, person: Any) -> bool:
        """Whether a value of the top-level dict is a person of this format."""
        return isinstance(person, dict) and 'pose' in person and 'frame_ids' in person and (
            'pred_cam' in person or 'orig_cam' in person)

    def layout_of(self, person: dict[str, Any]) -> BodyLayout:
        """What the arrays of a person hold."""
        return BodyLayout({'pose': BODY_JOINTS[24]}, 'betas' if 'betas' in person else None,
                          tuple(key for key in ('pred_cam', 'orig_cam') if key in person))

    def sniff(self, file: InputFile) -> bool:
        content = file.pickled.value if file.pickled else None
        return isinstance(content, dict) and bool(content) and all(
            map(self.is_person, content.values()))

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The file is damaged, or arrays do not fit together.
        """
        document = pickle_of(file)
        content = check_dict(document.value, file.path, 'content')
        tracks, people = {}, {}
        for key, value in content.items():
            where = f"'{file.path}', person {described(key)}"
            track_id = key if isinstance(key, str) else whole_number(key, where)
            person = check_dict(value, file.path, f'person {track_id}')
            layout = self.layout_of(person)
            needed = [*layout.rotations, *layout.points, *([layout.betas] * bool(layout.betas))]
            arrays = {name: numbers(person.get(name), f'{where}, {name}') for name in needed}
            frames = next((name for name in self.frame_keys if name in person), 'frame_ids')
            count = len(next(iter(arrays.values())))
            tracks[track_id] = read_body(
                arrays, layout, where, fps=context.fps,
                frame_ids=frame_numbers_of(person.get(frames), count, f'{where}, {frames}'))
            people[track_id] = Person(arrays, layout, [key])
        return PoseTracks(tracks, fps=context.fps, source=self.document(
            file, document, people=people))

    def write(self, path: Path, tracks: PoseTracks, *, derived: str = 'drop') -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from a file of this format.
            derived: What happens to vertices and joints: ``'drop'`` or ``'keep'``. Defaults to
                ``'drop'``.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source, changes = self.changes(tracks)
        old = source.data.value
        content: dict[Any, Any] = defaultdict(dict) if isinstance(old, defaultdict) else {}
        for track_id, arrays in changes.items():
            [key] = source.details['people'][track_id].places
            content[key] = {**without_derived(old[key], bool(arrays), derived, self.derived_keys),
                            **arrays}
        write_pickle(path, source.data._replace(value=content))
