"""Replacing outliers by a robust track, for filters and networks without sample weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..processing.outliers import gate
from ..processing.suspects import (
    REACH_SECONDS,
    blocks_around,
    suspicious_samples,
    within_reach,
)
from ..registry import SMOOTHERS
from ..utils.arrays import finite_keypoints, has_true
from ._blockwise import BlockwiseFilter
from ._together import alike, stacked
from .base import Run

#: Blocks that are judged at once.
_BLOCKS_AT_ONCE = 64


@SMOOTHERS.register_module(name=['OutlierGate', 'outlier_gate'])
class OutlierGate(BlockwiseFilter):
    """Replaces outliers by a robust track; all other samples do not change.

    A sample is an outlier if its distance from the track exceeds four scales of the keypoint's
    noise and 3 % of the body size (:func:`smoothnet_plugin.processing.outliers.gate`). Scores and
    repeated samples affect the weights in the track. Only samples of a keypoint around a sudden
    jump of it are checked (:mod:`smoothnet_plugin.processing.suspects`); most clips have few of
    them. Presets use the gate before their filters; :class:`RobustFilter` does not need it.

    Args:
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``; the gate works in any
            unit.

    Raises:
        ConfigError: An argument is invalid.
    """

    weighs_outliers = True

    def lookahead(self, fps: float) -> int:
        """0: the gate uses the future frames that the chain waits for, and adds no delay."""
        return 0

    def _short(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        past, future = self.support(fps)
        results = [run.coords for run in runs]
        blocks: list[_Block] = []
        for numbers in alike(runs):
            reach = math.ceil(REACH_SECONDS * fps)
            wanted = runs[numbers[0]].first
            marked = suspicious_samples(stacked(runs, numbers)[0], max(0, wanted - reach))
            if not has_true(marked):
                continue
            for place, number in enumerate(numbers):
                if not has_true(marked[:, place]):
                    continue
                coords, weights = runs[number].coords, runs[number].weights
                results[number] = coords.copy()
                near = within_reach(marked[:, place], reach)
                near[:wanted] = False
                for block, judged in blocks_around(np.any(near, axis=1), past, future):
                    # A block may lie in a gap of a keypoint that is measured elsewhere.
                    seen = np.asarray(finite_keypoints(coords[block]).any(axis=0))
                    run = Run(coords[block][:, seen], None,
                              None if weights is None else weights[block][:, seen])
                    blocks.append(_Block(run, results[number], block.start, judged, seen,
                                         near[judged][:, seen]))
                    if len(blocks) == _BLOCKS_AT_ONCE:
                        _judge(blocks, fps)
                        blocks = []
        _judge(blocks, fps)
        return results


class _Block(NamedTuple):
    """Frames to judge.

    Attributes:
        run: The frames to judge by, with the keypoints that are measured in them.
        result: Where the judged frames go: the whole run.
        start: Number of the block's first frame in the run.
        judged: The frames of the run whose judgement counts.
        seen: The keypoints of the run that the block has, shape (K,), bool.
        near: Which samples of the judged frames and seen keypoints are judged, bool.
    """

    run: Run
    result: np.ndarray
    start: int
    judged: slice
    seen: np.ndarray
    near: np.ndarray


def _judge(blocks: Sequence[_Block], fps: float) -> None:
    """Replace outliers of some blocks."""
    runs = [block.run for block in blocks]
    for numbers in alike(runs):
        coords, weights = stacked(runs, numbers)
        gated = gate(coords, fps, weights)[0]
        for place, number in enumerate(numbers):
            _, result, start, judged, seen, near = blocks[number]
            found = gated[judged.start - start:judged.stop - start, place]
            result[judged, seen] = np.where(near[..., None], found, result[judged, seen])
