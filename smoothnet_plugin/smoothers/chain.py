"""A chain of filters over one segment of one track: gaps, runs, normalisation.

Whole-clip smoothing, live smoothing and the benchmark share this code, so they cannot disagree.
Live smoothing runs the chain on the frames in its buffer. The benchmark runs it on many segments at
once, side by side along the keypoint axis (:func:`stacked`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..filters.base import BaseFilter, Run
from ..processing.judgement import Judgement
from ..processing.normalization import Normalization
from ..processing.runs import Runs, runs
from ..utils.arrays import all_true, has_true

#: Samples (runs x frames) of one person that go through a filter at once: the arrays that address
#: them and hold what is computed from them take several times their memory.
_SAMPLES_AT_ONCE = 1 << 19


@dataclass(frozen=True)
class Stage:
    """A filter, and the normalisation of the segment that it filters."""

    filter: BaseFilter
    normalization: Normalization


def stacked(chains: Sequence[Sequence[Stage]], keypoints: Sequence[int]) -> list[Stage]:
    """Combine the chains of several segments whose keypoints lie side by side.

    Args:
        chains: The chain of each segment. All hold the same joint-wise filters.
        keypoints: The number of keypoints of each segment.

    Returns:
        The chain for coordinates of shape (T, sum of ``keypoints``, C).
    """
    return [Stage(stages[0].filter, Normalization.stacked(
        [stage.normalization for stage in stages], keypoints)) for stages in zip(*chains)]


def apply_chain(stages: Sequence[Stage], coords: np.ndarray, inside: np.ndarray,
                weights: np.ndarray | None, fps: float,
                judgement: Judgement | None = None) -> np.ndarray:
    """Filter every run of every keypoint by all stages in turn.

    Args:
        stages: The chain.
        coords: Consecutive frames with short gaps bridged and values held elsewhere, shape
            (T, K, C), finite float64.
        inside: Where keypoints are measured or bridged, shape (T, K), bool.
        weights: Confidence, shape (T, K), 0 where bridged, or None.
        fps: Frames per second of the rows.
        judgement: Arrays of shape (T, K) for the last filter's judgement of its result. Defaults to
            None, not wanted.

    Returns:
        Shape (T, K, C): filtered inside the runs, unchanged elsewhere.
    """
    for stage in stages:
        [coords] = apply_together([Segment(
            stage, coords, inside, weights,
            judgement=judgement if stage is stages[-1] else None)], fps)
    return coords


class Segment(NamedTuple):
    """Consecutive frames of one person, to be filtered by a stage.

    Attributes:
        stage: The stage.
        coords: See :func:`apply_chain`, also for the next two.
        inside: Where keypoints are measured or bridged.
        weights: Confidence, or None.
        first: First row whose result is needed; earlier ones may have any value.
        origin: Number of the first row in the person's track.
        judgement: See :func:`apply_chain`.
    """

    stage: Stage
    coords: np.ndarray
    inside: np.ndarray
    weights: np.ndarray | None
    first: int = 0
    origin: int = 0
    judgement: Judgement | None = None

    def runs(self) -> Iterator[tuple[Any, Normalization, Run]]:
        """The inputs of the filter: the place of each run, its normalisation, and the run."""
        entry, normalization = self.stage.filter, self.stage.normalization
        if not has_true(self.inside):
            return
        whole = all_true(self.inside)
        if entry.joint_wise and not whole:
            for group in runs(self.inside, unequal=entry.causal, one_start=entry.uses_origin):
                for part in group.parts(_SAMPLES_AT_ONCE):
                    yield part, *self._of_runs(part)
            return
        span = slice(0, len(self.inside))
        if not whole:
            rows = np.flatnonzero(self.inside.any(axis=1))
            span = slice(int(rows[0]), int(rows[-1]) + 1)
        place = ... if whole else span
        yield place, normalization, Run(
            normalization.apply(self.coords[place]),
            self.inside[place] if entry.takes_missing and not whole else None,
            None if self.weights is None else self.weights[place],
            max(0, self.first - span.start), self.origin + span.start,
            None if self.judgement is None else self.judgement.rows(span))

    def _of_runs(self, group: Runs) -> tuple[Normalization, Run]:
        """Runs side by side, and their normalisation."""
        normalization = self.stage.normalization.of_keypoints(group.joints)
        origin = self.origin + int(group.starts[0]) if self.stage.filter.uses_origin else None
        return normalization, Run(
            normalization.apply(group.of(self.coords)), None,
            None if self.weights is None else group.of(self.weights),
            max(0, self.first - int(group.starts.max())), origin)


def apply_together(segments: Sequence[Segment], fps: float) -> list[np.ndarray]:
    """Run one stage of the chains of several people, who do not influence one another.

    Args:
        segments: One per person. Segments with the same filter are filtered in one call.
        fps: Frames per second of the rows.

    Returns:
        Per segment an array of the shape of its coordinates: filtered inside the runs, unchanged
        elsewhere.
    """
    by_filter: dict[int, list[int]] = {}
    for number, segment in enumerate(segments):
        by_filter.setdefault(id(segment.stage.filter), []).append(number)
    results = [segment.coords for segment in segments]
    for numbers in by_filter.values():
        entry = segments[numbers[0]].stage.filter
        share = entry.share(fps)
        for parts in _at_once(segments, numbers):
            filtered = entry.filter_runs([run for *_, run in parts], fps)
            for (i, place, normalization, _), value in zip(parts, filtered):
                segment, value = segments[i], normalization.invert(value)
                if place is ...:
                    results[i] = blend(segment.coords, value, share)
                    continue
                if results[i] is segment.coords:
                    results[i] = segment.coords.copy()
                if isinstance(place, slice):
                    value = blend(segment.coords[place], value, share)
                    np.copyto(results[i][place], value, where=segment.inside[place][..., None])
                else:
                    before = place.of(segment.coords)
                    place.put(results[i], blend(before, value, share))
    return results


def _at_once(segments: Sequence[Segment],
             numbers: Sequence[int]) -> Iterator[list[tuple[int, Any, Normalization, Run]]]:
    """Runs to filter in one call: those of all people, or each run of a single person."""
    parts = ((i, *part) for i in numbers for part in segments[i].runs())
    if len(numbers) > 1:
        yield list(parts)
    else:
        for part in parts:
            yield [part]


def fixed_lag(stages: Sequence[Stage], coords: np.ndarray, fps: float,
              lookahead: int) -> np.ndarray | None:
    """Compute the live results of a run without gaps in one call, if the chain supports it.

    Args:
        stages: The chain.
        coords: Consecutive frames with every value measured, shape (T, K, C), float64.
        fps: Frames per second of the rows.
        lookahead: Future frames that the result of a frame may depend on, >= 0.

    Returns:
        The results of live smoothing at this look-ahead, shape (T, K, C), or None for a chain
        that must run frame by frame (see :meth:`BaseFilter.fixed_lag`).
    """
    if len(stages) != 1:
        return None
    [stage] = stages
    smoothed = stage.filter.fixed_lag(stage.normalization.apply(coords), fps, lookahead)
    return None if smoothed is None else blend(
        coords, stage.normalization.invert(smoothed), stage.filter.share(fps))


def blend(before: np.ndarray, after: np.ndarray, strength: float) -> np.ndarray:
    """Apply a share of the effect of a chain.

    Args:
        before: Input of the chain, shape (..., C).
        after: Output of the chain, same shape.
        strength: 0 gives ``before``, 1 gives ``after``, both exactly; linear between them.

    Returns:
        Same shape.
    """
    if strength in (0, 1):
        return after if strength else before
    return before + strength * (after - before)
