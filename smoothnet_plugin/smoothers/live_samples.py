"""The newest samples of one appearance of a person, and which of them count as missing."""

from __future__ import annotations

import numpy as np

from ..processing.isolated import FEWEST_KEYPOINTS
from ..utils.arrays import all_true
from .frame_buffer import FrameBuffer
from .live_isolated import LiveIsolated
from .live_repeats import LiveRepeats


class LiveSamples(FrameBuffer):
    """Frames with coordinates, scores, and marks of samples.

    The marks are: ``missing``; ``isolated`` and ``repeated``, which are treated as missing;
    ``doubtful``, no evidence for swapped sides; ``unproven``, a placeholder's value of a keypoint
    that is not seen elsewhere so far.

    Args:
        fps: Frames per second.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
        max_gap: Longest gap to interpolate, in frames.
        has_scores: Whether rows carry scores.
        outliers: Whether isolated samples are treated as missing.
        repeats: Whether repeated samples are.
        weighed: See :class:`LiveRepeats`.
        timed: Whether there may be places of the clock between two frames.

    Attributes:
        max_gap: Longest gap to interpolate, in frames.
        has_scores: Whether rows carry scores.
    """

    def __init__(self, fps: float, num_keypoints: int, width: int, max_gap: int,
                 has_scores: bool, outliers: bool, repeats: bool, weighed: bool,
                 timed: bool) -> None:
        mark = np.zeros(num_keypoints, dtype=bool)
        scores = {'weights': np.zeros(num_keypoints)} if has_scores else {}
        super().__init__(coords=np.zeros((num_keypoints, width)), missing=mark, isolated=mark,
                         repeated=mark, doubtful=mark, unproven=mark, **scores)
        self.max_gap, self.has_scores, self._timed = max_gap, has_scores, timed
        self._nowhere = np.full((num_keypoints, width), np.nan)
        self._absent_frames = 0
        self._isolated = (LiveIsolated(fps, max_gap, num_keypoints, width)
                          if outliers and num_keypoints >= FEWEST_KEYPOINTS else None)
        self._repeats = (LiveRepeats(fps, max_gap, num_keypoints, width, weighed)
                         if repeats else None)

    @property
    def lost(self) -> bool:
        """The person is absent for longer than the longest gap to interpolate."""
        return self._absent_frames > self.max_gap

    @property
    def first_tentative(self) -> int:
        """First frame with a sample that later frames may find isolated."""
        return self.end if self._isolated is None else self._isolated.first_tentative

    def push(self, coords: np.ndarray | None, missing: np.ndarray | None,
             scores: np.ndarray | None, unproven: np.ndarray | None = None,
             given: np.ndarray | None = None) -> np.ndarray | None:
        """Append the next frame.

        Args:
            coords: Shape (K, C), or None for a frame without the person.
            missing: Shape (K,), bool, or None with ``coords``.
            scores: Shape (K,), or None.
            unproven: Samples that are placeholders if the keypoint is seen elsewhere later, shape
                (K,), bool, or None for none.
            given: The pose before it was moved to its place on the clock, by which repeated samples
                are recognised. Defaults to None: ``coords``.

        Returns:
            Repeated samples that count as missing, shape (K,), bool; None for none.
        """
        between = coords is None and self._timed
        if coords is None or missing is None:
            coords = self._nowhere
            missing = np.ones(len(coords), dtype=bool)
            scores = None
        self._absent_frames = self._absent_frames + 1 if all_true(missing) else 0
        unsure = False if unproven is None else unproven
        row: dict[str, np.ndarray | float] = {
            'coords': coords, 'missing': missing, 'isolated': False, 'repeated': False,
            'doubtful': unsure, 'unproven': unsure}
        known_missing = missing | unsure
        repeated = None
        if self._repeats is not None and between:
            self._repeats.skip()
        elif self._repeats is not None:
            repeated = self._repeats.push(coords if given is None else given, known_missing)
        if repeated is not None:
            row['repeated'], known_missing = repeated, known_missing | repeated
        if self.has_scores:
            row['weights'] = (np.zeros(len(missing)) if scores is None
                              else np.where(missing, 0.0, scores))
        self.append(**row)
        found = None if self._isolated is None else self._isolated.push(coords, known_missing)
        if found is not None:
            newest = min(len(found.samples), len(self), 2 * (self.max_gap + 1) + 1)
            self['isolated'][-newest:] = found.samples[-newest:]
            self['doubtful'][-1] |= found.doubtful[-1]
        return repeated

    def prove(self, joints: np.ndarray) -> int:
        """Samples that were unproven become missing, since the keypoint is seen elsewhere.

        Args:
            joints: The keypoints, shape (K,), bool.

        Returns:
            Number of these samples.
        """
        proven = self['unproven'] & joints
        count = int(np.count_nonzero(proven))
        if count:
            self['missing'][proven] = True
            self['unproven'][proven] = False
            if self.has_scores:
                self['weights'][proven] = 0.0
        return count
