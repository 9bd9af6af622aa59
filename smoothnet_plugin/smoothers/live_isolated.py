"""Isolated samples of a person, frame by frame (:mod:`smoothnet_plugin.processing.isolated`)."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from ..processing.isolated import LEAST_STEP, SPEED, Isolated, isolated_samples, size_of
from ..utils.arrays import has_true
from .frame_buffer import FrameBuffer


class LiveIsolated:
    """Finds isolated samples in the frames of one appearance of a person.

    Args:
        fps: Frames per second.
        max_gap: Longest gap between neighbouring samples, in frames.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.

    Attributes:
        first_tentative: First frame with a sample whose status later frames may change; the number
            of frames so far if there is none.
    """

    def __init__(self, fps: float, max_gap: int, num_keypoints: int, width: int) -> None:
        self.first_tentative = 0
        self._fps, self._max_gap = fps, max_gap
        self._least = LEAST_STEP if fps >= SPEED / LEAST_STEP else SPEED / fps
        self._longest = math.sqrt(width)
        self._frames = FrameBuffer(coords=np.zeros((num_keypoints, width)),
                                   missing=np.zeros(num_keypoints, dtype=bool))
        self._latest = np.full((num_keypoints, width), np.nan)
        self._last_seen = np.full(num_keypoints, -max_gap - 2)
        #: The last frame in which every keypoint is measured.
        self._complete = -2
        #: Frame of a keypoint's first sample until another one follows, else -1.
        self._started = np.full(num_keypoints, -1)
        self._sizes: deque[float] = deque(maxlen=3)
        #: Frames from a far step on that are judged together.
        self._judged = 3 * (max_gap + 1)
        self._last_far = -self._judged - 1

    def push(self, coords: np.ndarray, missing: np.ndarray) -> Isolated | None:
        """Add the next frame.

        Args:
            coords: Shape (K, C).
            missing: Shape (K,), bool.

        Returns:
            The isolated samples of the newest frames, or None if nothing is isolated. The newest
            frame and the ``2 * (max_gap + 1)`` before it, whose samples it may be the second one
            after, are decided as far as they can be.
        """
        frame = self._frames.end
        self._frames.append(coords=coords, missing=missing)
        self._frames.drop_before(frame - self._judged - 2)
        if self._may_be_far(coords, missing):
            self._last_far = frame
        self._note(frame, coords, missing)
        if frame - self._last_far > self._judged:
            return None
        found = isolated_samples(self._frames['coords'], self._frames['missing'], self._fps,
                                 self._max_gap)
        rows = np.flatnonzero(found.tentative.any(axis=1))
        if len(rows):
            self.first_tentative = min(self.first_tentative, self._frames.start + int(rows[0]))
        return found

    def _may_be_far(self, coords: np.ndarray, missing: np.ndarray) -> bool:
        """Quick test for steps that are too far: it finds all of them, and some others."""
        known = np.where(missing[:, None], np.nan, coords) if has_true(missing) else coords
        self._sizes.append(size_of(known))
        sizes = sorted(size for size in self._sizes if size == size)
        if not sizes:
            return False
        with np.errstate(over='ignore', invalid='ignore'):
            step = float(np.fmax.reduce(np.abs(known - self._latest), axis=None))
        return step * self._longest > self._least * sizes[(len(sizes) - 1) // 2]

    def _note(self, frame: int, coords: np.ndarray, missing: np.ndarray) -> None:
        """Store the newest sample of every keypoint, and first samples without a successor."""
        if not has_true(missing):
            before, self._complete = self._complete, frame
            if before == frame - 1:  # Every sample follows one of the frame before.
                self._started[:] = -1
                self._last_seen[:] = frame
                self._latest[:] = coords
                self.first_tentative = frame + 1
                return
        known = ~missing
        linked = known & (frame - self._last_seen <= self._max_gap + 1)
        self._started[linked] = -1
        self._started[known & ~linked] = frame
        self._started[frame - self._started > self._max_gap] = -1
        self._last_seen[known] = frame
        self._latest[known] = coords[known]
        waiting = self._started[self._started >= 0]
        self.first_tentative = int(waiting.min()) if len(waiting) else frame + 1
