from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import WhittakerFilter


@pytest.mark.parametrize('order', [1, 2, 3])
@pytest.mark.parametrize('weighting', ['none', 'scores'])
def test_equals_the_dense_solution(rng, order, weighting):
    x, scores = rng.normal(0, 1, (30, 2, 2)), rng.uniform(0.05, 1, (30, 2))
    filtered = WhittakerFilter(3.0, order, weighting).filter(x, fps=25, scores=scores)
    penalty = (2 * np.sin(np.pi * 3.0 / 25))**(-2 * order)
    differences = np.diff(np.eye(30), order, axis=0)
    for joint in range(2):
        weight = np.diag(scores[:, joint] if weighting == 'scores' else np.ones(30))
        expected = np.linalg.solve(
            weight + penalty * differences.T @ differences, weight @ x[:, joint])
        np.testing.assert_allclose(filtered[:, joint], expected, atol=1e-11)


@pytest.mark.parametrize('order', [1, 2, 3])
@pytest.mark.parametrize('fps', [25, 120])
def test_half_of_the_amplitude_is_left_at_the_cutoff(order, fps):
    x = np.sin(2 * np.pi * 2.5 * np.arange(6 * fps) / fps)[:, None, None]
    filtered = WhittakerFilter(2.5, order).filter(x, fps=fps)
    np.testing.assert_allclose(filtered[2 * fps:-2 * fps], x[2 * fps:-2 * fps] / 2, atol=1e-4)


@pytest.mark.parametrize('order', [2, 3])
def test_polynomials_survive_a_very_low_cutoff(order):
    time = np.linspace(-1, 1, 3000)[:, None, None]
    own = WhittakerFilter(0.02, order)
    np.testing.assert_allclose(own.filter(1234.5 + 0 * time, fps=240), 1234.5, rtol=1e-12)
    np.testing.assert_allclose(own.filter(100 * time, fps=240), 100 * time, atol=1e-5)


def test_cutoff_above_nyquist_changes_nothing(rng):
    x = rng.normal(0, 1, (20, 2, 2))
    np.testing.assert_array_equal(WhittakerFilter(cutoff=5).filter(x, fps=10), x)
    assert WhittakerFilter(cutoff=5).support(10) == (0, 0)


@pytest.mark.parametrize(('arguments', 'words'), [
    (dict(cutoff=0), 'cutoff is 0'),
    (dict(order=0), 'order is 0'),
    (dict(weighting='confidence'), 'weighting is'),
])
def test_wrong_arguments(arguments, words):
    with pytest.raises(ConfigError, match=words):
        WhittakerFilter(**arguments)


@pytest.mark.parametrize('keypoints', [1, 7])
def test_long_clips_in_parts_of_the_values_are_the_same(rng, monkeypatch, keypoints):
    coords = 500 + rng.normal(0, 1, (90, keypoints, 2))
    whole = WhittakerFilter().filter(coords, fps=30)
    monkeypatch.setattr('smoothnet_plugin.filters._parts.LONG', 90)
    np.testing.assert_allclose(WhittakerFilter().filter(coords, fps=30), whole, rtol=1e-13)
