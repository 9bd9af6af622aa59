"""Pose estimators that the demos run on videos: MMPose, MediaPipe and rtmlib.

Each is imported only when it is built, and none is a dependency of the package.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ...errors import ConfigError
from .base import Estimator

__all__ = ['ESTIMATORS', 'Estimator', 'build_estimator']

#: Module and class of each estimator, by name.
ESTIMATORS = {'mmpose': ('mmpose', 'MMPoseEstimator'),
              'mediapipe': ('mediapipe', 'MediaPipeEstimator'),
              'rtmlib': ('rtmlib', 'RtmlibEstimator')}


def build_estimator(name: str, **options: Any) -> Estimator:
    """Build an estimator.

    Args:
        name: One of :data:`ESTIMATORS`.
        **options: Arguments of its class.

    Returns:
        The estimator.

    Raises:
        ConfigError: The name is unknown, its package is not installed, or it lacks its model.
    """
    if name not in ESTIMATORS:
        raise ConfigError(f'Unknown estimator {name!r}; expected one of '
                          f"{', '.join(ESTIMATORS)}.")
    module, kind = ESTIMATORS[name]
    return getattr(import_module(f'.{module}', __name__), kind)(**options)
