"""Runs of several people side by side, for filters that work on all of them at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..processing.trust import Judgement
from ..utils.arrays import finite_keypoints
from .run import Run

#: Samples (frames x keypoints) that are filtered at once: of so many, an array and what is computed
#: from it fit into a CPU's cache, and the cost of calls no longer shows.
_SAMPLES_AT_ONCE = 1 << 14


#: Samples of a long run that are filtered at once, and fewest frames: temporary arrays of so many
#: take some 130 MB.
_SAMPLES_IN_BLOCK, _FEWEST_IN_BLOCK = 1 << 16, 1024
#: Seconds before and after a block that go into its filter. What lies beyond changes a robust track
#: by less than 1e-5 of the body size (tests/test_filters/test_long_runs.py).
OVERLAP_SECONDS = 10.0


class Block(NamedTuple):
    """Some frames of a run, and frames around them that their result depends on.

    Attributes:
        core: The frames of the run whose result counts.
        span: These and the frames around them.
    """

    core: slice
    span: slice

    @property
    def chosen(self) -> slice:
        """The rows of ``span`` that are those of ``core``."""
        return slice(self.core.start - self.span.start, self.core.stop - self.span.start)

    def of(self, run: Run) -> Run:
        """The frames of ``span``, without a judgement.

        Wanted are those of ``core`` and some before, since a judgement of the first ones also
        depends on which of their neighbours are judged.
        """
        start = self.span.start
        wanted = self.core.start - (self.core.start - start) // 4
        return Run(run.coords[self.span], None,
                   None if run.weights is None else run.weights[self.span],
                   max(run.first, wanted) - start,
                   None if run.origin is None else run.origin + start)


def blocks_of(frames: int, length: int, before: int, after: int) -> Iterator[Block]:
    """Blocks of a run of so many frames, in order.

    Args:
        frames: Frames of the run.
        length: Frames of a block.
        before: Frames before a block that its result depends on.
        after: Frames after it.

    Yields:
        The blocks.
    """
    for start in range(0, frames, length):
        stop = min(start + length, frames)
        yield Block(slice(start, stop), slice(max(0, start - before), min(frames, stop + after)))


def in_blocks(work: Callable[[Sequence[Run]], list[np.ndarray]], runs: Sequence[Run],
              fps: float) -> list[np.ndarray]:
    """Filter runs, long ones in overlapping blocks, so that temporary arrays stay small.

    Args:
        work: Filters runs.
        runs: The runs.
        fps: Frames per second.

    Returns:
        Per run an array of its shape.
    """
    overlap = math.ceil(OVERLAP_SECONDS * fps)
    length = [max(_FEWEST_IN_BLOCK, _SAMPLES_IN_BLOCK // max(1, run.coords.shape[1]))
              for run in runs]
    short = [i for i, run in enumerate(runs) if len(run.coords) <= length[i] + 2 * overlap]
    results = [run.coords for run in runs]
    for i, result in zip(short, work([runs[i] for i in short])):
        results[i] = result
    for i in sorted({*range(len(runs))} - {*short}):
        run, results[i] = runs[i], np.empty_like(runs[i].coords)
        known = finite_keypoints(run.coords)
        for block in blocks_of(len(run.coords), length[i], overlap, overlap):
            coords = _with_all_keypoints(run.coords, known, block.span)
            judgement = None if run.judgement is None else Judgement.unknown(coords.shape[:2])
            [part] = work([block.of(run)._replace(coords=coords, judgement=judgement)])
            results[i][block.core] = part[block.chosen]
            if run.judgement is not None and judgement is not None:
                run.judgement.fill_rows(block.core, judgement, block.chosen)
    return results


def _with_all_keypoints(coords: np.ndarray, known: np.ndarray, span: slice) -> np.ndarray:
    """The frames of a block; a keypoint that is missing in all of them gets a value in the first.

    It is where it was seen last, or is seen next: a place to interpolate from, so that the size of
    the body is that of all its keypoints.
    """
    absent = np.flatnonzero(~known[span].any(axis=0))
    if not len(absent):
        return coords[span]
    block = coords[span].copy()
    for keypoint in absent:
        rows = np.flatnonzero(known[:, keypoint])
        row = rows[max(0, int(np.searchsorted(rows, span.start)) - 1)]
        block[0, keypoint] = coords[row, keypoint]
    return block


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
