"""6D values of rotations and their matrices.

Zhou et al., "On the Continuity of Rotation Representations in Neural Networks", CVPR 2019, eqs. 13
and 14; :mod:`smoothnet_plugin.processing.rotations` checks and documents the representations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..utils.arrays import finite_keypoints

if TYPE_CHECKING:
    import torch

#: A remainder of a 6D column below this share of its length is rounding error.
_COLLINEAR = 1e-7


def gram_schmidt(coords6d: np.ndarray) -> np.ndarray:
    """Flat rotation matrices of 6D values; columns without a direction are replaced."""
    import roma
    wide, finite = prepared(coords6d)
    columns = wide.reshape(*wide.shape[:-1], 3, 2)
    # Scaled first, since squares of very large or small values overflow or underflow.
    largest = np.abs(columns).max(axis=-2, keepdims=True, initial=0)
    columns = columns / np.where(largest > 0, largest, 1)
    first, second = columns[..., 0], columns[..., 1]
    first = np.where(largest[..., 0] > 0, first, _across(second))
    first = first / np.linalg.norm(first, axis=-1, keepdims=True)
    rest = second - (first * second).sum(axis=-1, keepdims=True) * first
    clear = np.linalg.norm(rest, axis=-1, keepdims=True) > _COLLINEAR
    second = np.where(clear, rest, _across(first))
    matrices = roma.special_gramschmidt(tensor(np.stack([first, second], axis=-1)))
    return finished(matrices.numpy().reshape(*wide.shape[:-1], 9), finite, coords6d.dtype)


def _across(vectors: np.ndarray) -> np.ndarray:
    """Axis of the coordinate system that is the least parallel to each vector."""
    return np.eye(3)[np.abs(vectors).argmin(axis=-1)]


def matrix_to_6d(matrices: np.ndarray) -> np.ndarray:
    """The first two columns of flat matrices, row by row, as a copy."""
    shape = matrices.shape[:-1]
    return matrices.reshape(*shape, 3, 3)[..., :2].reshape(*shape, 6).copy()


def prepared(coords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Float64 copy with zeros in rows that are not finite, and the mask of finite rows."""
    finite = finite_keypoints(coords)
    return np.where(finite[..., None], coords, 0).astype(np.float64), finite


def finished(result: np.ndarray, finite: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The result in a dtype, with NaN in rows that were not finite."""
    return np.where(finite[..., None], result, np.nan).astype(dtype)


def tensor(array: np.ndarray) -> torch.Tensor:
    """The array as a tensor, for roma."""
    import torch
    return torch.from_numpy(np.ascontiguousarray(array))
