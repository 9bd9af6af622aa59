"""``wham_output.pkl`` of WHAM (Shin et al., CVPR 2024)."""

from __future__ import annotations

from typing import Any

from ..registry import FORMATS
from ..structures.body_joints import BODY_JOINTS
from .body_parts import BodyLayout
from .vibe import Vibe

_SMPL = BODY_JOINTS[24]
#: The root in world in addition to camera coordinates; the other joints are the same.
_WORLD = ('pelvis_world', *_SMPL[1:])
_WHOLE = BodyLayout({'pose': _SMPL, 'pose_world': _WORLD}, 'betas', ('trans', 'trans_world'))
_PARTS = _WHOLE._replace(rotations={'poses_root_cam': _SMPL[:1], 'poses_body': _SMPL[1:],
                                    'poses_root_world': _WORLD[:1]})


@FORMATS.register_module()
class Wham(Vibe):
    """A dict of people by id, each with poses in the camera and in the world.

    ``pose`` and ``pose_world`` differ in the root only: both roots are smoothed, and the body once.
    Results of WHAM's API, which are matrices, are read as well. ``verts`` follows from the
    parameters, see :class:`Vibe`.
    """

    name = 'wham'
    title = 'WHAM pickle: {id: {"pose", "trans", "pose_world", "trans_world", "frame_ids", ...}}'
    frame_keys = ('frame_ids', 'frame_id')
    derived_keys = ('verts', 'verts_cam', 'joints', 'kp3d_nn')

    def is_person(self, person: dict[Any, Any]) -> bool:
        if 'orig_cam' in person or 'pred_cam' in person:
            return False
        return 'poses_body' in person or 'pose_world' in person or (
            {'pose', 'trans', 'frame_ids'} <= set(person))

    def layout_of(self, person: dict[Any, Any]) -> BodyLayout:
        return _PARTS if 'poses_body' in person else _WHOLE
