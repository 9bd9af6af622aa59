"""Filters over time: classical ones, and those that run a network."""

from .base import BaseFilter, FilterStream, Support
from .butterworth import ButterworthFilter
from .default_filter import DefaultFilter
from .gaussian import GaussianFilter
from .kalman import KalmanFilter
from .learned_filter import LearnedFilter
from .median import HampelFilter, MedianFilter
from .one_euro import OneEuroFilter
from .outlier_gate import OutlierGate
from .robust_filter import RobustFilter
from .savgol import SavgolFilter
from .smoothnet_filter import SmoothNetFilter
from .whittaker import WhittakerFilter

__all__ = [
    'BaseFilter', 'ButterworthFilter', 'DefaultFilter', 'FilterStream', 'GaussianFilter',
    'HampelFilter', 'KalmanFilter', 'LearnedFilter', 'MedianFilter', 'OneEuroFilter',
    'OutlierGate', 'RobustFilter', 'SavgolFilter', 'SmoothNetFilter', 'Support',
    'WhittakerFilter'
]
