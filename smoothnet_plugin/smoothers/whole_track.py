"""Smoothing one person's whole track at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..processing.gaps import hold_ends
from ..processing.isolated import isolated_samples
from ..processing.judgement import Judgement
from ..processing.repeats import outdated_samples
from ..processing.run_values import bridge_and_hold
from ..processing.runs import split_rows
from ..structures import PoseSequence
from ..structures.left_right import LeftRight
from .added_rows import with_added_rows
from .chain import apply_chain, blend
from .exchange_stage import undo_exchanges
from .filter_space import check_finite, from_filter_space, to_filter_space
from .pose_info import PoseInfo
from .settings import PreparationCounts, SmootherSettings


def smooth_track(sequence: PoseSequence, settings: SmootherSettings, info: PoseInfo, *,
                 clip_ids: np.ndarray, stride: int) -> tuple[PoseSequence, PreparationCounts]:
    """Smooth one track.

    Args:
        sequence: The track.
        settings: Filters and parameters.
        info: Facts about the clip; its ``fps`` is that of the grid of frames.
        clip_ids: Frames of the clip, strictly increasing; only these may become new rows.
        stride: Distance of neighbouring frames of the grid, in frame numbers.

    Returns:
        The smoothed track, see :meth:`PoseSmoother.smooth`, and what was done to the input before
        the filters.
    """
    values = to_filter_space(sequence.coords, sequence.representation, settings.filters)
    missing, placeholders = info.missing(values, sequence.scores, sequence.valid, settings)
    info = info.with_names_of(values, missing)
    unproven = info.unproven(values, sequence.scores, settings.zeros)
    sides = info.sides if settings.exchanges and settings.strength else None
    smoothed, filled = values, np.zeros_like(missing)
    judgement = Judgement.unknown(missing.shape) if settings.filters[-1].judges else None
    added_ids, added_values = [np.zeros(0, np.int64)], [values[:0]]
    exchanged = isolated = repeated = 0
    for rows in split_rows(sequence.frame_ids, np.any(~missing, axis=1), settings.max_gap, stride):
        span = slice(rows[0], rows[-1] + 1)
        start = sequence.frame_ids[span.start]
        slots = (sequence.frame_ids[span] - start) // stride
        grid = _Grid.of_rows(slots, values[span], missing[span],
                             None if sequence.scores is None else sequence.scores[span],
                             unproven[span])
        if settings.hides_repeats and info.is_keypoints:
            grid = grid.without_repeats(info.fps, settings.max_gap, settings.weighs_repeats)
        if settings.hides_outliers and info.is_keypoints:
            grid = grid.without_isolated(info.fps, settings.max_gap)
        if sides is not None:
            grid, count = grid.with_own_sides(info.fps, sides)
            exchanged += count
        isolated += 0 if grid.isolated is None else int(np.count_nonzero(grid.isolated))
        repeated += 0 if grid.repeated is None else int(np.count_nonzero(grid.repeated))
        found = judgement
        if judgement is not None:
            found = (judgement.rows(span) if len(slots) == len(grid.missing)
                     else Judgement.unknown(grid.missing.shape))
        result, inside = _smooth_grid(grid, settings, info, found)
        if judgement is not None and found is not None and len(slots) < len(result):
            judgement.fill_rows(span, found, slots)
        if len(slots) == len(result) == len(values):
            smoothed = result
        else:
            smoothed = values.copy() if smoothed is values else smoothed
            smoothed[span] = result[slots]
        missing[span] = grid.absent[slots]
        filled[span] = (inside & grid.absent)[slots]
        if settings.ends == 'hold':
            held, ends = hold_ends(smoothed[span], ~missing[span] | filled[span])
            if np.may_share_memory(smoothed, values):  # Not once for every appearance.
                smoothed = smoothed.copy()
            smoothed[span], filled[span] = held, filled[span] | ends
        if len(slots) < len(result):
            new = np.setdiff1d(np.flatnonzero(inside.any(axis=1)), slots)
            new = new[np.isin(start + new * stride, clip_ids)]
            added_ids.append(start + new * stride)
            added_values.append(np.where(inside[new][..., None], result[new], np.nan))
    # What lies outside of every run keeps the very values of the input, not their round trip
    # through another representation; at no strength everything that was measured does.
    changed = ~missing | filled if settings.strength else filled
    coords = from_filter_space(smoothed, sequence.representation, like=sequence.coords)
    if not changed.all() or np.may_share_memory(coords, sequence.coords):
        coords = np.where(changed[..., None], coords, sequence.coords)
    with np.errstate(over='ignore'):
        coords = coords.astype(sequence.coords.dtype, copy=False)
    check_finite(coords, changed, sequence.frame_ids)
    sums = () if judgement is None else judgement.sums(~missing)
    counts = PreparationCounts(exchanged, placeholders, isolated, repeated, *sums)
    result = sequence.replace(
        coords=coords, filled=sequence.filled | filled,
        spread=np.where(missing, np.nan, judgement.spread)
        if judgement is not None and counts.judged else None)
    return with_added_rows(result, changed, np.concatenate(added_ids),
                           np.concatenate(added_values), settings), counts


class _Grid(NamedTuple):
    """One appearance of a person, with a row for every frame.

    Attributes:
        coords: Shape (T, K, C), NaN in frames without the person.
        missing: Shape (T, K), bool, isolated and repeated samples included.
        weights: Scores, 0 where missing, shape (T, K), or None.
        doubtful: Samples that are no evidence for decisions that live smoothing does not take back,
            shape (T, K), bool.
        isolated: Isolated samples, shape (T, K), bool; None if there are none.
        repeated: Repeated samples, the same.
    """

    coords: np.ndarray
    missing: np.ndarray
    weights: np.ndarray | None
    doubtful: np.ndarray
    isolated: np.ndarray | None = None
    repeated: np.ndarray | None = None

    @property
    def absent(self) -> np.ndarray:
        """What is missing in the input, shape (T, K), bool."""
        return self.missing if self.replaced is None else self.missing & ~self.replaced

    @property
    def replaced(self) -> np.ndarray | None:
        """Isolated and repeated samples, shape (T, K), bool; None if there are none."""
        if self.isolated is None or self.repeated is None:
            return self.repeated if self.isolated is None else self.isolated
        return self.isolated | self.repeated

    @classmethod
    def of_rows(cls, slots: np.ndarray, values: np.ndarray, missing: np.ndarray,
                scores: np.ndarray | None, doubtful: np.ndarray) -> _Grid:
        """Spread the measured rows over the frames ``slots``, which begin at 0."""
        weights = None if scores is None else np.where(missing, 0.0, scores)
        if len(slots) == slots[-1] + 1:
            return cls(values, missing, weights, doubtful)
        frames = slots[-1] + 1
        absent = np.ones((frames, values.shape[1]), dtype=bool)
        grid = cls(np.full((frames, *values.shape[1:]), np.nan), absent,
                   None if weights is None else np.zeros(absent.shape), absent.copy())
        grid.coords[slots], grid.missing[slots] = values, missing
        grid.doubtful[slots] = doubtful
        if grid.weights is not None:
            grid.weights[slots] = weights
        return grid

    def without_repeats(self, fps: float, max_gap: int, weighed: bool) -> _Grid:
        """The grid with repeated samples missing."""
        found = outdated_samples(self.coords, self.missing | self.doubtful, fps, max_gap,
                                 weighed)
        if not found.any():
            return self
        return self._replace(missing=self.missing | found, repeated=found)

    def without_isolated(self, fps: float, max_gap: int) -> _Grid:
        """The grid with isolated samples missing."""
        found = isolated_samples(self.coords, self.missing | self.doubtful, fps, max_gap)
        if not (found.samples.any() or found.doubtful.any()):
            return self
        return self._replace(
            missing=self.missing | found.samples, isolated=found.samples,
            doubtful=self.doubtful | found.doubtful)

    def with_own_sides(self, fps: float, sides: LeftRight) -> tuple[_Grid, int]:
        """The grid with swapped sides corrected, and the number of corrected group-frames."""
        measured = np.where((self.absent | self.doubtful)[..., None], np.nan, self.coords)
        names = [name for name, array in zip(self._fields, self) if array is not None]
        arrays, count = undo_exchanges(measured, self.weights, fps, sides,
                                       *(getattr(self, name) for name in names))
        return self._replace(**dict(zip(names, arrays))), count


def _smooth_grid(grid: _Grid, settings: SmootherSettings, info: PoseInfo,
                 judgement: Judgement | None) -> tuple[np.ndarray, np.ndarray]:
    """The smoothed coordinates, and where they are measured or interpolated."""
    # Of the first frame what is known when it arrives: isolated samples, not yet.
    stages = info.stages(settings.filters, grid.coords[0], ~(grid.absent | grid.doubtful)[0])
    if grid.missing.any():
        # The last values are for live smoothing; a name for them would keep a copy of the track.
        measured, inside = bridge_and_hold(
            grid.coords, grid.missing, grid.replaced, settings.max_gap, info.fps)[:2]
    else:
        measured, inside = grid.coords, ~grid.missing
    smoothed = apply_chain(stages, measured, inside, grid.weights, info.fps, judgement)
    return blend(measured, smoothed, settings.strength), inside
