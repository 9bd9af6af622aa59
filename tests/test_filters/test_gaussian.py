from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import GaussianFilter


@pytest.mark.parametrize('sigma', [0.8, 2.0, 4.0])
def test_equals_scipy_in_the_interior(rng, sigma):
    x = rng.normal(300, 5, (70, 3, 2))
    filtered = GaussianFilter(sigma=sigma)
    reach = filtered.support(30).future
    np.testing.assert_allclose(filtered.filter(x, fps=30)[reach:-reach],
                               gaussian_filter1d(x, sigma, axis=0)[reach:-reach], rtol=1e-12)


def test_half_of_the_amplitude_is_left_at_the_cutoff():
    for fps in (25, 120):
        x = np.sin(2 * np.pi * 2.5 * np.arange(4 * fps) / fps)[:, None, None]
        filtered = GaussianFilter(cutoff=2.5).filter(x, fps=fps)
        inner = slice(fps, -fps)
        np.testing.assert_allclose(filtered[inner], x[inner] / 2, atol=1e-3)


def test_equal_weights_are_no_weights(rng):
    x = rng.normal(300, 5, (50, 3, 2))
    plain = GaussianFilter().filter(x, fps=30)
    for weight in (0.2, 1.0):
        weighted = GaussianFilter(weighting='scores').filter(
            x, fps=30, scores=np.full((50, 3), weight))
        np.testing.assert_allclose(weighted, plain, rtol=1e-12)
    ignored = GaussianFilter().filter(x, fps=30, scores=rng.uniform(0, 1, (50, 3)))
    np.testing.assert_array_equal(ignored, plain)


def test_low_confidence_takes_an_outlier_back():
    x = np.full((41, 1, 1), 100.0)
    x[20] = 200
    scores = np.ones((41, 1))
    scores[20] = 0.0
    moved = {mode: np.abs(GaussianFilter(weighting=mode).filter(x, fps=30, scores=scores)
                          - 100).max() for mode in ('none', 'scores')}
    assert moved['scores'] < 0.02 * moved['none']


@pytest.mark.parametrize('total', [1, 2, 10, 11, 12, 70])
def test_legacy_is_blocks_and_a_raw_rest(rng, total):
    x = rng.normal(0, 1, (total, 2, 2))
    filtered = GaussianFilter(window_size=31, sigma=3.0, legacy=True).filter(x, fps=30)
    block = min(31, total)
    whole = total // block * block
    for start in range(0, whole, block):
        expected = gaussian_filter1d(x[start:start + block], 3.0, axis=0)
        np.testing.assert_array_equal(filtered[start:start + block], expected)
    np.testing.assert_array_equal(filtered[whole:], x[whole:])


def test_old_arguments_cut_the_kernel_off():
    assert GaussianFilter(window_size=11, sigma=4.0).support(30).future == 5
    assert GaussianFilter(window_size=101, sigma=1.0).support(30).future == 4
    assert GaussianFilter(window_size=1, sigma=1.0).support(30).future == 0


def test_cutoff_above_nyquist_changes_nothing(rng):
    x = rng.normal(0, 1, (20, 2, 2))
    np.testing.assert_array_equal(GaussianFilter(cutoff=5).filter(x, fps=10), x)


@pytest.mark.parametrize(('arguments', 'words'), [
    (dict(cutoff=4, sigma=2), 'specify one of them'),
    (dict(sigma=0), 'sigma is 0'),
    (dict(cutoff=-1), 'cutoff is -1'),
    (dict(window_size='11'), "window_size is '11'"),
    (dict(weighting='score'), "Did you mean 'scores'"),
    (dict(legacy=True, cutoff=4), 'legacy=True takes sigma and window_size only'),
    (dict(legacy=True, weighting='scores'), 'legacy=True takes sigma and window_size only'),
])
def test_wrong_arguments(arguments, words):
    with pytest.raises(ConfigError, match=words):
        GaussianFilter(**arguments)
