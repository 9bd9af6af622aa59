"""Position error after a similarity alignment of every frame: PA-MPJPE."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import distances, in_blocks, mean_of_measured, measured_pair
from .best_rotation import best_rotation

#: A similarity fits two points exactly, in 2D and in 3D, so such frames have no meaningful error.
MIN_JOINTS = 3


def pa_mpjpe(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Mean per-joint position error after Procrustes alignment (protocol 2 of Human3.6M).

    Every frame of the prediction is rotated, scaled and shifted, but not reflected, to minimise
    the squared error (:func:`similarity_align`).

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure and to align, shape (T, K), bool. Defaults to None, all finite
            ones.

    Returns:
        The mean over the measured keypoints, in the unit of the coordinates, >= 0; NaN if there
        is none. Frames with fewer than 3 keypoints are not measured, since a similarity fits two
        points exactly.

    Raises:
        DataFormatError: The shapes differ.

    Example:
        >>> target = np.array([[[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]])
        >>> round(pa_mpjpe(5 + 2 * target[..., ::-1] * [1, -1], target), 9)
        0.0
        >>> round(pa_mpjpe(target[..., ::-1], target), 4)  # mirrored
        1.92
    """
    return mean_of_measured(pa_mpjpe_per_joint(pred, target, mask))


def pa_mpjpe_per_joint(pred: np.ndarray, target: np.ndarray,
                       mask: np.ndarray | None = None) -> np.ndarray:
    """The summands of :func:`pa_mpjpe`.

    Returns:
        Shape (T, K), NaN where not measured.

    Example:
        >>> target = np.array([[[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]])
        >>> pa_mpjpe_per_joint(target, target, np.array([[True, True, False]])).tolist()
        [[nan, nan, nan]]
    """
    def error(*part: Any) -> np.ndarray:
        first, second = measured_pair(*part)
        return distances(similarity_align(first, second), second)

    return in_blocks(error, pred, target, mask)


def similarity_align(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""Align every frame of the prediction with the truth by the best similarity transform.

    With centred frames :math:`A, B` and :math:`A^\top B = U S V^\top`, the rotation is
    :math:`R = V Z U^\top` with :math:`Z = diag(1, .., det(VU^\top))`, the scale
    :math:`tr(SZ) / tr(A^\top A)` (Umeyama, TPAMI 1991, equations 40-42); see
    :func:`~smoothnet_plugin.evaluation.functional.best_rotation.best_rotation`.

    Args:
        pred: Shape (T, K, C), NaN where missing.
        target: Shape (T, K, C), NaN where missing.

    Returns:
        The aligned prediction, shape (T, K, C), float64. Keypoints missing in either, and frames
        with fewer than 3 common keypoints, are NaN. A frame whose keypoints all coincide has no
        scale; all its keypoints are at the mean of the truth.

    Example:
        >>> target = np.array([[[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]])
        >>> np.allclose(similarity_align(7 + 2 * target, target), target)
        True
    """
    return in_blocks(_align, pred, target)


def _align(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    # Frames are the innermost axis, so that every step is one operation on long rows.
    first = np.ascontiguousarray(np.transpose(pred, (2, 1, 0)), dtype=np.float64)
    second = np.ascontiguousarray(np.transpose(target, (2, 1, 0)), dtype=np.float64)
    common = ~np.isnan(first + second).any(axis=0)
    counts = common.sum(axis=0)
    centres = []
    for points in (first, second):
        if not common.all():
            points[:, ~common] = 0
        centres.append(points.sum(axis=1, keepdims=True) / np.maximum(counts, 1))
        points -= centres[-1]
        if not common.all():
            points[:, ~common] = 0
    rotation, overlap = best_rotation(np.einsum('akt,bkt->abt', first, second))
    power = np.einsum('akt,akt->t', first, first)
    rotation *= np.divide(overlap, power, out=np.zeros_like(power), where=power > 0)
    aligned = np.einsum('akt,abt->bkt', first, rotation) + centres[1]
    aligned[:, ~(common & (counts >= MIN_JOINTS))] = np.nan
    return aligned.transpose(2, 1, 0)
