"""Third values of keypoints: a depth, or a confidence in addition to x and y in pixels."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints
from .flat import FIRST_LOOK

#: Coordinates that spread over more than this in a pose are not metres.
NOT_METRES = 20.0
#: Largest confidence: peaks of OpenPose's heat maps exceed 1 slightly.
_LARGEST_CONFIDENCE = 1.1

SCORES_NOTE = ('the third values look like confidences (0 to 1 with pixel coordinates): x and y '
               'are smoothed, the third values are not changed; representation=\'keypoints_3d\' '
               'smooths all three')


def _has_depths(points: np.ndarray) -> bool:
    """Whether a third value of (N, 3) is neither a confidence nor a flag."""
    third = points[:, 2]
    with np.errstate(invalid='ignore'):
        return bool(((third < 0) | (third > 2)).any())


def has_confidences(array: np.ndarray) -> bool:
    """Whether values of shape (..., K, 3) are x and y in pixels and a confidence.

    The third values are all in 0 to 1.1, or the visibility flags 0, 1 and 2, and not all 0, beside
    coordinates that spread over more than 20 in a pose.
    """
    if array.shape[-1] != 3 or _has_depths(array.reshape(-1, 3)[:FIRST_LOOK]):
        return False
    known = finite_keypoints(array)
    if not known.any():
        return False
    third = array[known][:, 2]
    is_flag = bool(np.isin(third, (0, 1, 2)).all())
    in_range = third.min() >= 0 and (third.max() <= _LARGEST_CONFIDENCE or is_flag)
    if not in_range or not third.any():
        return False
    poses = array[..., :2] if array.shape[-2] > 1 else array[..., :2].reshape(1, -1, 2)
    return usual_extent(poses) > NOT_METRES


def split_confidences(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and scores of (x, y, confidence).

    Args:
        array: Shape (T, K, 3). Where the confidence is NaN, the keypoint is missing.

    Returns:
        Coordinates (T, K, 2) of the same dtype, and scores (T, K) of at most 1: flags of 2
        (visible) are as certain as those of 1.
    """
    scores = np.minimum(array[..., 2], 1.0)
    coords = np.where(np.isfinite(scores)[..., None], array[..., :2], np.nan).astype(
        array.dtype if array.dtype.kind == 'f' else np.float64)
    return coords, np.nan_to_num(scores)


def usual_extent(poses: np.ndarray) -> float:
    """Median over the poses of their longest side, without points at 0.

    Within a pose, not along the way of the person, which may be long in metres.

    Args:
        poses: Shape (..., K, C).

    Returns:
        The extent in the unit of the poses; 0 where no pose is known.
    """
    usable = finite_keypoints(poses) & (poses != 0).any(axis=-1)
    spread = [np.where(usable[..., None], poses, -sign * np.inf) * sign for sign in (1, -1)]
    sides = spread[0].max(axis=-2) + spread[1].max(axis=-2)
    sides = sides[np.isfinite(sides).all(axis=-1)]
    return float(np.median(sides.max(axis=-1))) if len(sides) else 0.0
