"""Fast fingers: motion that no track follows stays, errors do not."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.processing.fast_fingers import HAND_KEYPOINTS, finger_motion, with_motion
from smoothnet_plugin.processing.outliers import far_samples, gate
from smoothnet_plugin.smoothers import build_smoother

FPS = 30.0
TIP, MIDDLE = 8, 7
#: Frames in which the index finger bends and is straight again.
WHIP = slice(60, 63)


def hand(rng: np.random.Generator, frames: int = 120, noise: float = 2.0) -> np.ndarray:
    """A hand that drifts, with an index finger that bends fast, in pixels."""
    t = np.arange(frames)[:, None, None] / FPS
    fingers = np.array([[40 * finger - 80, -70 - 35 * joint] for finger in range(5)
                        for joint in range(4)], dtype=float)
    rest = np.concatenate([[[0.0, 0.0]], fingers]) + 400
    coords = rest + 30 * np.sin(2 * np.pi * 0.4 * t + np.array([0, 1]))
    bend = np.array([0.6, 1.0, 0.7])[:, None, None]
    coords[WHIP, 5:9] += bend * np.array([[0, 10], [0, 40], [5, 85], [15, 130]])
    return coords + rng.normal(0, noise, coords.shape)


def motion_of(coords: np.ndarray, scores: np.ndarray | None = None) -> np.ndarray:
    _, far, track = gate(coords, FPS, scores)
    assert np.array_equal(far, far_samples(coords, track))
    return finger_motion(coords, track)


def test_a_fast_finger_is_motion(rng):
    motion = motion_of(hand(rng))
    assert (motion[WHIP, TIP] > 0.9).all()
    assert not np.delete(motion, np.r_[WHIP], axis=0).any()


def test_a_single_spike_is_not(rng):
    coords = hand(rng)
    coords[30, 12] += (0, 90)
    assert motion_of(coords)[30, 12] == 0


def test_what_a_low_score_doubts_is_not(rng):
    coords, scores = hand(rng), np.full((120, 21), 0.9)
    scores[WHIP, TIP] = 0.05
    assert not motion_of(coords, scores)[WHIP, TIP].any()


@pytest.mark.parametrize('value', [5e3, -1e9, 1e150])
def test_what_is_out_of_reach_is_not(rng, value):
    coords = hand(rng)
    coords[WHIP, MIDDLE:TIP + 1, 0] = value
    motion = motion_of(coords)
    assert np.isfinite(motion).all() and not motion[WHIP, MIDDLE:TIP + 1].any()


def test_other_numbers_of_keypoints_have_none(rng):
    assert not motion_of(hand(rng)[:, :HAND_KEYPOINTS - 1]).any()


def test_missing_samples_have_none(rng):
    coords = hand(rng)
    coords[WHIP, TIP] = np.nan
    motion = motion_of(coords)
    assert not motion[WHIP, TIP].any()
    assert np.isfinite(with_motion(np.zeros(coords.shape), coords, motion)).all()


def test_people_do_not_influence_one_another(rng):
    people = np.stack([hand(rng), hand(rng)[::-1]], axis=1)
    both = motion_of(people)
    for number in range(2):
        np.testing.assert_allclose(both[:, number], motion_of(people[:, number]), atol=1e-9)


@pytest.mark.parametrize('preset', ['default', 'robust'])
def test_the_fingertip_stays_and_noise_falls(preset):
    clean = hand(np.random.default_rng(4), noise=0.0)
    coords = hand(np.random.default_rng(4))
    result = smooth(coords, preset, fps=FPS)
    before, after = (np.linalg.norm(part - clean, axis=-1) for part in (coords, result))
    assert after[WHIP, TIP].max() < 10  # of 130
    assert after.mean() < 0.75 * before.mean()


@pytest.mark.parametrize('preset', ['default', 'robust'])
def test_live_equals_offline(rng, preset):
    coords = hand(rng, 75)
    smoother = build_smoother(preset, fps=FPS, lookahead=6)
    live = [frame.instances[0].keypoints for pose in coords for frame in smoother.step(pose)]
    for shown in (57, 60, 62, 68):
        known = smooth(coords[:shown + 7], preset, fps=FPS)
        # Live filters see the last seconds only.
        np.testing.assert_allclose(live[shown], known[shown], atol=0.01)
