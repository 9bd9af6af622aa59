from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.filters import HampelFilter, WhittakerFilter
from smoothnet_plugin.filters.robust_filter import RobustFilter
from smoothnet_plugin.processing.rotations import to_rot6d, to_rotmat
from smoothnet_plugin.registry import SMOOTHERS

FPS = 30.0


def body(rng, total=150, fps=FPS, keypoints=17, width=2, size=400.0):
    """A walking body: slow trunk, limbs that swing, 1 keypoint in three fast."""
    t = np.arange(total)[:, None, None] / fps
    place = rng.uniform(-size / 2, size / 2, (1, keypoints, width))
    swing = size * rng.uniform(0.01, 0.06, (1, keypoints, 1))
    swing[:, ::3] *= 2
    phase = rng.uniform(0, 6.28, (1, keypoints, width))
    return place + swing * np.sin(2 * np.pi * rng.uniform(0.3, 1.3, (1, keypoints, 1)) * t
                                  + phase) + size * 0.2 * t


def ar1(rng, shape, std, phi):
    noise = rng.normal(0, 1, shape)
    for frame in range(1, len(noise)):
        noise[frame] = phi * noise[frame - 1] + np.sqrt(1 - phi**2) * noise[frame]
    return std * noise


def rmse(result, clean):
    """By keypoint."""
    return np.sqrt(((result - clean)**2).sum(axis=-1).mean(axis=0))


def classical(x, fps=FPS):
    return WhittakerFilter().filter(HampelFilter().filter(x, fps=fps), fps=fps)


@pytest.mark.parametrize('name', ['RobustFilter', 'robust_whittaker'])
def test_registered(name):
    assert isinstance(SMOOTHERS.build(dict(type=name)), RobustFilter)


@pytest.mark.parametrize('phi', [0.0, 0.5])
@pytest.mark.parametrize(('width', 'fps'), [(2, 30.0), (3, 30.0), (2, 60.0), (3, 120.0)])
def test_noise_falls_at_every_keypoint(rng, phi, width, fps):
    clean = body(rng, int(5 * fps), fps, width=width)
    noisy = clean + ar1(rng, clean.shape, 3.0, phi)
    before, after = rmse(noisy, clean), rmse(RobustFilter().filter(noisy, fps=fps), clean)
    assert (after < before).all()
    assert after.mean() < (0.6 if phi == 0 else 0.85) * before.mean()


def test_clean_motion_comes_back(rng):
    clean = body(rng)
    off = np.linalg.norm(RobustFilter().filter(clean, fps=FPS) - clean, axis=-1)
    assert off.mean() < 0.05 and off.max() < 1.5  # of 400


@pytest.mark.parametrize('grid', [1.0, 4.0])
def test_rounding_to_a_grid_is_noise_not_repetition(rng, grid):
    clean = body(rng)
    rounded = np.round(clean / grid) * grid
    after = rmse(RobustFilter().filter(rounded, fps=FPS), clean)
    assert (after < rmse(rounded, clean)).all()


@pytest.mark.parametrize('fps', [4.0, 5.0, 6.0, 8.0, 12.0])
def test_low_rates_are_never_worse_than_the_input(rng, fps):
    clean = body(rng, int(12 * fps), fps)
    noisy = clean + rng.normal(0, 3, clean.shape)
    after, before = rmse(RobustFilter().filter(noisy, fps=fps), clean), rmse(noisy, clean)
    assert after.mean() <= before.mean() and after.max() <= 1.02 * before.max()


def test_heavy_tails_and_scores_beat_the_classical_chain(rng):
    clean = body(rng)
    noisy, scores = clean + ar1(rng, clean.shape, 2.0, 0.6), rng.uniform(0.6, 0.9, (150, 17))
    for joint in range(0, 17, 2):
        start = int(rng.integers(10, 120))
        noisy[start:start + 8, joint] += rng.normal(0, 25, 2)
        scores[start:start + 8, joint] *= 0.25
    after = rmse(RobustFilter().filter(noisy, fps=FPS, scores=scores), clean)
    assert after.mean() < 0.7 * rmse(classical(noisy), clean).mean()
    assert after.mean() <= rmse(RobustFilter().filter(noisy, fps=FPS), clean).mean()
    assert (after <= rmse(noisy, clean)).all()


@pytest.mark.parametrize('value', [1e4, 1e6, 1e30, 1e150, np.finfo(np.float64).max])
@pytest.mark.parametrize('frame', [0, 75, 149])
def test_one_far_value_touches_nothing_else(rng, value, frame):
    x = body(rng) + ar1(rng, (150, 17, 2), 2.0, 0.5)
    wrong = x.copy()
    wrong[frame, 10, 0] = value
    moved = np.linalg.norm(RobustFilter().filter(wrong, fps=FPS)
                           - RobustFilter().filter(x, fps=FPS), axis=-1)
    assert np.delete(moved, 10, axis=1).max() < 1
    assert moved[:, 10].max() < 6
    far = np.abs(np.arange(150) - frame) > 2 * FPS
    assert moved[far].max() < 0.01


