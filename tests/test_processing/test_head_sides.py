from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.head_sides import exchanged_heads, head_direction

PAIRS = [(1, 2), (3, 4)]


@pytest.fixture
def direction():
    """A head that turns slowly by a quarter of a circle, shape (90, 2)."""
    angle = np.linspace(0, np.pi / 2, 90)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def run(start, stop, frames=90):
    arms = np.zeros(frames, dtype=bool)
    arms[start:stop] = True
    return arms


@pytest.mark.parametrize(('start', 'stop'), [(40, 55), (0, 12), (80, 90), (0, 89)])
def test_a_head_that_turns_round_with_the_arms_is_exchanged(direction, start, stop):
    arms = run(start, stop)
    np.testing.assert_array_equal(
        exchanged_heads(np.where(arms[:, None], -direction, direction), arms, 30), arms)
    assert not exchanged_heads(direction, arms, 30).any()


def test_each_run_is_judged_alone(direction):
    arms = run(20, 30) | run(60, 70)
    turned = direction.copy()
    turned[60:70] *= -1
    np.testing.assert_array_equal(exchanged_heads(turned, arms, 30), run(60, 70))


def test_without_a_frame_beside_it_the_head_follows_the_arms(direction):
    everywhere = run(0, 90)
    np.testing.assert_array_equal(exchanged_heads(direction, everywhere, 30), everywhere)
    assert not len(exchanged_heads(direction[:0], everywhere[:0], 30))


def test_direction_leaves_out_missing_pairs():
    coords = np.arange(10.0).reshape(1, 5, 2)
    coords[0, 3] = np.nan
    np.testing.assert_array_equal(head_direction(coords, PAIRS), [[-2.0, -2.0]])


def test_a_far_keypoint_gives_no_direction():
    rng = np.random.default_rng(0)
    coords = rng.normal(300, 80, (3, 17, 2))
    coords[:, 1:5] = [[310, 100], [290, 100], [320, 110], [280, 110]]
    whole = head_direction(coords, PAIRS)
    np.testing.assert_array_equal(whole, [[60, 0]] * 3)
    for value in (1e4, -1e9, 1e200):
        coords[1, 3, 0] = value
        np.testing.assert_array_equal(head_direction(coords, PAIRS)[1], [20, 0])
        np.testing.assert_array_equal(head_direction(coords, PAIRS[1:])[1], [0, 0])
