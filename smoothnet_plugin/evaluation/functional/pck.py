"""Percentage of correct keypoints, relative to the size of the person's box."""

from __future__ import annotations

import numpy as np

from ...errors import DataFormatError
from .arrays import mean_of_measured
from .position import mpjpe_per_joint


def pck(pred: np.ndarray, target: np.ndarray, bbox: np.ndarray, threshold: float = 0.2,
        mask: np.ndarray | None = None) -> float:
    """Share of keypoints within a distance of the truth, relative to the person's box.

    A keypoint is correct if its distance is at most ``threshold * max(width, height)`` of the
    frame's box (Yang and Ramanan, TPAMI 2013; Sub-JHMDB is evaluated at 0.05, 0.1 and
    0.2, for example by Luo et al., LSTM Pose Machines, CVPR 2018).

    Args:
        pred: Predicted coordinates, shape (T, K, 2), pixels.
        target: True coordinates, shape (T, K, 2), pixels.
        bbox: Boxes (x1, y1, x2, y2), shape (T, 4) or (4,), pixels.
        threshold: Allowed distance as a share of the box's longer side, > 0. Defaults to 0.2.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all.

    Returns:
        The share over all measured keypoints, 0 to 1; NaN if there is none.

    Raises:
        DataFormatError: The shapes do not fit.

    Example:
        >>> pred = np.array([[[0.0, 1.0], [0.0, 3.0]]])
        >>> pck(pred, np.zeros((1, 2, 2)), np.array([0, 0, 10, 5]), threshold=0.1)
        0.5
    """
    return mean_of_measured(pck_per_joint(pred, target, bbox, threshold, mask))


def pck_per_joint(pred: np.ndarray, target: np.ndarray, bbox: np.ndarray, threshold: float = 0.2,
                  mask: np.ndarray | None = None) -> np.ndarray:
    """Which keypoints are correct.

    Keypoints that are missing in the prediction (not finite) are incorrect. Keypoints that are
    missing in the truth, and frames without a box of positive size, are not measured.

    Returns:
        Shape (T, K): 1 where correct, 0 where not, NaN where not measured.

    Example:
        >>> pred = np.array([[[0.0, 1.0], [0.0, np.nan]]])
        >>> pck_per_joint(pred, np.zeros((1, 2, 2)), np.array([[0, 0, 10, 5]])).tolist()
        [[1.0, 0.0]]
    """
    target = np.asarray(target, dtype=np.float64)
    error = mpjpe_per_joint(pred, target, mask)
    boxes = np.asarray(bbox, dtype=np.float64)
    if boxes.shape not in ((4,), (len(target), 4)):
        raise DataFormatError(
            f'The boxes have shape {boxes.shape}; expected ({len(target)}, 4), one '
            '(x1, y1, x2, y2) per frame, or (4,).')
    boxes = np.broadcast_to(boxes, (len(target), 4))
    size = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    # Comparisons with NaN are False, so missing keypoints of the prediction are incorrect.
    correct = (error <= threshold * size[:, None]).astype(np.float64)
    counted = np.isfinite(target).all(axis=-1) & (size > 0)[:, None]
    if mask is not None:
        counted &= np.asarray(mask, dtype=bool)
    return np.where(counted, correct, np.nan)
