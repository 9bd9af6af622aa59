"""Clips of one person, recognised at once instead of frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..structures import PoseFrame, PoseInstance
from ..utils.arrays import finite_keypoints
from .similarity import BOX_MARGIN, LAST_POSE_WEIGHT, MIN_COMMON, UNIFORM_SIGMA
from .track_state import followed_size
from .tracker import PoseTracker


def is_one_person(frames: Sequence[PoseFrame], tracker: PoseTracker) -> bool:
    """Whether a tracker would certainly give the people of all frames the same id.

    There must be at most one person in a frame, and successive poses so alike that the tracker
    continues the track whatever else it knows: its similarity with the last pose is never lower
    than the one computed here, in which keypoints that the last pose lacks count as 0.

    Args:
        frames: Frames in order.
        tracker: The tracker; only its settings are used.

    Returns:
        True if that is certain. If False, the tracker has to run.
    """
    if any(len(frame.instances) > 1 for frame in frames):
        return False
    seen = [(frame.frame_id, frame.instances[0]) for frame in frames if frame.instances]
    people = [person for _, person in seen]
    if any(later - earlier > tracker.max_lost + 1
           for (earlier, _), (later, _) in pairwise(seen)) or not _is_plain(people):
        return False
    poses = np.array([person.keypoints for person in people], dtype=np.float64)
    if tracker.sigmas is not None and len(tracker.sigmas) != poses.shape[1]:
        return False
    sigmas = np.full(poses.shape[1], UNIFORM_SIGMA) if tracker.sigmas is None else tracker.sigmas
    usable = finite_keypoints(poses)
    if people[0].keypoint_scores is not None:
        scores = np.array([person.keypoint_scores for person in people], dtype=np.float64)
        usable &= np.nan_to_num(scores) > tracker.keypoint_thr
    observed = _sizes(poses, usable, people, tracker)
    sizes = np.fmin(followed_size(observed)[:-1], observed[1:])
    both = usable[:-1] & usable[1:]
    with np.errstate(all='ignore'):
        distance = ((poses[1:] - poses[:-1]) ** 2).sum(axis=-1)
        variance = (sizes[:, None] * 2 * sigmas) ** 2
        alike = np.where(both, np.exp(-distance / (2 * variance)), 0).sum(axis=-1)
        least = LAST_POSE_WEIGHT * alike / usable[1:].sum(axis=-1)
    enough = both.sum(axis=-1) >= min(MIN_COMMON, poses.shape[1])
    return bool((enough & (sizes > 0) & (least >= tracker.min_oks)).all())


def _is_plain(people: Sequence[PoseInstance]) -> bool:
    """Whether poses and boxes have the usual shapes, the same for all."""
    if not people:
        return False
    shape = np.shape(people[0].keypoints)
    if len(shape) != 2 or shape[0] < 2 or shape[1] not in (2, 3):
        return False
    scores = people[0].keypoint_scores
    score_shape = None if scores is None else shape[:1]
    for person in people:
        scores = person.keypoint_scores
        if np.shape(person.keypoints) != shape or (
                None if scores is None else np.shape(scores)) != score_shape:
            return False
        # Boxes count for the similarity in 3D, and only for the size in 2D.
        if person.bbox is not None and (shape[1] == 3 or np.shape(person.bbox) != (4,)):
            return False
    return True


def _sizes(poses: np.ndarray, usable: np.ndarray, people: Sequence[PoseInstance],
           tracker: PoseTracker) -> np.ndarray:
    """Body sizes as the tracker sees them, shape (T,); NaN where unknown."""
    if tracker.body_size is not None:
        return np.full(len(poses), tracker.body_size)
    low = np.where(usable[..., None], poses, np.inf).min(axis=1)
    high = np.where(usable[..., None], poses, -np.inf).max(axis=1)
    with np.errstate(all='ignore'):
        pad = BOX_MARGIN * (high - low).max(axis=-1, keepdims=True)
        extent = high - low + 2 * pad
        if poses.shape[-1] == 2:
            none = (np.nan,) * 4
            boxes = np.array([none if person.bbox is None else person.bbox for person in people],
                             dtype=np.float64)
            given = boxes[:, 2:] - boxes[:, :2]
            valid = np.isfinite(boxes).all(axis=1, keepdims=True) & (given > 0).all(
                axis=1, keepdims=True)
            extent = np.where(valid, given, extent)
        ordered = np.sort(extent, axis=-1)
        longest, second = ordered[:, -1], ordered[:, -2]
        size = np.maximum(np.sqrt(longest * second), longest / 2)
    return np.where(np.isfinite(size) & (longest > 0), size, np.nan)
