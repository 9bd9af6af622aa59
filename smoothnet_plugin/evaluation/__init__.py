"""Metrics: pure functions in :mod:`.functional`, and MMEngine metrics on top of them.

The names below are imported when they are first used: MMEngine's evaluator imports torch, which
the pure functions, and so the report of a classical filter, do without.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..utils.deprecation import deprecated_names

if TYPE_CHECKING:
    from .body_joints_metric import BodyJointsMetric
    from .clip import Clip
    from .do_no_harm import DoNoHarmMetric
    from .joint_change_metric import JointChangeMetric
    from .mean_metric import MeanMetric
    from .over_smoothing import OverSmoothingMetric
    from .pck_metric import PCKMetric
    from .pose_error import PoseErrorMetric
    from .sequence_metric import SequenceMetric
    from .smpl_metric import SMPLMetric
    from .worst_frames import WorstFramesMetric

__all__ = ['BodyJointsMetric', 'Clip', 'DoNoHarmMetric', 'JointChangeMetric', 'MeanMetric',
           'OverSmoothingMetric', 'PCKMetric', 'PoseErrorMetric', 'SMPLMetric', 'SequenceMetric',
           'WorstFramesMetric']

_MODULES = {
    'BodyJointsMetric': 'body_joints_metric',
    'Clip': 'clip', 'DoNoHarmMetric': 'do_no_harm', 'JointChangeMetric': 'joint_change_metric',
    'MeanMetric': 'mean_metric', 'OverSmoothingMetric': 'over_smoothing',
    'PCKMetric': 'pck_metric', 'PoseErrorMetric': 'pose_error',
    'SMPLMetric': 'smpl_metric', 'SequenceMetric': 'sequence_metric',
    'WorstFramesMetric': 'worst_frames'}

_deprecated = deprecated_names(
    __name__, {'SequenceResult': 'smoothnet_plugin.evaluation.clip:Clip'}, removed_in='0.3.0')


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f'.{_MODULES[name]}', __name__), name)
    return _deprecated(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
