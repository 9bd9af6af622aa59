"""Long runs, some of their curves at a time, so that temporary arrays take less than the run."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

#: Frames from which on a run is filtered in parts: temporary arrays of shorter ones are small.
LONG = 30_000


def parts_of(frames: int, curves: int, most: int) -> list[slice]:
    """Curves of a run that are filtered at once; they do not influence one another.

    Args:
        frames: Frames of the run.
        curves: Number of keypoints, or of values.
        most: Largest number of parts, for a run of :data:`LONG` frames and more.

    Returns:
        The parts, in order; one for a shorter run.
    """
    number = 1 if frames < LONG else max(1, min(most, curves))
    ends = np.linspace(0, curves, number + 1).round().astype(int).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


def by_parts(work: Callable[[slice], np.ndarray], coords: np.ndarray, most: int) -> np.ndarray:
    """Filter a run, a long one some of its keypoints at a time.

    Args:
        work: Filters the keypoints of a slice.
        coords: The run, shape (T, K, C).
        most: See :func:`parts_of`.

    Returns:
        Same shape.
    """
    parts = parts_of(len(coords), coords.shape[1], most)
    if len(parts) == 1:
        return work(parts[0])
    filtered = np.empty(coords.shape)
    for part in parts:
        filtered[:, part] = work(part)
    return filtered
