"""Smoothing one person's whole track at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..filters.base import BaseFilter
from ..processing.gaps import bridge_gaps, hold_outside, missing_mask, split_rows
from ..structures import PoseSequence
from .chain import apply_chain, blend
from .filter_space import from_filter_space, to_filter_space
from .pose_info import PoseInfo


class _Added(NamedTuple):
    """Frames in which the person was missing and has been bridged."""

    frame_ids: np.ndarray
    values: np.ndarray
    inside: np.ndarray


def smooth_track(sequence: PoseSequence, filters: Sequence[BaseFilter], info: PoseInfo, *,
                 max_gap: int, keypoint_thr: float, strength: float, clip_ids: np.ndarray,
                 stride: int) -> PoseSequence:
    """Smooth one track.

    Args:
        sequence: The track.
        filters: The chain.
        info: Facts about the clip; its ``fps`` is that of the grid of frames.
        max_gap: Longest gap to bridge, in frames of the grid.
        keypoint_thr: Keypoints with a lower score count as missing.
        strength: Share of the filters' effect, 0 to 1.
        clip_ids: Frames of the clip, strictly increasing; only these may become new rows.
        stride: Distance of neighbouring frames of the grid, in frame numbers.

    Returns:
        The smoothed track, see :meth:`PoseSmoother.smooth`.
    """
    values = to_filter_space(sequence.coords, sequence.representation, filters)
    missing = missing_mask(values, sequence.scores, sequence.valid, keypoint_thr)
    smoothed, filled = values.copy(), np.zeros_like(missing)
    added = []
    for rows in split_rows(sequence.frame_ids, np.any(~missing, axis=1), max_gap, stride):
        start = sequence.frame_ids[rows[0]]
        slots = (sequence.frame_ids[rows] - start) // stride
        grid = np.full((slots[-1] + 1, *values.shape[1:]), np.nan)
        grid_missing = np.ones(grid.shape[:2], dtype=bool)
        grid[slots], grid_missing[slots] = values[rows], missing[rows]
        weights = None
        if sequence.scores is not None:
            weights = np.zeros(grid.shape[:2])
            weights[slots] = np.where(missing[rows], 0.0, sequence.scores[rows])
        stages = info.stages(filters, grid[0], ~grid_missing[0])
        bridged, inside = bridge_gaps(grid, grid_missing, max_gap)
        held, _ = hold_outside(bridged, inside)
        result = blend(held, apply_chain(stages, held, inside, weights, info.fps), strength)
        smoothed[rows] = result[slots]
        filled[rows] = (inside & grid_missing)[slots]
        new = np.setdiff1d(np.flatnonzero(inside.any(axis=1)), slots)
        new = new[np.isin(start + new * stride, clip_ids)]
        added.append(_Added(start + new * stride, result[new], inside[new]))
    # What lies outside of every run keeps the very values that came, not their round trip
    # through another representation; at no strength everything that was measured does.
    changed = ~missing | filled if strength else filled
    coords = from_filter_space(smoothed, sequence.representation, like=sequence.coords)
    coords = np.where(changed[..., None], coords, sequence.coords)
    result = sequence.replace(coords=coords.astype(sequence.coords.dtype),
                              filled=sequence.filled | filled)
    return _with_rows(result, added)


def _with_rows(sequence: PoseSequence, added: Sequence[_Added]) -> PoseSequence:
    """The track with rows for the frames in which the person was bridged."""
    ids = np.concatenate([np.zeros(0, np.int64), *(part.frame_ids for part in added)])
    if not len(ids):
        return sequence
    inside = np.concatenate([part.inside for part in added])
    values = np.concatenate([part.values for part in added])
    coords = from_filter_space(np.where(inside[..., None], values, np.nan), sequence.representation)
    order = np.argsort(np.concatenate([sequence.frame_ids, ids]), kind='stable')

    def merged(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        return np.concatenate([old, new.astype(old.dtype)])[order]

    refs, scores = sequence.refs, sequence.scores
    if refs is not None:
        every = [*refs, *([None] * len(ids))]
        refs = [every[i] for i in order]
    return sequence.replace(
        coords=merged(sequence.coords, coords),
        scores=None if scores is None else merged(scores, np.zeros(inside.shape)),
        valid=merged(sequence.valid, np.zeros(inside.shape, dtype=bool)),
        filled=merged(sequence.filled, inside),
        frame_ids=merged(sequence.frame_ids, ids),
        refs=refs)
