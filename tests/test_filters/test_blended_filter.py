from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from smoothnet_plugin.filters import DefaultFilter, RobustFilter
from smoothnet_plugin.filters.blended_filter import BlendedFilter
from smoothnet_plugin.filters.refined_rotations import RefinedRotations
from smoothnet_plugin.processing.judgement import Judgement
from smoothnet_plugin.processing.outliers import gate
from smoothnet_plugin.processing.trust_features import FEATURES, trust_features
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import get_skeleton

from ..test_processing.test_blending import ar1, body, swings
from ..walker import walker

FPS = 30.0


@pytest.fixture(scope='module')
def default() -> DefaultFilter:
    return DefaultFilter()


def error(result, truth):
    return np.linalg.norm(result - truth, axis=-1).mean()


def test_what_the_poses_are_decides(default):
    names = get_skeleton('coco').keypoint_names
    for width in (2, 3):
        known, unknown = (default.for_poses(width, given, FPS) for given in (names, ()))
        assert isinstance(known, BlendedFilter) and known.is_body
        assert isinstance(unknown, BlendedFilter) and not unknown.is_body
        assert known.network is unknown.network
    for width, fps in ((3, 12.0), (2, 240.0)):
        chosen = default.for_poses(width, names, fps)
        assert isinstance(chosen, BlendedFilter) and chosen.network is None and chosen.is_body
    assert isinstance(default.for_poses(4, names, FPS), RobustFilter)
    assert isinstance(default.for_poses(6, names, FPS), RefinedRotations)
    assert isinstance(default.for_poses(6, names, 12.0), RobustFilter)
    paws = ('left_front_paw', 'right_front_paw', 'left_hip', 'right_hip', 'tail')
    assert not default.for_poses(3, paws, FPS).is_body


@pytest.mark.parametrize('fps', [15.0, 30.0, 120.0])
def test_support_covers_that_of_every_choice(default, fps):
    whole = default.support(fps)
    for width in (2, 3, 6):
        chosen = default.for_poses(width, (), fps)
        assert whole.past >= chosen.support(fps).past
        assert whole.future >= chosen.support(fps).future
        assert default.lookahead(fps) >= chosen.lookahead(fps)


@pytest.mark.parametrize('clean', [walker(), body(), swings()], ids=['2D', '3D', 'swings'])
def test_clean_motion_stays(default, clean):
    off = np.linalg.norm(default.filter(clean, fps=FPS) - clean, axis=-1)
    size = np.linalg.norm(np.ptp(clean[0], axis=0))
    assert off.mean() < 4e-4 * size and off.max() < 0.02 * size


def test_still_poses_stay_exactly(default):
    still = np.repeat(body(1), 60, axis=0)
    np.testing.assert_allclose(default.filter(still, fps=FPS), still, atol=1e-5)


@pytest.mark.parametrize('phi', [0.0, 0.6])
def test_points_that_are_no_skeleton_get_what_the_robust_filter_gives(default, phi):
    clean = swings()
    noisy = clean + ar1(clean.shape, 0.01, phi)
    robust = RobustFilter().filter(noisy, fps=FPS)
    assert error(default.filter(noisy, fps=FPS), clean) < 1.05 * error(robust, clean)
    network = default.network.filter(noisy, fps=FPS)
    assert error(network, clean) > 1.3 * error(robust, clean)


def test_a_still_person_is_steadied_more_than_the_robust_filter_can(default):
    clean = np.repeat(body(1), 120, axis=0)
    noisy = clean + ar1(clean.shape, 0.02, 0.5)
    robust = RobustFilter().filter(noisy, fps=FPS)
    assert error(default.filter(noisy, fps=FPS), clean) < 0.75 * error(robust, clean)


@pytest.mark.parametrize('far', [2.0, 1e6, 1e100])
def test_far_outliers_stay_where_they_are(default, far):
    clean = body(120)
    noisy = clean + ar1(clean.shape, 0.01, 0.5)
    usual = default.filter(noisy, fps=FPS)
    hit = noisy.copy()
    hit[50, 4] += far
    hit[80:83, 9] -= far
    moved = np.linalg.norm(default.filter(hit, fps=FPS) - usual, axis=-1)
    assert moved.max() < 0.1 and moved.mean() < 0.003


@pytest.mark.parametrize('shape', [(1, 17, 3), (3, 17, 2), (4, 6, 3), (40, 4, 6)])
def test_few_frames_and_few_rotations_get_the_robust_filter(default, shape):
    coords = np.random.default_rng(0).normal(0, 1, shape)
    np.testing.assert_array_equal(default.filter(coords, fps=FPS),
                                  RobustFilter().filter(coords, fps=FPS))


@pytest.mark.parametrize(('keypoints', 'fps'), [(4, FPS), (1, FPS), (13, 10.0), (13, 240.0)])
def test_without_the_network_the_result_lies_between_samples_and_track(default, keypoints, fps):
    noisy = (body(80, fps) + ar1((80, 13, 3), 0.01, 0.3))[:, :keypoints]
    judgement = Judgement.unknown(noisy.shape[:2])
    result = default.filter(noisy, fps=fps, judgement=judgement)
    assert not judgement.network.any() and (judgement.spread > 0).all()
    track = gate(noisy, fps)[2].coords
    gated = gate(noisy, fps)[0]
    np.testing.assert_allclose(
        result, track + judgement.samples[..., None] * (gated - track), atol=1e-9)


