from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import medfilt

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import HampelFilter, MedianFilter
from smoothnet_plugin.filters import median as median_module


@pytest.mark.parametrize('window', [1, 3, 5, 9])
def test_median_equals_scipy_in_the_interior(rng, window):
    x = rng.normal(0, 1, (40, 1, 1))
    inner = slice(window // 2, 40 - window // 2)
    np.testing.assert_array_equal(MedianFilter(window).filter(x, fps=30)[inner, 0, 0],
                                  medfilt(x[:, 0, 0], window)[inner])


@pytest.mark.parametrize('length', [1, 2, 3])
def test_hampel_takes_out_bursts_and_nothing_else(jittery, rng, length):
    clean = jittery[0] / 4
    x = clean + rng.normal(0, 0.3, clean.shape)
    x[50:50 + length, 3, 0] += 150
    repaired = HampelFilter().filter(x, fps=30)
    assert np.abs(repaired - clean)[50:50 + length, 3, 0].max() < 20
    others = np.ones(x.shape, dtype=bool)
    others[50:50 + length, 3, 0] = False
    assert (repaired != x)[others].mean() < 0.05
    assert np.abs(repaired - x)[others].max() < 20


def test_hampel_finds_an_outlier_at_the_very_ends(rng):
    x = rng.normal(0, 1, (20, 1, 1))
    x[0], x[-1] = 100, -100
    filtered = HampelFilter().filter(x, fps=30)
    assert np.abs(filtered).max() < 4


def test_hampel_in_pieces(rng, monkeypatch):
    x = rng.standard_cauchy((200, 3, 2))
    whole = HampelFilter().filter(x, fps=30)
    monkeypatch.setattr(median_module, 'CHUNK_VALUES', 7 * 6 * 11)
    np.testing.assert_array_equal(HampelFilter().filter(x, fps=30), whole)


@pytest.mark.parametrize(('make', 'words'), [
    (lambda: MedianFilter(window_size=0), 'window_size is 0'),
    (lambda: MedianFilter(window_size=None), 'window_size is None'),
    (lambda: HampelFilter(window_size=2.5), 'window_size is 2.5'),
    (lambda: HampelFilter(n_sigma=0), 'n_sigma is 0; expected a positive number'),
])
def test_wrong_arguments(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
