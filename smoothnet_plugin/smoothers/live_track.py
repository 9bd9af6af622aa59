"""Live smoothing of one segment of one person, with memory that does not grow.

The output for frame ``i`` at look-ahead ``L`` is the offline result of the frames up to ``i + L``.
For filters with a finite support the chain is run again on the few frames that matter. Causal
recursive filters (One-Euro, causal Butterworth, Kalman) keep their state in a stream instead: a
frame enters it for good once no later frame can change it, and runs ahead on a copy until then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..filters.base import FilterStream
from ..processing.gaps import bridge_gaps, first_unsettled, hold_outside
from .chain import Stage, apply_stage, blend


class _LiveStage:
    """A stage with its stream, if it has one, and how far that has come."""

    def __init__(self, stage: Stage, fps: float, num_keypoints: int, width: int) -> None:
        self.stage = stage
        self.fps = fps
        self.stream = stage.filter.stream(fps, num_keypoints, width)
        self.past, self.future = stage.filter.support(fps)
        self.committed = 0
        self.active = np.zeros(num_keypoints, dtype=bool)
        self.known: list[np.ndarray] = []

    def apply(self, coords: np.ndarray, inside: np.ndarray, weights: np.ndarray | None,
              first: int, settled: int, wanted: int) -> np.ndarray:
        """Filter the buffered frames ``first``, ``first + 1`` ...

        Args:
            coords: Shape (T, K, C).
            inside: Shape (T, K).
            weights: Shape (T, K), or None.
            first: Number of the first row in the segment.
            settled: Rows before this number will not change any more.
            wanted: Index of the first row whose result is asked for.

        Returns:
            Shape (T, K, C).
        """
        if self.stream is None:
            return apply_stage(self.stage, coords, inside, weights, self.fps, wanted, first)
        normalization = self.stage.normalization
        normal = normalization.apply(coords)
        result = coords.copy()
        for row, value in enumerate(self.known[len(self.known) - (self.committed - first):]):
            result[row] = value
        stream, active = self.stream, self.active
        for row in range(self.committed - first, len(coords)):
            if row + first == settled:
                stream = stream.clone()
            value = _push(stream, normal[row], None if weights is None else weights[row],
                          inside[row], active)
            active = inside[row]
            result[row] = np.where(active[:, None], normalization.invert(value), coords[row])
            if row + first < settled:
                self.known.append(result[row])
                self.committed = row + first + 1
                self.active = active
        return result

    def forget(self, rows: int) -> None:
        """Drop finished rows that nothing asks for any more, keeping the newest ``rows``."""
        if len(self.known) > rows:
            del self.known[:len(self.known) - rows]


def _push(stream: FilterStream, row: np.ndarray, weight: np.ndarray | None, inside: np.ndarray,
          before: np.ndarray) -> np.ndarray:
    starting = inside & ~before
    if starting.any():
        stream.restart(starting)
    return stream.push(row, weight, inside)


class LiveTrack:
    """The frames of one person from an appearance to a loss of more than ``max_gap`` frames.

    Args:
        stages: The chain with the segment's constants.
        fps: Frames per second.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
        max_gap: Longest gap to bridge, in frames.
        has_scores: Whether rows come with scores.
    """

    def __init__(self, stages: Sequence[Stage], fps: float, num_keypoints: int, width: int,
                 max_gap: int, has_scores: bool) -> None:
        self.stages = [_LiveStage(stage, fps, num_keypoints, width) for stage in stages]
        self.max_gap = max_gap
        self.first = 0
        self.coords = np.zeros((0, num_keypoints, width))
        self.missing = np.zeros((0, num_keypoints), dtype=bool)
        self.held = np.full((num_keypoints, width), np.nan)
        self.weights = np.zeros((0, num_keypoints)) if has_scores else None
        self._past = sum(stage.past for stage in self.stages if stage.stream is None)
        self._trimmable = all(stage.stream is None for stage in self.stages)

    @property
    def num_keypoints(self) -> int:
        """Keypoints K of the person."""
        return self.coords.shape[1]

    @property
    def end(self) -> int:
        """Number of frames pushed so far."""
        return self.first + len(self.coords)

    @property
    def lost(self) -> bool:
        """The person has been away for longer than a bridge may be."""
        return len(self.missing) > self.max_gap and bool(self.missing[-self.max_gap - 1:].all())

    def push(self, coords: np.ndarray | None, missing: np.ndarray | None,
             weights: np.ndarray | None) -> None:
        """Append the next frame.

        Args:
            coords: Shape (K, C), or None for a frame without the person.
            missing: Shape (K,), bool.
            weights: Shape (K,), or None.
        """
        if coords is None or missing is None:
            coords = np.full(self.coords.shape[1:], np.nan)
            missing = np.ones(self.coords.shape[1], dtype=bool)
            weights = None
        self.coords = np.concatenate([self.coords, coords[None]])
        self.missing = np.concatenate([self.missing, missing[None]])
        if self.weights is not None:
            new = np.zeros(len(missing)) if weights is None else np.where(missing, 0.0, weights)
            self.weights = np.concatenate([self.weights, new[None]])

    def result(self, frame: int, strength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The frame as smooth as the frames pushed so far make it.

        Args:
            frame: Number of the frame in the segment; must not decrease between calls.
            strength: Share of the filters' effect, 0 to 1.

        Returns:
            The pose, shape (K, C); where it was measured or bridged, shape (K,); and where it
            was bridged, shape (K,).
        """
        bridged, inside = bridge_gaps(self.coords, self.missing, self.max_gap)
        values, last = hold_outside(bridged, inside, self.held)
        weights, first = self.weights, self.first
        if self._trimmable:
            skip = max(0, frame - self._past - first)
            values, inside, first = values[skip:], inside[skip:], first + skip
            weights = None if weights is None else weights[skip:]
        held, settled = values, self.first + first_unsettled(self.missing, self.max_gap)
        for stage in self.stages:
            # Only the last stage may leave out rows: the others' rows are its past.
            wanted = frame - first if stage is self.stages[-1] else 0
            values = stage.apply(values, inside, weights, first, settled, wanted)
            if stage.stream is None:
                settled -= stage.future
        missing = self.missing[frame - self.first]
        self._drop(frame, last)
        row = frame - first
        return blend(held[row], values[row], strength), inside[row], inside[row] & missing

    def _drop(self, frame: int, last: np.ndarray) -> None:
        """Forget frames that no coming result depends on, but for the last value of each joint."""
        oldest = min([frame] + [s.committed for s in self.stages if s.stream is not None])
        keep = max(self.first, oldest - self._past - self.max_gap - 1)
        rows = keep - self.first
        if rows:
            self.held = last[rows - 1]
        self.coords, self.missing = self.coords[rows:], self.missing[rows:]
        if self.weights is not None:
            self.weights = self.weights[rows:]
        self.first = keep
        for stage in self.stages:
            stage.forget(stage.committed - keep)
