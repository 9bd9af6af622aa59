"""Filters that take long runs in overlapping blocks of frames, to keep temporary arrays small."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..processing.judgement import Judgement
from ..utils.arrays import finite_keypoints
from ._together import partly_filtered
from .base import BaseFilter, Run, Support

#: Seconds around a frame that noticeably affect its robust track.
PAST_SECONDS, FUTURE_SECONDS = 2.0, 1.5
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
        """The frames of ``span``, with a judgement of their own where the run has one.

        Wanted are those of ``core`` and some before, since a judgement of the first ones also
        depends on which of their neighbours are judged.
        """
        start = self.span.start
        wanted = self.core.start - (self.core.start - start) // 4
        coords = run.coords[self.span]
        return Run(coords, None, None if run.weights is None else run.weights[self.span],
                   max(run.first, wanted) - start,
                   None if run.origin is None else run.origin + start,
                   None if run.judgement is None else Judgement.unknown(coords.shape[:2]))


class Cut(NamedTuple):
    """How long runs are cut into blocks.

    Attributes:
        samples: Samples (frames x keypoints) of a block.
        fewest: Fewest frames of a block.
        before: Frames before a block that its result depends on.
        after: Frames after it.
        fills: A keypoint that is missing in a whole block gets a value in its first frame.
    """

    samples: int
    fewest: int
    before: int
    after: int
    fills: bool

    def blocks(self, run: Run) -> Iterator[Block]:
        """The blocks of a run, in order; none of a run that is short enough to stay whole."""
        frames = len(run.coords)
        length = max(self.fewest, self.samples // max(1, run.coords.shape[1]))
        if frames <= length + self.before + self.after:
            return
        for start in range(0, frames, length):
            stop = min(start + length, frames)
            yield Block(slice(start, stop),
                        slice(max(0, start - self.before), min(frames, stop + self.after)))


def in_blocks(work: Callable[[Sequence[Run]], list[np.ndarray]], runs: Sequence[Run],
              cut: Cut) -> list[np.ndarray]:
    """Filter runs, long ones in overlapping blocks.

    Args:
        work: Filters runs.
        runs: The runs.
        cut: How long runs are cut.

    Returns:
        Per run an array of its shape.
    """
    blocks = [list(cut.blocks(run)) for run in runs]
    results = partly_filtered(work, runs, [i for i, entry in enumerate(blocks) if not entry])
    for i, run in enumerate(runs):
        if not blocks[i]:
            continue
        results[i] = np.empty_like(run.coords)
        known = finite_keypoints(run.coords) if cut.fills else None
        for block in blocks[i]:
            part = block.of(run)
            if known is not None:
                part = part._replace(coords=_with_all_keypoints(run.coords, known, block.span))
            [result] = work([part])
            results[i][block.core] = result[block.chosen]
            if run.judgement is not None and part.judgement is not None:
                run.judgement.fill_rows(block.core, part.judgement, block.chosen)
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


class BlockwiseFilter(BaseFilter):
    """A filter of whole people that takes long runs in blocks.

    A subclass implements :meth:`_short` for runs of limited length. By default its support and the
    overlap of blocks are those of a robust track.
    """

    joint_wise = False
    takes_missing = True

    def support(self, fps: float) -> Support:
        """Two seconds of past and one and a half of future.

        Frames beyond that change a robust track by at most a thousandth of the body size, and by a
        hundredth of that on average (``tests/test_filters/test_robust_filter.py``).
        """
        return Support(math.ceil(PAST_SECONDS * fps), math.ceil(FUTURE_SECONDS * fps))

    @abstractmethod
    def _short(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        """:meth:`_filter_together` of runs of limited length."""

    def _cut(self, fps: float) -> Cut:
        """How long runs are cut into blocks."""
        overlap = math.ceil(OVERLAP_SECONDS * fps)
        return Cut(_SAMPLES_IN_BLOCK, _FEWEST_IN_BLOCK, overlap, overlap, fills=True)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return self._filter_together([Run(coords, weights=weights)], fps)[0]

    def _filter_together(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        return in_blocks(lambda short: self._short(short, fps), runs, self._cut(fps))
