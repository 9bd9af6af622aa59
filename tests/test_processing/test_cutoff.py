from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.cutoff import local_cutoff
from smoothnet_plugin.processing.cutoff_likelihood import CUTOFFS
from smoothnet_plugin.utils.arrays import curves_of


def walk(rng, frequency, noise, fps=30, total=240, phi=0.0):
    t = np.arange(total)[:, None, None] / fps
    clean = 40 * np.sin(2 * np.pi * frequency * t + rng.uniform(0, 6.28, (1, 8, 2)))
    error = rng.normal(0, noise, clean.shape)
    for frame in range(1, total):
        error[frame] = phi * error[frame - 1] + np.sqrt(1 - phi**2) * error[frame]
    return clean + error


def cutoffs(x, fps=30, trust=None):
    trust = np.ones(x.shape[:2]) if trust is None else trust
    found = local_cutoff(curves_of(x), trust.T, np.full((1, len(x)), 500.0), fps)
    assert found is not None and found.shape == x.shape[1::-1]
    found = found.T
    assert (found >= CUTOFFS[0] - 1e-9).all() and (found <= CUTOFFS[-1] + 1e-9).all()
    return found


def test_rises_with_motion_and_falls_with_noise(rng):
    usual = np.median(cutoffs(walk(rng, 1.0, 3)))
    assert np.median(cutoffs(walk(rng, 3.0, 3))) > 1.3 * usual
    assert np.median(cutoffs(walk(rng, 1.0, 0.1))) > 1.3 * usual
    assert np.median(cutoffs(walk(rng, 0.1, 3))) < usual


def test_correlated_noise_is_no_motion(rng):
    coloured = np.median(cutoffs(walk(rng, 0.0, 3, phi=0.7)))
    assert coloured < 1.4 * np.median(cutoffs(walk(rng, 0.0, 3)))


def test_a_kick_raises_it_there_alone(rng):
    x = walk(rng, 0.2, 1.0)
    kick = x.copy()
    kick[118:123, 5] += [[0, 0], [60, 0], [100, 0], [60, 0], [0, 0]]
    ratio = cutoffs(kick) / cutoffs(x)
    assert ratio[120, 5] > 1.2 * max(1, ratio[105, 5])
    assert ratio[120, 5] > 1.1 * np.delete(ratio[120], 5).max()
    np.testing.assert_allclose(ratio[:80], 1, atol=1e-9)
    np.testing.assert_allclose(ratio[165:], 1, atol=1e-9)


def swinging(rng):
    """Slow keypoints with noise of 2, and one that swings at 3 Hz."""
    x = walk(rng, 0.3, 2)
    x[:, 5] += 30 * np.sin(6 * np.pi * np.arange(len(x)) / 30)[:, None]
    return x


def test_a_fast_keypoint_among_slow_ones_is_no_noisy_one(rng, monkeypatch):
    x = swinging(rng)
    together = np.median(cutoffs(x), axis=0)
    doubted, lost = np.ones(x.shape[:2]), np.ones(x.shape[:2])
    doubted[:, 5], lost[:, :5] = 0.3, 0
    still = np.where(np.arange(8)[:, None] < 5, 0.0, x)
    found = [np.median(cutoffs(given, trust=trust), axis=0)
             for given, trust in ((x, doubted), (still, lost))]
    monkeypatch.setattr('smoothnet_plugin.processing.cutoff_likelihood.LEVEL_EVIDENCE', 0)
    alone = np.median(cutoffs(x), axis=0)
    assert together[5] > 1.4 * alone[5] and (together < 1.3 * alone)[:5].all()
    # Where scores doubt it, it may well be noisier than the others; lost ones show no noise.
    assert found[0][5] < 1.1 * alone[5] and found[1][5] > 1.2 * alone[5]


def test_does_not_depend_on_place_unit_or_direction_of_time(rng):
    x = walk(rng, 1.0, 3)
    base = cutoffs(x)
    np.testing.assert_allclose(cutoffs(x + 1e4), base, rtol=1e-6)
    np.testing.assert_allclose(cutoffs(x[::-1])[::-1], base, rtol=1e-9)
    small = local_cutoff(curves_of(x / 1000), np.ones(x.shape[1::-1]), np.full((1, len(x)), 0.5),
                         30)
    assert small is not None
    np.testing.assert_allclose(small.T, base, rtol=1e-9)


@pytest.mark.parametrize('total', [1, 4])
def test_too_short_to_say(total):
    assert local_cutoff(np.zeros((2, 3, total)), np.ones((3, total)), np.ones((1, total)),
                        30) is None


@pytest.mark.parametrize('total', [5, 9, 69, 400])
def test_people_at_once_have_the_cutoffs_that_they_have_alone(rng, total):
    """Blocks of people and frames, and numbers that all people share, change nothing."""
    curves = rng.normal(0, 3, (2, 6, 8, total)).cumsum(axis=-1)
    trust = np.ones(curves.shape[1:])
    trust[1], trust[2, 3] = rng.uniform(0, 1, (8, total)), 0.0
    curves[:, 4, 2, total // 2] = 1e160  # its square is beyond all measure
    size = rng.uniform(50, 500, (6, 1, total))
    together = local_cutoff(curves, trust, size, 30)
    assert together is not None
    for person in range(6):
        np.testing.assert_array_equal(
            together[person],
            local_cutoff(curves[:, person], trust[person], size[person], 30))
