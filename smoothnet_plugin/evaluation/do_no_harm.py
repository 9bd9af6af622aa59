"""Whether a smoother makes any clip worse, as an MMEngine metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import ConfigError
from ..registry import METRICS
from . import functional as F
from .functional.arrays import chunks
from .results import SequenceResult
from .sequence_metric import MeanMetric, SequenceMetric


@METRICS.register_module()
class DoNoHarmMetric(SequenceMetric):
    """How clips fare one by one: MPJPE after refinement over MPJPE before.

    Keys:

    - ``worst_ratio``: the largest ratio of all clips; at most 1 where none got worse. Infinite
      where a clip without any error got one;
    - ``harmed``: share of the clips whose ratio is above ``1 + tolerance``, 0 .. 1.

    Every clip counts the same, however long. Those without truth or measured keypoints are left
    out.

    Args:
        tolerance: How much worse a clip may get before it counts as harmed, as a share of its
            input's error, >= 0. Defaults to 0.01.
        root_align: Subtract the root keypoints of the clip's ``meta`` from 3D keypoints. Defaults
            to True.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        prefix: Put before all keys, with a slash. Defaults to None.

    Raises:
        ConfigError: The tolerance is negative or not finite.
    """

    def __init__(self, tolerance: float = 0.01, root_align: bool = True,
                 per_sequence: bool = False, prefix: str | None = None) -> None:
        super().__init__(per_sequence, prefix=prefix)
        if not 0 <= tolerance < math.inf:
            raise ConfigError(f'DoNoHarmMetric: tolerance is {tolerance}; expected a share >= 0, '
                              'for example 0.01.')
        self.tolerance = tolerance
        self.root_align = root_align

    def measure(self, result: SequenceResult) -> dict[str, Any]:
        """The clip's ratio; NaN where it cannot be measured."""
        target = result.target
        if target is None:
            return {'ratio': math.nan}
        roots = result.roots(self.root_align)
        before, after = (
            _mean(MeanMetric.tally(
                F.mpjpe_per_joint(coords[part], target[part], result.mask[part], roots)
                for part in chunks(len(coords))))
            for coords in (result.inputs, result.pred))
        if before == 0:
            return {'ratio': math.inf if after > 0 else 1.0}
        return {'ratio': after / before}

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """The worst ratio and the share that is too high."""
        ratios = [record['ratio'] for record in records if not math.isnan(record['ratio'])]
        if not ratios:
            return {'worst_ratio': math.nan, 'harmed': math.nan}
        harmed = sum(ratio > 1 + self.tolerance for ratio in ratios)
        return {'worst_ratio': max(ratios), 'harmed': harmed / len(ratios)}


def _mean(tally: tuple[Any, Any]) -> float:
    sums, counts = tally
    count = int(counts.sum())
    return float(sums.sum()) / count if count else math.nan
