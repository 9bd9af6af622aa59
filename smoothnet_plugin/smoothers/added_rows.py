"""Rows for the frames in which a smoothed person was missing and is interpolated."""

from __future__ import annotations

import numpy as np

from ..structures import PoseSequence
from ..utils.arrays import finite_keypoints
from .filter_space import from_filter_space, steady_signs
from .settings import SmootherSettings


def with_added_rows(sequence: PoseSequence, computed: np.ndarray, frame_ids: np.ndarray,
                    values: np.ndarray, settings: SmootherSettings) -> PoseSequence:
    """A smoothed track with new rows; the signs of its quaternions are as the settings want them.

    Args:
        sequence: The track, smoothed where it has rows.
        computed: Where its coordinates were computed, shape (T, K), bool.
        frame_ids: Frames of the new rows, shape (N,).
        values: Results of the filters there, shape (N, K, C), NaN where there are none.
        settings: Filters and parameters.

    Returns:
        The track. New rows have scores 0 and no ref.
    """
    if len(frame_ids):
        inside = finite_keypoints(values)
        order = np.argsort(np.concatenate([sequence.frame_ids, frame_ids]), kind='stable')

        def merged(old: np.ndarray, new: np.ndarray) -> np.ndarray:
            return np.concatenate([old, new.astype(old.dtype)])[order]

        refs, scores, spread = sequence.refs, sequence.scores, sequence.spread
        if refs is not None:
            every = [*refs, *([None] * len(frame_ids))]
            refs = [every[i] for i in order]
        computed = merged(computed, inside)
        sequence = sequence.replace(
            coords=merged(sequence.coords, from_filter_space(values, sequence.representation)),
            scores=None if scores is None else merged(scores, np.zeros(inside.shape)),
            valid=merged(sequence.valid, np.zeros(inside.shape, dtype=bool)),
            filled=merged(sequence.filled, inside),
            spread=None if spread is None else merged(spread, np.full(inside.shape, np.nan)),
            frame_ids=merged(sequence.frame_ids, frame_ids), refs=refs)
    coords = steady_signs(sequence.coords, computed, sequence.representation, settings)
    return sequence if coords is sequence.coords else sequence.replace(coords=coords)
