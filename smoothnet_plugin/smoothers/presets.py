"""Smoothers by name.

``default`` is the network that comes with the package; the classical ones hold their filter's
measured defaults, and ``classical`` is the best chain of them.
"""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    'one_euro': dict(type='OneEuroFilter'),
    'one_euro_zero_phase': dict(type='OneEuroFilter', zero_phase=True),
    'savgol': dict(type='SavgolFilter'),
    'gaussian': dict(type='GaussianFilter'),
    'butterworth': dict(type='ButterworthFilter'),
    'median': dict(type='MedianFilter'),
    'hampel': dict(type='HampelFilter'),
    'kalman': dict(type='KalmanFilter'),
    'whittaker': dict(type='WhittakerFilter'),
    'smoothnet': dict(type='SmoothNetFilter'),
}
PRESETS['default'] = dict(type='LearnedFilter')
PRESETS['classical'] = dict(
    type='PoseSmoother', filters=[dict(type='HampelFilter'), dict(type='WhittakerFilter')])
