"""The built-in skeletons: orders of keypoints that estimators and file formats use."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import check_known
from .body_joints import BODY_JOINTS, LEFT_HAND, RIGHT_HAND
from .links import links_between
from .skeleton import Skeleton

_ARM, _LEG = ('shoulder', 'elbow', 'wrist'), ('hip', 'knee', 'ankle')
_HIPS = ('left_hip', 'right_hip')


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f'{side}_{name}' for name in names for side in ('left', 'right'))


def _one(side: str, *names: str) -> tuple[str, ...]:
    return tuple(f'{side}_{name}' for name in names)


def _hand(side: str) -> tuple[str, ...]:
    return _one(side, *(f'hand_{i}' for i in range(21)))


def _skeleton(name: str, names: Sequence[str], root: Sequence[str],
              sigmas: Sequence[float] = ()) -> Skeleton:
    return Skeleton(name, tuple(names), links_between(names), tuple(root), tuple(sigmas))


_COCO = ('nose', *_both('eye', 'ear', *_ARM, *_LEG))
_LSP = (*_one('right', *_LEG[::-1]), *_one('left', *_LEG), *_one('right', *_ARM[::-1]),
        *_one('left', *_ARM), 'neck', 'head_top')
_OPEN, _OPEN_LEGS = (*_one('right', *_ARM), *_one('left', *_ARM)), (
    *_one('right', *_LEG), *_one('left', *_LEG))
_OPEN_FEET = tuple(name for side in ('left', 'right')
                   for name in _one(side, 'big_toe', 'small_toe', 'heel'))
_BODY15 = ('nose', 'neck', *_OPEN, 'mid_hip', *_OPEN_LEGS)
_HALPE = (*_COCO, 'head_top', 'neck', 'root', *_both('big_toe', 'small_toe', 'heel'))
_FACE = tuple(f'face_{i}' for i in range(68))
_KINECT_ARM, _KINECT_LEG = (*_ARM, 'hand'), (*_LEG, 'foot')
_SMPL22 = tuple({'pelvis': 'root', 'spine1': 'spine'}.get(name, name) for name in BODY_JOINTS[22])
_SMPL_HANDS = (*LEFT_HAND, *RIGHT_HAND)
_FINGERS = ('thumb', 'forefinger', 'middle_finger', 'ring_finger', 'pinky_finger')

_SKELETONS = {
    skeleton.name: skeleton
    for skeleton in (
        _skeleton('coco', _COCO, _HIPS,
                  (0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062,
                   0.107, 0.107, 0.087, 0.087, 0.089, 0.089)),
        _skeleton('h36m', ('root', *_one('right', 'hip', 'knee', 'foot'),
                           *_one('left', 'hip', 'knee', 'foot'), 'spine', 'thorax', 'neck_base',
                           'head', *_one('left', *_ARM), *_one('right', *_ARM)), ('root', )),
        _skeleton('lsp14', _LSP, ('right_hip', 'left_hip')),
        _skeleton('body15', _BODY15, ('mid_hip', )),
        _skeleton('body25', (*_BODY15, 'right_eye', 'left_eye', 'right_ear', 'left_ear',
                             *_OPEN_FEET), ('mid_hip', )),
        _skeleton('body25b', (*_COCO, 'neck', 'head_top', *_OPEN_FEET), _HIPS),
        _skeleton('openpose18', ('nose', 'neck', *_OPEN, *_OPEN_LEGS, 'right_eye', 'left_eye',
                                 'right_ear', 'left_ear'), _HIPS),
        _skeleton('mpii16', (*_LSP[:6], 'root', 'thorax', 'neck', 'head_top', *_LSP[6:12]),
                  ('root', )),
        _skeleton('mpi_inf_3dhp17', ('head_top', 'neck', *_OPEN, *_OPEN_LEGS, 'root', 'spine',
                                     'head'), ('root', )),
        _skeleton('posetrack17', ('nose', 'head_bottom', 'head_top', *_both('ear', *_ARM, *_LEG)),
                  _HIPS),
        _skeleton('halpe26', _HALPE, ('root', )),
        _skeleton('halpe136', (*_HALPE, *_FACE, *_hand('left'), *_hand('right')), ('root', )),
        _skeleton('coco_wholebody133', (*_COCO, *_OPEN_FEET, *_FACE, *_hand('left'),
                                        *_hand('right')), _HIPS),
        _skeleton('mediapipe33', (
            'nose', *_one('left', 'eye_inner', 'eye', 'eye_outer'),
            *_one('right', 'eye_inner', 'eye', 'eye_outer'), *_both('ear', 'mouth', *_ARM),
            *_both('pinky', 'index', 'thumb', *_LEG, 'heel', 'foot_index')), _HIPS),
        _skeleton('kinect25', (
            'root', 'spine', 'neck', 'head', *_one('left', *_KINECT_ARM),
            *_one('right', *_KINECT_ARM), *_one('left', *_KINECT_LEG),
            *_one('right', *_KINECT_LEG), 'thorax', *_one('left', 'hand_tip', 'thumb'),
            *_one('right', 'hand_tip', 'thumb')), ('root', )),
        _skeleton('smpl24', (*_SMPL22, *_both('hand')), ('root', )),
        _skeleton('smplh52', (*_SMPL22, *_SMPL_HANDS), ('root', )),
        _skeleton('smplx55', (*_SMPL22, 'jaw', *_both('eye'), *_SMPL_HANDS), ('root', )),
        _skeleton('hand21', ('wrist', *(f'{finger}{i}' for finger in _FINGERS
                                        for i in (1, 2, 3, 4))), ('wrist', )),
        _skeleton('ap10k17', (*_both('eye'), 'nose', 'neck', 'root_of_tail',
                              *_one('left', 'shoulder', 'elbow', 'front_paw'),
                              *_one('right', 'shoulder', 'elbow', 'front_paw'),
                              *_one('left', 'hip', 'knee', 'back_paw'),
                              *_one('right', 'hip', 'knee', 'back_paw')), ('root_of_tail', )),
        _skeleton('animalpose20', (
            *_both('eye', 'ear_base'), 'nose', 'throat', 'tail_base', 'withers',
            *_both('front_elbow', 'back_elbow', 'front_knee', 'back_knee', 'front_paw',
                   'back_paw')), ('tail_base', )),
    )
}


def skeleton_names() -> list[str]:
    """Names of the built-in skeletons."""
    return sorted(_SKELETONS)


def get_skeleton(name: str) -> Skeleton:
    """Look up a built-in skeleton.

    Args:
        name: One of :func:`skeleton_names`.

    Returns:
        The skeleton.

    Raises:
        ConfigError: The name is unknown; the message suggests the closest ones.
    """
    check_known('Unknown skeleton', name, _SKELETONS)
    return _SKELETONS[name]
