"""Live frames with time stamps: which place of an even clock each of them takes."""

from __future__ import annotations

import math
import warnings

import numpy as np

from ..errors import DataFormatError

#: Stamps a little before a place of the clock, in steps, still take it: milliseconds are rounded.
_EARLY = 0.02
#: Seconds between frames that only milliseconds reach.
_LONGEST_STEP = 5.0
#: So many such steps, and no other one, are no pauses.
_FAR_STEPS = 4
#: Share of the first frames at the place of the one before from which fps is too low.
_JUDGED_FRAMES, _CROWDED_SHARE = 20, 0.3


class LiveClock:
    """Places of stamps on the clock ``start + n / fps``.

    A frame takes the last place at or before it. Of frames with the same place the first one
    counts, and all get its result; so ``fps`` is at least the rate at which frames arrive.

    Args:
        fps: Frames per second of the clock.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._start: float | None = None
        self._last = -math.inf
        self._far_steps = 0
        self._near_steps = 0
        #: Frames taken, and those of them at the place of the frame before, until that is said.
        self._taken, self._crowded = 0, 0
        self._place = -1

    def place(self, timestamp: float) -> tuple[int, float]:
        """The place of the next frame, and by how many steps the frame is later than it.

        Raises:
            DataFormatError: The stamp is not finite, decreases, or is in milliseconds.
        """
        if isinstance(timestamp, bool) or not isinstance(
                timestamp, (int, float, np.integer, np.floating)) or not math.isfinite(timestamp):
            raise DataFormatError(f'The timestamp is {timestamp!r}; expected a finite number of '
                                  'seconds.')
        if timestamp < self._last:
            raise DataFormatError(f'The timestamp {timestamp:g} follows {self._last:g}; expected '
                                  'seconds that do not decrease. Call reset() between two videos.')
        if self._far_steps >= _FAR_STEPS and not self._near_steps:
            raise DataFormatError(
                f'The first {self._far_steps + 1} timestamps are more than {_LONGEST_STEP:g} apart;'
                ' expected seconds. If they are milliseconds, divide them by 1000.')
        start = timestamp if self._start is None else self._start
        steps = (timestamp - start) * self.fps
        place = math.floor(steps + _EARLY)
        late = steps - place
        return place, late if abs(late) > _EARLY else 0.0

    def take(self, timestamp: float) -> None:
        """Remember the stamp of a frame that was taken."""
        if self._start is None:
            self._start = timestamp
        elif timestamp - self._last > _LONGEST_STEP:
            self._far_steps += 1
        else:
            self._near_steps += 1
        self._last = timestamp
        self._note_crowding(timestamp)

    def _note_crowding(self, timestamp: float) -> None:
        """Warn once if frames arrive at a higher rate than that of the clock."""
        if self._taken >= _JUDGED_FRAMES or self._start is None:
            return
        place = self.place(timestamp)[0]
        self._crowded += place == self._place
        self._place, self._taken = place, self._taken + 1
        if self._taken == _JUDGED_FRAMES and self._crowded > _CROWDED_SHARE * self._taken:
            rate = (self._taken - 1) / (timestamp - self._start) if timestamp > self._start else 0
            warnings.warn(f'step(): frames arrive at {rate:.3g} per second, but fps is '
                          f'{self.fps:g}: of those within 1 / fps only the first one counts. Give '
                          'fps of at least the rate at which they arrive.', stacklevel=5)


def moved_back(now: np.ndarray, before: np.ndarray | None, steps: np.ndarray,
               late: float) -> np.ndarray:
    """A pose at the place of its frame, on the line from the pose before.

    Args:
        now: The pose, shape (K, C), NaN where missing.
        before: The pose before, same shape, or None.
        steps: Time between the two for each keypoint, in steps, shape (K,).
        late: Time from the place to the frame, in steps.

    Returns:
        Shape (K, C); keypoints not seen before stay.
    """
    if before is None or not late:
        return now
    share = np.minimum(late / np.where(steps > 0, steps, np.inf), 1.0)[:, None]
    moved = (1 - share) * now + share * before
    return np.where(np.isfinite(moved).all(axis=-1, keepdims=True), moved, now)
