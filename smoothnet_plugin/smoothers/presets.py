"""Smoothers by name.

The classical ones hold their filter's measured defaults; ``default`` is the best that needs no
download.
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
PRESETS['default'] = dict(
    type='PoseSmoother', filters=[dict(type='HampelFilter'), dict(type='WhittakerFilter')])
