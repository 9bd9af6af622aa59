from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.filters.blended_filter import gate_of
from smoothnet_plugin.processing.blending import network_change
from smoothnet_plugin.processing.outliers import gate
from smoothnet_plugin.processing.trust import (
    FURTHEST,
    GREATEST_CHANGE,
    MOST_CHANGE,
    Judgement,
    TrustGate,
    judged,
)
from smoothnet_plugin.processing.trust_features import FEATURES, trust_features

from .test_blending import ar1, body, swings

FPS = 30.0


def measured(coords, network=None, fps=FPS, is_body=False):
    gated, far, track = gate(coords, fps)
    change = None if network is None else network_change(network, track)
    return gated, track, change, trust_features(gated, far, track, change, fps, is_body)


def decided(coords, network=None, fps=FPS, weights=None):
    gated, track, change, features = measured(coords, network, fps)
    result, judgement = judged(weights or gate_of(coords.shape[2]), features, gated, track, change,
                               fps)
    return track, gated, result, judgement


def constant_gate(*shares):
    """A gate with the same outputs everywhere, and a spread of the body size."""
    count = len(FEATURES)
    return TrustGate(np.zeros(count), np.ones(count),
                     ((np.zeros((count, 3)), np.array(shares, dtype=float)),),
                     ((np.zeros((count, 1)), np.zeros(1)),))


def noisy_body(width=3):
    return (body() + ar1((150, 13, 3), 0.02, 0.5))[..., :width]


@pytest.mark.filterwarnings('ignore::RuntimeWarning')
@pytest.mark.parametrize('fps', [5.0, 30.0, 240.0])
def test_measures_are_finite_whatever_the_poses(fps):
    holed = noisy_body()
    holed[40:60, 3] = np.nan
    holed[80, 5] = 1e200
    for coords in (holed, body(6), body() * 1e130, noisy_body(2)):
        for network in (None, np.nan_to_num(coords) + 0.01):
            features = measured(coords, network, fps)[3]
            assert features.shape == (*coords.shape[:2], len(FEATURES))
            assert np.isfinite(features).all()


def test_unit_place_and_order_of_keypoints_change_nothing():
    noisy = noisy_body()
    network = noisy + ar1(noisy.shape, 0.01, 0.9, seed=5)
    order = np.random.default_rng(1).permutation(13)
    one = decided(noisy, network)[3]
    other = decided(1000 * noisy[:, order] + 5000, 1000 * network[:, order] + 5000)[3]
    np.testing.assert_allclose(other.network, one.network[:, order], atol=1e-5)
    np.testing.assert_allclose(other.samples, one.samples[:, order], atol=1e-5)
    np.testing.assert_allclose(other.spread, 1000 * one.spread[:, order], rtol=1e-4)


@pytest.mark.parametrize('width', [2, 3])
def test_the_result_is_a_convex_combination(width):
    noisy = noisy_body(width)
    network = noisy + ar1(noisy.shape, 0.05, 0.3, seed=5)
    track, gated, result, judgement = decided(noisy, network)
    assert judgement.network.min() >= 0 and judgement.samples.min() >= 0
    assert (judgement.network + judgement.samples).max() <= 1 + 1e-9
    rest = 1 - judgement.network - judgement.samples
    np.testing.assert_allclose(
        result, rest[..., None] * track.coords + judgement.network[..., None] * network
        + judgement.samples[..., None] * gated, atol=1e-9)
    assert np.abs(np.diff(judgement.network, axis=0)).max() < 0.15


def test_each_of_the_three_alone():
    noisy, network = noisy_body(), noisy_body() + 0.01
    for outputs, wanted in (((99, 0, 0), 'track'), ((0, 99, 0), 'network'),
                            ((0, 0, 99), 'samples')):
        track, gated, result, judgement = decided(noisy, network, weights=constant_gate(*outputs))
        expected = {'track': track.coords, 'network': network, 'samples': gated}[wanted]
        np.testing.assert_allclose(result, expected, atol=1e-9)
        np.testing.assert_allclose(judgement.spread, np.broadcast_to(track.size, (150, 13)))


def test_without_a_network_nothing_comes_from_it():
    track, _, result, judgement = decided(noisy_body(), weights=constant_gate(0, 99, 0))
    assert not judgement.network.any() and not judgement.stepped_back.any()
    np.testing.assert_allclose(judgement.samples, 0.5)
    assert np.isfinite(result).all() and np.isfinite(track.coords).all()


def allowed(noisy, network):
    """How often the self-check acts, and what it allows, in units of the noise."""
    track, _, result, judgement = decided(noisy, network, weights=constant_gate(0, 99, 0))
    change, noise = (np.linalg.norm(one - track.coords, axis=-1)[20:-20].mean()
                     for one in (result, noisy))
    return judgement.stepped_back.mean(), change / noise


@pytest.mark.parametrize(('width', 'most'), [(2, MOST_CHANGE), (3, GREATEST_CHANGE)])
def test_self_check_limits_what_the_noise_does_not_explain(width, most):
    noisy = noisy_body(width)
    slow = 0.3 * np.sin(np.arange(150) / 30)[:, None, None]
    assert allowed(noisy, noisy + 0.02)[0] == 0
    steps_back, times = allowed(noisy, noisy + slow)
    assert steps_back > 0.5 and 0.5 * most < times < 1.3 * most


