"""The people of one frame: the unit of live smoothing, tracking and file reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(slots=True)
class PoseInstance:
    """One person in one frame.

    Attributes:
        keypoints: Shape (K, C).
        keypoint_scores: Shape (K,), or None where the estimator gives none.
        bbox: (x1, y1, x2, y2) in pixels, shape (4,), or None.
        track_id: The person's id over time, or None if not yet assigned.
        filled: The person is missing in this frame, and the pose is interpolated.
        keypoints_filled: Keypoints that were missing and are interpolated, shape (K,), bool; None
            before smoothing.
        keypoint_spread: Predicted distance within which the truth of each keypoint lies in two of
            three cases, shape (K,), NaN where unknown; None unless a smoother with
            ``spread=True`` has returned the person.
        payload: Any object of the caller, returned with the finished person and never read.
    """

    keypoints: np.ndarray
    keypoint_scores: np.ndarray | None = None
    bbox: np.ndarray | None = None
    track_id: int | str | None = None
    filled: bool = False
    keypoints_filled: np.ndarray | None = None
    keypoint_spread: np.ndarray | None = None
    payload: Any = field(default=None, repr=False)

    def with_keypoints(self, keypoints: np.ndarray, filled: np.ndarray,
                       spread: np.ndarray | None = None) -> PoseInstance:
        """A copy with other keypoints.

        Args:
            keypoints: Shape (K, C).
            filled: Keypoints that are interpolated, shape (K,), bool.
            spread: Their predicted spread, shape (K,). Defaults to None, unknown.
        """
        if type(self) is not PoseInstance:  # It may have fields of its own.
            return replace(self, keypoints=keypoints, keypoints_filled=filled,
                           keypoint_spread=spread)
        return PoseInstance(keypoints, self.keypoint_scores, self.bbox, self.track_id, self.filled,
                            filled, spread, self.payload)


@dataclass(slots=True)
class PoseFrame:
    """The people of one frame.

    Attributes:
        frame_id: Frame number.
        instances: The detected people, in the estimator's order.
        payload: Any object of the caller, returned with the finished frame and never read.
    """

    frame_id: int
    instances: list[PoseInstance] = field(default_factory=list)
    payload: Any = field(default=None, repr=False)

    def with_ids(self, ids: Iterable[int | str | None]) -> PoseFrame:
        """A copy whose people have these ids."""
        return replace(self, instances=[replace(instance, track_id=track_id)
                                        for instance, track_id in zip(self.instances, ids)])
