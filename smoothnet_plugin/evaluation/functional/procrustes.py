"""Position error after a similarity alignment of every frame: PA-MPJPE."""

from __future__ import annotations

import numpy as np

from .arrays import distances, mean_of_measured, measured_pair

#: A similarity fits two points exactly, in 2D and in 3D: such frames say nothing.
MIN_JOINTS = 3


def pa_mpjpe(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Mean per-joint position error after Procrustes alignment (protocol 2 of Human3.6M).

    Every frame of the prediction is rotated, scaled and shifted so that the squared error is
    least (:func:`similarity_align`); no reflection.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure and to align by, shape (T, K), bool. Defaults to None, all
            finite ones.

    Returns:
        The mean over the measured keypoints, in the unit of the coordinates, >= 0; NaN if
        nothing could be measured. Frames with fewer than 3 keypoints are not measured, since a
        similarity fits two points exactly.

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
    pred, target = measured_pair(pred, target, mask)
    return distances(similarity_align(pred, target), target)


def similarity_align(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""Move every frame of the prediction onto the truth by its best similarity.

    With centred frames :math:`A, B` and :math:`A^\top B = U S V^\top`, the rotation is
    :math:`R = V Z U^\top` with :math:`Z = diag(1, .., det(VU^\top))`, the scale
    :math:`tr(SZ) / tr(A^\top A)` (Umeyama, TPAMI 1991, equations 40-42).

    Args:
        pred: Shape (T, K, C), NaN where missing.
        target: Shape (T, K, C), NaN where missing.

    Returns:
        The aligned prediction, shape (T, K, C), float64. Keypoints missing in either, and frames
        with fewer than 3 common keypoints, are NaN. A frame whose keypoints all coincide has no
        scale and moves to the mean of the truth.

    Example:
        >>> target = np.array([[[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]])
        >>> np.allclose(similarity_align(7 + 2 * target, target), target)
        True
    """
    common = ~np.isnan(pred + target).any(axis=-1, keepdims=True)
    counts = common.sum(axis=1, keepdims=True)
    counted = np.maximum(counts, 1)
    pred_mean = np.where(common, pred, 0).sum(axis=1, keepdims=True) / counted
    target_mean = np.where(common, target, 0).sum(axis=1, keepdims=True) / counted
    first = np.where(common, pred - pred_mean, 0)
    second = np.where(common, target - target_mean, 0)
    u, singular, vt = np.linalg.svd(first.swapaxes(1, 2) @ second)
    sign = np.sign(np.linalg.det(u @ vt))
    singular[:, -1] *= sign
    u[:, :, -1] *= sign[:, None]
    power = (first ** 2).sum(axis=(1, 2))
    scale = np.divide(singular.sum(axis=1), power, out=np.zeros_like(power), where=power > 0)
    # Rows are points, so the rotation stands on the right: x R^T = x U Z V^T.
    aligned = scale[:, None, None] * (first @ (u @ vt)) + target_mean
    return np.where(common & (counts >= MIN_JOINTS), aligned, np.nan)
