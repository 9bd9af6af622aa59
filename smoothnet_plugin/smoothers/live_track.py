"""Live smoothing of one appearance of one person, with memory that does not grow.

The output for frame ``i`` at look-ahead ``L`` is the offline result of the frames up to ``i + L``.
For filters with a finite support the chain is run again on the few frames that matter. Causal
recursive filters (One-Euro, causal Butterworth, Kalman) keep their state in a stream instead: a
frame enters it for good as soon as no later frame can change it, and runs ahead on a copy until
then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..filters.base import FilterStream
from ..processing.gaps import first_unsettled
from ..processing.isolated import FEWEST_KEYPOINTS, bridge_and_hold
from ..processing.trust import Judgement
from ..structures.left_right import LeftRight
from ..utils.arrays import all_true, has_true
from .chain import Segment, Stage, apply_together, blend
from .exchange_stage import LiveExchanges
from .frame_buffer import FrameBuffer
from .live_isolated import LiveIsolated

#: Frames by which the keypoints are recognised as a standard skeleton, or taken for another one.
_RECOGNITION_FRAMES = 30


class LivePose(NamedTuple):
    """A smoothed pose.

    Attributes:
        values: Coordinates as the filters give them, shape (K, C).
        inside: Where a keypoint is measured or interpolated, shape (K,), bool.
        filled: Where it is interpolated, shape (K,), bool.
        exchanged: Number of groups whose left and right were put back.
        isolated: Number of isolated samples.
        spread: Predicted spread of the measured keypoints, shape (K,); None if it is not wanted.
    """

    values: np.ndarray
    inside: np.ndarray
    filled: np.ndarray
    exchanged: int = 0
    isolated: int = 0
    spread: np.ndarray | None = None


@dataclass
class _Pending:
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
        exchanged: Groups of limbs put back in the frame.
        isolated: Isolated samples in the frame.
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
    last: np.ndarray
    judgement: Judgement | None = None


def results_of(due: Sequence[tuple[LiveTrack, int]], strength: float,
               fps: float) -> list[LivePose]:
    """Frames of several tracks, as smooth as the frames pushed so far make them.

    The people go through each filter together, and do not influence one another.

    Args:
        due: Tracks with chains of the same filters, and the number of the frame in each
            appearance, which must not decrease between calls.
        strength: Share of the filters' effect, 0 to 1.
        fps: Frames per second.

    Returns:
        The poses.
    """
    pending = [track.begin(frame) for track, frame in due]
    for number in range(due[0][0].num_stages if due else 0):
        waiting, segments = [], []
        for (track, _), entry in zip(due, pending):
            segment = track.advance(number, entry)
            if segment is not None:
                waiting.append(entry)
                segments.append(segment)
        for entry, values in zip(waiting, apply_together(segments, fps)):
            entry.values = values
    return [track.finish(entry, strength) for (track, _), entry in zip(due, pending)]


def watch_sides(tracks: Iterable[LiveTrack]) -> None:
    """Pass the newest frames to the detectors of exchanges, of all people at once."""
    found = [unseen for track in tracks if (unseen := track.unseen()) is not None]
    if found:
        LiveExchanges.push_together([own for own, _ in found], [frames for _, frames in found])


class LiveTrack:
    """The frames of one person from an appearance to a loss of more than ``max_gap`` frames.

    Args:
        stages: The chain with the constants of this appearance.
        fps: Frames per second.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
        max_gap: Longest gap to interpolate, in frames.
        has_scores: Whether rows carry scores.
        latency: Frames that a result waits for.
        outliers: Whether isolated samples are treated as missing. Defaults to False.
        sides_of: Gives the pairs of left and right keypoints to put back where they are
            exchanged, from the poses so far, or None while they are not recognised. Defaults to
            None, sides are left as they are.
        spread: Whether the predicted spread of the results is wanted. Defaults to False.
    """

    def __init__(self, stages: Sequence[Stage], fps: float, num_keypoints: int, width: int,
                 max_gap: int, has_scores: bool, latency: int = 0, outliers: bool = False,
                 sides_of: Callable[[np.ndarray], LeftRight | None] | None = None,
                 spread: bool = False) -> None:
        self.max_gap = max_gap
        self._stages = [_LiveStage(stage, fps, num_keypoints, width) for stage in stages]
        self._has_scores = has_scores
        self._judges = spread and stages[-1].filter.judges
        rows = {'coords': np.zeros((num_keypoints, width)),
                'missing': np.zeros(num_keypoints, dtype=bool)}
        if has_scores:
            rows['weights'] = np.zeros(num_keypoints)
        # Samples that are treated as missing, and those that are no evidence for swapped sides.
        rows['isolated'] = rows['doubtful'] = rows['missing']
        # Measured samples that hold a placeholder's value, of keypoints not seen elsewhere so far.
        rows['unproven'] = rows['missing']
        self._isolated = (LiveIsolated(fps, max_gap, num_keypoints, width)
                          if outliers and num_keypoints >= FEWEST_KEYPOINTS else None)
        self._frames = FrameBuffer(**rows)
        self._absent_frames = 0
        # The last value of each keypoint before the buffer; NaN for a keypoint not seen yet.
        self._last_before = np.full((num_keypoints, width), np.nan)
        self._finite_past = sum(stage.past for stage in self._stages if stage.stream is None)
        self._streams = [stage for stage in self._stages if stage.stream is not None]
        self._most_frames = self._finite_past + 2 * (max_gap + 1) + latency + sum(
            stage.future for stage in self._stages)
        self._fps = fps
        self._sides_of = sides_of
        self._exchanges: LiveExchanges | None = None
        #: Frames before those that the detector of exchanges was given.
        self._unwatched = 0

    @property
    def num_stages(self) -> int:
        """Number of filters in the chain."""
        return len(self._stages)

    @property
    def end(self) -> int:
        """Number of frames pushed so far."""
        return self._frames.end

    @property
    def lost(self) -> bool:
        """The person is absent for longer than the longest gap to interpolate."""
        return self._absent_frames > self.max_gap

    def push(self, coords: np.ndarray | None, missing: np.ndarray | None,
             scores: np.ndarray | None, unproven: np.ndarray | None = None) -> None:
        """Append the next frame.

        Args:
            coords: Shape (K, C), or None for a frame without the person.
            missing: Shape (K,), bool, or None with ``coords``.
            scores: Shape (K,), or None.
            unproven: Samples that are placeholders if the keypoint is seen elsewhere later, shape
                (K,), bool, or None for none.
        """
        if coords is None or missing is None:
            coords = np.full(self._last_before.shape, np.nan)
            missing = np.ones(len(coords), dtype=bool)
            scores = None
        self._absent_frames = self._absent_frames + 1 if all_true(missing) else 0
        unsure = False if unproven is None else unproven
        row: dict[str, np.ndarray | float] = {
            'coords': coords, 'missing': missing, 'isolated': False, 'doubtful': unsure,
            'unproven': unsure}
        if self._has_scores:
            row['weights'] = (np.zeros(len(missing)) if scores is None
                              else np.where(missing, 0.0, scores))
        self._frames.append(**row)
        found = None if self._isolated is None else self._isolated.push(coords, missing | unsure)
        if found is not None:
            newest = min(len(found.samples), len(self._frames), 2 * (self.max_gap + 1))
            self._frames['isolated'][-newest:] = found.samples[-newest:]
            self._frames['doubtful'][-1] |= found.doubtful[-1]

    def prove_placeholders(self, joints: np.ndarray) -> int:
        """Samples that were unproven become missing, since the keypoint is seen elsewhere.

        Args:
            joints: The keypoints, shape (K,), bool.

        Returns:
            Number of samples, in the frames that are held.
        """
        proven = self._frames['unproven'] & joints
        count = int(np.count_nonzero(proven))
        if count:
            self._frames['missing'][proven] = True
            self._frames['unproven'][proven] = False
            if self._has_scores:
                self._frames['weights'][proven] = 0.0
            for stage in self._streams:
                stage.restart(joints)
        return count

    def begin(self, frame: int) -> _Pending:
        """What the chain makes a frame of; see :func:`results_of`."""
        start = self._frames.start
        names = ['coords', 'missing', 'isolated'] + ['weights'] * self._has_scores
        arrays, exchanged = [self._frames[name] for name in names], 0
        if self._exchanges is not None:
            arrays, counts = self._exchanges.undo(*arrays)
            exchanged = int(counts[frame - start])
        coords, missing, isolated, *rest = arrays
        weights = rest[0] if rest else None
        pose_missing = missing[frame - start]
        alone = int(np.count_nonzero(isolated[frame - start]))
        if has_true(isolated):
            missing = missing | isolated
        values, inside, last = self._gap_free(coords, missing, isolated)
        # Frames before this number are the same whatever comes later.
        final_until = start + first_unsettled(missing, self.max_gap)
        if self._isolated is not None:
            final_until = min(final_until, self._isolated.first_tentative)
        if not self._streams and frame - self._finite_past > start:
            first = frame - self._finite_past - start
            values, inside, start = values[first:], inside[first:], start + first
            weights = None if weights is None else weights[first:]
        return _Pending(frame, start, final_until, values[frame - start], values, inside, weights,
                        pose_missing, exchanged, alone, last)

    def advance(self, number: int, pending: _Pending) -> Segment | None:
        """Move to a stage of the chain: through it, or None, or what has to go through it."""
        stage = self._stages[number]
        if stage.stream is not None:
            pending.values = stage.push(pending.values, pending.inside, pending.weights,
                                        pending.start, pending.final_until)
            return None
        pending.final_until -= stage.future
        # Only the last stage may skip rows: the rows of the others are its past.
        last = number == len(self._stages) - 1
        if last and self._judges:
            pending.judgement = Judgement.unknown(pending.inside.shape)
        return Segment(stage.stage, pending.values, pending.inside, pending.weights,
                       pending.frame - pending.start if last else 0, pending.start,
                       pending.judgement)

    def finish(self, pending: _Pending, strength: float) -> LivePose:
        """The pose, after all stages."""
        self._drop_before(pending.frame, pending.last)
        row = pending.frame - pending.start
        inside = pending.inside[row]
        spread = (None if pending.judgement is None
                  else np.where(pending.missing, np.nan, pending.judgement.spread[row]))
        # A copy: the buffer goes on.
        return LivePose(blend(pending.measured, pending.values[row], strength).copy(), inside,
                        inside & pending.missing, pending.exchanged, pending.isolated, spread)

    def unseen(self) -> tuple[LiveExchanges, tuple[np.ndarray, np.ndarray,
                                                   np.ndarray | None]] | None:
        """The detector of exchanges, once the sides are recognised, and the frames it lacks."""
        if self._exchanges is None and (self._sides_of is None
                                        or self.end > _RECOGNITION_FRAMES):
            return None
        coords, missing = self._frames['coords'], self._frames['missing']
        if self._exchanges is None and self._sides_of is not None:
            sides = self._sides_of(np.where(missing[..., None], np.nan, coords))
            if sides is None:
                return None
            self._exchanges = LiveExchanges(
                self._fps, sides, coords.shape[1], coords.shape[2], self._most_frames)
            self._unwatched = self._frames.start
        assert self._exchanges is not None
        unseen = self.end - self._unwatched - self._exchanges.frames
        if not unseen:
            return None
        return self._exchanges, (coords[-unseen:],
                                 missing[-unseen:] | self._frames['doubtful'][-unseen:],
                                 self._frames['weights'][-unseen:] if self._has_scores else None)

    def _gap_free(self, coords: np.ndarray, missing: np.ndarray,
                  isolated: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Finite values, where they are measured or interpolated, and the last such values."""
        if not has_true(missing):
            return coords, ~missing, coords
        return bridge_and_hold(coords, missing, isolated, self.max_gap, self._last_before)

    def _drop_before(self, frame: int, last: np.ndarray) -> None:
        """Drop the frames that no later result depends on; keep the last value of each joint."""
        oldest = min([frame, *(stage.next_frame for stage in self._streams)])
        keep_from = max(self._frames.start, oldest - self._finite_past - self.max_gap - 1)
        dropped = keep_from - self._frames.start
        if dropped:
            self._last_before = last[dropped - 1].copy()
            self._frames.drop_before(keep_from)
        for stage in self._streams:
            stage.drop_before(keep_from)


