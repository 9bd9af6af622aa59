"""Live smoothing of one appearance of one person, with memory that does not grow.

The output for frame ``i`` at look-ahead ``L`` is the offline result of the frames up to ``i + L``.
For filters with a finite support the chain is run again on the few frames that matter. Causal
recursive filters (One-Euro, causal Butterworth, Kalman) keep their state in a stream instead: a
frame enters it for good as soon as no later frame can change it, and runs ahead on a copy until
then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..processing.gaps import first_unsettled
from ..processing.judgement import Judgement
from ..processing.run_values import bridge_and_hold, line_frames
from ..structures.left_right import LeftRight
from ..utils.arrays import has_true
from .chain import Segment, Stage, blend
from .exchange_stage import LiveExchanges
from .live_pose import LivePose, PendingFrame
from .live_samples import LiveSamples
from .live_stage import LiveStage

#: Frames within which the keypoints are recognised as a standard skeleton, or not at all.
_RECOGNITION_FRAMES = 30


class LiveTrack:
    """The frames of one person from an appearance to a loss of more than ``max_gap`` frames.

    Args:
        stages: The chain with the constants of this appearance.
        samples: Takes the frames.
        fps: Frames per second.
        latency: Frames that a result waits for.
        sides_of: Gives the pairs of left and right keypoints to swap back where the estimator
            exchanged them, from the poses so far, or None while they are not recognised; None
            where sides stay as they are.
        spread: Whether the predicted spread of the results is wanted.

    Attributes:
        num_stages: Number of filters in the chain.
    """

    def __init__(self, stages: Sequence[Stage], samples: LiveSamples, fps: float, latency: int,
                 sides_of: Callable[[np.ndarray], LeftRight | None] | None, spread: bool) -> None:
        self._samples = samples
        self.num_stages = len(stages)
        num_keypoints, width = samples['coords'].shape[1:]
        self._stages = [LiveStage(stage, fps, num_keypoints, width) for stage in stages]
        self._judges = spread and stages[-1].filter.judges
        self._final_until = 0
        # The last value of each keypoint before the buffer; NaN for a keypoint not seen yet.
        self._last_before = np.full((num_keypoints, width), np.nan)
        self._finite_past = sum(stage.past for stage in self._stages if stage.stream is None)
        self._streams = [stage for stage in self._stages if stage.stream is not None]
        #: Frames that the value of a replaced sample depends on: before its gap, or after.
        self._line = line_frames(fps)
        self._reach = samples.max_gap + 1 + self._line
        self._most_frames = self._finite_past + 2 * self._reach + latency + sum(
            stage.future for stage in self._stages)
        self._fps = fps
        self._sides_of = sides_of
        self._exchanges: LiveExchanges | None = None
        #: Number of the first frame that the detector of exchanges was given.
        self._unwatched = 0

    def prove_placeholders(self, joints: np.ndarray) -> int:
        """See :meth:`LiveSamples.prove`; streams begin anew where samples become missing."""
        count = self._samples.prove(joints)
        if count:
            for stage in self._streams:
                stage.restart(joints)
        return count

    def begin(self, frame: int) -> PendingFrame:
        """The frame and what its result depends on, before the chain."""
        start = self._samples.start
        names = ['coords', 'missing', 'isolated', 'repeated']
        names += ['weights'] * self._samples.has_scores
        arrays, exchanged = [self._samples[name] for name in names], 0
        if self._exchanges is not None:
            arrays, counts = self._exchanges.undo(*arrays)
            exchanged = int(counts[frame - start])
        coords, missing, isolated, repeated, *rest = arrays
        weights = rest[0] if rest else None
        pose_missing = missing[frame - start]
        alone, again = (int(np.count_nonzero(found[frame - start]))
                        for found in (isolated, repeated))
        replaced, unsettled = None, len(missing)
        some_isolated = has_true(isolated)
        if some_isolated or has_true(repeated):
            replaced = isolated | repeated
            missing = missing | replaced
        if some_isolated and replaced is not None:  # Repeats do not begin a run by themselves.
            rows = np.flatnonzero(replaced.any(axis=1))
            unsettled = min([unsettled, *rows[rows >= len(missing) - self._line][:1].tolist()])
        values, inside, last = self._gap_free(coords, missing, replaced)
        # Frames before this number are the same whatever comes later.
        final_until = min(start + min(unsettled, first_unsettled(missing, self._samples.max_gap)),
                          self._samples.first_tentative)
        self._final_until = final_until = max(final_until, self._final_until)
        if not self._streams and frame - self._finite_past > start:
            first = frame - self._finite_past - start
            values, inside, start = values[first:], inside[first:], start + first
            weights = None if weights is None else weights[first:]
        return PendingFrame(frame, start, final_until, values[frame - start], values, inside,
                            weights, pose_missing, exchanged, alone, again, last)

    def advance(self, number: int, pending: PendingFrame) -> Segment | None:
        """Enter a stage of the chain.

        Returns:
            What the stage's filter must be applied to (:meth:`passed` takes the result), or None
            if the stage has a stream, through which the frame has gone.
        """
        stage = self._stages[number]
        if stage.stream is not None:
            pending.values = stage.push(pending.values, pending.inside, pending.weights,
                                        pending.start, pending.final_until)
            return None
        pending.final_until -= stage.future
        if self._judges and number == len(self._stages) - 1:
            pending.judgement = Judgement.unknown(pending.inside.shape)
        return Segment(stage.stage, pending.values, pending.inside, pending.weights,
                       self._first_needed(number, pending), pending.start, pending.judgement)

    def passed(self, number: int, pending: PendingFrame, values: np.ndarray) -> None:
        """Take what a stage has made of a segment, without the rows that no later stage needs."""
        first = self._first_needed(number, pending)
        pending.start += first
        pending.values, pending.inside = values[first:], pending.inside[first:]
        if pending.weights is not None:
            pending.weights = pending.weights[first:]
        if pending.judgement is not None:
            pending.judgement = pending.judgement.rows(slice(first, None))

    def _first_needed(self, number: int, pending: PendingFrame) -> int:
        """First row whose result the stages after this one need."""
        if self._streams:
            return 0
        # Twice the frames that affect the result noticeably: the memory of recursive filters fades
        # to 1e-6 within their past, and to rounding within twice as much.
        later = 2 * sum(stage.past for stage in self._stages[number + 1:])
        return max(0, pending.frame - later - pending.start)

    def finish(self, pending: PendingFrame, strength: float) -> LivePose:
        """The pose, after all stages."""
        self._drop_before(pending.frame, pending.last)
        row = pending.frame - pending.start
        inside = pending.inside[row]
        spread = (None if pending.judgement is None
                  else np.where(pending.missing, np.nan, pending.judgement.spread[row]))
        # A copy: the buffer changes with later frames.
        return LivePose(blend(pending.measured, pending.values[row], strength).copy(), inside,
                        inside & pending.missing, pending.exchanged, pending.isolated,
                        pending.repeated, spread)

    def unseen(self) -> tuple[LiveExchanges, tuple[np.ndarray, np.ndarray,
                                                   np.ndarray | None]] | None:
        """The detector of exchanges, once the sides are recognised, and the frames new to it."""
        if self._exchanges is None and (self._sides_of is None
                                        or self._samples.end > _RECOGNITION_FRAMES):
            return None
        coords, missing = self._samples['coords'], self._samples['missing']
        if self._exchanges is None and self._sides_of is not None:
            sides = self._sides_of(np.where(missing[..., None], np.nan, coords))
            if sides is None:
                return None
            self._exchanges = LiveExchanges(
                self._fps, sides, coords.shape[1], coords.shape[2], self._most_frames)
            self._unwatched = self._samples.start
        assert self._exchanges is not None
        unseen = self._samples.end - self._unwatched - self._exchanges.frames
        if not unseen:
            return None
        return self._exchanges, (
            coords[-unseen:], missing[-unseen:] | self._samples['doubtful'][-unseen:],
            self._samples['weights'][-unseen:] if self._samples.has_scores else None)

    def _gap_free(self, coords: np.ndarray, missing: np.ndarray,
                  replaced: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Finite values, where they are measured or interpolated, and the last such values."""
        if not has_true(missing):
            return coords, ~missing, coords
        return bridge_and_hold(coords, missing, replaced, self._samples.max_gap, self._fps,
                               self._last_before)

    def _drop_before(self, frame: int, last: np.ndarray) -> None:
        """Drop the frames that no later result depends on; keep the last value of each joint."""
        oldest = min([frame, *(stage.next_frame for stage in self._streams)])
        keep_from = max(self._samples.start, oldest - self._finite_past - self._reach)
        dropped = keep_from - self._samples.start
        if dropped:
            self._last_before = last[dropped - 1].copy()
            self._samples.drop_before(keep_from)
        for stage in self._streams:
            stage.drop_before(keep_from)
