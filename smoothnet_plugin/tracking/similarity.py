"""Similarity of poses, and of tracked people and new ones: keypoint similarity, overlap of boxes.

A box is its lower corner followed by its upper corner, shape (2D,); in 2D that is
(x1, y1, x2, y2). Sizes are in the unit of the coordinates, so everything works in any unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .track_state import Observation, State

#: COCO's constant for skeletons without constants: about the mean over COCO's 17 keypoints.
UNIFORM_SIGMA = 0.065
#: With fewer common keypoints a high similarity is chance (all K are required if K is smaller).
MIN_COMMON = 3
#: A match with the last position counts less than one with the predicted position: two people who
#: cross keep their ids, and a person who turns back is still found.
LAST_POSE_WEIGHT = 0.8
#: Margin of boxes made from keypoints, which end at the joints.
BOX_MARGIN = 0.1


def keypoint_box(keypoints: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Smallest box around keypoints.

    Args:
        keypoints: Shape (K, C), NaN where unusable.
        margin: Margin on every side, as a fraction of the longest side. Defaults to 0.

    Returns:
        The box, shape (2C,); NaN if no keypoint is usable.
    """
    known = keypoints[np.isfinite(keypoints).all(axis=-1)]
    if not len(known):
        return np.full(2 * keypoints.shape[-1], np.nan)
    low, high = known.min(axis=0), known.max(axis=0)
    pad = margin * (high - low).max()
    return np.concatenate([low - pad, high + pad])


def box_size(box: np.ndarray) -> float:
    """Body size from a box: the square root of the product of the two longest sides.

    In 2D this is COCO's object scale, the square root of the area. The size of a thin box (a
    person seen from the side, a line of keypoints) is at least half of its longest side.

    Args:
        box: Shape (2D,).

    Returns:
        The size; NaN if the box is NaN or a single point.
    """
    low, high = np.split(box, 2)
    longest, second = np.sort(high - low)[::-1][:2]
    return float(max(np.sqrt(longest * second), longest / 2)) if longest > 0 else float('nan')


def oks_matrix(first: np.ndarray, second: np.ndarray, sizes: np.ndarray, sigmas: np.ndarray,
               drift: np.ndarray | float = 0.0) -> np.ndarray:
    """Object keypoint similarity of every pair of poses.

    The mean over the common keypoints of ``exp(-d^2 / (2 (2 sigma size)^2))``, as COCO's keypoint
    evaluation defines it (with the object's scale as ``size``). It has no unit.

    Args:
        first: Shape (M, K, C), NaN where unusable.
        second: Shape (N, K, C), NaN where unusable.
        sizes: Body size of each pair, shape (M, N), in the unit of the coordinates.
        sigmas: Shape (K,).
        drift: Uncertainty of the position of the whole body, in body sizes, broadcast to (M, N);
            it adds to the variance of every keypoint. Defaults to 0, COCO's measure.

    Returns:
        Shape (M, N), in [0, 1]; NaN for pairs with fewer than ``min(3, K)`` common keypoints or
        of unknown size.
    """
    squared = ((first[:, None] - second[None]) ** 2).sum(axis=-1)
    common = np.isfinite(squared)
    count = common.sum(axis=-1)
    variance = sizes[..., None] ** 2 * ((2 * sigmas) ** 2 + np.square(drift)[..., None])
    with np.errstate(divide='ignore', invalid='ignore'):
        closeness = np.exp(-squared / (2 * variance))
        mean = np.where(common, closeness, 0).sum(axis=-1) / count
    defined = (count >= min(MIN_COMMON, first.shape[1])) & (sizes > 0)
    return np.where(defined, mean, np.nan)


def iou_matrix(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair of boxes.

    Args:
        first: Shape (M, 2D).
        second: Shape (N, 2D).

    Returns:
        Shape (M, N), in [0, 1]; NaN where a box is unknown or empty.
    """
    low_a, high_a = np.split(first[:, None], 2, axis=-1)
    low_b, high_b = np.split(second[None], 2, axis=-1)
    overlap = (np.minimum(high_a, high_b) - np.maximum(low_a, low_b)).clip(min=0).prod(axis=-1)
    content_a = (high_a - low_a).prod(axis=-1)
    content_b = (high_b - low_b).prod(axis=-1)
    with np.errstate(divide='ignore', invalid='ignore'):
        iou = overlap / (content_a + content_b - overlap)
    return np.where((content_a > 0) & (content_b > 0), iou, np.nan)


def similarities(states: Sequence[State], ahead: Sequence[float], seen: Sequence[Observation],
                 sizes: np.ndarray, drift: np.ndarray,
                 sigmas: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Keypoint similarity and box overlap of states and people.

    Args:
        states: M states of tracks.
        ahead: Frames over which each state is extrapolated.
        seen: N people.
        sizes: Body size of each pair, shape (M, N).
        drift: Uncertainty of each state's position in body sizes, shape (M,).
        sigmas: COCO's constant per keypoint, shape (K,), or None for the same one for all.

    Returns:
        Two arrays (M, N), NaN where undefined. Poses that are not 2D or 3D have boxes alone.
    """
    poses = np.stack([observation.keypoints for observation in seen])
    boxes = np.stack([observation.bbox for observation in seen])
    _, keypoints, width = poses.shape
    constants = np.full(keypoints, UNIFORM_SIGMA) if sigmas is None else sigmas
    oks = iou = np.full((len(states), len(seen)), np.nan)
    for steps, weight in ((ahead, 1.0), ([0] * len(states), LAST_POSE_WEIGHT)):
        expected = np.stack([state.pose_after(n) for state, n in zip(states, steps)])
        overlap = iou_matrix(
            np.stack([state.bbox_after(n) for state, n in zip(states, steps)]), boxes)
        if width in (2, 3):
            alike = oks_matrix(expected, poses, sizes, constants, drift[:, None])
            if width == 3:
                alike = np.where(np.isnan(overlap), alike, (alike + overlap) / 2)
                overlap = np.where(np.isnan(overlap), _volume_overlap(expected, poses), overlap)
            oks = np.fmax(oks, weight * alike)
        iou = np.fmax(iou, weight * overlap)
    return oks, iou


def _volume_overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of the boxes around 3D poses, (M, N)."""
    return iou_matrix(*(np.stack([keypoint_box(pose, BOX_MARGIN) for pose in poses])
                        for poses in (first, second)))
