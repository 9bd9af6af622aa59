from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.filters._linear import (
    fading_frames,
    gaussian_kernel,
    line_ends,
    local_polynomial,
    odd_extension,
)


@pytest.mark.parametrize('total', [1, 2, 3, 6, 7, 8, 20])
@pytest.mark.parametrize('degree', [0, 1, 2, 3])
def test_local_polynomial_against_polyfit(rng, total, degree):
    kernel = (1.0, 0.8, 0.5, 0.1)
    x = rng.normal(0, 1, (total, 1, 1))
    fitted = local_polynomial(x, kernel, degree)
    for t in range(total):
        near = np.arange(max(0, t - 3), min(total, t + 4))
        root = np.sqrt([kernel[abs(s - t)] for s in near])
        expected = np.polyfit(near - t, x[near, 0, 0], min(degree, len(near) - 1), w=root)[-1]
        assert fitted[t, 0, 0] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize('total', [1, 2, 3, 10])
def test_odd_extension_continues_ramps(total):
    ramp = 5.0 + 2.0 * np.arange(-25, total + 25)[:, None, None]
    extended = odd_extension(ramp[25:-25], 25)
    expected = ramp if total > 1 else np.full((51, 1, 1), 5.0)
    np.testing.assert_allclose(extended, expected)


def test_odd_extension_reflects_again_and_again(rng):
    x = rng.normal(0, 1, (4, 2, 2))
    expected = np.pad(x, ((11, 11), (0, 0), (0, 0)), mode='reflect', reflect_type='odd')
    np.testing.assert_allclose(odd_extension(x, 11), expected)


def test_odd_extension_about_pivots(rng):
    x = rng.normal(0, 1, (30, 1, 1))
    start, end = line_ends(x, gaussian_kernel(2.0))
    extended = odd_extension(x, 5, (start, end))
    np.testing.assert_array_equal(extended[5:-5], x)
    np.testing.assert_allclose(extended[:5], (2 * start - x[1:6])[::-1])
    np.testing.assert_allclose(extended[-5:], (2 * end - x[-6:-1])[::-1])


def test_fading_frames():
    assert 0.5**fading_frames(0.5) <= 1e-6 < 0.5**(fading_frames(0.5) - 1)
    assert fading_frames(0.0) == 1
