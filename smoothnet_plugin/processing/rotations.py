"""Representations of rotations: those of files, and 6D, which is the one that is smoothed.

Averages of axis-angles or quaternions are not averages of rotations: both jump where the rotation
does not. The 6D representation (Zhou et al., "On the Continuity of Rotation Representations in
Neural Networks", CVPR 2019, eqs. 13-14) has no jumps, and Gram-Schmidt turns any output of a filter
back into a rotation.

Representations (last axis of every array): ``axis_angle`` (3), radians; ``quaternion`` (4),
(x, y, z, w); ``rotmat`` (9), row-major; ``rot6d`` (6), the first two columns of the matrix
flattened row by row, (R00, R01, R10, R11, R20, R21). All calculations are in float64. A rotation
with a value that is not finite becomes NaN and does not affect others.
"""

from __future__ import annotations

import numpy as np

from ..errors import DataFormatError, did_you_mean
from ..structures import value_width
from ..utils.arrays import finite_keypoints
from .rot6d import finished, gram_schmidt, matrix_to_6d, prepared, tensor

ROTATIONS = ('axis_angle', 'quaternion', 'rotmat', 'rot6d')

#: Angle in radians below which a rotation has no defined axis.
_NO_AXIS = 1e-7


def to_rot6d(coords: np.ndarray, representation: str) -> np.ndarray:
    """Convert rotations to 6D.

    Args:
        coords: Shape (..., C) with C of the representation, float32 or float64.
        representation: One of :data:`ROTATIONS`.

    Returns:
        Shape (..., 6), same dtype. Matrices and 6D values are used unchanged, even if they are not
        orthonormal; quaternions are normalised.

    Raises:
        DataFormatError: The representation is not a rotation, or C is not its width.
    """
    coords = _checked('coords', coords, representation)
    if representation == 'rot6d':
        return coords.copy()
    if representation == 'rotmat':
        return matrix_to_6d(coords)
    return matrix_to_6d(to_rotmat(coords, representation))


def from_rot6d(coords6d: np.ndarray, representation: str, *,
               like: np.ndarray | None = None) -> np.ndarray:
    """Convert 6D values to rotations by Gram-Schmidt.

    An axis-angle is ambiguous by full turns about its axis, a quaternion by its sign. With
    ``like`` each rotation has the form closest to its entry there, so that a smoothed sequence
    does not jump where the original does not. See :func:`continuous_in_time` for originals that
    jump.

    Args:
        coords6d: Shape (..., 6), not necessarily orthonormal. A column without its own direction
            (zero, or parallel to the other one) is replaced by an axis of the coordinate system;
            all zeros give the identity.
        representation: One of :data:`ROTATIONS`.
        like: The original rotations in the same representation, shape (..., C). A row that is not
            finite is replaced by the previous one along the third-last axis, the time axis of
            (T, K, C). Defaults to None: angles in [0, pi], quaternions with w >= 0.

    Returns:
        Shape (..., C), same dtype as ``coords6d``.

    Raises:
        DataFormatError: The representation is not a rotation, or a shape is not as stated.
    """
    coords6d = _checked('coords6d', coords6d, 'rot6d')
    return from_rotmat(gram_schmidt(coords6d), representation, like=like)


def to_rotmat(coords: np.ndarray, representation: str) -> np.ndarray:
    """Convert rotations to flat 3x3 matrices.

    Args:
        coords: Shape (..., C), float32 or float64.
        representation: One of :data:`ROTATIONS`.

    Returns:
        Shape (..., 9), row-major, same dtype. Matrices are returned unchanged; everything else
        gives orthonormal matrices with determinant 1.

    Raises:
        DataFormatError: The representation is not a rotation, or C is not its width.
    """
    coords = _checked('coords', coords, representation)
    if representation == 'rotmat':
        return coords.copy()
    if representation == 'rot6d':
        return gram_schmidt(coords)
    import roma
    wide, finite = prepared(coords)
    if representation == 'quaternion':
        largest = np.abs(wide).max(axis=-1, keepdims=True, initial=0)
        scaled = np.where(largest > 0, wide / np.where(largest > 0, largest, 1), [0, 0, 0, 1.0])
        unit = roma.quat_normalize(tensor(scaled))
    else:
        unit = roma.rotvec_to_unitquat(tensor(wide))
    matrices = roma.unitquat_to_rotmat(unit).numpy().reshape(*coords.shape[:-1], 9)
    return finished(matrices, finite, coords.dtype)


