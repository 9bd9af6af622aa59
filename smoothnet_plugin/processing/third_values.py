"""Third values of keypoints: a depth, or a confidence in addition to x and y in pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..utils.arrays import finite_keypoints
from .flat import FIRST_LOOK

#: Coordinates that spread over more than this in a pose are not metres.
NOT_METRES = 20.0
#: Largest confidence: peaks of OpenPose's heat maps exceed 1 slightly.
_LARGEST_CONFIDENCE = 1.1
#: Number that stands for certainty where confidences are in percent.
_PERCENT = 100.0
#: Frames and keypoints to judge a depth by, spread over the clip, and the fewest frames.
_MOST_FRAMES, _MOST_KEYPOINTS, _FEWEST_FRAMES = 120, 30, 8
#: Shares of the pairs of keypoints whose distances a depth makes steadier: beyond doubt, and at
#: least. On real recordings they are 0.15 to 0.9, of confidences at most 0.1 (0.15 of 15 frames).
_STEADIER, _SOME_STEADIER = 0.2, 0.12
#: Confidences in percent are mostly above this; heights near the ground are not.
_USUAL_PERCENT = 50.0

_KEPT = ('x and y are smoothed, the third values are not changed; '
         "representation='keypoints_3d' smooths all three")


class ThirdValues(NamedTuple):
    """What the third values of keypoints are.

    Attributes:
        scale: The number that stands for certainty, 1 or 100, of confidences; None of a depth.
        note: What to say of it; '' for a depth that is beyond doubt.
    """

    scale: float | None = None
    note: str = ''


_DEPTH = ThirdValues()
_CONFIDENCES = ThirdValues(1.0, 'the third values look like confidences (0 to 1 with pixel '
                           f'coordinates): {_KEPT}')
_PERCENTAGES = ThirdValues(_PERCENT, 'the third values look like confidences in percent (0 to 100 '
                           f'with pixel coordinates): {_KEPT}')
_UNCLEAR = ThirdValues(None, 'the third values are all in 0 to 100 and are smoothed as a depth; if '
                       'they are confidences in percent, give x and y as poses and the third '
                       "values / 100 as scores; representation='keypoints_3d' confirms the depth")


def third_values(array: np.ndarray) -> ThirdValues:
    """What the third values of poses without a declared representation are.

    They are confidences if all are in 0 to 1.1, or are the visibility flags 0, 1 and 2, and not
    all 0, beside coordinates that spread over more than 20 in a pose. They are confidences in
    percent if they are in 0 to 110 beside coordinates that are hardly ever negative, most exceed
    50, and they do not make the distances between keypoints steadier, as a depth does.

    Args:
        array: Poses of consecutive frames, shape (T, K, 3), or (N, 3) of any points.
    """
    if array.shape[-1] != 3 or _has_depths(array.reshape(-1, 3)[:FIRST_LOOK, 2]):
        return _DEPTH
    known = finite_keypoints(array)
    points = array[known]
    third = points[:, 2]
    if not len(third) or _has_depths(third) or not third.any():
        return _DEPTH
    poses = array[..., :2] if array.shape[-2] > 1 else array[..., :2].reshape(1, -1, 2)
    if usual_extent(poses) <= NOT_METRES:
        return _DEPTH
    if third.max() <= _LARGEST_CONFIDENCE or np.isin(third, (0, 1, 2)).all():
        return _CONFIDENCES
    if third.max() <= _USUAL_PERCENT or (points[:, :2] < 0).mean() > 0.05:
        return _DEPTH
    share = _steadier_share(array)
    if share is not None and share > _STEADIER:
        return _DEPTH
    doubtful = share is None or share > _SOME_STEADIER or np.median(third) < _USUAL_PERCENT
    return _UNCLEAR if doubtful else _PERCENTAGES


def _has_depths(third: np.ndarray) -> bool:
    """Whether a third value is no confidence, in whatever scale, and no flag."""
    with np.errstate(invalid='ignore'):
        return bool(((third < 0) | (third > _PERCENT * _LARGEST_CONFIDENCE)).any())


def _steadier_share(array: np.ndarray) -> float | None:
    """Share of the pairs of keypoints whose distance is steadier with the third values.

    None where too few frames or keypoints are known, or nothing moves.
    """
    if array.ndim != 3 or len(array) < _FEWEST_FRAMES or array.shape[1] < 3:
        return None
    frames, keypoints = (np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
                         for count, most in zip(array.shape, (_MOST_FRAMES, _MOST_KEYPOINTS)))
    poses = array[np.ix_(frames, keypoints)].astype(np.float64)
    poses[~finite_keypoints(poses)] = np.nan
    first, second = np.triu_indices(poses.shape[1], 1)
    squares = (poses[:, first] - poses[:, second]) ** 2
    common = np.isfinite(squares).all(axis=-1).sum(axis=0) >= _FEWEST_FRAMES
    if not common.any():
        return None
    flat, deep = (np.nanvar(np.sqrt(squares[:, common, :width].sum(axis=-1)), axis=0)
                  for width in (2, 3))
    moving = np.maximum(flat, deep) > 1e-12 * np.nanmax(squares[:, common])
    return float(np.mean(deep[moving] < 0.9 * flat[moving])) if moving.any() else None


def split_confidences(array: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and scores of (x, y, confidence).

    Args:
        array: Shape (T, K, 3). Where the confidence is NaN, the keypoint is missing.
        scale: The number that stands for certainty, 1 or 100.

    Returns:
        Coordinates (T, K, 2) of the same dtype, and scores (T, K) of at most 1: flags of 2
        (visible) are as certain as those of 1.
    """
    scores = np.minimum(array[..., 2] / scale, 1.0)
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
