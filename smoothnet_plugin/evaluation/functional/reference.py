"""The metrics of SmoothNet's published code, including its deviations.

For comparison with published numbers only. Differences from the other metrics of this package:

- Clips shorter than the window are zero padded, and the padded frames count. The model pads
  (``PoseRefiner(protocol='reference')``); here all frames are treated equally.
- The acceleration errors of every sequence include an additional zero at both ends.
- Procrustes frames of zero variance are NaN and dropped, so padded frames of the input are left
  out, while those of the output count with an error of 0.
- The "top 1 %" are the frames with the largest input error, also for the acceleration.
- PCK is averaged over sequences, not frames, with boxes truncated to integers; a padded frame is
  correct (0 <= 0) for the input.
- Everything is in single precision, and there are no masks.

Its wrong axes for 2- and 3-frame sequences in the Procrustes alignment cannot occur with windows
over 3 frames and are not reproduced.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DataFormatError
from .arrays import check_pair, lengths
from .best_rotation import rotation_by_svd


def mpjpe_per_joint(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Distances of all keypoints, in single precision.

    Args:
        pred: Shape (T, K, C), root-aligned in 3D, finite.
        target: Shape (T, K, C), root-aligned in 3D, finite.

    Returns:
        Shape (T, K).

    Raises:
        DataFormatError: The shapes differ, or a value is not finite.

    Example:
        >>> mpjpe_per_joint(np.array([[[3.0, 4.0]]]), np.zeros((1, 1, 2))).tolist()
        [[5.0]]
    """
    pred, target = _single(pred, target)
    return lengths(pred - target)


def pa_mpjpe_per_joint(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Distances after the Procrustes alignment of every frame, in single precision.

    Args:
        pred: Shape (T, K, C), finite.
        target: Shape (T, K, C), finite.

    Returns:
        Shape (T, K), NaN in frames whose predicted keypoints all coincide.

    Raises:
        DataFormatError: The shapes differ, or a value is not finite.

    Example:
        >>> target = np.array([[[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]])
        >>> bool(np.isnan(pa_mpjpe_per_joint(0 * target, 0 * target)).all())
        True
    """
    pred, target = _single(pred, target)
    mean = target.mean(axis=1, keepdims=True)
    first, second = pred - pred.mean(axis=1, keepdims=True), target - mean
    rotation, overlap = rotation_by_svd(first.swapaxes(1, 2) @ second)
    with np.errstate(invalid='ignore', divide='ignore'):
        scale = overlap / (first ** 2).sum(axis=(1, 2))
    return lengths(scale[:, None, None] * (first @ rotation) - second)


def accel_error_per_joint(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Acceleration errors of all keypoints with a zero frame at both ends.

    Args:
        pred: Shape (T, K, C) with T >= 3, finite.
        target: Shape (T, K, C), finite.

    Returns:
        Shape (T, K).

    Raises:
        DataFormatError: The shapes differ, or a value is not finite.

    Example:
        >>> pred = np.array([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 0.0]]])
        >>> accel_error_per_joint(pred, np.zeros((3, 1, 2))).tolist()
        [[0.0], [10.0], [0.0]]
    """
    pred, target = _single(pred, target)
    error = lengths(np.diff(pred, 2, axis=0) - np.diff(target, 2, axis=0))
    return np.pad(error, ((1, 1), (0, 0)))


def pck_per_joint(pred: np.ndarray, target: np.ndarray, bbox: np.ndarray,
                  threshold: float) -> np.ndarray:
    """Share of a sequence's frames in which each keypoint is correct.

    Args:
        pred: Shape (T, K, 2), pixels, finite.
        target: Shape (T, K, 2), pixels, finite.
        bbox: Boxes (x1, y1, x2, y2), shape (T, 4), zeros for padded frames.
        threshold: Allowed distance as a share of the box's longer side.

    Returns:
        Shape (K,). The reported PCK is the plain mean of these over all sequences.

    Raises:
        DataFormatError: The shapes differ, or a value is not finite.

    Example:
        >>> pred = np.array([[[0.0, 0.9]], [[0.0, 1.0]]])
        >>> pck_per_joint(pred, np.zeros((2, 1, 2)), np.array([[0, 0, 9.9, 1]] * 2), 0.1).tolist()
        [0.5]
    """
    error = mpjpe_per_joint(pred, target)
    boxes = np.asarray(bbox, dtype=np.float32).astype(np.int32)
    size = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    return (error <= np.float32(threshold) * size[:, None]).mean(axis=0)


def root_aligned(coords: np.ndarray, root_indices: Sequence[int] | None) -> np.ndarray:
    """Subtract the mean of the root keypoints, in single precision.

    Args:
        coords: Shape (T, K, C).
        root_indices: The estimator's root keypoints, or None to subtract nothing.

    Returns:
        Shape (T, K, C), float32.

    Example:
        >>> root_aligned(np.array([[[1.0], [3.0]]]), [0, 1]).tolist()
        [[[-1.0], [1.0]]]
    """
    array = np.asarray(coords, dtype=np.float32)
    if root_indices is None:
        return array
    return array - array[:, list(root_indices)].mean(axis=1, keepdims=True)


def _single(pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(pred, dtype=np.float32), np.asarray(target, dtype=np.float32)
    check_pair(first, second, None)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise DataFormatError(
            "The coordinates hold NaN or infinite values, which the reference's evaluation does "
            "not support; use protocol='default', which leaves them out.")
    return first, second
