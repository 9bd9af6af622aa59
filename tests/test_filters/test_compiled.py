"""With Numba the recursions give the results of NumPy's loops, and are loaded where that pays."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from smoothnet_plugin import filters
from smoothnet_plugin.filters import KalmanFilter, OneEuroFilter, _compiled

FILTERS = {
    'one_euro': OneEuroFilter(),
    'zero_phase': OneEuroFilter(zero_phase=True),
    'legacy': OneEuroFilter(legacy=True),
    'velocity': KalmanFilter(),
    'acceleration': KalmanFilter(model='constant_acceleration'),
    'causal': KalmanFilter(causal=True),
    'weighted': KalmanFilter(weighting='scores'),
    'causal, weighted': KalmanFilter(causal=True, weighting='scores'),
}


@pytest.fixture
def with_numba(monkeypatch):
    """Sets how many frames of loops are worth loading Numba."""
    pytest.importorskip('numba', reason='needs the extra fast')
    monkeypatch.setattr(_compiled, '_looped', 0)
    return lambda used: monkeypatch.setattr(
        _compiled, 'WORTH_LOADING', 0 if used else float('inf'))


@pytest.mark.parametrize('frames', [1, 2, 3, 200])
@pytest.mark.parametrize('name', FILTERS)
def test_results_are_equal(name, frames, with_numba, rng):
    coords = 1e3 + 30 * rng.normal(size=(frames, 5, 3)).cumsum(axis=0)
    scores = rng.uniform(0, 1, (frames, 5))
    results = []
    for used in (False, True):
        with_numba(used)
        results.append(FILTERS[name].filter(coords, fps=30, scores=scores))
    if 'euro' in name or name in ('zero_phase', 'legacy'):
        np.testing.assert_array_equal(*results)
    else:
        np.testing.assert_allclose(*results, rtol=1e-12)


@pytest.mark.parametrize('name', FILTERS)
def test_extreme_values(name, with_numba):
    coords = np.zeros((30, 2, 3))
    coords[10:, 0], coords[10:, 1] = 1e300, 1e-300
    results = []
    for used in (False, True):
        with_numba(used)
        with np.errstate(all='ignore'):
            results.append(FILTERS[name].filter(coords, fps=30))
    np.testing.assert_allclose(*results, rtol=1e-9)


def test_any_memory_layout(with_numba, rng):
    coords = rng.normal(size=(3, 5, 60)).T
    for entry in (OneEuroFilter(), KalmanFilter()):
        with_numba(True)
        result = entry.filter(coords, fps=30)
        np.testing.assert_allclose(entry.filter(coords.copy(order='C'), fps=30), result)


def test_loaded_once_it_pays(monkeypatch):
    loads = []
    monkeypatch.setattr(_compiled, 'load', lambda: loads.append(1))
    monkeypatch.setattr(_compiled, '_looped', 0)
    for _ in range(4):
        _compiled.kernels(_compiled.WORTH_LOADING // 2)
    assert len(loads) == 3  # from the second run on


def test_without_numba(monkeypatch, rng):
    monkeypatch.setitem(sys.modules, 'smoothnet_plugin.filters._kernels', None)
    monkeypatch.delattr(filters, '_kernels', raising=False)
    monkeypatch.setattr(_compiled, 'WORTH_LOADING', 0)
    _compiled.load.cache_clear()
    try:
        assert _compiled.load() is None
        assert np.isfinite(OneEuroFilter().filter(rng.normal(size=(9, 2, 2)), fps=30)).all()
    finally:
        _compiled.load.cache_clear()


def test_short_clips_do_not_import_numba():
    code = ('import sys, numpy as np\n'
            'from smoothnet_plugin.filters import OneEuroFilter\n'
            'OneEuroFilter().filter(np.zeros((300, 17, 2)), fps=30)\n'
            "print('numba' in sys.modules)")
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout.strip() == 'False', done.stderr
