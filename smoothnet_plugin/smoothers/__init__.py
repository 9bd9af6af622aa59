"""From a ``smoother`` entry to smoothed people: whole clips and live."""

from .build import build_filter, build_smoother, preset_names
from .pose_smoother import PoseSmoother
from .report import SmoothReport, compare

__all__ = [
    'PoseSmoother', 'SmoothReport', 'build_filter', 'build_smoother', 'compare', 'preset_names'
]
