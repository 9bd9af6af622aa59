"""Repeated samples of a person, frame by frame (:mod:`smoothnet_plugin.processing.repeats`)."""

from __future__ import annotations

from collections import deque

import numpy as np

from ..processing.repeats import PARTLY_SHARE, are_hidden, changes, rounding_frames
from ..utils.arrays import has_true


class LiveRepeats:
    """Watches the frames of one appearance.

    Args:
        fps: Frames per second.
        max_gap: Longest gap to interpolate, in frames.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
        weighed: As for :func:`~smoothnet_plugin.processing.repeats.outdated_samples`.
    """

    def __init__(self, fps: float, max_gap: int, num_keypoints: int, width: int,
                 weighed: bool = False) -> None:
        self._rule = fps, max_gap, weighed
        self._before = np.full((num_keypoints, width), np.nan)
        self._known = np.zeros(num_keypoints, dtype=bool)
        self._moved = np.zeros(num_keypoints, dtype=bool)
        #: Frames since the value was new, and for which the one before stayed.
        self._age = self._age_before = np.zeros(num_keypoints, dtype=np.int64)
        #: Frames since the last sample that counts as measured.
        self._since = self._age
        self._skipped = 0
        #: Samples with some, and with any coordinates changed, in each of the newest frames.
        self._counts: deque[tuple[int, int]] = deque(maxlen=rounding_frames(fps))
        self._partly = self._changed = 0

    def skip(self) -> None:
        """Pass a place of the clock for which there is no frame."""
        self._skipped += 1

    def push(self, coords: np.ndarray, missing: np.ndarray) -> np.ndarray | None:
        """Take the next frame.

        Args:
            coords: Shape (K, C).
            missing: Shape (K,), bool.

        Returns:
            Samples of this frame that count as missing, shape (K,), bool; None for none.
        """
        same = coords == self._before
        self._before[:] = coords
        known = ~missing
        pairs, self._known = known & self._known, known
        step, self._skipped = 1 + self._skipped, 0
        if not has_true(same):
            self._note(0, pairs)
            self._age_before, self._age = self._age, np.zeros_like(self._age)
            return None
        repeated, changed, partly = changes(same, pairs)
        self._note(int(np.count_nonzero(partly)), changed)
        found = repeated & self._moved
        if not has_true(found) or self._partly > PARTLY_SHARE * self._changed:
            self._age_before, self._age = self._age, np.zeros_like(self._age)
            return None
        self._age_before = np.where(found, self._age_before, self._age)
        # The first repetition follows a sample that counts as measured.
        since = np.where(self._age > 0, self._since, 0) + step
        self._age = np.where(found, self._age + step, 0)
        # The next frame is expected after as many places as this one.
        hidden = found & are_hidden(self._age, self._age_before, since + step - 1, *self._rule)
        self._since = np.where(hidden, since, 0)
        return hidden

    def _note(self, partly: int, changed: np.ndarray) -> None:
        """Count a frame's samples of which some, and any coordinates changed."""
        if len(self._counts) == self._counts.maxlen:
            oldest = self._counts[0]
            self._partly -= oldest[0]
            self._changed -= oldest[1]
        count = int(np.count_nonzero(changed))
        self._counts.append((partly, count))
        self._partly += partly
        self._changed += count
        self._moved |= changed
