from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import ButterworthFilter


@pytest.mark.parametrize(
    ('cutoff', 'order', 'fps'), [(4, 2, 30), (6, 4, 100), (1, 1, 30), (14, 3, 30)])
def test_equals_scipy_in_the_interior(rng, cutoff, order, fps):
    x = rng.normal(300, 5, (400, 2, 2))
    own = ButterworthFilter(cutoff=cutoff, order=order)
    sections = signal.butter(order, cutoff / (fps / 2), output='sos')
    inner = slice(2 * own.support(fps).past, -2 * own.support(fps).past)
    np.testing.assert_allclose(own.filter(x, fps=fps)[inner],
                               signal.sosfiltfilt(sections, x, axis=0)[inner], rtol=1e-11)


def test_causal_equals_scipy_from_rest(rng):
    x = rng.normal(0, 5, (100, 1, 1))
    sections = signal.butter(2, 4 / 15, output='sos')
    before = np.full(500, x[0, 0, 0])
    expected = signal.sosfilt(sections, np.concatenate([before, x[:, 0, 0]]))[500:]
    filtered = ButterworthFilter(cutoff=4, causal=True).filter(x, fps=30)
    np.testing.assert_allclose(filtered[:, 0, 0], expected, atol=1e-12)


@pytest.mark.parametrize('causal', [False, True])
def test_cutoff_above_nyquist_changes_nothing(rng, causal):
    x = rng.normal(0, 1, (20, 2, 2))
    own = ButterworthFilter(cutoff=5, causal=causal)
    np.testing.assert_array_equal(own.filter(x, fps=10), x)
    assert own.support(10) == (0, 0) and own.stream(10, 2, 2) is None


def test_the_last_frame_is_smoothed_too(rng):
    last = [ButterworthFilter().filter(rng.normal(0, 1, (40, 1, 1)), fps=30)[-1, 0, 0]
            for _ in range(400)]
    assert np.std(last) < 0.75


@pytest.mark.parametrize(('arguments', 'words'), [
    (dict(cutoff=0), 'cutoff is 0; expected a positive number'),
    (dict(cutoff=float('inf')), 'cutoff is inf'),
    (dict(order=0), 'order is 0; expected an integer >= 1'),
    (dict(order=2.5), 'order is 2.5'),
    (dict(causal=None), 'causal is None'),
])
def test_wrong_arguments(arguments, words):
    with pytest.raises(ConfigError, match=words):
        ButterworthFilter(**arguments)
