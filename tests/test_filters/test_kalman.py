from __future__ import annotations

import numpy as np
import pytest
from pykalman import KalmanFilter as PublicKalman

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import KalmanFilter, _compiled
from smoothnet_plugin.filters.base import Run
from smoothnet_plugin.filters.kalman import MODELS


def public(own: KalmanFilter, x: np.ndarray, fps: float) -> PublicKalman:
    motion = own.motion(fps)
    size = len(motion.transition)
    start = motion.transition @ motion.prior @ motion.transition.T + motion.noise
    return PublicKalman(
        transition_matrices=motion.transition, transition_covariance=motion.noise,
        observation_matrices=np.eye(size)[:1], observation_covariance=np.eye(1),
        initial_state_mean=np.eye(size)[0] * x[0], initial_state_covariance=start)


@pytest.mark.parametrize('model', MODELS)
@pytest.mark.parametrize('cutoff', [0.5, 4.0, 11.0])
@pytest.mark.parametrize('causal', [False, True])
def test_equals_pykalman(rng, model, cutoff, causal):
    x = rng.normal(0, 1, (40, 1, 2)).cumsum(axis=0)
    own = KalmanFilter(cutoff, model, causal)
    filtered = own.filter(x, fps=30)
    for channel in range(2):
        values = x[:, 0, channel]
        other = public(own, values, 30)
        states = (other.filter if causal else other.smooth)(values[:, None])[0]
        np.testing.assert_allclose(filtered[:, 0, channel], states[:, 0], atol=3e-7)


@pytest.mark.parametrize('model', MODELS)
@pytest.mark.parametrize('fps', [25, 120])
def test_half_of_the_amplitude_is_left_at_the_cutoff(model, fps):
    x = np.sin(2 * np.pi * 2.5 * np.arange(8 * fps) / fps)[:, None, None]
    filtered = KalmanFilter(2.5, model).filter(x, fps=fps)
    np.testing.assert_allclose(filtered[3 * fps:-3 * fps], x[3 * fps:-3 * fps] / 2, atol=1e-4)


@pytest.mark.parametrize('causal', [False, True])
def test_equal_weights_are_no_weights(rng, causal):
    x = rng.normal(300, 5, (40, 3, 2))
    plain = KalmanFilter(causal=causal).filter(x, fps=30, scores=rng.uniform(0, 1, (40, 3)))
    weighted = KalmanFilter(causal=causal, weighting='scores').filter(
        x, fps=30, scores=np.ones((40, 3)))
    np.testing.assert_allclose(weighted, plain, rtol=1e-9)


@pytest.mark.parametrize('causal', [False, True])
def test_low_confidence_takes_an_outlier_back(causal):
    x = np.full((41, 1, 1), 100.0)
    x[20] = 200
    scores = np.ones((41, 1))
    scores[20] = 0.0
    moved = {mode: np.abs(KalmanFilter(causal=causal, weighting=mode).filter(
        x, fps=30, scores=scores) - 100).max() for mode in ('none', 'scores')}
    assert moved['scores'] < 0.06 * moved['none']


def test_causal_does_not_lag_on_a_ramp():
    x = 3.0 * np.arange(50.0)[:, None, None]
    np.testing.assert_allclose(KalmanFilter(causal=True).filter(x, fps=30), x, atol=1e-5)


@pytest.mark.parametrize('causal', [False, True])
def test_cutoff_above_nyquist_changes_nothing(rng, causal):
    x = rng.normal(0, 1, (20, 2, 2))
    own = KalmanFilter(cutoff=5, causal=causal)
    np.testing.assert_array_equal(own.filter(x, fps=10), x)
    assert own.support(10) == (0, 0) and own.stream(10, 2, 2) is None


@pytest.mark.parametrize(('arguments', 'words'), [
    (dict(cutoff=0), 'cutoff is 0'),
    (dict(model='constant_speed'), "Did you mean 'constant_velocity'"),
    (dict(causal='no'), "causal is 'no'"),
    (dict(weighting=True), 'weighting is True'),
])
def test_wrong_arguments(arguments, words):
    with pytest.raises(ConfigError, match=words):
        KalmanFilter(**arguments)


@pytest.mark.parametrize('keypoints', [2, 7])
@pytest.mark.parametrize('weighting', ['scores', 'none'])
@pytest.mark.parametrize('causal', [True, False])
def test_long_clips_in_parts_of_the_keypoints_are_the_same(rng, monkeypatch, keypoints, weighting,
                                                           causal):
    coords, scores = rng.normal(0, 1, (90, keypoints, 2)), rng.uniform(0, 1, (90, keypoints))
    smoother = KalmanFilter(weighting=weighting, causal=causal)
    whole = smoother.filter(coords, fps=30, scores=scores)
    monkeypatch.setattr('smoothnet_plugin.filters._parts.LONG', 90)
    parts = smoother.filter(coords, fps=30, scores=scores)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize('compiled', [False, True])
@pytest.mark.parametrize('first', [0, 17, 39, 40, 55])
def test_only_the_frames_that_are_wanted_are_smoothed(rng, first, compiled, monkeypatch):
    if compiled:
        pytest.importorskip('numba', reason='needs the extra fast')
    monkeypatch.setattr(_compiled, 'WORTH_LOADING', 0 if compiled else float('inf'))
    coords, smoother = rng.normal(size=(40, 5, 2)), KalmanFilter()
    [newest] = smoother.filter_runs([Run(coords, first=first)], 30.0)
    np.testing.assert_allclose(newest[first:], smoother.filter(coords, fps=30)[first:],
                               rtol=0, atol=1e-13)
    assert np.isfinite(newest).all()


@pytest.mark.parametrize('model', ['constant_velocity', 'constant_acceleration'])
def test_newest_frames_are_the_same_when_asked_for_again(model, rng):
    entry = KalmanFilter(cutoff=3.7, model=model)
    past = entry.support(30.0).past
    coords = 1e6 + 30 * rng.normal(size=(past + 9, 5, 2)).cumsum(axis=0)
    whole = entry.filter(coords, fps=30)
    first_time = entry.filter(coords, fps=30, first=past)
    np.testing.assert_allclose(first_time[past:], whole[past:], rtol=0, atol=1e-7)
    # What a process did before does not show.
    np.testing.assert_array_equal(entry.filter(coords, fps=30, first=past), first_time)
