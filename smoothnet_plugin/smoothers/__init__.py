"""From a ``smoother`` entry to smoothed people: whole clips and live."""

from ..utils.deprecation import deprecated_names
from .build import build_filter, build_smoother
from .comparison import compare
from .pose_smoother import PoseSmoother
from .presets import filter_names, preset_names, register_preset
from .report import SmoothReport

__all__ = [
    'PoseSmoother', 'SmoothReport', 'build_filter', 'build_smoother', 'compare', 'filter_names',
    'preset_names', 'register_preset'
]

_FILTERS = ('BaseFilter', 'ButterworthFilter', 'FilterStream', 'GaussianFilter', 'HampelFilter',
            'KalmanFilter', 'LearnedFilter', 'MedianFilter', 'OneEuroFilter', 'SavgolFilter',
            'SmoothNetFilter', 'Support', 'WhittakerFilter')
__getattr__ = deprecated_names(
    __name__, {name: f'smoothnet_plugin.filters:{name}' for name in _FILTERS}, removed_in='0.3.0')
