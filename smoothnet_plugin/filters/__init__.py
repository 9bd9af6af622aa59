"""Filters over time: classical ones, and those that run a network."""

from .base import BaseFilter, FilterStream, Support
from .butterworth import ButterworthFilter
from .default_filter import DefaultFilter
from .gaussian import GaussianFilter
from .geodesic import GeodesicGaussianFilter, GeodesicSavgolFilter
from .kalman import KalmanFilter
from .learned_filter import LearnedFilter
from .median import HampelFilter, MedianFilter
from .one_euro import OneEuroFilter
from .outlier_gate import OutlierGate
from .robust_filter import RobustFilter
from .rotation_kalman import RotationKalmanFilter
from .rotation_one_euro import RotationOneEuroFilter
from .savgol import SavgolFilter
from .smoothnet_filter import SmoothNetFilter
from .whittaker import WhittakerFilter

__all__ = [
    'BaseFilter', 'ButterworthFilter', 'DefaultFilter', 'FilterStream', 'GaussianFilter',
    'GeodesicGaussianFilter', 'GeodesicSavgolFilter', 'HampelFilter', 'KalmanFilter',
    'LearnedFilter', 'MedianFilter', 'OneEuroFilter', 'OutlierGate', 'RobustFilter',
    'RotationKalmanFilter', 'RotationOneEuroFilter', 'SavgolFilter', 'SmoothNetFilter', 'Support',
    'WhittakerFilter'
]