def from_rotmat(matrices: np.ndarray, representation: str, *,
                like: np.ndarray | None = None) -> np.ndarray:
    """Convert flat 3x3 rotation matrices.

    Args:
        matrices: Shape (..., 9), row-major, orthonormal, float32 or float64.
        representation: One of :data:`ROTATIONS`.
        like: As in :func:`from_rot6d`. Defaults to None.

    Returns:
        Shape (..., C), same dtype.

    Raises:
        DataFormatError: The representation is not a rotation, or a shape is not as stated.
    """
    matrices = _checked('matrices', matrices, 'rotmat')
    width = _width(representation)
    if representation == 'rotmat':
        return matrices.copy()
    if representation == 'rot6d':
        return matrix_to_6d(matrices)
    import roma
    wide, finite = prepared(matrices)
    wide[~finite] = np.eye(3).ravel()
    unit = roma.rotmat_to_unitquat(tensor(wide.reshape(*wide.shape[:-1], 3, 3)))
    if representation == 'quaternion':
        result = unit.numpy()
        result = np.where(result[..., 3:] < 0, -result, result)
    else:
        result = roma.unitquat_to_rotvec(unit).numpy()
    if like is not None:
        like = np.asarray(like, dtype=np.float64)
        if like.shape != (*matrices.shape[:-1], width):
            raise DataFormatError(f'like has shape {like.shape}; expected '
                                  f'{(*matrices.shape[:-1], width)} for {representation}.')
        result = _nearest(result, _held(like), representation)
    return finished(result, finite, matrices.dtype)


def continuous_in_time(coords: np.ndarray, representation: str) -> np.ndarray:
    """Choose the forms of ambiguous rotations so that they do not jump over time.

    Each quaternion gets the sign, and each axis-angle the number of full turns, that is closest to
    the last finite one before it. Angles may therefore exceed pi. Matrices and 6D values are
    unambiguous and do not change.

    Args:
        coords: Shape (T, ..., C).
        representation: One of :data:`ROTATIONS`.

    Returns:
        The same rotations, same shape and dtype.

    Raises:
        DataFormatError: The representation is not a rotation, or C is not its width.
    """
    coords = _checked('coords', coords, representation)
    if representation not in ('axis_angle', 'quaternion') or not len(coords):
        return coords.copy()
    wide = coords.astype(np.float64)
    last = wide[0]
    for row in range(1, len(wide)):
        finite = np.isfinite(wide[row]).all(axis=-1, keepdims=True)
        # Frames without a finite one before them do not change.
        wide[row] = np.where(np.isfinite(last).all(axis=-1, keepdims=True),
                             _nearest(wide[row], last, representation), wide[row])
        last = np.where(finite, wide[row], last)
    return wide.astype(coords.dtype)


def _nearest(rotations: np.ndarray, like: np.ndarray, representation: str) -> np.ndarray:
    """The forms of the same rotations that are closest to ``like``; unchanged where it is NaN."""
    known = np.isfinite(like).all(axis=-1, keepdims=True)
    like = np.where(known, like, 0)
    if representation == 'quaternion':
        return np.where((rotations * like).sum(axis=-1, keepdims=True) < 0, -rotations, rotations)
    if representation != 'axis_angle':
        return rotations
    angle = np.linalg.norm(rotations, axis=-1, keepdims=True)
    length = np.linalg.norm(like, axis=-1, keepdims=True)
    # The identity has no axis, so its full turns are about the axis of ``like``.
    guide, guide_length = (np.where(angle > _NO_AXIS, a, b)
                           for a, b in ((rotations, like), (angle, length)))
    axis = guide / np.where(guide_length > 0, guide_length, 1)
    turns = np.round(((like * axis).sum(axis=-1, keepdims=True) - angle) / (2 * np.pi))
    return np.where(known, rotations + 2 * np.pi * turns * axis, rotations)


def _held(like: np.ndarray) -> np.ndarray:
    """Copy in which rows that are not finite repeat the previous one in time."""
    finite = finite_keypoints(like)
    if like.ndim < 3 or finite.all():
        return like
    rows = np.arange(like.shape[-3])[:, None]
    last = np.maximum.accumulate(np.where(finite, rows, 0), axis=-2)
    return np.take_along_axis(like, last[..., None], axis=-3)


def _width(representation: str) -> int:
    if representation not in ROTATIONS:
        raise DataFormatError(f'{representation!r} is not a representation of rotations. '
                              f'{did_you_mean(str(representation), ROTATIONS)}')
    return value_width(representation)


def _checked(name: str, coords: np.ndarray, representation: str) -> np.ndarray:
    """The values as a float array, checked for the width of the representation."""
    width = _width(representation)
    coords = np.asarray(coords)
    if coords.ndim == 0 or coords.shape[-1] != width:
        raise DataFormatError(f'{name} has shape {coords.shape}; expected (..., {width}) for '
                              f'{representation}.')
    return coords if coords.dtype in (np.float32, np.float64) else coords.astype(np.float64)
