"""Long runs, some of their curves at a time, so that temporary arrays take less than the run."""

from __future__ import annotations

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
