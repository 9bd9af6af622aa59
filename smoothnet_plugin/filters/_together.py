"""Runs of several people side by side, for filters that work on all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .run import Run

#: Samples (frames x keypoints) that are filtered at once: of so many, an array and what is computed
#: from it fit into a CPU's cache, and the cost of calls no longer shows.
_SAMPLES_AT_ONCE = 1 << 14


def partly_filtered(work: Callable[[Sequence[Run]], list[np.ndarray]], runs: Sequence[Run],
                    numbers: Sequence[int]) -> list[np.ndarray]:
    """The coordinates of runs, some of them filtered in one call.

    Args:
        work: Filters runs.
        runs: The runs.
        numbers: Which of them to filter.

    Returns:
        Per run an array of its shape; that of a run that is not filtered is its own.
    """
    results = [run.coords for run in runs]
    for number, result in zip(numbers, work([runs[i] for i in numbers])):
        results[number] = result
    return results


def side_by_side(work: Callable[[Run], np.ndarray], runs: Sequence[Run],
                 by_origin: bool) -> list[np.ndarray]:
    """Filter runs of the same length in one call, as one person with all their keypoints.

    Args:
        work: Filters a run; its keypoints do not influence one another.
        runs: The runs.
        by_origin: Only runs with the same origin may be filtered in one call.

    Returns:
        Per run an array of its shape.
    """
    if len(runs) == 1:
        return [work(runs[0])]
    groups: dict[object, list[int]] = {}
    for number, run in enumerate(runs):
        groups.setdefault((len(run.coords), run.coords.shape[2], run.weights is None, run.first,
                           run.origin if by_origin else None), []).append(number)
    results = [run.coords for run in runs]
    for numbers in groups.values():
        same = [runs[i] for i in numbers]
        if len(same) == 1:
            results[numbers[0]] = work(same[0])
            continue
        weights = [run.weights for run in same if run.weights is not None]
        filtered = work(same[0]._replace(
            coords=np.concatenate([run.coords for run in same], axis=1),
            weights=np.concatenate(weights, axis=1) if weights else None))
        end = 0
        for number, run in zip(numbers, same):
            start, end = end, end + run.coords.shape[1]
            results[number] = filtered[:, start:end]
    return results


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
