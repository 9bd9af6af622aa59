"""Similarity of tracked people and the people of a new frame, by pose and by box."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .similarity import UNIFORM_SIGMA, iou_matrix, keypoint_box, oks_matrix
from .track_state import Observation, State

#: A match with the last position counts less than one with the predicted position: two people who
#: cross keep their ids, and a person who turns back is still found.
LAST_POSE_WEIGHT = 0.8
#: Margin of boxes made from keypoints, which end at the joints.
BOX_MARGIN = 0.1


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