class _LiveStage:
    """A stage of the chain and, for a recursive filter, the state it has reached.

    Attributes:
        stream: State of a recursive filter after frame ``next_frame - 1``; None for filters that
            are run again on every frame.
        next_frame: First frame that is not in the stream for good.
    """

    def __init__(self, stage: Stage, fps: float, num_keypoints: int, width: int) -> None:
        self.past, self.future = stage.filter.support(fps)
        self.stream = stage.filter.stream(fps, num_keypoints, width)
        self.next_frame = 0
        self.stage = stage
        self._share = stage.filter.share(fps)
        self._active = np.zeros(num_keypoints, dtype=bool)
        self._outputs = FrameBuffer(values=np.zeros((num_keypoints, width)))

    def push(self, coords: np.ndarray, inside: np.ndarray, weights: np.ndarray | None,
             start: int, final_until: int) -> np.ndarray:
        """Filter the buffered frames by the stream.

        Args:
            coords: Shape (T, K, C).
            inside: Where a keypoint is measured or interpolated, shape (T, K), bool.
            weights: Shape (T, K), or None.
            start: Number of the first row's frame.
            final_until: Frames before this number do not change any more.

        Returns:
            Shape (T, K, C).
        """
        assert self.stream is not None
        normalization = self.stage.normalization
        result = np.empty_like(coords)
        done = self.next_frame - start
        if done:
            result[:done] = self._outputs['values'][-done:]
        normal = normalization.apply(coords[done:])
        stream, active = self.stream, self._active
        for row in range(done, len(coords)):
            frame = start + row
            if frame == final_until:
                # From here on a later frame may change the input: run ahead on a copy.
                stream = stream.clone()
            value = _push(stream, normal[row - done], None if weights is None else weights[row],
                          inside[row], active)
            active = inside[row]
            value = blend(coords[row], normalization.invert(value), self._share)
            result[row] = (value if all_true(active)
                           else np.where(active[:, None], value, coords[row]))
            if frame < final_until:
                self._outputs.append(values=result[row])
                self.next_frame = frame + 1
                self._active = active
        return result

    def restart(self, joints: np.ndarray) -> None:
        """Forget the frames so far of some keypoints, shape (K,), bool."""
        self._active = self._active & ~joints

    def drop_before(self, frame: int) -> None:
        """Drop outputs that no later result depends on."""
        self._outputs.drop_before(frame)


def _push(stream: FilterStream, row: np.ndarray, weight: np.ndarray | None, inside: np.ndarray,
          active: np.ndarray) -> np.ndarray:
    """Push a frame; keypoints that were not active in the frame before start afresh."""
    if not all_true(active):
        stream.restart(inside & ~active)
    return stream.push(row, weight, inside)
