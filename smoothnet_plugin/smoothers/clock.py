"""Poses with time stamps instead of a frame rate.

Filters want equal steps. A person's poses are brought to equal steps of the median length between
the first and the last one, smoothed there, and the result is read off at the true times. A clock
that is even is taken as a frame rate, so that both give the same result.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.interpolate import Akima1DInterpolator

from ..processing.isolated import isolated_samples
from ..processing.outliers import gate
from ..processing.repeats import outdated_samples
from ..processing.run_values import bridge_and_hold
from ..processing.runs import split_rows
from ..processing.time_stamps import step_of
from ..structures import PoseSequence, PoseTracks
from ..utils.arrays import finite_keypoints
from .added_rows import with_added_rows
from .exchange_stage import undo_exchanges
from .filter_space import from_filter_space, to_filter_space
from .pose_info import PoseInfo
from .settings import PreparationCounts, SmootherSettings

#: Steps by which the stamps of an even clock may be off: those of 30 fps in milliseconds are 0.015.
_EVEN = 0.02
#: Neighbours further apart than this, in steps, have a missing frame between them.
_ADJACENT = 1.5


def even_rate(tracks: PoseTracks) -> float | None:
    """Frames per second of the numbering, where the stamps say no more than a frame rate would."""
    times, numbers = tracks.times, tracks.frame_ids
    if times is None or len(times) < 2 or times[-1] <= times[0]:
        return None
    rate = float((numbers[-1] - numbers[0]) / (times[-1] - times[0]))
    off = (times - times[0]) * rate - (numbers - numbers[0])
    stride = int(np.gcd.reduce(np.diff(numbers)))
    # Without the rounding errors of the division, which could move a limit in frames.
    return round(rate, 6) if np.abs(off).max() <= _EVEN * stride else None


def smooth_by_clock(tracks: PoseTracks, settings: SmootherSettings,
                    run: Callable[[PoseTracks], PoseTracks]) -> PoseTracks:
    """Smooth tracks with uneven time stamps.

    Of poses with the same stamp the first one counts, and all get its result.

    Args:
        tracks: The people; ``times`` is set.
        settings: Filters and parameters.
        run: Smooths tracks with a frame rate.

    Returns:
        Smoothed tracks, as :meth:`PoseSmoother.smooth` returns them.
    """
    assert tracks.times is not None
    step = step_of(tracks.times)
    if not step:
        return tracks
    total = PreparationCounts()
    smoothed = {}
    for key, sequence in tracks:
        smoothed[key], counts = _Person(sequence, tracks, settings, step).smooth(run)
        total = total.plus(counts)
    return tracks.replace(tracks=smoothed, preparation=total._asdict())


class _Person:
    """One person's poses on an uneven clock."""

    def __init__(self, sequence: PoseSequence, tracks: PoseTracks, settings: SmootherSettings,
                 step: float) -> None:
        assert tracks.times is not None
        self.sequence, self.settings, self.step = sequence, settings, step
        self.image_size = tracks.image_size
        self.clip_ids, self.clip_times = tracks.frame_ids, tracks.times
        self.times = tracks.times[np.searchsorted(tracks.frame_ids, sequence.frame_ids)]
        info = PoseInfo.of_track(sequence, tracks, 1 / step)
        values = to_filter_space(sequence.coords, sequence.representation, settings.filters)
        self.missing, self.placeholders = info.missing(
            values, sequence.scores, sequence.valid, settings)
        self.isolated = self.repeated = 0
        self.values = np.where(self.missing[..., None], np.nan, values)
        self.info = info.with_names_of(self.values)

    def smooth(self, run: Callable[[PoseTracks], PoseTracks],
               ) -> tuple[PoseSequence, PreparationCounts]:
        """The smoothed track, and what was done before the filters."""
        own = self.sequence
        values = self.values.copy()
        scores = None if own.scores is None else np.where(self.missing, 0.0, own.scores)
        result, filled = values.copy(), np.zeros_like(self.missing)
        spread = np.full(self.missing.shape, np.nan)
        judged = PreparationCounts()
        added_ids, added_values = [np.zeros(0, np.int64)], [values[:0]]
        exchanged = 0
        counts = np.concatenate([[True], np.diff(self.times) > 0])
        slots = np.round((self.times - self.times[0]) / self.step).astype(np.int64)
        usable = counts & ~self.missing.all(axis=1)
        for rows in split_rows(slots, usable, self.settings.max_gap):
            rows = rows[counts[rows]]
            if len(rows) < 2:
                continue
            values[rows], part_scores, swapped = self._prepared(
                values[rows], None if scores is None else scores[rows])
            exchanged += swapped
            grid, on_grid = self._even(rows, values[rows], part_scores)
            smoothed = run(PoseTracks({0: on_grid}, fps=on_grid.fps, image_size=self.image_size))
            whole = smoothed[0]
            judged = judged.plus(PreparationCounts(**smoothed.preparation)._replace(
                exchanged=0, placeholders=0, isolated=0, repeated=0))
            inside = np.where((on_grid.valid | whole.filled)[..., None], whole.coords, np.nan)
            first, last = self.times[rows[0]], self.times[rows[-1]]
            here = np.flatnonzero((self.times >= first) & (self.times <= last))
            result[here] = _curve(grid, inside, self.times[here])
            if whole.spread is not None:
                spread[here] = np.exp(_curve(grid, np.log(whole.spread)[..., None],
                                             self.times[here])[..., 0])
            filled[here] = self.missing[here] & finite_keypoints(result[here])
            between = ((self.clip_times > first) & (self.clip_times < last)
                       & ~np.isin(self.clip_ids, own.frame_ids))
            new = _curve(grid, inside, self.clip_times[between])
            some = finite_keypoints(new).any(axis=1)
            added_ids.append(self.clip_ids[between][some])
            added_values.append(new[some])
        return (self._assembled(result, filled, np.where(self.missing, np.nan, spread),
                                np.concatenate(added_ids), np.concatenate(added_values)),
                judged._replace(exchanged=exchanged, placeholders=self.placeholders,
                                isolated=self.isolated, repeated=self.repeated))

    def _prepared(self, values: np.ndarray, scores: np.ndarray | None,
                  ) -> tuple[np.ndarray, np.ndarray | None, int]:
        """Correct swapped sides and replace outliers, before values are combined."""
        swapped, sides = 0, self.info.sides
        fps, active, missing = 1 / self.step, self.settings.strength > 0, ~finite_keypoints(values)
        doubtful = missing
        if self.settings.hides_outliers and self.info.is_keypoints:
            # Between the true times no value stays the same: filters cannot weigh repeats.
            repeated = outdated_samples(values, missing, fps, self.settings.max_gap)
            self.repeated += int(np.count_nonzero(repeated))
            hidden = missing | repeated
            found = isolated_samples(values, hidden, fps, self.settings.max_gap)
            doubtful = missing | found.doubtful
            self.isolated += int(np.count_nonzero(found.samples))
            replaced = found.samples | (hidden & ~missing)
            values = np.where(missing[..., None], np.nan, bridge_and_hold(
                values, hidden | replaced, replaced, len(values), fps)[0])
        if self.settings.exchanges and active and sides is not None:
            arrays = [values] if scores is None else [values, scores]
            arrays, swapped = undo_exchanges(np.where(doubtful[..., None], np.nan, values), scores,
                                             fps, sides, *arrays)
            values, scores = arrays[0], None if scores is None else arrays[1]
        seen = finite_keypoints(values).any(axis=0)
        if self.settings.weighs_repeats and seen.any():
            values = values.copy()
            values[:, seen] = gate(values[:, seen], fps,
                                   None if scores is None else scores[:, seen])[0]
        return values, scores, swapped

    def _even(self, rows: np.ndarray, values: np.ndarray,
              scores: np.ndarray | None) -> tuple[np.ndarray, PoseSequence]:
        """Times of equal steps and the poses there."""
        times = self.times[rows]
        steps = max(1, round((times[-1] - times[0]) / self.step))
        grid = np.linspace(times[0], times[-1], steps + 1)
        coords = _curve(times, values, grid, _ADJACENT * self.step)
        weights = None if scores is None else _curve(
            times, scores[..., None], grid)[..., 0].clip(min=0.0)
        rotation = self.info.is_rotation
        return grid, PoseSequence(
            coords, scores=weights, fps=steps / (times[-1] - times[0]),
            representation='rot6d' if rotation else self.sequence.representation,
            unit=self.sequence.unit, skeleton=self.sequence.skeleton)

    def _assembled(self, result: np.ndarray, filled: np.ndarray, spread: np.ndarray,
                   new_ids: np.ndarray, new_values: np.ndarray) -> PoseSequence:
        own = self.sequence
        known = finite_keypoints(result) & (~self.missing | filled)
        coords = from_filter_space(np.where(known[..., None], result, np.nan),
                                   own.representation, like=own.coords)
        if not self.settings.strength:
            known = filled
        coords = np.where(known[..., None], coords, own.coords)
        smooth = own.replace(coords=coords.astype(own.coords.dtype), filled=own.filled | filled,
                             spread=spread if np.isfinite(spread).any() else None)
        return with_added_rows(smooth, known, new_ids, new_values, self.settings)


