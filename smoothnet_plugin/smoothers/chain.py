"""A chain of filters over one segment of one track: gaps, runs, normalisation.

Offline smoothing, live smoothing and the benchmark all end here, so they cannot disagree. Live
smoothing runs the chain on the frames that it still holds. The benchmark runs it on many segments
at once, side by side along the keypoint axis (:func:`stacked`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..filters.base import BaseFilter
from ..processing.gaps import runs
from ..processing.normalization import Normalization
from ..processing.trust import Judgement


@dataclass(frozen=True)
class Stage:
    """A filter with the constants that hold for the segment at hand."""

    filter: BaseFilter
    normalization: Normalization


def stacked(chains: Sequence[Sequence[Stage]], keypoints: Sequence[int]) -> list[Stage]:
    """One chain for several segments whose keypoints lie side by side.

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
        judgement: Arrays of shape (T, K) to fill with what the last filter found out about its
            result. Defaults to None, not wanted.

    Returns:
        Shape (T, K, C): filtered inside the runs, unchanged elsewhere.
    """
    for stage in stages:
        coords = apply_stage(stage, coords, inside, weights, fps,
                             judgement=judgement if stage is stages[-1] else None)
    return coords


def apply_stage(stage: Stage, coords: np.ndarray, inside: np.ndarray,
                weights: np.ndarray | None, fps: float, first: int = 0,
                origin: int = 0, judgement: Judgement | None = None) -> np.ndarray:
    """One stage of :func:`apply_chain`; same arguments, with a single stage.

    Rows before ``first`` are not needed and may be returned in any state. ``origin`` is the number
    of the first row in its segment.
    """
    if inside.all():
        result = _filtered(stage, coords, weights, fps, first,
                           inside if stage.filter.takes_missing else None, origin, judgement)
        return blend(coords, result, stage.filter.share(fps))
    result = coords.copy()
    if not inside.any():
        return result
    if not stage.filter.joint_wise:
        rows = np.flatnonzero(inside.any(axis=1))
        span = slice(rows[0], rows[-1] + 1)
        filtered = _filtered(stage, coords[span], None if weights is None else weights[span], fps,
                             max(0, first - int(rows[0])),
                             inside[span] if stage.filter.takes_missing else None,
                             origin + int(rows[0]),
                             None if judgement is None else judgement.rows(span))
        result[span] = np.where(inside[span, :, None], filtered, coords[span])
        return blend(coords, result, stage.filter.share(fps))
    for span, joints in runs(inside):
        part = Stage(stage.filter, stage.normalization.of_keypoints(joints))
        result[span, joints] = _filtered(
            part, coords[span, joints], None if weights is None else weights[span, joints], fps,
            max(0, first - span.start), origin=origin + span.start)
    return blend(coords, result, stage.filter.share(fps))


def fixed_lag(stages: Sequence[Stage], coords: np.ndarray, fps: float,
              lookahead: int) -> np.ndarray | None:
    """The live results of a run without gaps in one call, where the chain can do that.

    Args:
        stages: The chain.
        coords: Consecutive frames with every value measured, shape (T, K, C), float64.
        fps: Frames per second of the rows.
        lookahead: Frames of future that the result of a frame may depend on, >= 0.

    Returns:
        The results of live smoothing at this look-ahead, shape (T, K, C), or None for a chain
        that has to run frame by frame (see :meth:`BaseFilter.fixed_lag`).
    """
    if len(stages) != 1:
        return None
    [stage] = stages
    smoothed = stage.filter.fixed_lag(stage.normalization.apply(coords), fps, lookahead)
    return None if smoothed is None else blend(
        coords, stage.normalization.invert(smoothed), stage.filter.share(fps))


def blend(before: np.ndarray, after: np.ndarray, strength: float) -> np.ndarray:
    """A share of the effect of a chain.

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


def _filtered(stage: Stage, run: np.ndarray, weights: np.ndarray | None,
              fps: float, first: int, valid: np.ndarray | None = None,
              origin: int | None = None, judgement: Judgement | None = None) -> np.ndarray:
    normal = stage.normalization.apply(run)
    return stage.normalization.invert(
        stage.filter.filter(normal, fps=fps, scores=weights, valid=valid, first=first,
                            origin=origin, judgement=judgement))
