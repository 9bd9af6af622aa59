from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.filters import (
    ButterworthFilter,
    GaussianFilter,
    HampelFilter,
    KalmanFilter,
    MedianFilter,
    OneEuroFilter,
    SavgolFilter,
    WhittakerFilter,
)

#: Settings behind the columns of tests/data/filters/*.csv (made by make_golden.py there).
GOLDEN = {
    'one_euro': {
        'causal': OneEuroFilter(min_cutoff=1.5, beta=0.02),
        'zero_phase': OneEuroFilter(min_cutoff=1.5, beta=0.02, zero_phase=True),
        'legacy': OneEuroFilter(legacy=True),
    },
    'savgol': {
        'window_11': SavgolFilter(window_size=11, polyorder=2),
        'legacy': SavgolFilter(legacy=True),
    },
    'gaussian': {
        'cutoff': GaussianFilter(cutoff=4.0),
        'sigma': GaussianFilter(sigma=2.0),
        'truncated': GaussianFilter(sigma=4.0, window_size=11),
        'weighted': GaussianFilter(cutoff=4.0, weighting='scores'),
        'legacy': GaussianFilter(legacy=True),
    },
    'butterworth': {
        'order_2': ButterworthFilter(cutoff=4.0),
        'order_4': ButterworthFilter(cutoff=6.0, order=4),
        'causal': ButterworthFilter(cutoff=4.0, causal=True),
    },
    'median': {'window_5': MedianFilter(window_size=5)},
    'hampel': {'window_7': HampelFilter(window_size=7, n_sigma=3.0)},
    'kalman': {
        'constant_velocity': KalmanFilter(cutoff=4.0),
        'constant_acceleration': KalmanFilter(cutoff=4.0, model='constant_acceleration'),
        'causal': KalmanFilter(cutoff=4.0, causal=True),
        'weighted': KalmanFilter(cutoff=4.0, weighting='scores'),
    },
    'whittaker': {
        'order_2': WhittakerFilter(cutoff=4.0),
        'order_3': WhittakerFilter(cutoff=3.0, order=3),
        'weighted': WhittakerFilter(cutoff=4.0, weighting='scores'),
    },
}
CASES = [(name, column) for name, columns in GOLDEN.items() for column in columns]


def read(repo_dir, name: str) -> np.ndarray:
    path = repo_dir / 'tests' / 'data' / 'filters' / f'{name}.csv'
    return np.genfromtxt(path, delimiter=',', names=True)


@pytest.mark.parametrize(('name', 'column'), CASES)
def test_golden(repo_dir, name, column):
    table = read(repo_dir, name)
    filtered = GOLDEN[name][column].filter(
        table['input'][:, None, None], fps=30, scores=table['weight'][:, None])
    # A Kalman filter's prior of 1e7 costs either side seven of its sixteen digits.
    tolerance = 1e-8 if name == 'kalman' else 1e-10
    np.testing.assert_allclose(filtered[:, 0, 0], table[column], rtol=tolerance)


def test_every_column_is_compared(repo_dir):
    files = {path.stem for path in (repo_dir / 'tests' / 'data' / 'filters').glob('*.csv')}
    assert files == set(GOLDEN)
    for name, columns in GOLDEN.items():
        assert set(read(repo_dir, name).dtype.names) == {'frame', 'input', 'weight', *columns}
