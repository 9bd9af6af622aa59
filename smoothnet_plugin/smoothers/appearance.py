"""One appearance of a person in a live video, and its poses at the times of their frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .live_clock import moved_back
from .live_pose import LivePose
from .live_samples import LiveSamples
from .live_track import LiveTrack


@dataclass(slots=True)
class Appearance:
    """One appearance of a person.

    Attributes:
        samples: Its frames.
        track: Their results.
        representation: What its poses are.
        shape: Shape of its poses as given.
        start: Place on the clock of its first frame.
        last_seen: Place of the last frame with a measured keypoint.
        seen: Which keypoints had other values than placeholders, shape (K,).
        raw: For frames with time stamps the last value of each keypoint that was not repeated, and
            its time in places, shapes (K,) and (K, C).
        result: Place and values of the last pose returned.
    """

    samples: LiveSamples
    track: LiveTrack
    representation: str
    shape: tuple[int, ...]
    start: int
    last_seen: int
    seen: np.ndarray
    raw: tuple[np.ndarray, np.ndarray] | None = None
    result: tuple[int, LivePose] | None = None

    @property
    def end(self) -> int:
        """Place after that of the last frame."""
        return self.start + self.samples.end

    def advance(self, place: int) -> None:
        """Push frames without the person up to a place, until the track is lost."""
        while self.end < place and not self.samples.lost:
            self.samples.push(None, None, None)

    def push_at(self, time: float, late: float, coords: np.ndarray, missing: np.ndarray,
                scores: np.ndarray | None, unproven: np.ndarray | None) -> None:
        """Push a pose with a time stamp, moved to its place on the clock.

        Args:
            time: Time of the pose, in places.
            late: Steps by which it is later than its place.
            coords: Shape (K, C).
            missing: Shape (K,), bool.
            scores: Shape (K,), or None.
            unproven: See :meth:`LiveSamples.push`.
        """
        now = np.full(len(coords), time), np.where(missing[:, None], np.nan, coords)
        when, before = self.raw or (now[0], None)
        repeated = self.samples.push(moved_back(coords, before, time - when, late), missing,
                                     scores, unproven, coords)
        self.raw = now if repeated is None or before is None else (
            np.where(repeated, when, now[0]), np.where(repeated[:, None], before, now[1]))

    def at_its_time(self, pose: LivePose, place: int, late: float) -> LivePose:
        """A pose at the time of its frame, on the line through the last two results.

        Keypoints that one of these does not have stay where they are.
        """
        before, self.result = self.result, (place, pose)
        if before is None or not late:
            return pose
        when, earlier = before
        step = np.where((pose.inside & earlier.inside)[:, None], pose.values - earlier.values, 0.0)
        return pose._replace(values=pose.values + step * late / (place - when))
