"""Smoothing in MMPose 1.x: inferencers, an estimator, the test loop, and an opt-in patch.

Only this package imports mmpose, and only when one of its parts is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mmpose_inferencer import SmoothMMPoseInferencer
    from .pose2d_inferencer import SmoothPose2DInferencer
    from .pose3d_inferencer import SmoothPose3DInferencer
    from .sequence_parsers import (
        FolderSequenceParser,
        H36MWholeBodySequenceParser,
        Human36mSequenceParser,
        JhmdbSequenceParser,
        PoseTrack18SequenceParser,
        UBody3dSequenceParser,
    )
    from .smoothed_metric import SmoothedMetric
    from .smoother_hook import SmootherHook
    from .topdown_estimator import SmoothTopdownPoseEstimator

#: Registry and module of each part, by name.
PARTS: dict[str, tuple[str, str]] = {
    'SmoothPose2DInferencer': ('INFERENCERS', 'pose2d_inferencer'),
    'SmoothPose3DInferencer': ('INFERENCERS', 'pose3d_inferencer'),
    'SmoothMMPoseInferencer': ('INFERENCERS', 'mmpose_inferencer'),
    'SmoothTopdownPoseEstimator': ('MODELS', 'topdown_estimator'),
    'SmoothedMetric': ('METRICS', 'smoothed_metric'),
    'SmootherHook': ('HOOKS', 'smoother_hook'),
    'FolderSequenceParser': ('TASK_UTILS', 'sequence_parsers'),
    'H36MWholeBodySequenceParser': ('TASK_UTILS', 'sequence_parsers'),
    'Human36mSequenceParser': ('TASK_UTILS', 'sequence_parsers'),
    'JhmdbSequenceParser': ('TASK_UTILS', 'sequence_parsers'),
    'PoseTrack18SequenceParser': ('TASK_UTILS', 'sequence_parsers'),
    'UBody3dSequenceParser': ('TASK_UTILS', 'sequence_parsers'),
}

__all__ = [
    'FolderSequenceParser', 'H36MWholeBodySequenceParser', 'Human36mSequenceParser',
    'JhmdbSequenceParser', 'PoseTrack18SequenceParser', 'SmoothMMPoseInferencer',
    'SmoothPose2DInferencer', 'SmoothPose3DInferencer', 'SmoothTopdownPoseEstimator',
    'SmoothedMetric', 'SmootherHook', 'UBody3dSequenceParser'
]


def __getattr__(name: str) -> Any:
    if name in PARTS:
        return getattr(import_module(f'.{PARTS[name][1]}', __name__), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
