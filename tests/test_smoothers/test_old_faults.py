"""Faults of the old smoothers (design notes, section 7) that must not come back.

Each test also runs the old numbers (``legacy=True``) where there are any, to show that it would
see the fault.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from smoothnet_plugin.filters import GaussianFilter, OneEuroFilter, SavgolFilter
from smoothnet_plugin.smoothers.build import build_filter

FPS = 30.0
PIXELS, METRES = 400.0, 0.4  # a body's scale in either unit


def stock_one_euro(**arguments) -> OneEuroFilter:
    """The entry of an old config, as it stands."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)
        return OneEuroFilter(min_cutoff=0.004, beta=0.7, **arguments)


def slow_move(scale: float) -> np.ndarray:
    """A second of rest, then five at 0.075 body scales (3 cm) a second."""
    time = np.maximum(np.arange(180) / FPS - 1, 0)
    return scale * (3 + 0.075 * time)[:, None, None]


def in_body_units(own: OneEuroFilter, coords: np.ndarray, scale: float) -> np.ndarray:
    scale = scale if own.normalize == 'scale' else 1.0
    return own.filter(coords / scale, fps=FPS) * scale


@pytest.mark.parametrize('own', [GaussianFilter(), GaussianFilter(window_size=11, sigma=4.0),
                                 GaussianFilter(weighting='scores')])
def test_gaussian_is_not_biased_at_the_ends(own, rng):
    ramp = np.arange(61.0)[:, None, None]
    scores = rng.uniform(0, 1, (61, 1))
    np.testing.assert_allclose(own.filter(ramp, fps=FPS, scores=scores), ramp, atol=1e-9)
    late = ramp - GaussianFilter(sigma=4.0, window_size=61, legacy=True).filter(ramp, fps=FPS)
    assert late[0] < -2 and late[-1] > 2


def test_gaussian_has_no_blocks_and_no_raw_tail(rng):
    x = rng.normal(0, 1, (70, 1, 1))
    own, old = (GaussianFilter(window_size=31, sigma=3.0, legacy=legacy)
                for legacy in (False, True))
    tail = slice(62, 70)
    assert np.abs(old.filter(x, fps=FPS) - x)[tail].max() == 0
    assert np.abs(own.filter(x, fps=FPS) - x)[tail].min() > 0

    def shifted(filter_):
        whole = filter_.filter(x, fps=FPS)
        return np.abs(filter_.filter(x[5:], fps=FPS)[15:-15] - whole[20:-15]).max()

    assert shifted(old) > 0.05
    assert shifted(own) < 1e-12


def test_one_euro_works_in_pixels(rng):
    jitter = rng.normal(0, 2, (300, 1, 1))
    x = 600 + jitter
    own = stock_one_euro()
    assert in_body_units(own, x, PIXELS)[30:].std() < 0.6 * jitter.std()
    assert in_body_units(stock_one_euro(legacy=True), x, PIXELS)[30:].std() > 0.75 * jitter.std()


def test_one_euro_does_not_lag_in_metres():
    x = slow_move(METRES)
    own, old = (np.abs(in_body_units(stock_one_euro(legacy=legacy), x, METRES) - x)[-1].item()
                / (x[-1] - x[-2]).item() for legacy in (False, True))
    assert own < 2
    assert old > 10


def test_one_euro_is_the_same_in_any_unit(rng):
    x = slow_move(1.0) + rng.normal(0, 0.01, (180, 1, 1))
    own = stock_one_euro()
    np.testing.assert_allclose(in_body_units(own, PIXELS * x, PIXELS) / PIXELS,
                               in_body_units(own, METRES * x, METRES) / METRES, rtol=1e-12)


@pytest.mark.parametrize('name', ['OneEuroFilter', 'SavgolFilter', 'GaussianFilter',
                                  'ButterworthFilter', 'MedianFilter', 'HampelFilter',
                                  'KalmanFilter', 'WhittakerFilter'])
@pytest.mark.parametrize('total', [1, 2, 3, 4, 7])
def test_short_clips_stay_where_they_are(name, total, rng):
    x = 1000 + rng.normal(0, 1, (total, 4, 2))
    filtered = build_filter(dict(type=name)).filter(x, fps=FPS)
    assert np.abs(filtered - 1000).max() < 5


def test_one_nan_frame_is_forgotten(jittery):
    _, x = jittery
    x = x / 100
    spoilt = x.copy()
    spoilt[40] = np.nan
    for own in (OneEuroFilter(), OneEuroFilter(zero_phase=True), SavgolFilter()):
        filtered, whole = own.filter(spoilt, fps=FPS), own.filter(x, fps=FPS)
        assert np.isfinite(filtered).all()
        jitter = np.abs(x[40] - (x[39] + x[41]) / 2).max()
        assert np.abs(filtered - whole).max() <= jitter
        assert np.abs(filtered - whole)[55:].max() < 0.01 * jitter


def test_savgol_takes_clips_shorter_than_its_window(rng):
    for total in range(1, 14):
        x = rng.normal(0, 1, (total, 2, 2))
        for legacy in (False, True):
            filtered = SavgolFilter(11, 2, legacy=legacy).filter(x, fps=FPS)
            assert np.isfinite(filtered).all()
