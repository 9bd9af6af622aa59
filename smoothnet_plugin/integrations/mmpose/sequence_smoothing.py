"""Smoothing the predictions of one video, and their acceleration before and after."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ...evaluation.functional import accel_error_per_joint, acceleration_per_joint
from ...processing.runs import frame_stride
from ...smoothers import PoseSmoother
from ...structures import ASSUMED_FPS, PoseFrame, PoseInstance, PoseSequence, PoseTracks, Skeleton
from ...tracking import tracks_from_frames


class Row(NamedTuple):
    """One predicted pose of a video.

    Attributes:
        frame: Number of the frame.
        track_id: The person, or None.
        keypoints: Shape (K, C).
        scores: Shape (K,), or None.
        box: Shape (4,), or None.
        truth: Ground truth, shape (K, C), NaN where unknown, or None.
    """

    frame: int
    track_id: Any
    keypoints: np.ndarray
    scores: np.ndarray | None
    box: np.ndarray | None
    truth: np.ndarray | None


@dataclass
class SmoothedSequence:
    """The result for one video.

    Attributes:
        keypoints: Smoothed poses in the order of the rows, (K, C) each.
        tallies: Sum and count of accelerations, by key (``'raw/accel'``, ...).
    """

    keypoints: list[np.ndarray]
    tallies: dict[str, tuple[float, int]] = field(default_factory=dict)


def smooth_sequence(rows: Sequence[Row], smoother: PoseSmoother, *, fps: float | None,
                    image_size: tuple[int, int] | None,
                    skeleton: Skeleton | None) -> SmoothedSequence:
    """Smooth the predictions of one video.

    No poses are added, and scores do not change. People without ids are tracked. A person with
    several predictions in a frame (overlapping windows of a lifter) counts as several people: the
    first predictions of all frames form one track, the second another.

    Args:
        rows: The poses, in any order of frames.
        smoother: The smoother; with a ``lookahead`` it smooths as in live use.
        fps: Frames per second, or None.
        image_size: (width, height) in pixels, or None.
        skeleton: Skeleton of the keypoints, or None.

    Returns:
        The smoothed poses and the accelerations.
    """
    frames: dict[int, PoseFrame] = {}
    seen: Counter[tuple[int, Any]] = Counter()
    for number, row in enumerate(rows):
        name = row.track_id
        if name is not None:
            seen[row.frame, name] += 1
            if seen[row.frame, name] > 1:
                name = f'{name} (prediction {seen[row.frame, name]})'
        frames.setdefault(row.frame, PoseFrame(row.frame)).instances.append(PoseInstance(
            row.keypoints, row.scores, row.box, name, payload=number))
    width = rows[0].keypoints.shape[-1]
    tracks = tracks_from_frames(
        list(frames.values()), fps=fps, tracker=copy.deepcopy(smoother.tracker),
        image_size=image_size, representation=f'keypoints_{width}d', skeleton=skeleton)
    result = smoother.smooth(tracks) if smoother.lookahead is None else smoother.replay(tracks)
    keypoints = [row.keypoints for row in rows]
    for _, sequence in result:
        for pose, number in zip(sequence.coords, sequence.refs or []):
            if number is not None:
                keypoints[number] = pose
    return SmoothedSequence(keypoints, _tallies(tracks, rows, keypoints))


def _tallies(tracks: PoseTracks, rows: Sequence[Row],
             smoothed: Sequence[np.ndarray]) -> dict[str, tuple[float, int]]:
    """Sums and counts of accelerations, over keypoints of consecutive frames."""
    stride = frame_stride(tracks.frame_ids, tracks.fps or ASSUMED_FPS)
    values: dict[str, list[np.ndarray]] = {}
    for _, sequence in tracks:
        for numbers in _runs(sequence, stride):
            for side, poses in (('raw', [rows[n].keypoints for n in numbers]),
                                ('smooth', [smoothed[n] for n in numbers])):
                coords = np.stack(poses)
                values.setdefault(f'{side}/accel', []).append(acceleration_per_joint(coords))
                truth = np.stack([_truth(rows[n]) for n in numbers])
                values.setdefault(f'{side}/accel_error', []).append(
                    accel_error_per_joint(coords, truth))
    return {key: (sum(float(np.nansum(part, dtype=np.float64)) for part in parts),
                  sum(int(np.count_nonzero(~np.isnan(part))) for part in parts))
            for key, parts in values.items()}


def _truth(row: Row) -> np.ndarray:
    return np.full(row.keypoints.shape, np.nan) if row.truth is None else row.truth


def _runs(sequence: PoseSequence, stride: int) -> list[list[int]]:
    """Numbers of the rows of consecutive frames, in runs of three or more."""
    cuts = np.flatnonzero(np.diff(sequence.frame_ids) != stride) + 1
    parts = np.split(np.array(sequence.refs), cuts)
    return [part.tolist() for part in parts if len(part) > 2]