def test_missing_values_do_not_spread(default):
    noisy = body(100) + ar1((100, 13, 3), 0.01, 0.5)
    holed = noisy.copy()
    holed[40:44, 5] = np.nan
    result = default.filter(holed, fps=FPS)
    assert np.isfinite(result).all()
    assert np.linalg.norm(result - default.filter(noisy, fps=FPS), axis=-1).max() < 0.08


@pytest.mark.parametrize('width', [2, 3])
@pytest.mark.parametrize('first', [60, 99])
def test_the_newest_frames_alone(default, width, first):
    noisy = (body(100) + ar1((100, 13, 3), 0.01, 0.5))[..., :width]
    whole = default.filter(noisy, fps=FPS)
    newest = default.filter(noisy, fps=FPS, first=first)[first:]
    np.testing.assert_allclose(newest, whole[first:], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize('width', [2, 3])
@pytest.mark.parametrize('lookahead', [0, 8])
def test_live_is_offline_of_the_frames_known(width, lookahead):
    noisy = (body(260) + ar1((260, 13, 3), 0.01, 0.5))[..., :width]
    smoother = build_smoother('default', fps=FPS, lookahead=lookahead)
    live = [f for pose in noisy for f in smoother.step(pose)] + smoother.flush()
    for frame in (20, 100, 250):
        known = build_smoother('default').filters[0].filter(noisy[:frame + lookahead + 1], fps=FPS)
        off = live[frame].instances[0].keypoints - known[frame]
        # What lies beyond the support moves a result by less than a thousandth of the body size.
        assert np.abs(off).max() < 1e-3


def test_frames_beyond_the_support_hardly_matter(default):
    chosen = default.for_poses(3, (), FPS)
    past = math.ceil(chosen.support(FPS).past)
    noisy = body(past + 60) + ar1((past + 60, 13, 3), 0.01, 0.5)
    whole, part = default.filter(noisy, fps=FPS), default.filter(noisy[50:], fps=FPS)
    assert np.abs(whole[-10:] - part[-10:]).max() < 1e-3


def test_the_judgement_covers_the_frames_that_are_wanted(default):
    noisy = body(150) + ar1((150, 13, 3), 0.01, 0.5)
    noisy[:, 4] = np.nan
    judgement, newest = (Judgement.unknown((150, 13)) for _ in range(2))
    default.filter(noisy, fps=FPS, judgement=judgement)
    default.filter(noisy, fps=FPS, first=120, judgement=newest)
    seen = np.arange(13) != 4
    for whole, part in zip(judgement, newest):
        assert np.isfinite(whole[:, seen]).all() and np.isnan(whole[:, 4]).all()
        np.testing.assert_allclose(part[120:], whole[120:], atol=1e-4)
    RobustFilter().filter(noisy, fps=FPS, judgement=newest)


@pytest.mark.parametrize('width', [2, 3])
def test_more_noise_is_more_spread(default, width):
    levels = []
    for std in (0.0, 0.01, 0.05):
        judgement = Judgement.unknown((150, 13))
        noisy = (body() + ar1((150, 13, 3), std, 0.5))[..., :width]
        default.filter(noisy, fps=FPS, judgement=judgement)
        levels.append(np.median(judgement.spread))
    assert 0 < 1.5 * levels[0] < levels[1] and 1.5 * levels[1] < levels[2]


def test_spread_holds_for_noise_and_a_skeleton_that_no_training_has_seen(default):
    ratios = []
    for seed in range(4):
        clean = body(speed=0.7 + 0.2 * seed)
        judgement = Judgement.unknown((150, 13))
        result = default.filter(clean + ar1(clean.shape, 0.03, 0.4, seed), fps=FPS,
                                judgement=judgement)
        ratios.append(np.linalg.norm(result - clean, axis=-1) / judgement.spread)
    within = [(np.concatenate(ratios) < spreads).mean() for spreads in (1, 2)]
    assert 0.5 < within[0] < 0.9 and within[1] > 0.85


def test_hands_and_face_do_not_outvote_the_body(rng):
    """Some measures are means over the person: the body of a whole body has its own."""
    whole = np.cumsum(rng.normal(0, 2, (60, 1, 133, 2)), axis=0)
    whole[:, :, 17:] += rng.normal(0, 20, (60, 1, 116, 2))
    gated, far, track = gate(whole, 30.0)
    change = rng.normal(0, 1, whole.shape)
    blended = BlendedFilter(None, is_body=True)
    found = blended._features(gated, far, track, change, 30.0, 10, len(FEATURES))
    names = ('scale', 'distance', 'weights', 'cutoff')
    of_body = dataclasses.replace(track, coords=track.coords[..., :17, :], **{
        name: getattr(track, name)[..., :17] for name in names})
    alone = trust_features(gated[:, :, :17], far[:, :, :17], of_body, change[:, :, :17], 30.0,
                           True, 10)
    assert found.shape == (50, 1, 133, len(FEATURES))
    np.testing.assert_array_equal(found[:, :, :17], alone)
    together = trust_features(gated, far, track, change, 30.0, True, 10)
    assert np.abs(found - together).max() > 0.1
