"""A chain of filters over one segment of one track: gaps, runs, normalisation.

Offline and live smoothing both end here, so they cannot disagree: live smoothing calls the same
function on the frames it still holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..filters.base import BaseFilter
from ..processing.gaps import runs
from ..processing.normalization import Normalization


@dataclass(frozen=True)
class Stage:
    """A filter with the constants that hold for the segment at hand."""

    filter: BaseFilter
    normalization: Normalization


def apply_chain(stages: Sequence[Stage], coords: np.ndarray, inside: np.ndarray,
                weights: np.ndarray | None, fps: float) -> np.ndarray:
    """Filter every run of every keypoint by all stages in turn.

    Args:
        stages: The chain.
        coords: Consecutive frames with short gaps bridged and values held elsewhere, shape
            (T, K, C), finite float64.
        inside: Where keypoints are measured or bridged, shape (T, K), bool.
        weights: Confidence, shape (T, K), 0 where bridged, or None.
        fps: Frames per second of the rows.

    Returns:
        Shape (T, K, C): filtered inside the runs, as it came elsewhere.
    """
    for stage in stages:
        coords = apply_stage(stage, coords, inside, weights, fps)
    return coords


def apply_stage(stage: Stage, coords: np.ndarray, inside: np.ndarray,
                weights: np.ndarray | None, fps: float, first: int = 0,
                origin: int = 0) -> np.ndarray:
    """One stage of :func:`apply_chain`; same arguments, with a single stage.

    Rows before ``first`` are not asked for and may come back in any state. ``origin`` is the
    number of the first row in its segment.
    """
    result = coords.copy()
    if not inside.any():
        return result
    if not stage.filter.joint_wise:
        rows = np.flatnonzero(inside.any(axis=1))
        span = slice(rows[0], rows[-1] + 1)
        filtered = _filtered(stage, coords[span], None if weights is None else weights[span], fps,
                             max(0, first - int(rows[0])),
                             inside[span] if stage.filter.takes_missing else None,
                             origin + int(rows[0]))
        result[span] = np.where(inside[span, :, None], filtered, coords[span])
        return result
    for span, joints in runs(inside):
        result[span, joints] = _filtered(
            stage, coords[span, joints], None if weights is None else weights[span, joints], fps,
            max(0, first - span.start), origin=origin + span.start)
    return result


def blend(before: np.ndarray, after: np.ndarray, strength: float) -> np.ndarray:
    """What a chain made of poses, taken by a share only.

    Args:
        before: What went into the chain, shape (..., C).
        after: What came out, same shape.
        strength: 0 gives ``before``, 1 gives ``after``, both to the last bit; straight between.

    Returns:
        Same shape.
    """
    if strength in (0, 1):
        return after if strength else before
    return before + strength * (after - before)


def _filtered(stage: Stage, run: np.ndarray, weights: np.ndarray | None,
              fps: float, first: int, valid: np.ndarray | None = None,
              origin: int | None = None) -> np.ndarray:
    normal = stage.normalization.apply(run)
    return stage.normalization.invert(
        stage.filter.filter(normal, fps=fps, scores=weights, valid=valid, first=first,
                            origin=origin))
