"""Joints of the body models SMPL, SMPL-H and SMPL-X: names, parents, and places in a T-pose.

Names and order are those of the models' papers (Loper et al., SIGGRAPH Asia 2015; Romero et al.,
SIGGRAPH Asia 2017; Pavlakos et al., CVPR 2019). The rest offsets are **not** those of a model
file: they are the segment lengths of a person of 1.7 m by Winter, "Biomechanics and Motor Control
of Human Movement" (4th ed. 2009), figure 4.1. They serve where joints are wanted without a model:
metrics of rotations in metres, and the hierarchy of a new BVH file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_BODY = ('pelvis', 'left_hip', 'right_hip', 'spine1', 'left_knee', 'right_knee', 'spine2',
         'left_ankle', 'right_ankle', 'spine3', 'left_foot', 'right_foot', 'neck', 'left_collar',
         'right_collar', 'head', 'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
         'left_wrist', 'right_wrist')
_FINGERS = tuple(f'{finger}{joint}' for finger in ('index', 'middle', 'pinky', 'ring', 'thumb')
                 for joint in (1, 2, 3))
LEFT_HAND = tuple(f'left_{name}' for name in _FINGERS)
RIGHT_HAND = tuple(f'right_{name}' for name in _FINGERS)
FACE = ('jaw', 'left_eye', 'right_eye')

#: Joint names by the number of joints of a whole pose, root first.
BODY_JOINTS: dict[int, tuple[str, ...]] = {
    22: _BODY,
    24: (*_BODY, 'left_hand', 'right_hand'),
    25: (*_BODY, *FACE),
    52: (*_BODY, *LEFT_HAND, *RIGHT_HAND),
    55: (*_BODY, *FACE, *LEFT_HAND, *RIGHT_HAND),
}

_PARENTS = {
    'left_hip': 'pelvis', 'right_hip': 'pelvis', 'spine1': 'pelvis', 'left_knee': 'left_hip',
    'right_knee': 'right_hip', 'spine2': 'spine1', 'left_ankle': 'left_knee',
    'right_ankle': 'right_knee', 'spine3': 'spine2', 'left_foot': 'left_ankle',
    'right_foot': 'right_ankle', 'neck': 'spine3', 'left_collar': 'spine3',
    'right_collar': 'spine3', 'head': 'neck', 'left_shoulder': 'left_collar',
    'right_shoulder': 'right_collar', 'left_elbow': 'left_shoulder',
    'right_elbow': 'right_shoulder', 'left_wrist': 'left_elbow', 'right_wrist': 'right_elbow',
    'left_hand': 'left_wrist', 'right_hand': 'right_wrist', 'jaw': 'head', 'left_eye': 'head',
    'right_eye': 'head',
}

#: Metres from the parent, of the left side; x to the left, y up, z to the front.
_OFFSETS = {
    'left_hip': (0.08, -0.05, 0.0), 'left_knee': (0.0, -0.417, 0.0),
    'left_ankle': (0.0, -0.418, 0.0), 'left_foot': (0.02, -0.06, 0.13),
    'spine1': (0.0, 0.11, 0.0), 'spine2': (0.0, 0.13, 0.0), 'spine3': (0.0, 0.06, 0.0),
    'neck': (0.0, 0.21, 0.0), 'head': (0.0, 0.09, 0.03), 'left_collar': (0.08, 0.12, 0.0),
    'left_shoulder': (0.11, 0.03, 0.0), 'left_elbow': (0.316, 0.0, 0.0),
    'left_wrist': (0.248, 0.0, 0.0), 'left_hand': (0.085, 0.0, 0.0), 'jaw': (0.0, -0.01, 0.02),
    'left_eye': (0.032, 0.05, 0.07),
}
_KNUCKLES = {'index': (0.1, 0.0, 0.025), 'middle': (0.102, 0.0, 0.0), 'ring': (0.096, 0.0, -0.02),
             'pinky': (0.085, 0.0, -0.04), 'thumb': (0.03, -0.01, 0.03)}
_FINGER_BONE = 0.028


class BodyTree(NamedTuple):
    """A tree of joints.

    Attributes:
        names: J names, parents before children.
        parents: Index of each joint's parent, -1 for the root, shape (J,).
        offsets: Place of each joint relative to its parent at rest, shape (J, 3), metres.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    offsets: np.ndarray


def body_tree(names: Sequence[str]) -> BodyTree:
    """The tree of the joints of a body model, or of some of them.

    Args:
        names: Joints of :data:`BODY_JOINTS`, parents before children, root first.

    Returns:
        The tree; a joint whose own parent is left out hangs on the nearest ancestor.

    Example:
        >>> from smoothnet_plugin.structures.body_joints import BODY_JOINTS, body_tree
        >>> body_tree(BODY_JOINTS[24]).parents[:5].tolist()
        [-1, 0, 0, 0, 1]
    """
    index = {name: i for i, name in enumerate(names)}
    parents, offsets = [], []
    for name in names:
        offset = _offset(name)
        above = _parent(name)
        while above is not None and above not in index:
            offset = offset + _offset(above)
            above = _parent(above)
        parents.append(-1 if above is None else index[above])
        offsets.append(offset)
    return BodyTree(tuple(names), np.array(parents), np.array(offsets).reshape(-1, 3))


def _parent(name: str) -> str | None:
    finger = name.partition('_')[2]
    if finger in _FINGERS:
        side = name.partition('_')[0]
        return (f'{side}_wrist' if finger[-1] == '1' else
                f'{side}_{finger[:-1]}{int(finger[-1]) - 1}')
    return _PARENTS.get(name)


def _offset(name: str) -> np.ndarray:
    side, _, rest = name.partition('_')
    mirror = np.array([-1.0, 1.0, 1.0]) if side == 'right' else np.ones(3)
    if rest in _FINGERS:
        first = _KNUCKLES[rest[:-1]]
        return mirror * (first if rest[-1] == '1' else (_FINGER_BONE, 0.0, 0.0))
    return mirror * _OFFSETS.get(f'left_{rest}' if side == 'right' else name, (0.0, 0.0, 0.0))
