from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.processing.suspects import (
    blocks_around,
    suspicious_samples,
    within_reach,
)

from ..walking import walking_person


@pytest.fixture
def walk(rng):
    return walking_person(200, 30, dims=2) + rng.normal(0, 2, (200, 17, 2))


def test_even_noise_raises_no_suspicion(walk):
    assert not suspicious_samples(walk).any()


@pytest.mark.parametrize('far', [60.0, 1e4, 1e150, 1e200])
def test_an_outlier_is_suspicious_and_nothing_else(walk, far):
    walk[100, 9, 0] += far
    found = suspicious_samples(walk)
    assert found[100, 9]
    assert set(np.flatnonzero(found[:, 9])) <= {99, 100, 101}
    assert not np.delete(found, 9, axis=1).any()


def test_the_ends_of_a_burst_are_suspicious(walk):
    walk[80:100, [13, 15]] += 150
    found = suspicious_samples(walk)
    assert found[[79, 80, 99, 100]][:, [13, 15]].all()


def test_a_gap_is_no_jump(walk):
    walk[60:70, 9] = np.nan
    assert not suspicious_samples(walk).any()


@pytest.mark.parametrize('first', [1, 5, 60, 198, 199])
def test_the_frames_from_one_on_are_those_of_the_whole(walk, first):
    walk[[7, 62, 100, 198], [3, 4, 5, 6]] += 60
    walk[60:70, 9] = np.nan
    whole, found = suspicious_samples(walk), suspicious_samples(walk, first)
    np.testing.assert_array_equal(found[first:], whole[first:])
    assert whole.any() and not found[:first].any()


def test_few_keypoints_are_always_judged(walk):
    assert suspicious_samples(walk[:, :4]).all()
    assert suspicious_samples(walk[:2]).all()


def test_only_the_keypoint_that_jumps_is_judged():
    marked = np.zeros((100, 2), dtype=bool)
    marked[[0, 50], 1] = True
    near = within_reach(marked, reach=3)
    assert not near[:, 0].any()
    assert np.flatnonzero(near[:, 1]).tolist() == [*range(4), *range(47, 54)]


def test_blocks_hold_the_support_of_what_is_judged():
    judged = np.zeros(100, dtype=bool)
    judged[[*range(17, 28), *range(67, 74)]] = True
    assert blocks_around(judged, past=10, future=5) == [
        (slice(7, 33), slice(17, 28)), (slice(57, 79), slice(67, 74))]
    assert blocks_around(np.zeros(9, dtype=bool), 1, 1) == []
