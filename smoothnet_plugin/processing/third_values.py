"""Third values of keypoints: a depth, or a confidence in addition to x and y in pixels."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints
from .flat import FIRST_LOOK

#: Coordinates that spread over more than this are pixels, beside third values of 0 to 1.
PIXELS = 20.0


def _has_depths(points: np.ndarray) -> bool:
    """Whether a third value of (N, 3) is neither a confidence nor a flag."""
    third = points[:, 2]
    with np.errstate(invalid='ignore'):
        return bool(((third < 0) | (third > 2)).any())


def has_confidences(array: np.ndarray) -> bool:
    """Whether values of shape (..., K, 3) are x and y in pixels and a confidence.

    The third values are all in 0 to 1, or the visibility flags 0, 1 and 2, and not all 0, beside
    coordinates that spread over more than 20 in a pose.
    """
    if array.shape[-1] != 3 or _has_depths(array.reshape(-1, 3)[:FIRST_LOOK]):
        return False
    known = finite_keypoints(array)
    if not known.any():
        return False
    third = array[known][:, 2]
    is_flag = bool(np.isin(third, (0, 1, 2)).all())
    in_range = third.min() >= 0 and (third.max() <= 1 or is_flag)
    if not in_range or not third.any():
        return False
    # Within a pose, not along the way of the person, which may be long in metres.
    poses = array[..., :2] if array.shape[-2] > 1 else array[..., :2].reshape(1, -1, 2)
    usable = finite_keypoints(poses) & (poses != 0).any(axis=-1)
    spread = [np.where(usable[..., None], poses, -sign * np.inf) * sign for sign in (1, -1)]
    sides = spread[0].max(axis=-2) + spread[1].max(axis=-2)
    sides = sides[np.isfinite(sides).all(axis=-1)]
    return bool(len(sides)) and bool(np.median(sides.max(axis=-1)) > PIXELS)
