"""A pose on its way through a live chain, and behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..processing.judgement import Judgement
from .pose_info import PoseInfo

TrackId = int | str | None
InfoOf = Callable[[int, TrackId], PoseInfo]


class LivePose(NamedTuple):
    """A smoothed pose.

    Attributes:
        values: Coordinates as the filters give them, shape (K, C).
        inside: Where a keypoint is measured or interpolated, shape (K,), bool.
        filled: Where it is interpolated, shape (K,), bool.
        exchanged: Number of groups whose left and right were swapped back.
        isolated: Number of isolated samples.
        repeated: Number of repeated samples that are treated as missing.
        spread: Predicted spread of the measured keypoints, shape (K,); None if it is not wanted.
    """

    values: np.ndarray
    inside: np.ndarray
    filled: np.ndarray
    exchanged: int = 0
    isolated: int = 0
    repeated: int = 0
    spread: np.ndarray | None = None


@dataclass(slots=True)
class PendingFrame:
    """A frame of one track on its way through the chain.

    Attributes:
        frame: Its number.
        start: Number of the first row's frame.
        final_until: Frames before this number do not change any more.
        measured: The pose before the chain, shape (K, C).
        values: The rows after the stages so far, shape (T, K, C).
        inside: Where a keypoint is measured or interpolated, shape (T, K), bool.
        weights: Scores, shape (T, K), or None.
        missing: Keypoints that are not measured in the frame, shape (K,), bool.
        exchanged: Groups of limbs swapped back in the frame.
        isolated: Isolated samples in the frame.
        repeated: Repeated samples in the frame that are treated as missing.
        last: The last value of each keypoint at every buffered frame.
        judgement: What the last stage finds out about the rows; None if it is not wanted.
    """

    frame: int
    start: int
    final_until: int
    measured: np.ndarray
    values: np.ndarray
    inside: np.ndarray
    weights: np.ndarray | None
    missing: np.ndarray
    exchanged: int
    isolated: int
    repeated: int
    last: np.ndarray
    judgement: Judgement | None = None
