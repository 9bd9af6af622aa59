"""Content of plain arrays (T, K, 3) that is not points in space: it is refused, not smoothed."""

from __future__ import annotations

import warnings

import numpy as np

from ..errors import DataFormatError
from ..structures.layouts import guess_skeleton
from ..utils.arrays import finite_keypoints

#: Numbers of joints of body models whose poses are axis-angles: SMPL, SMPL-H and SMPL-X.
_BODY_MODEL_JOINTS = (22, 23, 24, 52, 55)
#: Length that no axis-angle of a joint exceeds by much, in radians.
_LARGEST_ANGLE = 1.05 * np.pi
#: Deviation of the distance of two points, over that of their difference, below which they are
#: linked: 0.07 to 0.16 in motion capture with 1 cm of noise, 0.24 and more between rotations.
_LINK_RATIO = 0.19
#: Variance of the difference, over its mean square, from which it turns enough to be judged.
_LEAST_TURN = 0.05
#: Steps from keypoint to keypoint over those from frame to frame, below which the two axes are
#: rather exchanged: at least 2 in real clips, at most 0.5 with the axes exchanged.
_EXCHANGED_STEPS = 0.3
#: Fewest frames and keypoints to say so.
_FEWEST = 4
#: Frames to look at, spread over the clip.
_MOST_FRAMES = 120


def looks_exchanged(coords: np.ndarray) -> bool:
    """Whether the axes of frames and keypoints of (T, K, C) look exchanged.

    There are more keypoints than frames, and neighbouring keypoints are closer to one another than
    the same keypoint is in neighbouring frames.
    """
    frames, keypoints = coords.shape[:2]
    if not _FEWEST <= frames < keypoints:
        return False
    known = np.where(finite_keypoints(coords)[..., None], coords, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', RuntimeWarning)  # Nothing is known, or values overflow.
        over_time, along = (np.nanmedian(np.linalg.norm(np.diff(known, axis=axis), axis=-1))
                            for axis in (0, 1))
    return bool(along < _EXCHANGED_STEPS * over_time)


def refuse_normalized(array: np.ndarray) -> None:
    """Refuse (y, x, score) or (x, y, score) of a COCO body with all values in 0 to 1."""
    values = array[finite_keypoints(array)]
    if array.shape[1] != 17 or not len(values) or values.min() < 0 or values.max() > 1:
        return
    if guess_skeleton(array) is not None or guess_skeleton(array[..., :2]) is None:
        return
    with np.errstate(all='ignore'):
        # COCO: the nose is the first keypoint, the ankles are the last ones.
        upright = np.nanmedian(array[:, 15:, :2].mean(axis=1) - array[:, 0, :2], axis=0)
    order, swap = (('y, x', '[1, 0]') if abs(upright[0]) > abs(upright[1]) else ('x, y', '[0, 1]'))
    raise DataFormatError(
        f'The poses look like ({order}, score) of an image whose sides count as 1'
        f"{', as MoveNet returns them' if order == 'y, x' else ''}, shape {array.shape}. Give "
        f'poses[..., {swap}] * (width, height) and scores=poses[..., 2]; if they are points in '
        "space, give representation='keypoints_3d'.")


def refuse_rotations(array: np.ndarray) -> None:
    """Refuse what looks like rotations of a body model and is not shaped like a body."""
    if array.shape[1] not in _BODY_MODEL_JOINTS:
        return
    values = array[finite_keypoints(array)]
    greatest = float(np.linalg.norm(values, axis=-1).max()) if len(values) else np.inf
    if greatest > np.degrees(_LARGEST_ANGLE) or _is_body(array):
        return
    points = "points in metres. Give representation='axis_angle'"
    if greatest > _LARGEST_ANGLE:
        if _has_links(array):
            return
        points = ("points in centimetres. Give np.radians(poses) with representation='axis_angle' "
                  "(Euler angles: convert them to rotation vectors first)")
    raise DataFormatError(
        f'The poses have the shape {array.shape} and values of at most {greatest:.3g}: they may be '
        f"the axis-angles of a body model{' in degrees' * (greatest > _LARGEST_ANGLE)}, or {points}"
        " or representation='keypoints_3d'.")


def _has_links(array: np.ndarray) -> bool:
    """Whether most points (T, J, 3) keep their distance to another one while they turn around it.

    Of two independent vectors the length of the difference varies as the difference itself does.
    """
    frames = np.unique(np.linspace(0, len(array) - 1, min(len(array), _MOST_FRAMES)).astype(int))
    body = array[frames, :min(_BODY_MODEL_JOINTS)]  # Without hands and face.
    poses = np.where(finite_keypoints(body)[..., None], body, np.nan)
    offsets = poses[:, :, None] - poses[:, None].astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', RuntimeWarning)  # Joints that are never seen.
        lengths = np.linalg.norm(offsets, axis=-1)
        variance = np.nanvar(lengths, axis=0)
        spread = np.nanvar(offsets, axis=0).sum(axis=-1)
        turning = spread > _LEAST_TURN * np.nanmean(lengths ** 2, axis=0)
    if not turning.any():
        return False
    steadiness = np.where(turning, variance, np.inf) / np.where(
        turning, spread, 1.0)
    steadiest = steadiness.min(axis=1)
    return bool(np.median(steadiest[turning.any(axis=1)]) < _LINK_RATIO ** 2)


def _is_body(array: np.ndarray) -> bool:
    """Whether (T, J, 3) are joints of an SMPL body in space: with or without its hands."""
    first = 24 if array.shape[1] >= 24 else 22
    joints = array[:, :first]
    if first == 22:
        joints = np.concatenate([joints, joints[:, 20:22]], axis=1)
    if len(joints) < 4:
        joints = np.repeat(joints[:1], 4, axis=0)
    return guess_skeleton(joints) is not None
