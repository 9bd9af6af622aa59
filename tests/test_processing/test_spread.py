from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from smoothnet_plugin.processing.blending import network_change
from smoothnet_plugin.processing.outliers import gate
from smoothnet_plugin.processing.spread import predicted_spread

from .test_blending import ar1, body

FPS = 30.0


def spread(coords, shift=None):
    gated, _, track = gate(coords, FPS)
    change = None if shift is None else network_change(track.coords + shift, track)
    return predicted_spread(gated, track, FPS, change)


@pytest.mark.parametrize('shift', [None, 0.02])
def test_more_noise_is_more_spread(shift):
    clean = body()
    levels = [spread(clean + ar1(clean.shape, std, 0.5), shift) for std in (0.0, 0.01, 0.04)]
    for low, high in pairwise(levels):
        assert np.median(high) > 1.5 * np.median(low) > 0


def test_the_further_the_network_is_the_more():
    noisy = body() + ar1((150, 13, 3), 0.01, 0.5)
    near, far = spread(noisy, 0.005), spread(noisy, 0.05)
    assert (far > 1.3 * near).all()


@pytest.mark.parametrize('shift', [None, 0.02])
def test_unit_and_place_do_not_matter(shift):
    noisy = body() + ar1((150, 13, 3), 0.01, 0.5)
    moved = spread(1000 * noisy + 3000, None if shift is None else 1000 * shift)
    np.testing.assert_allclose(moved, 1000 * spread(noisy, shift), rtol=1e-5)


def test_gaps_outliers_and_absurd_values_stay_finite():
    noisy = body() + ar1((150, 13, 3), 0.01, 0.5)
    noisy[40:60, 3] = np.nan
    noisy[80, 5] = 1e200
    found = spread(noisy, 1e300)
    assert found.shape == (150, 13) and np.isfinite(found).all() and (found > 0).all()


def test_truths_lie_within_it_as_often_as_stated(motion_data):
    """Kinect against Vicon, subjects that its constants have not seen, the robust track alone."""
    with np.load(motion_data('uiprmd_val.npz')) as data:
        ends = np.cumsum(data['lengths'])[:-1]
        estimates, truths = (np.split(data[n].astype(float), ends)[::40]
                             for n in ('estimate', 'ground_truth'))
    ratios = []
    for estimate, truth in zip(estimates, truths):
        gated, _, track = gate(estimate, FPS)
        ratios.append(np.linalg.norm(track.coords - truth, axis=-1)
                      / predicted_spread(gated, track, FPS))
    ratio = np.concatenate(ratios)
    assert 0.60 < (ratio < 1).mean() < 0.76 and 0.86 < (ratio < 2).mean() < 0.98
