from __future__ import annotations

import warnings

import pytest

from smoothnet_plugin import filters
from smoothnet_plugin.registry import SMOOTHERS

OLD_CONFIGS = [
    # MMPose 0.x
    (dict(type='OneEuroFilter', min_cutoff=0.004, beta=0.7), 'OneEuroFilter'),
    (dict(type='SavizkyGolayFilter', window_size=11, polyorder=2), 'SavgolFilter'),
    (dict(type='GaussianFilter', window_size=11, sigma=4.0), 'GaussianFilter'),
    # MMHuman3D
    (dict(type='Gaus1dFilter', window_size=11, sigma=4.0), 'GaussianFilter'),
    (dict(type='SGFilter', window_size=11, polyorder=2), 'SavgolFilter'),
    (dict(type='oneeuro'), 'OneEuroFilter'),
    (dict(type='gaus1d'), 'GaussianFilter'),
    (dict(type='savgol'), 'SavgolFilter'),
    # SmoothNet's command line
    (dict(type='oneeuro', min_cutoff=0.04, beta=0.7), 'OneEuroFilter'),
    (dict(type='gaus1d', window_size=31, sigma=3), 'GaussianFilter'),
    (dict(type='savgol', window_size=31, polyorder=2), 'SavgolFilter'),
]


@pytest.mark.parametrize(('config', 'name'), OLD_CONFIGS)
@pytest.mark.parametrize('legacy', [False, True])
def test_old_names_take_old_arguments(config, name, legacy, jittery):
    clean, noisy = jittery
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)
        built = SMOOTHERS.build(dict(config, legacy=legacy))
    assert type(built) is getattr(filters, name)
    assert built.legacy is legacy
    if not legacy:
        size = 60.0 if built.normalize == 'scale' else 1.0
        filtered = built.filter(noisy / size, fps=30) * size
        assert abs(filtered - clean).mean() < abs(noisy - clean).mean()


@pytest.mark.parametrize('config', [
    dict(type='OneEuroFilter'), dict(type='OneEuroFilter', zero_phase=True),
    dict(type='OneEuroFilter', legacy=True), dict(type='SavgolFilter', window_size=7),
    dict(type='GaussianFilter'), dict(type='GaussianFilter', sigma=3.0),
    dict(type='ButterworthFilter', causal=True), dict(type='MedianFilter'),
    dict(type='HampelFilter'), dict(type='KalmanFilter', model='constant_acceleration'),
    dict(type='WhittakerFilter', order=3, normalize='root'),
])
def test_what_describes_a_filter_builds_it(config):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)
        built = SMOOTHERS.build(config)
        again = SMOOTHERS.build(built.describe())
    assert again.describe() == built.describe()
