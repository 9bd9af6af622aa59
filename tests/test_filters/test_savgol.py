from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import savgol_filter

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import SavgolFilter


@pytest.mark.parametrize(('window', 'order'), [(11, 2), (7, 3), (5, 1), (31, 4), (3, 0)])
def test_equals_scipy_in_the_interior(rng, window, order):
    x = rng.normal(300, 5, (70, 3, 2))
    expected = savgol_filter(x, window, order, axis=0)
    inner = slice(window // 2, -(window // 2))
    np.testing.assert_allclose(
        SavgolFilter(window, order).filter(x, fps=30)[inner], expected[inner], rtol=1e-10)


@pytest.mark.parametrize('total', [1, 2, 3, 5, 8, 40])
def test_polynomials_of_the_order_pass(total):
    time = np.linspace(-1, 1, total)[:, None, None]
    x = 4 + 3 * time - 2 * time**2
    np.testing.assert_allclose(SavgolFilter(11, 2).filter(x, fps=30), x, atol=1e-12)


@pytest.mark.parametrize(('window', 'order'), [(11, 2), (31, 2), (12, 2), (11, 20)])
@pytest.mark.parametrize('total', [1, 2, 3, 10, 11, 12, 30, 50])
def test_legacy_follows_the_old_rules_for_short_clips(rng, window, order, total):
    x = rng.normal(0, 1, (total, 2, 2))
    size = min(window - 1 if window % 2 == 0 else window, total)
    expected = savgol_filter(x, size, size - 1 if size <= order else order, axis=0)
    np.testing.assert_array_equal(
        SavgolFilter(window, order, legacy=True).filter(x, fps=30), expected)


def test_even_windows_are_the_odd_ones_below():
    assert SavgolFilter(12).window_size == 11


@pytest.mark.parametrize(('arguments', 'words'), [
    (dict(window_size=0), 'window_size is 0; expected an integer >= 1'),
    (dict(window_size=7.0), 'window_size is 7.0'),
    (dict(polyorder=-1), 'polyorder is -1'),
    (dict(polyorder=True), 'polyorder is True'),
    (dict(window_size=3, polyorder=3), 'polyorder < window_size'),
    (dict(legacy='yes'), "legacy is 'yes'"),
])
def test_wrong_arguments(arguments, words):
    with pytest.raises(ConfigError, match=words):
        SavgolFilter(**arguments)
