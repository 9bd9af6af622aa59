"""What a smoother did to each joint over a data set, as an MMEngine metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from ..registry import METRICS
from ..smoothers.joint_change import JointChange
from ..utils.arrays import finite_keypoints
from . import functional as F
from .clip import Clip
from .joint_changes import ALL, change_of, joint_groups, joint_sums
from .sequence_metric import SequenceMetric

#: The numbers of a change.
NUMBERS = tuple(field.name for field in fields(JointChange)
                if field.name not in ('joint', 'clips', 'intervals'))


@METRICS.register_module()
class JointChangeMetric(SequenceMetric):
    """Speed kept, lag, distrusted frames and error of each joint, with intervals over clips.

    Keys are the numbers of :class:`~smoothnet_plugin.smoothers.joint_change.JointChange`
    (``speed_kept``, ``lag``, ...) for all keypoints, each also with ``_low`` and ``_high``, the
    ends of its 95 % bootstrap interval over clips, and all of them as ``joint/<joint>/<key>``.
    Where a clip has a truth, speed and lag are those against the truth.

    Args:
        root_align: Subtract the root keypoints of the clip's ``meta`` from 3D keypoints. Defaults
            to True.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        prefix: Put before all keys, with a slash. Defaults to None.
    """

    def __init__(self, root_align: bool = True, per_sequence: bool = False,
                 prefix: str | None = None) -> None:
        super().__init__(per_sequence, prefix=prefix)
        self.root_align = root_align

    def keys(self) -> tuple[str, ...]:
        """The numbers of all keypoints."""
        return NUMBERS

    def measure(self, clip: Clip) -> dict[str, Any]:
        """The sums of each joint of a clip."""
        roots = clip.roots(self.root_align)
        scale = clip.scale
        known = finite_keypoints(clip.inputs) & clip.mask
        arrays = [np.where(known[..., None], clip.inputs, np.nan), clip.pred,
                  *([clip.target] if clip.target is not None else [])]
        arrays = [scale * np.asarray(array, np.float64) for array in arrays]
        if roots is not None:
            arrays = [F.root_align(array, roots) for array in arrays]
        groups = joint_groups(self.keypoint_names(clip))
        fps = float(clip.require('fps', 'frames per second'))
        return {'joints': joint_sums(arrays[0], arrays[1], ~finite_keypoints(clip.inputs), fps,
                                     groups, *arrays[2:])}

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """The numbers and their intervals over the clips, of all keypoints and of each joint."""
        values: dict[str, float] = {}
        for joint in dict.fromkeys(name for record in records for name in record['joints']):
            change = change_of(joint, [record['joints'][joint] for record in records
                                       if joint in record['joints']])
            before = '' if joint == ALL else f'joint/{joint}/'
            for name in NUMBERS:
                # Points at rest have no speed, and without ground truth there is no error.
                if not math.isnan(getattr(change, name)):
                    values[before + name] = getattr(change, name)
            for name, (low, high) in change.intervals.items():
                values |= {f'{before}{name}_low': low, f'{before}{name}_high': high}
        return values


def changes_of_metrics(metrics: dict[str, float]) -> list[JointChange]:
    """The changes behind the numbers of :class:`JointChangeMetric`.

    Args:
        metrics: Numbers by key, without a prefix.

    Returns:
        All keypoints together first, then a change per joint; nothing where it was not measured.
    """
    joints = dict.fromkeys(key.split('/')[1] for key in metrics if key.startswith('joint/')
                           and key.split('/')[-1] in NUMBERS)
    if 'accel_ratio' not in metrics:
        return []
    changes = []
    for joint in (ALL, *joints):
        before = '' if joint == ALL else f'joint/{joint}/'
        values = {name: metrics[before + name] for name in NUMBERS if before + name in metrics}
        intervals = {name: (metrics[f'{before}{name}_low'], metrics[f'{before}{name}_high'])
                     for name in values if f'{before}{name}_low' in metrics}
        changes.append(JointChange(joint, 0, **values, intervals=intervals))
    return changes