def test_far_values_of_float32(rng):
    x = (body(rng) + rng.normal(0, 2, (150, 17, 2))).astype(np.float32)
    x[20, 3, 1] = np.finfo(np.float32).max
    result = RobustFilter().filter(x, fps=FPS)
    assert result.dtype == np.float32 and np.isfinite(result).all()
    assert np.abs(result).max() < 2000


def test_scores_that_say_nothing_change_nothing(rng):
    x = body(rng) + rng.normal(0, 2, (150, 17, 2))
    base = RobustFilter().filter(x, fps=FPS)
    for scores in (np.ones((150, 17)), np.full((150, 17), 0.3), np.full((150, 17), np.nan)):
        np.testing.assert_array_equal(RobustFilter().filter(x, fps=FPS, scores=scores), base)


def test_invariances(rng):
    x = body(rng) + ar1(rng, (150, 17, 2), 2.0, 0.5)
    x[60:64, 5] += 40
    run = lambda values: RobustFilter().filter(values, fps=FPS)  # noqa: E731
    base = run(x)
    order = rng.permutation(17)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_allclose(run(x + 5000), base + 5000, atol=1e-4)
    np.testing.assert_allclose(run(x / 1000) * 1000, base, atol=1e-4)
    np.testing.assert_allclose(run(x[:, order]), base[:, order], atol=1e-6)
    np.testing.assert_allclose(run(x @ turn), base @ turn, atol=1e-4)
    np.testing.assert_allclose(run(x[::-1])[::-1], base, atol=1e-6)


def test_missing_is_interpolated_and_never_spreads(rng):
    x = body(rng) + rng.normal(0, 2, (150, 17, 2))
    gap = x.copy()
    gap[50:60, 7] = np.nan
    gap[:20, 8] = np.inf
    result = RobustFilter().filter(gap, fps=FPS)
    assert np.isfinite(result).all()
    moved = np.linalg.norm(result - RobustFilter().filter(x, fps=FPS), axis=-1)
    assert np.delete(moved, [7, 8], axis=1).max() < 1
    never = x.copy()
    never[:, 3] = np.nan
    result = RobustFilter().filter(never, fps=FPS)
    assert np.isnan(result[:, 3]).all() and np.isfinite(np.delete(result, 3, axis=1)).all()


@pytest.mark.parametrize('total', [0, 1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize(('keypoints', 'width'), [(1, 2), (2, 3), (5, 2), (24, 6), (133, 2)])
@pytest.mark.parametrize('fps', [4.0, 30.0, 240.0])
def test_any_shape(rng, total, keypoints, width, fps):
    x = rng.normal(0, 1, (total, keypoints, width))
    if width == 6:  # Rotations come orthonormal.
        x = to_rot6d(to_rotmat(x, 'rot6d'), 'rotmat')
    result = RobustFilter().filter(x, fps=fps)
    assert result.shape == x.shape and np.isfinite(result).all()
    still = np.repeat(x[:1], total, axis=0)
    np.testing.assert_allclose(RobustFilter().filter(still, fps=fps), still, atol=1e-9)


def test_whole_bodies_and_single_keypoints_gain(rng):
    for keypoints, width in ((1, 2), (2, 2), (553, 3)):
        size = 400.0
        clean = body(rng, 90, FPS, keypoints, width, size)
        noisy = clean + rng.normal(0, 0.01 * size, clean.shape)
        after = rmse(RobustFilter().filter(noisy, fps=FPS), clean)
        assert after.mean() < 0.75 * rmse(noisy, clean).mean()


def test_frozen_keypoints_are_not_taken_for_rest(rng):
    clean = body(rng)
    frozen = clean + ar1(rng, clean.shape, 1.0, 0.5)
    frozen[60:72, 0] = frozen[60, 0]
    after = rmse(RobustFilter().filter(frozen, fps=FPS), clean)
    assert after[0] < 0.7 * rmse(classical(frozen), clean)[0]
    assert (after < rmse(frozen, clean)).all()


@pytest.mark.parametrize('fps', [30.0, 60.0])
def test_what_lies_beyond_the_support_changes_little(rng, fps):
    """The bound: 0.1 % of the body size at any keypoint, a hundredth of that on average."""
    x = body(rng, int(7 * fps), fps) + ar1(rng, (int(7 * fps), 17, 2), 3.0, 0.5)
    for joint in range(17):
        start = int(rng.integers(0, len(x) - 10))
        x[start:start + 6, joint] += rng.normal(0, 30, 2)
    own = RobustFilter()
    past, future = own.support(fps)
    whole = own.filter(x, fps=fps)
    moved = []
    for frame in range(past + 20, len(x) - future - 1, 7):
        part = slice(frame - past, frame + future + 1)
        moved.append(np.linalg.norm(own.filter(x[part], fps=fps)[past] - whole[frame], axis=-1))
    assert past <= 2 * fps and np.max(moved) < 0.001 * 900 and np.mean(moved) < 0.00001 * 900


def test_real_wrist_with_low_scores(cases_dir):
    """OpenPose, 30 fps: four wrong detections of a fast wrist at the clip's end."""
    case = np.load(cases_dir / 'data' / 'openpose_cam1_30fps.npz')
    result = RobustFilter().filter(case['coords'], fps=30, scores=case['scores'])
    off = np.linalg.norm(result[40:50, 9] - case['truth'][40:50, 9], axis=-1)
    assert off.max() < 40
