"""Correction of frames in which the estimator exchanged left and right.

The stage comes before the interpolation of gaps: a missing keypoint is part of a detection, so it
moves to the other side with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..processing.exchange_detector import ExchangeDetector, extend_together
from ..processing.exchanges import apply_exchanges, find_exchanges
from ..processing.head_sides import REFERENCE_SECONDS, exchanged_heads, head_direction
from ..structures.left_right import LeftRight, Pair
from ..utils.arrays import has_true
from .frame_buffer import FrameBuffer

#: At lower frame rates exchanges and motion look alike.
LEAST_FPS = 15.0


class _Sides:
    """The pairs that show an exchange, and those that are swapped back.

    The pairs of the head are evidence for a swap of the arms, but are swapped back only where
    they are exchanged themselves.

    Args:
        sides: Pairs of left and right keypoints.
    """

    def __init__(self, sides: LeftRight) -> None:
        self.torso = sides.torso
        self.head = sides.head if 'arms' in sides.names else ()
        self.limbs = sides.groups
        self.evidence: list[tuple[Pair, ...]] = [
            (*pairs, *self.head) if name == 'arms' else pairs
            for name, pairs in zip(sides.names, sides.groups)]
        self.arms = sides.names.index('arms') if self.head else 0

    def labels(self, limbs: np.ndarray, direction: np.ndarray, fps: float) -> np.ndarray:
        """Labels of the limbs (T, G) with those of the head, if there is one, in a last column."""
        if not self.head:
            return limbs
        return np.column_stack([limbs, exchanged_heads(direction, limbs[:, self.arms], fps)])

    def direction(self, coords: np.ndarray) -> np.ndarray:
        """Direction of the head, shape (T, C); zeros without one."""
        if not self.head:
            return np.zeros((len(coords), coords.shape[2]))
        return head_direction(coords, self.head)

    def apply(self, array: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """An array of shape (T, K, ...) with the labelled pairs swapped."""
        groups = (*self.limbs, self.head) if self.head else self.limbs
        return apply_exchanges(array, labels, groups)


def undo_exchanges(measured: np.ndarray, scores: np.ndarray | None, fps: float, sides: LeftRight,
                   *arrays: np.ndarray) -> tuple[list[np.ndarray], int]:
    """Swap exchanged sides of one appearance back.

    Args:
        measured: Consecutive frames, shape (T, K, C), NaN where missing or no evidence.
        scores: Shape (T, K), or None.
        fps: Frames per second.
        sides: Pairs of left and right keypoints.
        *arrays: What to correct, each of shape (T, K, ...).

    Returns:
        The arrays with every keypoint on its own side, and the number of groups of limbs swapped
        back, summed over the frames. Nothing is swapped back below :data:`LEAST_FPS`.
    """
    if fps < LEAST_FPS:
        return list(arrays), 0
    known = _Sides(sides)
    limbs = find_exchanges(measured, fps, known.evidence, scores, torso=known.torso)
    if not limbs.any():
        return list(arrays), 0
    labels = known.labels(limbs, known.direction(measured), fps)
    return [known.apply(array, labels) for array in arrays], int(limbs.sum())


class LiveExchanges:
    """The same, frame by frame: labels are those that the frames so far make most likely.

    A later frame may change the label of an earlier one, so the buffered frames are corrected again
    for every result.

    Args:
        fps: Frames per second, at least :data:`LEAST_FPS`.
        sides: Pairs of left and right keypoints.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
        history: Number of newest frames whose labels are needed.
    """

    def __init__(self, fps: float, sides: LeftRight, num_keypoints: int, width: int,
                 history: int) -> None:
        self._fps = fps
        self._kind = sides, fps
        self._sides = _Sides(sides)
        # Labels of the head depend on frames before those whose labels are needed.
        self._history = history + 2 * max(1, round(REFERENCE_SECONDS * fps))
        self._detector = ExchangeDetector(fps, self._sides.evidence, num_keypoints, self._history,
                                          self._sides.torso)
        self._directions = FrameBuffer(direction=np.zeros(width))

    @property
    def frames(self) -> int:
        """Number of frames taken so far."""
        return self._detector.frames

    @classmethod
    def push_together(cls, people: Sequence[LiveExchanges],
                      frames: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray | None]]) -> None:
        """Take the next frames of several people.

        Args:
            people: Their exchanges.
            frames: Per person coordinates (T, K, C), missing mask (T, K), and scores (T, K) or
                None.
        """
        alike: dict[Any, list[int]] = {}
        for number, (own, (coords, _, scores)) in enumerate(zip(people, frames)):
            alike.setdefault((own._kind, coords.shape, scores is None), []).append(number)
        for numbers in alike.values():
            measured = [np.where(frames[i][1][..., None], np.nan, frames[i][0]) for i in numbers]
            extend_together([people[i]._detector for i in numbers], measured,
                            [frames[i][2] for i in numbers])
            lead = people[numbers[0]]
            directions = lead._sides.direction(np.concatenate(measured))
            for i, own in zip(numbers, np.split(directions, len(numbers))):
                buffer = people[i]._directions
                for direction in own:
                    buffer.append(direction=direction)
                buffer.drop_before(buffer.end - people[i]._history)

    def undo(self, *arrays: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Put the newest T frames of arrays of shape (T, K, ...) back.

        Returns:
            The arrays, and the number of groups of limbs swapped back in each frame, shape (T,).
        """
        frames = len(arrays[0])
        recent = self._detector.labels(frames)
        if not has_true(recent):
            return list(arrays), np.zeros(frames, dtype=int)
        counts, limbs = recent.sum(axis=1), self._detector.labels(len(self._directions))
        labels = self._sides.labels(limbs, self._directions['direction'], self._fps)[-frames:]
        return [self._sides.apply(array, labels) for array in arrays], counts
