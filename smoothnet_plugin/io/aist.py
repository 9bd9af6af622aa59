"""Motions of AIST++ (Li et al., ICCV 2021)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..registry import FORMATS
from ..structures import PoseTracks
from ..structures.body_joints import BODY_JOINTS
from .base import SourceDocument
from .body_format import Changes, Person, PickledBodies
from .body_parts import BodyLayout, arrays_of

_LAYOUT = BodyLayout({'smpl_poses': BODY_JOINTS[24]}, None, ('smpl_trans',))


@FORMATS.register_module()
class Aist(PickledBodies):
    """A dict of ``smpl_poses`` (N, 72), ``smpl_trans`` (N, 3) and ``smpl_scaling`` (1,).

    The model's translation in metres is ``smpl_trans / smpl_scaling``; both stay in the file's
    unit. 60 frames per second unless given.
    """

    name = 'aist'
    title = 'AIST++ motion pickle: {"smpl_poses", "smpl_trans", "smpl_scaling"}'
    fps = 60.0

    def is_content(self, content: dict[Any, Any]) -> bool:
        return 'smpl_poses' in content

    def people(self, content: dict[Any, Any], path: Path) -> dict[Any, Person]:
        where = f"'{path}'"
        layout = _LAYOUT.among(content, where)
        return {0: Person(where, arrays_of(content, layout, where), layout)}

    def updated(self, source: SourceDocument, changes: Changes, derived: str) -> dict[Any, Any]:
        return {**source.data.value, **changes.get(0, {})}

    def write(self, path: Path, tracks: PoseTracks) -> None:  # type: ignore[override]
        """Write the track; nothing in the file was computed from it.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        super().write(path, tracks)
