"""Metrics: pure functions in :mod:`.functional`, and MMEngine metrics on top of them.

The names below are imported when they are first used: MMEngine's evaluator imports torch, which
the pure functions, and so the report of a classical filter, do without.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..utils.deprecation import deprecated_names

if TYPE_CHECKING:
    from .metrics import (
        BodyJointsMetric,
        Clip,
        DoNoHarmMetric,
        JointChangeMetric,
        MeanMetric,
        OverSmoothingMetric,
        PCKMetric,
        PoseErrorMetric,
        SequenceMetric,
        SMPLMetric,
        WorstFramesMetric,
    )

__all__ = ['BodyJointsMetric', 'Clip', 'DoNoHarmMetric', 'JointChangeMetric', 'MeanMetric',
           'OverSmoothingMetric', 'PCKMetric', 'PoseErrorMetric', 'SMPLMetric', 'SequenceMetric',
           'WorstFramesMetric']

_deprecated = deprecated_names(
    __name__, {'SequenceResult': 'smoothnet_plugin.evaluation.clip:Clip'}, removed_in='0.3.0')


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module('.metrics', __name__), name)
    return _deprecated(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
