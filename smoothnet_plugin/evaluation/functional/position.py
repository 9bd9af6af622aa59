"""Position errors: MPJPE, its scale-invariant variant, and its variant for mesh vertices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import distances, in_blocks, mean_of_measured, measured_pair


def mpjpe(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
          root_indices: Sequence[int] | None = None) -> float:
    r"""Mean per-joint position error.

    .. math:: \frac{1}{TK} \sum_{t,k} \lVert p_{tk} - g_{tk} \rVert_2

    With the root as ``root_indices`` this is protocol 1 of Human3.6M (Ionescu et al., TPAMI 2014),
    without it the absolute error (usual in 2D).

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Keypoints that are not finite are left
            out in any case. Defaults to None, all.
        root_indices: Keypoints whose mean is subtracted from every frame of both, or None.
            Defaults to None.

    Returns:
        The mean over the measured keypoints, in the unit of the coordinates, >= 0; NaN if there
        is none.

    Raises:
        DataFormatError: A shape or a root index does not fit.

    Example:
        >>> pred = np.array([[[0.0, 0.0], [3.0, 4.0]]])
        >>> mpjpe(pred, np.zeros((1, 2, 2)))
        2.5
    """
    return mean_of_measured(mpjpe_per_joint(pred, target, mask, root_indices))


def mpjpe_per_joint(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                    root_indices: Sequence[int] | None = None) -> np.ndarray:
    """The summands of :func:`mpjpe`.

    Returns:
        Shape (T, K), NaN where not measured.

    Example:
        >>> mpjpe_per_joint(np.array([[[0.0, 0.0], [3.0, 4.0]]]), np.zeros((1, 2, 2))).tolist()
        [[0.0, 5.0]]
    """
    return in_blocks(lambda *part: distances(*measured_pair(*part, root_indices=root_indices)),
                     pred, target, mask)


def n_mpjpe(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
            root_indices: Sequence[int] | None = None) -> float:
    r"""Mean per-joint position error after the best scaling of every frame.

    The scale of frame t is :math:`s_t = \sum_k p_{tk} \cdot g_{tk} / \sum_k p_{tk} \cdot p_{tk}`
    (Rhodin et al., Learning Monocular 3D Human Pose Estimation from Multi-view Images, CVPR
    2018: NMPJPE). Scaling is about the origin, so the coordinates should be root-relative, either
    as stored or with ``root_indices``.

    Args:
        pred: Predicted coordinates, shape (T, K, C).
        target: True coordinates, shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to None, all finite ones.
        root_indices: Keypoints whose mean is subtracted from every frame of both, or None.
            Defaults to None.

    Returns:
        The mean over the measured keypoints, in the unit of the coordinates, >= 0; NaN if there
        is none.

    Raises:
        DataFormatError: A shape or a root index does not fit.

    Example:
        >>> target = np.array([[[0.0, 2.0], [2.0, 0.0]]])
        >>> n_mpjpe(0.5 * target, target)
        0.0
    """
    return mean_of_measured(n_mpjpe_per_joint(pred, target, mask, root_indices))


def n_mpjpe_per_joint(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                      root_indices: Sequence[int] | None = None) -> np.ndarray:
    """The summands of :func:`n_mpjpe`.

    Returns:
        Shape (T, K), NaN where not measured.

    Example:
        >>> target = np.array([[[0.0, 2.0], [2.0, 0.0]]])
        >>> n_mpjpe_per_joint(target[:, ::-1], target).tolist()
        [[2.0, 2.0]]
    """
    return in_blocks(
        lambda *part: _scaled_distances(*measured_pair(*part, root_indices=root_indices)),
        pred, target, mask)


def _scaled_distances(pred: np.ndarray, target: np.ndarray) -> np.ndarray:
    both = ~np.isnan(pred + target)
    cross = np.where(both, pred * target, 0).sum(axis=(1, 2))
    power = np.where(both, pred * pred, 0).sum(axis=(1, 2))
    # A prediction of all zeros does not depend on the scale.
    scale = np.divide(cross, power, out=np.zeros_like(cross), where=power > 0)
    return distances(scale[:, None, None] * pred, target)


def mpvpe(pred: np.ndarray, target: np.ndarray, pred_root: np.ndarray | None = None,
          target_root: np.ndarray | None = None) -> float:
    r"""Mean per-vertex position error of body meshes (also PVE).

    .. math:: \frac{1}{TV} \sum_{t,v} \lVert (p_{tv} - r^p_t) - (g_{tv} - r^g_t) \rVert_2

    SmoothNet's evaluation uses no root; most of the literature uses the pelvis joint.

    Args:
        pred: Predicted vertices, shape (T, V, 3).
        target: True vertices, shape (T, V, 3), same unit.
        pred_root: Root of the predicted body, shape (T, 3), or None for none. Defaults to None.
        target_root: Root of the true body, shape (T, 3), or None for none. Defaults to None.

    Returns:
        The mean over all finite vertices, in the unit of the coordinates, >= 0; NaN if there is
        none.

    Raises:
        DataFormatError: The shapes differ.

    Example:
        >>> mpvpe(np.ones((1, 4, 3)), np.zeros((1, 4, 3)), np.ones((1, 3)), np.zeros((1, 3)))
        0.0
    """
    pred, target = measured_pair(pred, target)
    if pred_root is not None:
        pred = pred - np.asarray(pred_root)[:, None]
    if target_root is not None:
        target = target - np.asarray(target_root)[:, None]
    return mean_of_measured(distances(pred, target))
