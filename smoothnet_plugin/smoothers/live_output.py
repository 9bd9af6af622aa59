"""Finished frames of live smoothing: people in the user's representation."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..structures import PoseFrame, PoseInstance
from ..utils.arrays import all_true, as_float, finite_keypoints, has_true
from .filter_space import check_finite, from_filter_space, steady_signs
from .live_pose import LivePose, TrackId
from .settings import SmootherSettings


class LiveOutput:
    """Builds finished frames.

    Args:
        settings: Filters and parameters.
    """

    def __init__(self, settings: SmootherSettings) -> None:
        self._settings = settings
        #: Each person's last quaternions that were returned, and last rotations that were given.
        self._quaternions: dict[TrackId, np.ndarray] = {}
        self._given: dict[TrackId, np.ndarray] = {}

    def rename(self, renamed: dict[TrackId, TrackId]) -> None:
        """Give people their new ids."""
        for values in (self._quaternions, self._given):
            moved = {renamed[key]: values.pop(key) for key in renamed if key in values}
            values.update(moved)

    def forget(self, key: TrackId) -> None:
        """Forget a person who has left."""
        self._quaternions.pop(key, None)
        self._given.pop(key, None)

    def frame(self, given: PoseFrame, poses: dict[TrackId, tuple[LivePose, str]],
              with_others: bool, flat: bool) -> PoseFrame:
        """The finished frame.

        Args:
            given: The frame as it was pushed.
            poses: Everyone's pose in it, and its representation.
            with_others: Add people who are interpolated.
            flat: The poses have a depth, which is 0.

        Returns:
            The frame with smoothed instances, and interpolated ones behind them.
        """
        strength = self._settings.strength
        instances = []
        others = {key: pose for key, pose in poses.items() if has_true(pose[0].inside)}
        for instance in given.instances:
            pose, representation = others.pop(instance.track_id, _NO_POSE)
            if pose is not None:
                form = self._form_of(instance, representation)
                instance = self._with_steady_signs(_smoothed(
                    instance, pose, representation, form, strength, given.frame_id), pose,
                    representation)
            instances.append(instance)
        if with_others:
            instances += [
                self._with_steady_signs(_interpolated(key, pose, representation), pose,
                                        representation)
                for key, (pose, representation) in others.items()]
        if flat:
            instances = [_with_depth(instance) for instance in instances]
        return PoseFrame(given.frame_id, instances, given.payload)

    def _form_of(self, instance: PoseInstance, representation: str) -> np.ndarray:
        """Rotations whose turns and signs the result has: the last ones given of each joint."""
        given = instance.keypoints
        if representation in ('axis_angle', 'quaternion'):
            last = self._given.get(instance.track_id, given)
            given = np.where(finite_keypoints(given)[:, None], given, last)
            self._given[instance.track_id] = given
        return given

    def _with_steady_signs(self, instance: PoseInstance, pose: LivePose,
                           representation: str) -> PoseInstance:
        """The instance; quaternions have the sign that they had in the frame before."""
        if representation != 'quaternion':
            return instance
        last = self._quaternions.get(instance.track_id, np.full(instance.keypoints.shape, np.nan))
        both = steady_signs(np.stack([last, instance.keypoints]), np.stack(
            [np.isfinite(last).all(axis=-1), pose.inside]), 'quaternion', self._settings)[1]
        self._quaternions[instance.track_id] = np.where(pose.inside[:, None], both, last)
        return dataclasses.replace(instance, keypoints=as_float(both, instance.keypoints.dtype))


_NO_POSE: tuple[LivePose | None, str] = (None, '')


def _smoothed(instance: PoseInstance, pose: LivePose, representation: str, form: np.ndarray,
              strength: float, frame_id: int) -> PoseInstance:
    given = instance.keypoints
    keypoints = from_filter_space(pose.values, representation, like=form)
    # Without effect of the filters, measured values are those of the input to the last bit, not
    # what another representation makes of them.
    changed = pose.inside if strength else pose.filled
    if not all_true(changed):
        keypoints = np.where(changed[:, None], keypoints, given)
    if keypoints.dtype != given.dtype:
        with np.errstate(over='ignore'):
            keypoints = as_float(keypoints, given.dtype)
    check_finite(keypoints[None], changed[None], [frame_id])
    return instance.with_keypoints(keypoints, pose.filled, pose.spread)


def _interpolated(key: TrackId, pose: LivePose, representation: str) -> PoseInstance:
    values = np.where(pose.inside[:, None], pose.values, np.nan)
    keypoints = from_filter_space(values, representation)
    return PoseInstance(keypoints, np.zeros(len(keypoints)), track_id=key, filled=True,
                        keypoints_filled=pose.filled, keypoint_spread=pose.spread)


def _with_depth(instance: PoseInstance) -> PoseInstance:
    keypoints = instance.keypoints
    if keypoints.shape[1] != 2:  # Before the first keypoint was seen.
        return instance
    depth = np.where(np.isfinite(keypoints).all(axis=1), 0.0, np.nan).astype(keypoints.dtype)
    return dataclasses.replace(instance, keypoints=np.column_stack([keypoints, depth]))
