"""Placeholders that estimators write for keypoints that they do not find.

OpenPose, AlphaPose, Ultralytics, DeepLabCut and TRC files hold (0, 0), (0, 0, 0) or (-1, -1) for a
missing keypoint, with any score. Root-relative poses also hold exact zeros, for the root, where the
value is correct.
"""

from __future__ import annotations

import numpy as np

from ..utils.arrays import has_true

#: Values that estimators write instead of coordinates.
PLACEHOLDERS = (0.0, -1.0)
#: A distance from the rest of the pose that no limb reaches, in typical distances of keypoints.
_OUT_OF_REACH = 4.0
#: Number of other keypoints that are needed to locate a pose.
_FEWEST_OTHERS = 4


def placeholder_mask(coords: np.ndarray) -> np.ndarray:
    """Which keypoints hold a placeholder, decided frame by frame.

    A value counts as a placeholder if at least two keypoints of the frame have exactly this value,
    or if a single one has it and is out of reach of the rest of the pose.

    Args:
        coords: Keypoints, shape (..., K, C), in any unit; NaN where not finite.

    Returns:
        True for placeholders, shape (..., K).
    """
    poses = coords.reshape(-1, *coords.shape[-2:])
    result = np.zeros(poses.shape[:2], dtype=bool)
    first = poses[..., 0]
    if not has_true(first <= max(PLACEHOLDERS)):
        return result.reshape(coords.shape[:-1])
    for value in PLACEHOLDERS:
        exact = first == value
        if not has_true(exact):
            continue
        exact &= (poses == value).all(axis=-1)
        count = exact.sum(axis=-1)
        result |= exact & (count >= 2)[:, None]
        alone = np.flatnonzero(count == 1)
        if len(alone):
            marked = exact[alone]
            result[alone] |= marked & _out_of_reach(poses[alone], marked)[:, None]
    return result.reshape(coords.shape[:-1])


def _out_of_reach(poses: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Whether the marked keypoint of each pose (N, K, C) is far from all others."""
    others = np.where(marked[..., None], np.nan, poses)
    enough = np.isfinite(others).all(axis=-1).sum(axis=-1) >= _FEWEST_OTHERS
    far = np.zeros(len(poses), dtype=bool)
    if enough.any():
        others, poses, marked = others[enough], poses[enough], marked[enough]
        centre = np.nanmedian(others, axis=1, keepdims=True)
        typical = np.nanmedian(np.linalg.norm(others - centre, axis=-1), axis=1)
        distance = np.linalg.norm(poses[marked] - centre[:, 0], axis=-1)
        far[enough] = distance > _OUT_OF_REACH * typical
    return far