def test_nearly_clean_poses_in_space_are_hardly_changed():
    found = []
    for std in (0.001, 0.002, 0.004):
        noisy = body() + ar1((150, 13, 3), std, 0.5)
        steps_back, times = allowed(noisy, gate(noisy, FPS)[2].coords + 0.3)
        assert steps_back == 1
        found.append(times)
    assert found[0] < 0.6 and 2 * found[0] < found[1] < 0.5 * found[2] < GREATEST_CHANGE


def test_drift_of_a_sensor_is_corrected_though_there_is_little_noise():
    noisy = body() + ar1((150, 13, 3), 0.002, 0.5)
    track = gate(noisy, FPS)[2]
    inside, below = (share * np.median(track.size) / 3**0.5 for share in (0.03, 0.005))
    assert allowed(noisy, track.coords + inside)[0] == 0
    assert allowed(noisy, track.coords + below)[0] == 1


def test_self_check_lets_the_network_take_jitter_away():
    clean, noisy = body()[..., :2], noisy_body(2)
    drift = 0.3 * np.sin(np.arange(150) / 30)[:, None, None]
    track, _, result, judgement = decided(noisy, clean + drift, weights=constant_gate(0, 99, 0))
    assert judgement.stepped_back.mean() > 0.5
    inner = slice(20, -20)
    bends = [np.abs(np.diff(one - clean, 2, axis=0)[inner]).mean()
             for one in (track.coords, result)]
    assert bends[1] < 0.7 * bends[0]
    assert np.abs(result - clean)[inner].mean() < 0.5 * np.abs(drift)[inner].mean()


@pytest.mark.parametrize('wrong', [1e6, 1e150, -1e300])
def test_a_network_gone_wrong_moves_little(wrong):
    noisy = noisy_body()
    track, _, result, _ = decided(noisy, noisy + wrong, weights=constant_gate(0, 99, 0))
    away = np.linalg.norm(result - track.coords, axis=-1)
    assert (away <= FURTHEST[3] * track.size * (1 + 1e-9)).all()


def test_missing_samples_and_results_leave_the_track():
    noisy = noisy_body()
    network = noisy.copy()
    noisy[70:75, 3] = np.nan
    network[40:60, 3] = np.nan
    track, _, result, _ = decided(noisy, network, weights=constant_gate(0, 0, 9))
    np.testing.assert_allclose(result[70:75, 3], track.coords[70:75, 3], atol=0.05)
    assert np.isfinite(result).all()


def test_points_without_bones_get_less_of_the_network():
    shares = []
    for clean in (body(), swings()):
        noisy = clean + ar1(clean.shape, 0.01, 0.8)
        shares.append(np.median(decided(noisy, clean)[3].network))
    assert shares[1] < 0.7 * shares[0]


@pytest.mark.parametrize('width', [2, 3])
def test_people_side_by_side_are_judged_as_each_alone(width):
    people = [noisy_body(width) + ar1((150, 13, width), 0.01, 0.2, seed) for seed in range(3)]
    people[1][60:70, 4] = np.nan
    people[2][80, 6] += 5
    networks = [np.nan_to_num(coords) + ar1(coords.shape, 0.02, 0.9, 7) for coords in people]
    gated, far, track = gate(np.stack(people, axis=1), FPS)
    change = network_change(np.stack(networks, axis=1), track)
    features = trust_features(gated, far, track, change, FPS, False)
    result, judgement = judged(gate_of(width), features, gated, track, change, FPS)
    for person, (coords, network) in enumerate(zip(people, networks)):
        own, _, _, own_features = measured(coords, network)
        np.testing.assert_array_equal(gated[:, person], own)
        np.testing.assert_allclose(features[:, person], own_features, atol=1e-9)
        _, _, alone, alone_judgement = decided(coords, network)
        np.testing.assert_allclose(result[:, person], alone, atol=1e-12)
        for values, expected in zip(judgement, alone_judgement):
            np.testing.assert_allclose(values[:, person], expected, atol=1e-9)
    without = judged(gate_of(width), features, gated, track, change, FPS, spread=False)
    np.testing.assert_array_equal(without[0], result)
    assert np.isnan(without[1].spread).all()


@pytest.mark.parametrize('is_body', [False, True])
def test_measures_from_a_frame_on_are_those_of_the_whole(is_body):
    noisy = noisy_body()
    noisy[90:95, 2] = np.nan
    gated, far, track = gate(noisy, FPS)
    change = network_change(np.nan_to_num(noisy) + 0.01, track)
    whole = trust_features(gated, far, track, change, FPS, is_body)
    for first in (0, 1, 5, 30, 100, 149):
        part = trust_features(gated, far, track, change, FPS, is_body, first)
        np.testing.assert_allclose(part, whole[first:], rtol=1e-7, atol=1e-7)


def test_a_judgement_knows_what_it_does_not_know():
    known = Judgement(*(np.full((4, 2), value) for value in (0.5, 0.1, 3.0, 0.25)))
    whole = known.after(2)
    assert np.isnan(whole.network[:2]).all()
    np.testing.assert_allclose(whole.sums(np.ones((6, 2), dtype=bool)), (8, 4, 0.8, 24, 2))
    assert Judgement.unknown((3, 2)).sums(np.ones((3, 2), dtype=bool))[0] == 0


def test_weights_that_do_not_fit_are_refused():
    count = len(FEATURES) + 1
    arrays = {'mean': np.zeros(count), 'std': np.ones(count),
              'share_weight_0': np.zeros((count, 3)), 'share_offset_0': np.zeros(3),
              'spread_weight_0': np.zeros((count, 1)), 'spread_offset_0': np.zeros(1)}
    with pytest.raises(ValueError, match='measures'):
        TrustGate.of_arrays(arrays)
