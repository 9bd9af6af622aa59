"""Error of rotations: the angle between prediction and truth."""

from __future__ import annotations

import numpy as np

from ...errors import DataFormatError
from .arrays import mean_of_measured


def mpjae(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> float:
    r"""Mean per-joint angle error, in degrees (von Marcard et al., 3DPW challenge).

    The angle of :math:`P^\top G` is :math:`2 \arcsin(\lVert P - G \rVert_F / \sqrt 8)`, which is
    also precise for small angles.

    Args:
        pred: Predicted rotation matrices, shape (T, K, 3, 3).
        target: True rotation matrices, shape (T, K, 3, 3).
        mask: Joints to measure, shape (T, K), bool. Defaults to None, all finite ones.

    Returns:
        The mean over the measured joints, 0 to 180; NaN if there is none.

    Raises:
        DataFormatError: The shapes do not fit.

    Example:
        >>> quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        >>> round(mpjae(quarter[None, None], np.eye(3)[None, None]), 9)
        90.0
    """
    return mean_of_measured(mpjae_per_joint(pred, target, mask))


def mpjae_per_joint(pred: np.ndarray, target: np.ndarray,
                    mask: np.ndarray | None = None) -> np.ndarray:
    """The summands of :func:`mpjae`.

    Returns:
        Shape (T, K), NaN where not measured.

    Example:
        >>> mpjae_per_joint(np.eye(3)[None, None], np.eye(3)[None, None]).tolist()
        [[0.0]]
    """
    first, second = np.asarray(pred, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if first.shape != second.shape or first.shape[2:] != (3, 3):
        raise DataFormatError(
            f'The prediction has shape {first.shape} and the truth {second.shape}; expected '
            '(T, K, 3, 3) for both: rotation matrices.')
    chord = np.linalg.norm(first - second, axis=(2, 3))
    angles = np.degrees(2 * np.arcsin(np.minimum(chord / np.sqrt(8), 1)))
    angles[~np.isfinite(chord)] = np.nan
    if mask is not None:
        angles[~np.asarray(mask, dtype=bool)] = np.nan
    return angles
