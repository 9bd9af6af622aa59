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
from ..processing.array_content import refuse_normalized, refuse_rotations
from ..processing.third_values import ThirdValues, split_confidences, third_values
from ..structures import representation_of, value_width

_AXES = 'expected (T, K, C): frames, keypoints, values per keypoint'


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
              scores: np.ndarray | None = None, lengths: bool = False) -> ArrayPoses:
    """Recognise the content of an array.

    Args:
        array: Keypoints (T, K, 2) or (T, K, 3); (x, y, confidence) in pixels, (T, K, 3); with
            ``representation`` anything of the kind, rotations also as (T, J * C) or, for
            matrices, (T, J, 3, 3).
        representation: What the values are. Defaults to None: recognised.
        scores: Confidence, shape (T, K). Defaults to None.
        lengths: The values are known to be lengths. Defaults to False.

    Returns:
        The poses.

    Raises:
        DataFormatError: The array has other content, or its content is ambiguous.
    """
    if representation is not None:
        return _declared(array, representation, scores)
    if array.ndim != 3:
        raise DataFormatError(_wrong_shape(array))
    third = ThirdValues() if lengths or scores is not None else third_values(array)
    if third.note:
        warnings.warn(f'smooth(): {third.note}.', stacklevel=5)
    if third.scale is not None:
        return with_confidences(array, third)
    if array.shape[2] == 3 and not (third.note or lengths):
        refuse_normalized(array)
        refuse_rotations(array)
    if array.shape[2] == 4:
        raise DataFormatError(
            f'The poses have the shape {array.shape}, with four values per keypoint. If they are '
            '(x, y, z, confidence), give coords[..., :3] and scores=coords[..., 3]; if they are '
            "quaternions (x, y, z, w), give representation='quaternion'.")
    return ArrayPoses(array, scores, representation_of(array.shape[2]), lambda coords: coords,
                      (third.note,) if third.note else ())


def with_confidences(array: np.ndarray, third: ThirdValues) -> ArrayPoses:
    """Poses of (x, y, confidence).

    Args:
        array: Shape (T, K, 3).
        third: What the third values are: confidences.
    """
    assert third.scale is not None

    def restore(coords: np.ndarray) -> np.ndarray:
        result = np.array(array)
        result[..., :2] = coords
        return result

    coords, scores = split_confidences(array, third.scale)
    return ArrayPoses(coords, scores, 'keypoints_2d', restore, (third.note,))


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