def _curve(times: np.ndarray, values: np.ndarray, at: np.ndarray,
           furthest: float = np.inf) -> np.ndarray:
    """Values between those of other times, by Akima's local curves; NaN next to what is missing.

    Args:
        times: Strictly increasing, shape (T,).
        values: Shape (T, K, C), NaN where missing.
        at: Times within the first and the last one, shape (N,).
        furthest: Neighbours further apart count as separated by a missing frame.

    Returns:
        Shape (N, K, C).
    """
    result = np.full((len(at), *values.shape[1:]), np.nan)
    known = finite_keypoints(values)
    for joint in np.flatnonzero(known.any(axis=0)):
        rows = np.flatnonzero(known[:, joint])
        place = np.searchsorted(times[rows], at)
        after, before = np.minimum(place, len(rows) - 1), np.maximum(place - 1, 0)
        exact = times[rows][after] == at
        inside = exact | ((place > 0) & (place < len(rows)) & (
            (rows[after] - rows[before] == 1)
            & (times[rows][after] - times[rows][before] <= furthest)))
        x, y = times[rows], values[rows, joint]
        if len(rows) > 2:
            curve = Akima1DInterpolator(x, y, axis=0)(np.clip(at, x[0], x[-1]))
        else:
            curve = np.stack([np.interp(at, x, y[:, c]) for c in range(y.shape[1])], axis=-1)
        result[inside, joint] = curve[inside]
        result[exact, joint] = y[after[exact]]
    return result
