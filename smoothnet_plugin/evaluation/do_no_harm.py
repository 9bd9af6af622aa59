"""Whether a smoother makes any clip or any joint worse, as an MMEngine metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import ConfigError
from ..registry import METRICS
from ..structures.left_right import joints_by_name
from . import functional as F
from .clip import Clip
from .functional.arrays import chunks
from .mean_metric import MeanMetric, mean_of
from .sequence_metric import SequenceMetric


@METRICS.register_module()
class DoNoHarmMetric(SequenceMetric):
    """MPJPE after refinement over MPJPE before it: of each clip, and of each joint.

    Keys:

    - ``worst_ratio``: the largest ratio of a clip; at most 1 where no clip gets worse. Infinite
      where a clip without any error gets one;
    - ``harmed``: share of the clips with a ratio above ``1 + tolerance``, from 0 to 1;
    - ``worst_joint_ratio``: the largest ratio of a joint over all clips together. The left and
      the right keypoint of a name (``left_ankle`` and ``right_ankle``, ``LAnk`` and ``RAnk``) are
      one joint.

    For ``worst_ratio`` and ``harmed`` every clip has the same weight, whatever its length. Clips
    without truth or measured keypoints are left out.

    Args:
        tolerance: Relative increase of the error up to which a clip does not count as harmed,
            >= 0. Defaults to 0.01.
        root_align: Subtract the root keypoints of the clip's ``meta`` from 3D keypoints. Defaults
            to True.
        per_joint: Add keys ``joint/<joint>/ratio``, named by the ``keypoint_names`` of the clip
            or of the data set, else by the index of the keypoint. Defaults to False.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        prefix: Put before all keys, with a slash. Defaults to None.

    Raises:
        ConfigError: The tolerance is negative or not finite.
    """

    def __init__(self, tolerance: float = 0.01, root_align: bool = True, per_joint: bool = False,
                 per_sequence: bool = False, prefix: str | None = None) -> None:
        super().__init__(per_sequence, prefix=prefix)
        if not 0 <= tolerance < math.inf:
            raise ConfigError(f'DoNoHarmMetric: tolerance is {tolerance}; expected a share >= 0, '
                              'for example 0.01.')
        self.tolerance = tolerance
        self.root_align = root_align
        self.per_joint = per_joint

    def measure(self, clip: Clip) -> dict[str, Any]:
        """The clip's ratio, NaN where it cannot be measured, and sums and counts by joint."""
        target = clip.target
        if target is None:
            return {'ratio': math.nan, 'joints': {}}
        roots = clip.roots(self.root_align)
        before, after = (
            MeanMetric.tally(F.mpjpe_per_joint(coords[part], target[part], clip.mask[part], roots)
                             for part in chunks(len(coords)))
            for coords in clip.estimates.values())
        means = mean_of([before]), mean_of([after])
        names = self.keypoint_names(clip) or [str(i) for i in range(clip.inputs.shape[1])]
        joints = {name: [[values[keypoints] for values in tally] for tally in (before, after)]
                  for name, keypoints in joints_by_name(names).items()}
        # A clip without any error is as good as before; NaN is a clip without measured values.
        return {'ratio': 1.0 if means == (0, 0) else _ratio(*means), 'joints': joints}

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """The largest ratio of a clip and of a joint, and the share of harmed clips."""
        ratios = [record['ratio'] for record in records if not math.isnan(record['ratio'])]
        if not ratios:
            return dict.fromkeys(('worst_ratio', 'harmed', 'worst_joint_ratio'), math.nan)
        harmed = sum(ratio > 1 + self.tolerance for ratio in ratios)
        joints = self._joint_ratios(records)
        metrics = {'worst_ratio': max(ratios), 'harmed': harmed / len(ratios),
                   'worst_joint_ratio': max(joints.values(), default=1.0)}
        if self.per_joint:
            metrics.update({f'joint/{name}/ratio': ratio for name, ratio in joints.items()})
        return metrics

    @staticmethod
    def _joint_ratios(records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Ratios of the joints that have an error, as an aligned root has not."""
        ratios = {}
        for name in dict.fromkeys(name for record in records for name in record['joints']):
            tallies = [record['joints'][name] for record in records if name in record['joints']]
            ratios[name] = _ratio(*(mean_of([pair[side] for pair in tallies]) for side in (0, 1)))
        return {name: ratio for name, ratio in ratios.items() if not math.isnan(ratio)}


def _ratio(before: float, after: float) -> float:
    """After over before: NaN where neither has an error, infinite where only one after has."""
    if before == 0:
        return math.inf if after > 0 else math.nan
    return after / before
