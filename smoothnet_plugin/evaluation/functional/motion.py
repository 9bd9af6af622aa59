"""Errors and magnitudes of velocity, acceleration and jerk, by finite differences.

Without ``fps`` they are per frame, per frame squared and per frame cubed, as in published tables of
smoothers; with ``fps`` per second, per second squared and per second cubed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arrays import (
    distances,
    in_blocks,
    lengths,
    mean_of_measured,
    measured,
    measured_pair,
    root_align,
)


def mpjve(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
          root_indices: Sequence[int] | None = None, fps: float | None = None) -> float:
    """Mean per-joint velocity error.

    MPJPE of the first differences (Pavllo et al., 3D Human Pose Estimation in Video With
    Temporal Convolutions and Semi-Supervised Training, CVPR 2019).

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool; a difference needs all its frames.
            Defaults to None, all finite ones.
        root_indices: Keypoints whose mean is subtracted from every frame of both, or None.
            Defaults to None.
        fps: Frames per second, or None for a result per frame. Defaults to None.

    Returns:
        The mean over the T - 1 differences of the measured keypoints; NaN if there is none.

    Raises:
        DataFormatError: A shape or a root index does not fit.

    Example:
        >>> target = np.zeros((3, 1, 2))
        >>> pred = np.array([[[0.0, 0.0]], [[3.0, 4.0]], [[3.0, 4.0]]])
        >>> mpjve(pred, target)
        2.5
    """
    return mean_of_measured(mpjve_per_joint(pred, target, mask, root_indices, fps))


def mpjve_per_joint(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                    root_indices: Sequence[int] | None = None,
                    fps: float | None = None) -> np.ndarray:
    """The summands of :func:`mpjve`.

    Returns:
        Shape (max(T - 1, 0), K), NaN where not measured; row t is for frames t and t + 1.

    Example:
        >>> pred = np.array([[[0.0, 0.0]], [[3.0, 4.0]], [[3.0, 4.0]]])
        >>> mpjve_per_joint(pred, np.zeros((3, 1, 2)), fps=30).tolist()
        [[150.0], [0.0]]
    """
    return _difference_error(1, pred, target, mask, root_indices, fps)


def accel_error(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                root_indices: Sequence[int] | None = None, fps: float | None = None) -> float:
    r"""Mean per-joint acceleration error ("Accel" of SmoothNet, HMMR and VIBE).

    .. math::
        \frac{1}{(T-2)K} \sum_{t,k} \lVert (p_{t-1} - 2 p_t + p_{t+1})_k
        - (g_{t-1} - 2 g_t + g_{t+1})_k \rVert_2

    (Kanazawa et al., Learning 3D Human Dynamics from Video, CVPR 2019.) SmoothNet's own code
    includes two additional zeros per sequence in the mean: see :mod:`.reference`.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool; a difference needs all its frames.
            Defaults to None, all finite ones.
        root_indices: Keypoints whose mean is subtracted from every frame of both, or None.
            Defaults to None.
        fps: Frames per second, or None for a result per frame squared. Defaults to None.

    Returns:
        The mean over the T - 2 differences of the measured keypoints; NaN if there is none.

    Raises:
        DataFormatError: A shape or a root index does not fit.

    Example:
        >>> pred = np.array([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 0.0]]])
        >>> accel_error(pred, np.zeros((3, 1, 2)))
        10.0
    """
    return mean_of_measured(accel_error_per_joint(pred, target, mask, root_indices, fps))


def accel_error_per_joint(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                          root_indices: Sequence[int] | None = None,
                          fps: float | None = None) -> np.ndarray:
    """The summands of :func:`accel_error`.

    Returns:
        Shape (max(T - 2, 0), K), NaN where not measured; row t is for frame t + 1.

    Example:
        >>> pred = np.array([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 0.0]]])
        >>> accel_error_per_joint(pred, np.zeros((3, 1, 2))).tolist()
        [[10.0]]
    """
    return _difference_error(2, pred, target, mask, root_indices, fps)


def acceleration(coords: np.ndarray, mask: np.ndarray | None = None,
                 root_indices: Sequence[int] | None = None, fps: float | None = None) -> float:
    """Mean length of the acceleration of one sequence, truth or not.

    It is high for jitter, and below the truth's for sequences that are smoothed too much.

    Args:
        coords: Coordinates, shape (T, K, C).
        mask: Keypoints to measure, shape (T, K), bool; a difference needs all its frames.
            Defaults to None, all finite ones.
        root_indices: Keypoints whose mean is subtracted from every frame, or None. Defaults to
            None.
        fps: Frames per second, or None for a result per frame squared. Defaults to None.

    Returns:
        The mean over the T - 2 differences of the measured keypoints; NaN if there is none.

    Raises:
        DataFormatError: A shape or a root index does not fit.

    Example:
        >>> acceleration(np.array([0.0, 1.0, 4.0, 9.0]).reshape(4, 1, 1))
        2.0
    """
    return mean_of_measured(acceleration_per_joint(coords, mask, root_indices, fps))


def acceleration_per_joint(coords: np.ndarray, mask: np.ndarray | None = None,
                           root_indices: Sequence[int] | None = None,
                           fps: float | None = None) -> np.ndarray:
    """The summands of :func:`acceleration`.

    Returns:
        Shape (max(T - 2, 0), K), NaN where not measured; row t is for frame t + 1.

    Example:
        >>> acceleration_per_joint(np.array([0.0, 1.0, 4.0, 8.0]).reshape(4, 1, 1)).tolist()
        [[2.0], [1.0]]
    """
    return _difference_length(2, coords, mask, root_indices, fps)


def jerk(coords: np.ndarray, mask: np.ndarray | None = None,
         root_indices: Sequence[int] | None = None, fps: float | None = None) -> float:
    """Mean length of the jerk (third derivative) of one sequence, truth or not.

    The classical measure of smoothness (Flash and Hogan, J. Neuroscience 1985).

    Args:
        coords: Coordinates, shape (T, K, C).
        mask: Keypoints to measure, shape (T, K), bool; a difference needs all its frames.
            Defaults to None, all finite ones.
        root_indices: Keypoints whose mean is subtracted from every frame, or None. Defaults to
            None.
        fps: Frames per second, or None for a result per frame cubed. Defaults to None.

    Returns:
        The mean over the T - 3 differences of the measured keypoints; NaN if there is none.

    Raises:
        DataFormatError: A shape or a root index does not fit.

    Example:
        >>> jerk(np.array([0.0, 1.0, 8.0, 27.0, 64.0]).reshape(5, 1, 1))
        6.0
    """
    return mean_of_measured(jerk_per_joint(coords, mask, root_indices, fps))


def jerk_per_joint(coords: np.ndarray, mask: np.ndarray | None = None,
                   root_indices: Sequence[int] | None = None,
                   fps: float | None = None) -> np.ndarray:
    """The summands of :func:`jerk`.

    Returns:
        Shape (max(T - 3, 0), K), NaN where not measured; row t is for frames t to t + 3.

    Example:
        >>> jerk_per_joint(np.array([0.0, 1.0, 8.0, 27.0]).reshape(4, 1, 1)).tolist()
        [[6.0]]
    """
    return _difference_length(3, coords, mask, root_indices, fps)


def _difference_error(order: int, pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None,
                      root_indices: Sequence[int] | None, fps: float | None) -> np.ndarray:
    def error(*part: Any) -> np.ndarray:
        first, second = measured_pair(*part, root_indices=root_indices)
        return distances(np.diff(first, order, axis=0), np.diff(second, order, axis=0))

    return _scaled(in_blocks(error, pred, target, mask, order=order), order, fps)


def _difference_length(order: int, coords: np.ndarray, mask: np.ndarray | None,
                       root_indices: Sequence[int] | None, fps: float | None) -> np.ndarray:
    def amount(*part: Any) -> np.ndarray:
        values = measured(*part)
        if root_indices is not None:
            values = root_align(values, root_indices)
        return lengths(np.diff(values, order, axis=0))

    return _scaled(in_blocks(amount, coords, mask, order=order), order, fps)


def _scaled(values: np.ndarray, order: int, fps: float | None) -> np.ndarray:
    return values if fps is None else values * float(fps) ** order
