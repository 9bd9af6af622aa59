"""A motion on a body of other proportions."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from .bodies import Body
from .motion import Motion

_SIDES = ('Left', 'Right')
#: The bone that begins where a limb's bone ends.
_NEXT = {f'{side}{bone}': f'{side}{after}' for side in _SIDES for bone, after in (
    ('UpLeg', 'Leg'), ('Leg', 'Foot'), ('Foot', 'ToeBase'), ('Arm', 'ForeArm'),
    ('ForeArm', 'Hand'))}
#: Bones that follow the turn of another one between the rest poses.
_FOLLOWS = {
    **{f'{side}{bone}': f'{side}ForeArm' for side in _SIDES
       for bone in ('Hand', 'FingerBase', 'HandFinger1')},
    'LThumb': 'LeftForeArm', 'RThumb': 'RightForeArm',
    **{f'{side}ToeBase': f'{side}Foot' for side in _SIDES}}
#: Height of the joint of the toes above the ground, metres.
_TOES = 0.03


def bone_transforms(motion: Motion, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """Transforms of a body's bones that make it move like a take.

    Rest poses differ: a bone of a limb is first turned, by the least rotation, from its direction
    in the body's rest pose to that in the motion's. Bones keep the body's lengths, and the path of
    the hips is scaled by the length of the legs. A bone that the motion lacks follows its parent.

    Args:
        motion: T frames.
        body: A body of J bones.

    Returns:
        Transforms from the rest pose to the world, shape (T, J, 3, 4), float32, and where each
        bone begins, shape (T, J, 3); metres. The lower toes stand on the ground in the 2 % lowest
        frames.
    """
    heads = dict(zip(body.names, np.asarray(body.heads, np.float64)))
    turns = {name: least_rotation(heads[after] - heads[name], motion.rest[name])
             for name, after in _NEXT.items() if name in heads and name in motion.rest}
    turns |= {name: turns[other] for name, other in _FOLLOWS.items() if other in turns}
    leg = (np.linalg.norm(heads['LeftLeg'] - heads['LeftUpLeg'])
           + np.linalg.norm(heads['LeftFoot'] - heads['LeftLeg']))
    rotations = np.zeros((len(motion), len(heads), 3, 3))
    places = np.zeros((len(motion), len(heads), 3))
    for index, (name, parent) in enumerate(zip(body.names, body.parents)):
        own = motion.rotations.get(name)
        if own is not None:
            rotations[:, index] = own @ turns.get(name, np.eye(3))
        else:
            rotations[:, index] = rotations[:, parent] if parent >= 0 else np.eye(3)
        if parent < 0:
            places[:, index] = motion.root * (leg / motion.leg)
        else:
            step = heads[name] - heads[body.names[parent]]
            places[:, index] = places[:, parent] + rotations[:, parent] @ step
    toes = [body.names.index(f'{side}ToeBase') for side in _SIDES]
    places[..., 1] -= np.percentile(places[:, toes, 1].min(axis=1), 2) - _TOES
    shift = places - np.einsum('tjab,jb->tja', rotations, np.array(list(heads.values())))
    return np.concatenate([rotations, shift[..., None]], axis=-1).astype(np.float32), places


def least_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The rotation by the least angle that turns one direction to another, shape (3, 3).

    Example:
        >>> (least_rotation(np.array([2.0, 0, 0]), np.array([0, 3.0, 0])) @ [1, 0, 0]).round(6)
        array([0., 1., 0.])
    """
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis = np.cross(start, end)
    sine, cosine = np.linalg.norm(axis), float(start @ end)
    if sine < 1e-9:  # Any axis at a right angle, for the opposite direction.
        axis = np.cross(start, np.eye(3)[np.argmin(np.abs(start))])
    return Rotation.from_rotvec(axis / np.linalg.norm(axis) * np.arctan2(sine, cosine)).as_matrix()


def between_frames(transforms: np.ndarray, frame: float) -> np.ndarray:
    """Transforms at a fraction of a frame, blended linearly, shape (J, 3, 4)."""
    first = int(np.clip(np.floor(frame), 0, len(transforms) - 2))
    share = np.float32(np.clip(frame - first, 0, 1))
    return transforms[first] * (1 - share) + transforms[first + 1] * share
