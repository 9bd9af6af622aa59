"""Lists of frames with any number of people as tracks, and back."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..processing.third_values import ThirdValues, third_values
from ..smoothers import PoseSmoother
from ..smoothers.pose_info import PoseInfo
from ..structures import ASSUMED_FPS, PoseFrame, PoseInstance, PoseTracks
from ..tracking import tracks_from_frames
from ..utils.conversion import to_numpy
from .arrays import with_confidences


class SourceTracks(NamedTuple):
    """A source as tracks.

    Attributes:
        tracks: The tracks.
        restore: Converts smoothed tracks back to the kind of the source.
        notes: What was detected in the source.
        is_array: Whether the source is one person's array or list of arrays (track 0).
    """

    tracks: PoseTracks
    restore: Callable[[PoseTracks], Any]
    notes: tuple[str, ...] = ()
    is_array: bool = False


def from_frames(frames: Sequence[PoseFrame], smoother: PoseSmoother, fps: float | None,
                representation: str | None, image_size: tuple[int, int] | None,
                lengths: bool = False) -> SourceTracks:
    """Convert frames of people to tracks; people without ids are tracked.

    Args:
        frames: The frames.
        smoother: Its tracker and skeleton are used.
        fps: Frames per second, or None if unknown.
        representation: Representation of the poses, or None to derive it from their width.
        image_size: (width, height) in pixels, or None if unknown.
        lengths: The coordinates are known to be lengths. Defaults to False.
    """
    poses = [i.keypoints for frame in frames for i in frame.instances]
    third = ThirdValues() if representation is not None or lengths else _third_values(frames)
    with_third = third if third.scale is not None else None
    fields: dict[str, Any] = {}
    if third.note:
        warnings.warn(f'smooth(): {third.note}.', stacklevel=5)
    if with_third:
        fields = {'representation': 'keypoints_2d'}
    elif poses:
        info = PoseInfo.of_width(poses[0].shape[-1], fps or ASSUMED_FPS, representation)
        fields = {'representation': info.representation}
    if smoother.skeleton and poses and len(smoother.skeleton.keypoint_names) == len(poses[0]):
        fields['skeleton'] = smoother.skeleton
    # The place in the list is the ref by which a smoothed pose finds its instance again.
    numbered = [PoseFrame(frame.frame_id, [_numbered(instance, (n, i), with_third)
                                           for i, instance in enumerate(frame.instances)])
                for n, frame in enumerate(frames)]
    tracks = tracks_from_frames(numbered, fps=fps, tracker=smoother.tracker,
                                image_size=image_size, **fields)

    def restore(result: PoseTracks) -> list[PoseFrame]:
        return _into_frames(frames, result, with_third is not None)

    return SourceTracks(tracks, restore, (third.note,) if third.note else ())


def _third_values(frames: Sequence[PoseFrame]) -> ThirdValues:
    """What the third values of people without scores are."""
    people = [instance for frame in frames for instance in frame.instances]
    shapes = {np.shape(instance.keypoints) for instance in people}
    if len(shapes) != 1 or len(shapes.pop()) != 2 or any(
            instance.keypoint_scores is not None for instance in people):
        return ThirdValues()
    return third_values(np.stack([to_numpy(instance.keypoints)[0] for instance in people]))


def _numbered(instance: PoseInstance, place: tuple[int, int],
              with_third: ThirdValues | None) -> PoseInstance:
    keypoints, scores = instance.keypoints, instance.keypoint_scores
    if with_third:
        pose = with_confidences(to_numpy(keypoints)[0], with_third)
        keypoints, scores = pose.coords, pose.scores
    return PoseInstance(keypoints, scores, instance.bbox, instance.track_id, payload=place)


def _into_frames(frames: Sequence[PoseFrame], result: PoseTracks,
                 with_third: bool) -> list[PoseFrame]:
    instances = [list(frame.instances) for frame in frames]
    number = {frame.frame_id: n for n, frame in enumerate(frames)}
    for key, sequence in result:
        for row, frame_id in enumerate(sequence.frame_ids.tolist()):
            place = sequence.refs[row] if sequence.refs is not None else None
            pose, filled = sequence.coords[row], sequence.filled[row]
            if place is None:
                scores = None if sequence.scores is None else sequence.scores[row]
                if with_third:
                    pose, scores = np.concatenate([pose, np.zeros((len(pose), 1))], axis=1), None
                instances[number[frame_id]].append(PoseInstance(
                    pose, scores, track_id=key, filled=True, keypoints_filled=filled))
            else:
                n, i = place
                if with_third:
                    given = to_numpy(instances[n][i].keypoints)[0]
                    pose = np.concatenate([pose, given[:, 2:]], axis=1).astype(pose.dtype)
                instances[n][i] = dataclasses.replace(
                    instances[n][i], keypoints=pose, track_id=key, keypoints_filled=filled)
    return [dataclasses.replace(frame, instances=list(people))
            for frame, people in zip(frames, instances)]
