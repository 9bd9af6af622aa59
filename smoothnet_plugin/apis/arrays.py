"""The content of a plain array of poses, where its shape is ambiguous.

Arrays of keypoint estimators have a confidence in place of the depth of 3D points, arrays of body
models have rotations, and an array of several people has one more axis. Unambiguous content is
recognised and used; ambiguous content is an error that names the fix.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..processing.third_values import has_confidences
from ..structures import representation_of, value_width
from ..structures.layouts import guess_skeleton
from ..utils.arrays import finite_keypoints

#: Numbers of joints of body models whose poses are axis-angles: SMPL, SMPL-H and SMPL-X.
_BODY_MODEL_JOINTS = (22, 23, 24, 52, 55)
#: Length that no axis-angle of a joint exceeds by much, in radians.
_LARGEST_ANGLE = 1.05 * np.pi
_AXES = 'expected (T, K, C): frames, keypoints, values per keypoint'

SCORES_NOTE = ('the third values look like confidences (0 to 1 with pixel coordinates): x and y '
               'are smoothed, the third values are not changed; representation=\'keypoints_3d\' '
               'smooths all three')


class ArrayPoses(NamedTuple):
    """Poses of one person out of an array.

    Attributes:
        coords: Shape (T, K, C).
        scores: Shape (T, K), or None.
        representation: A key of :data:`~smoothnet_plugin.structures.REPRESENTATIONS`.
        restore: Turns smoothed coordinates into the shape of the array.
        notes: Notes on the recognised content, for the report.
    """

    coords: np.ndarray
    scores: np.ndarray | None
    representation: str
    restore: Callable[[np.ndarray], np.ndarray]
    notes: tuple[str, ...] = ()


def interpret(array: np.ndarray, representation: str | None = None,
              scores: np.ndarray | None = None) -> ArrayPoses:
    """Recognise the content of an array.

    Args:
        array: Keypoints (T, K, 2) or (T, K, 3); (x, y, confidence) in pixels, (T, K, 3); with
            ``representation`` anything of the kind, rotations also as (T, J * C) or, for
            matrices, (T, J, 3, 3).
        representation: What the values are. Defaults to None: recognised.
        scores: Confidence, shape (T, K). Defaults to None.

    Returns:
        The poses.

    Raises:
        DataFormatError: The array has other content, or its content is ambiguous.
    """
    if representation is not None:
        return _declared(array, representation, scores)
    if array.ndim != 3:
        raise DataFormatError(_wrong_shape(array))
    if array.shape[2] == 3 and scores is None and has_confidences(array):
        warnings.warn(f'smooth(): {SCORES_NOTE}.', stacklevel=5)
        return with_confidences(array)
    if array.shape[2] == 3:
        _refuse_normalized(array)
        _refuse_rotations(array)
    if array.shape[2] == 4:
        raise DataFormatError(
            f'The poses have the shape {array.shape}, with four values per keypoint. If they are '
            '(x, y, z, confidence), give coords[..., :3] and scores=coords[..., 3]; if they are '
            "quaternions (x, y, z, w), give representation='quaternion'.")
    return ArrayPoses(array, scores, representation_of(array.shape[2]), lambda coords: coords)


def with_confidences(array: np.ndarray) -> ArrayPoses:
    """Poses of (x, y, confidence), shape (T, K, 3)."""

    def restore(coords: np.ndarray) -> np.ndarray:
        result = np.array(array)
        result[..., :2] = coords
        return result

    # For smoothing, flags of 2 (visible) are as certain as those of 1.
    scores = np.minimum(array[..., 2], 1.0)
    coords = np.where(np.isfinite(scores)[..., None], array[..., :2], np.nan).astype(array.dtype)
    scores = np.nan_to_num(scores)
    return ArrayPoses(coords, scores, 'keypoints_2d', restore, (SCORES_NOTE,))


def _declared(array: np.ndarray, representation: str, scores: np.ndarray | None) -> ArrayPoses:
    width, shape = value_width(representation), array.shape
    if representation == 'rotmat' and array.ndim == 4 and shape[2:] == (3, 3):
        array = array.reshape(*shape[:2], 9)
    elif array.ndim == 2 and not representation.startswith('keypoints') and (
            shape[1] % width == 0):
        array = array.reshape(len(array), shape[1] // width, width)
    if array.ndim != 3:
        raise DataFormatError(_wrong_shape(array))
    representation_of(array.shape[2], representation)
    return ArrayPoses(array, scores, representation, lambda coords: coords.reshape(shape))


def _wrong_shape(array: np.ndarray) -> str:
    shape = array.shape
    start = f'The poses have shape {shape}; {_AXES}. '
    if array.ndim == 4 and shape[2:] == (3, 3) and _are_rotations(array):
        return start + "They are rotation matrices: give representation='rotmat'."
    if array.ndim == 4:
        return start + ('For N people, shape (T, N, K, C), smooth each on its own: '
                        'np.stack([smooth(poses[:, n]) for n in range(poses.shape[1])], axis=1). '
                        "Rotation matrices (T, J, 3, 3) need representation='rotmat'.")
    if array.ndim == 2:
        sizes = [f'({len(array)}, {shape[1] // width}, {width})' for width in (2, 3)
                 if shape[1] % width == 0 and shape[1] > width]
        hint = (f"If a row is a frame of keypoints, give poses.reshape{' or '.join(sizes)}. "
                if sizes else '')
        if shape[1] % 3 == 0 and shape[1] > 3:
            hint += ("If a row holds the axis-angles of a body model such as SMPL, give "
                     "representation='axis_angle'. ")
        return start + hint + 'A single frame (K, C) has no neighbours to smooth by.'
    return start.rstrip()


def _are_rotations(array: np.ndarray) -> bool:
    """Whether finite matrices (..., 3, 3) are orthonormal, to a thousandth."""
    matrices = array.reshape(-1, 3, 3)
    matrices = matrices[np.isfinite(matrices).all(axis=(1, 2))].astype(np.float64)
    with np.errstate(all='ignore'):
        return bool(len(matrices)) and bool(np.allclose(
            matrices @ matrices.swapaxes(1, 2), np.eye(3), atol=1e-3))


def _refuse_normalized(array: np.ndarray) -> None:
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


def _refuse_rotations(array: np.ndarray) -> None:
    """Refuse what looks like axis-angles of a body model and is not shaped like a body."""
    if array.shape[1] not in _BODY_MODEL_JOINTS:
        return
    values = array[finite_keypoints(array)]
    angles = np.linalg.norm(values, axis=-1)
    if not len(values) or angles.max() > _LARGEST_ANGLE or _is_body(array):
        return
    raise DataFormatError(
        f'The poses have the shape {array.shape} and values of at most {angles.max():.3g}: they '
        'may be the axis-angles of a body model, or points in metres. Give '
        "representation='axis_angle' or representation='keypoints_3d'.")


def _is_body(array: np.ndarray) -> bool:
    """Whether (T, J, 3) are joints of an SMPL body in space: with or without its hands."""
    first = 24 if array.shape[1] >= 24 else 22
    joints = array[:, :first]
    if first == 22:
        joints = np.concatenate([joints, joints[:, 20:22]], axis=1)
    if len(joints) < 4:
        joints = np.repeat(joints[:1], 4, axis=0)
    return guess_skeleton(joints) is not None
