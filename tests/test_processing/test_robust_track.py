from __future__ import annotations

import warnings

import numpy as np
import pytest

from smoothnet_plugin.processing.body_size import body_size
from smoothnet_plugin.processing.outliers import REPEATED, gate, sample_weights
from smoothnet_plugin.processing.robust_track import robust_track


@pytest.fixture
def person(rng):
    """Clean and noisy track of nine keypoints, 400 units tall, at 30 frames per second."""
    t = np.arange(120)[:, None, None] / 30
    place = rng.uniform(-200, 200, (1, 9, 2))
    clean = place + 25 * np.sin(2 * np.pi * rng.uniform(0.3, 1.2, (1, 9, 1)) * t
                                + rng.uniform(0, 6.28, (1, 9, 2))) + 60 * t
    return clean, clean + rng.normal(0, 2, clean.shape)


def test_weights_fall_with_the_distance_and_never_with_less(person):
    _, noisy = person
    found = robust_track(noisy, 30)
    order = np.argsort(found.distance, axis=None)
    assert (np.diff(found.weights.reshape(-1)[order]) <= 1e-12).all()
    assert found.weights.max() <= 1 and found.weights.min() > 0
    assert (found.weights[found.distance < 1] == 1).all()


@pytest.mark.parametrize('value', [0.0, 1e4, -1e30, 1e150, 1.7e308])
def test_an_outlier_loses_its_say(person, value):
    clean, noisy = person
    wrong = noisy.copy()
    wrong[60, 4, 0] = value
    found, base = robust_track(wrong, 30), robust_track(noisy, 30)
    assert found.weights[60, 4] < 0.01
    assert np.isfinite(found.coords).all()
    assert np.linalg.norm(found.coords[60, 4] - clean[60, 4]) < 4
    moved = np.linalg.norm(found.coords - base.coords, axis=-1)
    assert np.delete(moved, 4, axis=1).max() < 0.2
    assert np.delete(moved[:, 4], 60).max() < 3


def test_a_burst_is_crossed_where_scores_say_so(person, rng):
    clean, noisy = person
    wrong, scores = noisy.copy(), rng.uniform(0.6, 0.7, noisy.shape[:2])
    wrong[50:58, 2] += [30, -20]
    scores[50:58, 2] = 0.15
    with_scores = robust_track(wrong, 30, sample_weights(wrong, 30, scores)).coords
    off = np.linalg.norm(with_scores[50:58, 2] - clean[50:58, 2], axis=-1)
    assert off.max() < 12
    assert off.max() < np.linalg.norm(
        robust_track(wrong, 30).coords[50:58, 2] - clean[50:58, 2], axis=-1).max() + 1e-9


def test_body_size_ignores_a_far_keypoint_and_a_far_frame(person):
    clean, _ = person
    base = body_size(clean, 30)
    far = np.concatenate([clean, np.full((120, 1, 2), 1e6)], axis=1)
    far[60] += 1e5 * np.arange(10)[:, None]
    np.testing.assert_allclose(body_size(far, 30), base, rtol=0.05)
    np.testing.assert_array_equal(body_size(np.zeros((5, 3, 6)), 30), 1)
    assert (body_size(np.zeros((5, 3, 2)), 30) > 0).all()
    way = np.arange(50.0)[:, None, None] * np.ones((1, 1, 2))
    assert 40 < body_size(way, 30)[25, 0] < 72


def test_gate_replaces_the_far_and_keeps_the_rest_to_the_bit(person):
    clean, noisy = person
    wrong = noisy.copy()
    wrong[30, 1] = [1e200, -5]
    wrong[70:72, 6] += 90
    wrong[10, 0] = np.nan
    gated, far, found = gate(wrong, 30)
    assert far[30, 1] and far[70:72, 6].all() and far.sum() == 3
    np.testing.assert_array_equal(gated[~far], wrong[~far])
    np.testing.assert_array_equal(gated[far], found.coords[far])
    assert np.linalg.norm(gated[far] - clean[far], axis=-1).max() < 5
    for total in (0, 1, 4):
        same, none, _ = gate(noisy[:total], 30)
        np.testing.assert_array_equal(same, noisy[:total])
        assert not none.any()


def test_repeated_samples_weigh_little(person):
    _, noisy = person
    frozen = noisy.copy()
    frozen[20:40, 3] = frozen[20, 3]
    weights = sample_weights(frozen, 30)
    assert (weights[21:40, 3] == REPEATED).all()
    assert weights.sum() == pytest.approx(weights.size - 19 * (1 - REPEATED))


@pytest.mark.parametrize('value', [1e9, 0.0, -1e30])
def test_a_person_of_one_place_only_is_finite(value):
    # Most keypoints at the same wrong place leave no size to measure by.
    coords = np.full((8, 33, 2), value)
    coords[5:, :3] = (100.0, 200.0)
    coords[2, 7] = 1e12
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = robust_track(coords, 5.0)
    assert np.isfinite(found.coords).all() and np.isfinite(found.cutoff).all()


@pytest.mark.parametrize('dims', [2, 3])
def test_people_together_are_those_alone_to_the_bit(rng, dims):
    """Whatever the others look like: missing keypoints, scores, outliers, another size."""
    coords = rng.normal(0, 3, (69, 20, 17, dims)).cumsum(axis=0) + 100 * rng.normal(
        size=(1, 20, 17, dims))
    coords[:, 1] *= 1e-3
    coords[:, 2][rng.random((69, 17)) < 0.2] = np.nan
    coords[0] = np.where(np.isnan(coords[0]), 0.0, coords[0])
    coords[30, 3, 4] += 1e5
    weights = np.ones((69, 20, 17))
    weights[:, 4] = rng.uniform(0, 1, (69, 17))
    together = robust_track(coords, 30, weights)
    for person in range(20):
        alone = robust_track(coords[:, person], 30, weights[:, person])
        for name in ('coords', 'scale', 'distance', 'weights', 'cutoff', 'size'):
            np.testing.assert_array_equal(getattr(together, name)[:, person],
                                          getattr(alone, name))
