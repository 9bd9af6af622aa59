"""Rotations that are not what they are declared as: degrees, other layouts, no rotations at all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import DataFormatError
from ..utils.arrays import finite_keypoints

#: Shares of the values that decide: single wrong values are no reason to refuse a clip.
_MANY, _MOST = 0.2, 0.8
#: A longer axis-angle is not in radians. One of up to two full turns may be: a full turn more is
#: the same rotation, and what keeps a sequence continuous adds one.
_TWO_TURNS = 2 * 2 * np.pi
#: Deviation from orthonormal vectors that noise does not reach, and that rounding does not exceed.
_NOT_ORTHONORMAL, _ORTHONORMAL = 0.3, 1e-3


def refuse_no_rotations(coords: np.ndarray, representation: str) -> None:
    """Refuse values that cannot be the rotations that they are said to be.

    Args:
        coords: Shape (T, J, C).
        representation: One of :data:`~smoothnet_plugin.processing.rotations.ROTATIONS`; others
            pass.

    Raises:
        DataFormatError: Many axis-angles are by more than two full turns, many matrices are no
            rotations, or most 6D values are orthonormal in another order only. The message names
            the fix.
    """
    check = _CHECKS.get(representation)
    if check is None:
        return
    values = coords[finite_keypoints(coords)].astype(np.float64)
    values = values[(values != 0).any(axis=-1)]  # Placeholders.
    if len(values):
        with np.errstate(over='ignore', invalid='ignore'):
            check(values)


def _refuse_degrees(values: np.ndarray) -> None:
    angles = np.linalg.norm(values, axis=-1)
    if (angles > _TWO_TURNS).mean() > _MANY:
        raise DataFormatError(
            f'The axis-angles have lengths of up to {angles.max():.4g}, many of more than two '
            'full turns of 2 pi. Expected radians: give np.radians(poses) if they are degrees, and '
            "representation='keypoints_3d' if they are points.")


def _refuse_matrices(values: np.ndarray) -> None:
    matrices = values.reshape(-1, 3, 3)
    wrong = (_deviation(matrices) > _NOT_ORTHONORMAL) | (np.linalg.det(matrices) < 0)
    if wrong.mean() > _MANY:
        raise DataFormatError(
            f'{wrong.mean():.0%} of the matrices are not rotations: their rows are not '
            'orthonormal, or they mirror. Expected rotation matrices (3, 3) in row-major order, '
            'without scale.')


def _refuse_other_order(values: np.ndarray) -> None:
    """6D whose two vectors follow one another, instead of being the columns of (3, 2)."""
    columns = np.moveaxis(values.reshape(-1, 3, 2), -1, -2)
    if (_deviation(columns) > _NOT_ORTHONORMAL).mean() > _MANY and (
            _deviation(values.reshape(-1, 2, 3)) < _ORTHONORMAL).mean() > _MOST:
        raise DataFormatError(
            'The 6D rotations hold one vector after the other (as PyTorch3D has them). Expected '
            'the two vectors as columns, row by row: give poses.reshape(*poses.shape[:-1], 2, 3)'
            '.swapaxes(-1, -2).reshape(poses.shape), and bring the result back by (3, 2).')


def _deviation(vectors: np.ndarray) -> np.ndarray:
    """Largest deviation of the products of N vectors (M, N, 3) from those of orthonormal ones."""
    products = vectors @ vectors.swapaxes(-1, -2)
    return np.abs(products - np.eye(vectors.shape[-2])).max(axis=(-1, -2))


_CHECKS: dict[str, Callable[[np.ndarray], None]] = {
    'axis_angle': _refuse_degrees, 'rotmat': _refuse_matrices, 'rot6d': _refuse_other_order}
