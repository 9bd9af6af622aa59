"""With Numba the robust track is that of NumPy, and its code is loaded where that pays."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from smoothnet_plugin import build_smoother
from smoothnet_plugin.processing import compiled_steps
from smoothnet_plugin.processing.medoid import running_medoid
from smoothnet_plugin.processing.penalized import PenalizedFit
from smoothnet_plugin.processing.robust_track import robust_track
from smoothnet_plugin.processing.rolling import rolling_quantile, rolling_sum, triangle_mean
from smoothnet_plugin.utils.compiled import compiled_module
from tests.walking import walking_person


@pytest.fixture
def both_ways(monkeypatch):
    """Calls a function without and with the compiled code."""
    pytest.importorskip('numba', reason='needs the extra fast')
    kernels = compiled_module('smoothnet_plugin.processing._kernels')
    assert kernels is not None

    def call(function):
        results = []
        for used in (None, kernels):
            monkeypatch.setattr(compiled_steps._State, 'kernels', used)
            with compiled_steps.live_frame():
                results.append(function())
        return results
    return call


@pytest.mark.parametrize('share', [0.5, 0.75])
@pytest.mark.parametrize('reach', [1, 3, 7, 24])
@pytest.mark.parametrize('absent', [0.0, 0.3, 1.0])
def test_quantiles_are_equal(share, reach, absent, both_ways, rng):
    values = rng.normal(size=(40, 3, 5))
    values[rng.random(values.shape) < absent] = np.nan
    np.testing.assert_array_equal(*both_ways(
        lambda: rolling_quantile(values, reach, share, first=5)))


@pytest.mark.parametrize('axis', [0, -1])
@pytest.mark.parametrize('reach', [1, 4, 100])
def test_rolling_means_are_equal(axis, reach, both_ways, rng):
    values = rng.normal(size=(30, 4, 30))
    for function in (lambda: triangle_mean(values, reach, 7, axis),
                     lambda: rolling_sum(values, reach, axis)):
        np.testing.assert_allclose(*both_ways(function), rtol=0, atol=1e-12)


@pytest.mark.parametrize('frames', [1, 4, 60])
@pytest.mark.parametrize('width', [1, 2, 3])
def test_medoids_are_equal(frames, width, both_ways, rng):
    curves = rng.normal(size=(width, 2, 5, frames)).round(1)
    weights = rng.uniform(0, 1, (2, 5, frames))
    np.testing.assert_array_equal(*both_ways(lambda: running_medoid(
        curves, weights, 4, size=np.array([0.0, 2.0]))))


def test_penalized_fits_are_equal(both_ways, rng):
    curves = rng.normal(size=(2, 3, 4, 50)).cumsum(axis=-1)
    penalties = np.exp(rng.uniform(-3, 8, (3, 4, 47)))
    weights = rng.uniform(0, 1, (3, 4, 50)) * (rng.random((3, 4, 50)) < 0.8)
    np.testing.assert_allclose(*both_ways(
        lambda: PenalizedFit(curves, penalties).solve(weights)), atol=1e-7)


def test_systems_that_are_not_definite(both_ways, rng):
    curves = rng.normal(size=(2, 1, 3, 20))
    found = both_ways(lambda: PenalizedFit(curves, np.full((1, 3, 17), -1.0)).solve(
        np.ones((1, 3, 20))))
    for result in found:
        np.testing.assert_array_equal(result, curves)


@pytest.mark.parametrize(('frames', 'dims', 'absent', 'scored'), [
    (5, 2, 0.0, False), (69, 2, 0.0, False), (69, 3, 0.1, True), (135, 2, 0.3, True)])
def test_robust_tracks_are_equal(frames, dims, absent, scored, both_ways, rng):
    size = 1.0 if dims == 3 else 300.0
    coords = np.stack([walking_person(frames, 30.0, dims, turn=0.3 * i) for i in range(3)], axis=1)
    coords += rng.normal(0, 0.01 * size, coords.shape)
    coords[frames // 2, 0, 3] += size
    coords[1:][rng.random(coords[1:].shape[:-1]) < absent] = np.nan
    weights = rng.uniform(0.1, 1, coords.shape[:-1]) if scored else None
    expected, found = both_ways(lambda: robust_track(coords, 30.0, weights))
    for entry in dataclasses.fields(expected):
        np.testing.assert_allclose(getattr(found, entry.name), getattr(expected, entry.name),
                                   rtol=1e-6, atol=1e-8 * size, err_msg=entry.name)


@pytest.mark.parametrize('name', ['robust', 'default'])
def test_live_results_are_equal(name, both_ways, rng):
    coords = walking_person(50, 30.0, 2) + rng.normal(0, 3, (50, 17, 2))

    def smoothed():
        smoother = build_smoother(name, fps=30, lookahead=8)
        frames = [frame for pose in coords for frame in smoother.step(pose)]
        return np.array([frame.instances[0].keypoints for frame in frames])

    np.testing.assert_allclose(*both_ways(smoothed), atol=1e-4)


class _Thread:
    started = 0

    def __init__(self, target, **_):
        assert target is compiled_steps.load

    def start(self):
        _Thread.started += 1


@pytest.mark.parametrize('installed', [True, False])
def test_loaded_in_a_thread_once_it_pays(installed, monkeypatch):
    for name, value in {'Thread': _Thread, 'WORTH_LOADING': 1000,
                        'find_spec': lambda _: object() if installed else None}.items():
        monkeypatch.setattr(compiled_steps, name, value)
    for name, value in {'samples': 0, 'loading': False, 'kernels': None}.items():
        monkeypatch.setattr(compiled_steps._State, name, value)
    monkeypatch.setattr(_Thread, 'started', 0)
    compiled_steps.count(5000)  # neither live nor a clip
    seen = []
    with compiled_steps.live_frame():
        for _ in range(4):
            compiled_steps.count(400)
            assert compiled_steps.kernels() is None
            seen.append(_Thread.started)
    assert seen == ([0, 0, 1, 1] if installed else [0, 0, 0, 0])


def test_size_of_a_clip_decides_alone(monkeypatch):
    loaded, before = object(), None
    monkeypatch.setattr(compiled_steps, 'compiled_module', lambda _: loaded)
    for name, value in {'loading': False, 'loaded': False, 'kernels': None}.items():
        monkeypatch.setattr(compiled_steps._State, name, value)
    for samples, live, expected in [(999, False, None), (1000, False, loaded), (999, False, None),
                                    (100, True, loaded), (1, True, None)]:
        monkeypatch.setattr(compiled_steps, 'WORTH_WAITING', 1000)
        with compiled_steps.whole_clip(samples, live), compiled_steps.live_frame():
            assert compiled_steps._State.loaded is (before is not None)  # not before it is used
            before = before or expected
            assert compiled_steps.kernels() is expected
        assert compiled_steps.kernels() is None


def test_without_numba(monkeypatch):
    monkeypatch.setattr(compiled_steps._State, 'kernels', None)
    monkeypatch.setattr(compiled_steps._State, 'loading', False)
    monkeypatch.setattr(compiled_steps._State, 'loaded', False)
    monkeypatch.setitem(sys.modules, 'smoothnet_plugin.processing._kernels', None)
    assert compiled_steps.load() is None
    with compiled_steps.whole_clip(10 ** 9):
        assert compiled_steps.kernels() is None
