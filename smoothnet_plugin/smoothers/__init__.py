"""Filters over time and the smoother that applies them to people."""

from .base import BaseFilter, FilterStream, Support
from .build import build_filter, build_smoother, preset_names
from .butterworth import ButterworthFilter
from .gaussian import GaussianFilter
from .kalman import KalmanFilter
from .learned_filter import LearnedFilter
from .median import HampelFilter, MedianFilter
from .one_euro import OneEuroFilter
from .pose_smoother import PoseSmoother
from .report import SmoothReport, compare
from .savgol import SavgolFilter
from .smoothnet_filter import SmoothNetFilter
from .whittaker import WhittakerFilter

__all__ = [
    'BaseFilter', 'ButterworthFilter', 'FilterStream', 'GaussianFilter', 'HampelFilter',
    'KalmanFilter', 'LearnedFilter', 'MedianFilter', 'OneEuroFilter', 'PoseSmoother',
    'SavgolFilter', 'SmoothNetFilter', 'SmoothReport', 'Support', 'WhittakerFilter',
    'build_filter', 'build_smoother', 'compare', 'preset_names'
]
