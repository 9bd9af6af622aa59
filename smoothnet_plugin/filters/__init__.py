"""Filters over time: classical ones, and those that run a network."""

from .base import BaseFilter, FilterStream, Support
from .butterworth import ButterworthFilter
from .gaussian import GaussianFilter
from .kalman import KalmanFilter
from .learned_filter import LearnedFilter
from .median import HampelFilter, MedianFilter
from .one_euro import OneEuroFilter
from .savgol import SavgolFilter
from .smoothnet_filter import SmoothNetFilter
from .whittaker import WhittakerFilter

__all__ = [
    'BaseFilter', 'ButterworthFilter', 'FilterStream', 'GaussianFilter', 'HampelFilter',
    'KalmanFilter', 'LearnedFilter', 'MedianFilter', 'OneEuroFilter', 'SavgolFilter',
    'SmoothNetFilter', 'Support', 'WhittakerFilter'
]
