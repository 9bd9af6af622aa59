from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.blending import network_change
from smoothnet_plugin.processing.evidence import evidence_of, local_noise
from smoothnet_plugin.processing.outliers import gate

FPS = 30.0


def body(total=150, fps=FPS, speed=1.0):
    """A chain of 13 keypoints in 3D with rigid bones that swings and walks, about 1.7 m long."""
    rng = np.random.default_rng(3)
    t = np.arange(total) / fps * speed
    place = np.zeros((total, 13, 3))
    place[:, 0] = np.stack([0.6 * t, 0 * t, 0.1 * np.sin(2 * t)], axis=-1)
    for joint in range(1, 13):
        swing, turn = 0.5 * np.sin(2 * np.pi * rng.uniform(0.3, 0.8, (2, 1)) * t
                                   + rng.uniform(0, 6.28, (2, 1))) + rng.uniform(0, 0.6, (2, 1))
        place[:, joint] = place[:, joint - 1] + 0.2 * np.stack(
            [np.cos(swing) * np.cos(turn), np.cos(swing) * np.sin(turn), np.sin(swing)], axis=-1)
    return place


def swings(total=150, fps=FPS):
    """13 points that swing independently: no skeleton."""
    rng = np.random.default_rng(4)
    t = np.arange(total)[:, None, None] / fps
    return rng.uniform(-0.6, 0.6, (1, 13, 3)) + rng.uniform(0.05, 0.15, (1, 13, 1)) * np.sin(
        2 * np.pi * rng.uniform(0.3, 1.5, (1, 13, 3)) * t + rng.uniform(0, 6.28, (1, 13, 3)))


def ar1(shape, std, phi, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, shape)
    for frame in range(1, len(noise)):
        noise[frame] = phi * noise[frame - 1] + np.sqrt(1 - phi**2) * noise[frame]
    return std * noise


def found(coords, fps=FPS, network=None, is_body=False):
    gated, _, track = gate(coords, fps)
    change = network_change(track.coords if network is None else network, track)
    return track, change, evidence_of(gated, track, change, fps, is_body)


def middle(values):
    return float(np.median(values[30:-30]))


def test_evidence_is_finite_and_has_a_value_per_keypoint():
    for coords in (body(), np.zeros((40, 5, 2)), body(6), body() * 1e130):
        _, _, evidence = found(coords)
        for values in evidence:
            assert values.shape == coords.shape[:2] and np.isfinite(values).all()


@pytest.mark.parametrize('fps', [30.0, 120.0])
def test_colour_of_the_noise(fps):
    clean = body(int(5 * fps), fps)
    colours = [middle(found(clean + ar1(clean.shape, 0.02, phi), fps)[2].colour)
               for phi in (0.0, 0.4, 0.8)]
    assert colours[0] < 0.05 and colours[0] + 0.1 < colours[1] < colours[2]


def test_bones_show_a_skeleton():
    for noise in (0.0, 0.005, 0.02):
        assert middle(found(body() + ar1((150, 13, 3), noise, 0.5))[2].looseness) < 0.3
        assert middle(found(swings() + ar1((150, 13, 3), noise, 0.5))[2].looseness) > 0.7
    assert not found(swings(), is_body=True)[2].looseness.any()


def test_a_network_that_flattens_motion_shows():
    noisy = body() + ar1((150, 13, 3), 0.02, 0.5)
    track = found(noisy)[0].coords
    flat = 0.8 * track + 0.1 * (np.roll(track, 6, axis=0) + np.roll(track, -6, axis=0))
    flattened, moved = (found(noisy, network=network)[2] for network in (flat, track + 0.02))
    assert middle(flattened.flattening) < -0.9 and abs(middle(moved.flattening)) < 0.2


def test_noise_of_clean_data_is_far_below_the_least_scale_of_the_track():
    gated, _, track = gate(body(), FPS)
    assert np.median(local_noise(gated, track, FPS)[30:-30]) < 0.1 * np.median(track.scale)
