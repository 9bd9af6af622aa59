from __future__ import annotations

import warnings

import numpy as np
import pytest
from OneEuroFilter import OneEuroFilter as PublicOneEuro

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import OneEuroFilter


@pytest.mark.parametrize(('fps', 'min_cutoff', 'beta', 'd_cutoff'), [
    (30, 1.0, 0.0, 1.0), (30, 1.5, 0.3, 1.0), (120, 0.5, 2.0, 3.0), (7.5, 4.0, 1.0, 1.0)])
def test_equals_the_public_package(rng, fps, min_cutoff, beta, d_cutoff):
    x = rng.normal(0, 1, (80, 2, 3)).cumsum(axis=0)
    filtered = OneEuroFilter(min_cutoff, beta, d_cutoff).filter(x, fps=fps)
    for joint, channel in np.ndindex(2, 3):
        public = PublicOneEuro(fps, min_cutoff, beta, d_cutoff)
        expected = [public(value) for value in x[:, joint, channel]]
        np.testing.assert_allclose(filtered[:, joint, channel], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize('min_cutoff', [0.004, 0.04])
def test_legacy_counts_time_in_frames(rng, min_cutoff):
    x = rng.normal(0, 1, (60, 1, 1)).cumsum(axis=0)
    old = OneEuroFilter(min_cutoff=min_cutoff, beta=0.7, legacy=True)
    public = PublicOneEuro(1.0, min_cutoff, 0.7, 1.0)
    expected = [public(value) for value in x[:, 0, 0]]
    for fps in (10, 30, 240):
        np.testing.assert_allclose(old.filter(x, fps=fps)[:, 0, 0], expected, rtol=1e-12)
    assert old.normalize == 'none'
    assert OneEuroFilter(legacy=True, normalize='root').normalize == 'root'


@pytest.mark.parametrize('stock', [(0.004, 0.7), (0.04, 0.7)])
def test_stock_values_of_old_configs_become_the_defaults(stock):
    with pytest.warns(UserWarning, match=r'stock values.*legacy=True'):
        old = OneEuroFilter(*stock)
    assert old.describe() == OneEuroFilter().describe()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert OneEuroFilter(0.005, 0.7).min_cutoff == 0.005


def test_zero_phase_does_not_lag(jittery):
    clean, _ = jittery
    shift = {}
    for zero_phase in (False, True):
        filtered = OneEuroFilter(1.0, 0.0, zero_phase=zero_phase).filter(clean, fps=30)
        late = [np.abs(filtered[20:-20] - clean[20 - n:len(clean) - 20 - n]).mean()
                for n in range(10)]
        shift[zero_phase] = int(np.argmin(late))
    assert shift[False] >= 3
    assert shift[True] == 0


def test_causal_follows_the_mode():
    assert OneEuroFilter().causal and OneEuroFilter().support(30).future == 0
    steady = OneEuroFilter(zero_phase=True)
    assert not steady.causal and steady.support(30).future > 0
    assert steady.stream(30, 3, 2) is None


@pytest.mark.parametrize(('arguments', 'words'), [
    (dict(min_cutoff=0), 'min_cutoff is 0'),
    (dict(min_cutoff='1'), "min_cutoff is '1'"),
    (dict(beta=-1), 'beta is -1; expected a number >= 0'),
    (dict(d_cutoff=float('nan')), 'd_cutoff is nan'),
    (dict(zero_phase=1), 'zero_phase is 1; expected True or False'),
    (dict(zero_phase=True, legacy=True), 'Remove one'),
    (dict(normalize='body'), 'normalize'),
])
def test_wrong_arguments(arguments, words):
    with pytest.raises(ConfigError, match=words):
        OneEuroFilter(**arguments)


def test_long_clips_in_halves_of_the_keypoints_are_the_same(rng, monkeypatch):
    coords = rng.normal(0, 1, (90, 5, 2))
    smoother = OneEuroFilter(zero_phase=True)
    whole = smoother.filter(coords, fps=30)
    monkeypatch.setattr('smoothnet_plugin.filters._parts.LONG', 90)
    np.testing.assert_array_equal(smoother.filter(coords, fps=30), whole)
