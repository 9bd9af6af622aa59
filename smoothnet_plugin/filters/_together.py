"""Runs of several people side by side, for filters that work on all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .base import Run

#: Samples (frames x keypoints) that are filtered at once: of so many, an array and what is computed
#: from it fit into a CPU's cache, and the cost of calls no longer shows.
_SAMPLES_AT_ONCE = 1 << 14


def alike(runs: Sequence[Run]) -> Iterator[list[int]]:
    """Groups of runs of the same shape, with the same first frame that is wanted.

    Args:
        runs: The runs.

    Yields:
        Numbers of the runs of a group; a large group comes in parts.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, run in enumerate(runs):
        key = run.coords.shape, run.first, run.weights is None
        groups.setdefault(key, []).append(number)
    for numbers in groups.values():
        frames, keypoints, _ = runs[numbers[0]].coords.shape
        most = max(1, _SAMPLES_AT_ONCE // max(1, frames * keypoints))
        for start in range(0, len(numbers), most):
            yield numbers[start:start + most]


def stacked(runs: Sequence[Run], numbers: Sequence[int]) -> tuple[np.ndarray, np.ndarray | None]:
    """Some runs of the same shape as one array: (T, people, K, C), and weights (T, people, K)."""
    if len(numbers) == 1:
        run = runs[numbers[0]]
        return run.coords[:, None], None if run.weights is None else run.weights[:, None]
    weights = [runs[i].weights for i in numbers]
    return (np.stack([runs[i].coords for i in numbers], axis=1),
            None if weights[0] is None else np.stack(
                [part for part in weights if part is not None], axis=1))
