"""The parts of a track without interruption: segments of a person, runs of a keypoint.

A *segment* is a person without a gap of more than ``max_gap`` frames. In it a *run* is a keypoint
that is measured or interpolated in every frame (:mod:`smoothnet_plugin.processing.gaps`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

#: Frames that are further apart, in seconds, are independent and not neighbours.
_LONGEST_STEP = 0.5


def frame_stride(frame_ids: np.ndarray, fps: float) -> int:
    """Frame distance of a clip that is sampled or labelled every n-th frame.

    Args:
        frame_ids: The clip's frames, strictly increasing, shape (F,).
        fps: Frames per second of their numbering.

    Returns:
        The greatest common divisor of all distances; 1 for fewer than two frames, and if
        neighbours would be more than half a second apart.
    """
    stride = int(np.gcd.reduce(np.diff(frame_ids))) if len(frame_ids) > 1 else 1
    return stride if stride <= _LONGEST_STEP * fps else 1


def split_rows(frame_ids: np.ndarray, present: np.ndarray, max_gap: int,
               stride: int = 1) -> list[np.ndarray]:
    """Split a track where the person is missing for more than ``max_gap`` frames.

    Args:
        frame_ids: Strictly increasing, shape (T,).
        present: Rows with at least one measured keypoint, shape (T,), bool.
        max_gap: Longest gap inside a segment, in steps of ``stride``.
        stride: Distance of neighbouring frames in ``frame_ids``. Defaults to 1.

    Returns:
        Row numbers of each segment, from its first to its last present row.
    """
    rows = np.flatnonzero(present)
    if not len(rows):
        return []
    absent = np.diff(frame_ids[rows]) // stride - 1
    cuts = np.flatnonzero(absent > max_gap) + 1
    return [np.arange(part[0], part[-1] + 1) for part in np.split(rows, cuts)]


class Runs(NamedTuple):
    """Uninterrupted runs of keypoints, to be filtered side by side.

    Attributes:
        joints: The keypoint of each run, shape (R,).
        starts: Its first frame, shape (R,).
        lengths: Its frames, shape (R,).
    """

    joints: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def parts(self, most: int) -> Iterator[Runs]:
        """The same runs, fewer at a time, for filters that treat each by itself.

        Args:
            most: Samples (runs x frames of the longest) that a part holds, unless it is one run.

        Yields:
            The parts, in order; the runs themselves where they are not more.
        """
        at_once = max(1, most // int(self.lengths.max()))
        for first in range(0, len(self.joints), at_once):
            yield Runs(*(values[first:first + at_once] for values in self))

    def frames(self) -> np.ndarray:
        """The frames of each run, shape (longest, R); shorter runs repeat their last frame."""
        steps = np.minimum(np.arange(self.lengths.max())[:, None], self.lengths - 1)
        return self.starts + steps

    def of(self, values: np.ndarray) -> np.ndarray:
        """The runs of an array (T, K, ...), side by side: (longest, R, ...)."""
        span = self._span()
        if span is not None:
            return values[span].take(self.joints, axis=1)
        return values[self.frames(), self.joints]

    def put(self, target: np.ndarray, values: np.ndarray) -> None:
        """Write values of shape (longest, R, C) to their places in an array (T, K, C)."""
        span = self._span()
        if span is not None:
            target[span, self.joints] = values
            return
        steps, runs = np.nonzero(np.arange(len(values))[:, None] < self.lengths)
        target[self.starts[runs] + steps, self.joints[runs]] = values[steps, runs]

    def _span(self) -> slice | None:
        """The frames of all runs, if they are the same: a slice costs less than indices."""
        start, length = self.starts[0], self.lengths[0]
        same = (self.starts == start).all() and (self.lengths == length).all()
        return slice(int(start), int(start + length)) if same else None


def runs(inside: np.ndarray, unequal: bool = False, one_start: bool = False) -> Iterator[Runs]:
    """Split a track into uninterrupted runs, and group those that one call can filter.

    Args:
        inside: Whether keypoints are measured or interpolated, shape (T, K), bool.
        unequal: Runs may follow shorter ones: the lengths in a group differ by a factor of less
            than 2. Defaults to False, they are equal.
        one_start: The runs of a group start together. Defaults to False.

    Yields:
        The groups.
    """
    edges = np.zeros((inside.shape[1], len(inside) + 2), dtype=bool)
    edges[:, 1:-1] = inside.T
    joints, turns = np.nonzero(edges[:, 1:] != edges[:, :-1])
    joints, starts, lengths = joints[::2], turns[::2], turns[1::2] - turns[::2]
    kinds = np.frexp(lengths)[1] if unequal else lengths
    if one_start:
        kinds = kinds * (len(inside) + 1) + starts
    for kind in np.unique(kinds):
        chosen = kinds == kind
        yield Runs(joints[chosen], starts[chosen], lengths[chosen])
