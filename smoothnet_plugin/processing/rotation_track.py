"""The robust track of rotations, along curves of quaternions."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints
from .gaps import interpolate_missing
from .outliers import gate
from .robust_track import RobustTrack
from .so3 import quaternion_curves


def rotation_track(coords6d: np.ndarray, fps: float, scores: np.ndarray | None = None,
                   ) -> tuple[np.ndarray, np.ndarray, RobustTrack]:
    """Replace outliers by the robust track.

    Args:
        coords6d: Shape (T, K, 6), NaN where missing; every joint is present at least once, unless
            T is 0.
        fps: Frames per second.
        scores: Confidence, shape (T, K), or None.

    Returns:
        As :func:`~smoothnet_plugin.processing.outliers.gate`, with curves of quaternions of length
        2, so that distances are radians.
    """
    known = finite_keypoints(coords6d)
    curves = 2 * quaternion_curves(interpolate_missing(coords6d, known), fps)
    return gate(np.where(known[..., None], curves, np.nan), fps, scores)
