"""Filters on the manifold of rotations: their properties, and that they smooth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from smoothnet_plugin import smooth
from smoothnet_plugin.filters import (
    GaussianFilter,
    GeodesicGaussianFilter,
    GeodesicSavgolFilter,
    RobustFilter,
    RotationKalmanFilter,
    RotationOneEuroFilter,
)
from smoothnet_plugin.processing.rotations import from_rot6d, to_rot6d, to_rotmat
from smoothnet_plugin.smoothers import build_smoother

FPS = 30.0
FILTERS = {
    'gaussian': GeodesicGaussianFilter(), 'savgol': GeodesicSavgolFilter(),
    'kalman': RotationKalmanFilter(), 'kalman_acceleration': RotationKalmanFilter(
        model='constant_acceleration'), 'causal_kalman': RotationKalmanFilter(causal=True),
    'one_euro': RotationOneEuroFilter(), 'robust': RobustFilter(),
}
SYMMETRIC = ('gaussian', 'savgol', 'kalman', 'robust')
ROTATION = st.integers(0, 10_000).map(lambda seed: Rotation.random(random_state=seed))


def motion(seed, frames=50, joints=3, noise=0.1, swing=1.0):
    """Rotations (frames, joints) that swing about random axes, and the same with noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None] / FPS
    vectors = swing * np.sin(2 * np.pi * (0.5 * t + rng.uniform(0, 1, (1, joints, 3))))
    start = Rotation.random(joints, random_state=seed)
    truth = Rotation.concatenate([start] * frames) * Rotation.from_rotvec(vectors.reshape(-1, 3))
    return truth, truth * Rotation.from_rotvec(rng.normal(0, noise, (frames * joints, 3)))


def six(rotation, joints=3):
    return rotation.as_matrix()[:, :, :2].reshape(-1, joints, 6)


def rotations(coords):
    return Rotation.from_matrix(to_rotmat(coords, 'rot6d').reshape(-1, 3, 3))


def degrees(one, other):
    return np.degrees((one.inv() * other).magnitude())


@pytest.mark.parametrize('name', FILTERS)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), left=ROTATION, right=ROTATION,
       noise=st.sampled_from([0.02, 0.2, 1.0]))
def test_equivariant_and_orthonormal(name, seed, left, right, noise):
    """Turning all rotations from either side turns the result."""
    _, noisy = motion(seed, noise=noise)
    result = FILTERS[name].filter(six(noisy), fps=FPS)
    turned = FILTERS[name].filter(six(left * noisy * right), fps=FPS)
    assert degrees(left * rotations(result) * right, rotations(turned)).max() < 1e-3
    columns = result.reshape(-1, 3, 2)
    product = columns.swapaxes(1, 2) @ columns
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(2), product.shape), atol=1e-6)


@pytest.mark.parametrize('name', SYMMETRIC)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), frames=st.integers(1, 40))
def test_symmetric_in_time(name, seed, frames):
    _, noisy = motion(seed, frames)
    coords = six(noisy)
    there = FILTERS[name].filter(coords, fps=FPS)
    back = FILTERS[name].filter(coords[::-1], fps=FPS)[::-1]
    assert degrees(rotations(there), rotations(back)).max() < 1e-5


@pytest.mark.parametrize('name', FILTERS)
def test_nothing_jumps_at_half_a_turn(name):
    """A steady turn through several times half a turn stays one, in every representation."""
    t = np.arange(90)[:, None, None] / FPS
    axis = np.array([[1.0, 0, 0], [0, 0.6, 0.8], [-0.6, 0.8, 0]])
    rng = np.random.default_rng(0)
    truth = Rotation.from_rotvec((np.pi * t * axis).reshape(-1, 3))
    noisy = truth * Rotation.from_rotvec(rng.normal(0, 0.05, (270, 3)))
    result = rotations(FILTERS[name].filter(six(noisy), fps=FPS))
    steps = degrees(result[:-3], result[3:]).reshape(-1, 3)
    assert steps.max() < 16 and degrees(truth, result).max() < 25
    for representation, values in (('axis_angle', noisy.as_rotvec()),
                                   ('quaternion', noisy.as_quat(canonical=True))):
        shown = smooth(values.reshape(90, 3, -1), FILTERS[name], fps=FPS,
                       representation=representation)
        again = rotations(to_rot6d(shown, representation))
        assert degrees(result, again).max() < 1e-4


@pytest.mark.parametrize('name', ['gaussian', 'savgol', 'robust'])
def test_far_rotations_make_no_jump(name):
    """A frame at half a turn from the others: no result jumps with its last digit."""
    truth, _ = motion(3, noise=0)
    coords = six(truth)
    results = []
    for angle in (np.pi - 1e-7, np.pi + 1e-7):
        wrong = coords.copy()
        flip = Rotation.from_rotvec([0, 0, angle])
        wrong[25] = (rotations(coords[25]) * flip).as_matrix()[:, :, :2].reshape(3, 6)
        results.append(rotations(FILTERS[name].filter(wrong, fps=FPS)))
    off = np.arange(50).repeat(3) != 25
    assert degrees(*results)[off].max() < 0.01


@pytest.mark.parametrize('name', FILTERS)
def test_noise_falls_and_a_steady_turn_stays(name):
    truth, noisy = motion(1, 90)
    before = degrees(truth, noisy).mean()
    after = degrees(truth, rotations(FILTERS[name].filter(six(noisy), fps=FPS))).mean()
    assert after < (0.95 if 'causal' in name or name == 'one_euro' else 0.65) * before
    t = np.arange(60)[:, None, None] / FPS
    axes = np.array([[1.0, 0, 0], [0, 0.6, 0.8], [-0.6, 0.8, 0]])
    steady = Rotation.from_rotvec((0.8 * t * axes).reshape(-1, 3))
    result = rotations(FILTERS[name].filter(six(steady), fps=FPS))
    assert degrees(steady, result).max() < (5 if name == 'one_euro' else 2e-3)


@pytest.mark.parametrize('name', FILTERS)
def test_a_sudden_turn_is_followed(name):
    """A cut of almost half a turn does not hold a filter where it was."""
    coords = six(Rotation.identity(3 * 90))
    coords[30:] = six(Rotation.from_rotvec(np.tile([0, 0, 3.0], (180, 1))))
    result = rotations(FILTERS[name].filter(coords, fps=FPS)).magnitude().reshape(90, 3)
    assert result[:20].max() < 0.05 and result[60:].min() > 2.9


@pytest.mark.parametrize('name', FILTERS)
@pytest.mark.parametrize('frames', [0, 1, 2, 3, 7])
def test_short_runs(name, frames):
    rng = np.random.default_rng(0)
    coords = six(Rotation.random(frames * 3, random_state=0)) if frames else np.zeros((0, 3, 6))
    result = FILTERS[name].filter(coords, fps=FPS)
    assert result.shape == coords.shape and np.isfinite(result).all()
    wild = rng.normal(0, 1, (frames, 3, 6))
    assert np.isfinite(FILTERS[name].filter(wild, fps=FPS)).all()


@pytest.mark.parametrize('name', FILTERS)
def test_missing_values_do_not_spread(name):
    _, noisy = motion(2)
    clean = six(noisy)
    broken = clean.copy()
    broken[10:14, 1] = np.nan
    broken[:, 2] = np.nan
    result = smooth(broken, FILTERS[name], fps=FPS, representation='rot6d')
    assert np.isnan(result[:, 2]).all() and np.isfinite(result[:, :2]).all()
    if name != 'robust':  # Which joins the joints of a person to learn the noise.
        whole = smooth(clean, FILTERS[name], fps=FPS, representation='rot6d')
        np.testing.assert_array_equal(result[:, 0], whole[:, 0])


def test_gaps_are_bridged_by_the_shortest_turn_at_constant_speed():
    turn = np.linspace(0, 2.5, 11)[:, None, None] * np.array([[0, 0, 1.0], [0.6, 0.8, 0]])
    values = turn.copy()
    values[1:10] = np.nan
    result = smooth(values, GaussianFilter(), fps=FPS, representation='axis_angle', strength=0)
    np.testing.assert_allclose(result, turn, atol=1e-12)
    # Through half a turn: from 170 to 190 degrees it is 20 degrees, not 340.
    ends = np.radians([170, 190])[:, None, None] * np.array([[0, 0, 1.0]])
    values = np.full((5, 1, 3), np.nan)
    values[[0, 4]] = Rotation.from_rotvec(ends.reshape(-1, 3)).as_rotvec()[:, None]
    result = smooth(values, GaussianFilter(), fps=FPS, representation='axis_angle', strength=0)
    assert np.degrees(np.linalg.norm(result[2, 0])) == pytest.approx(180)


@pytest.mark.parametrize('name', FILTERS)
@pytest.mark.parametrize('lookahead', [0, 4])
def test_live_is_offline_of_the_frames_known(name, lookahead):
    _, noisy = motion(5, 40)
    coords = six(noisy)
    coords[12:15] = np.nan
    entry = FILTERS[name]
    live = smooth(coords, entry, fps=FPS, representation='rot6d', lookahead=lookahead)
    for frame in (5, 20, 33):
        known = smooth(coords[:frame + lookahead + 1], entry, fps=FPS, representation='rot6d')
        assert degrees(rotations(live[frame]), rotations(known[frame])).max() < 1e-3


def test_rotations_only(rng):
    with pytest.raises(ValueError, match='cannot smooth keypoints_2d'):
        smooth(rng.normal(0, 1, (20, 3, 2)), 'GeodesicGaussianFilter', fps=FPS)
    for entry in FILTERS.values():
        points = entry.for_points()
        assert 'keypoints_3d' in points.representations
    assert build_smoother('GeodesicGaussianFilter').filters[0].for_points().cutoff == 4.0


def test_signs_of_quaternions_survive_outliers():
    """A single wrong rotation does not turn the sign of everything after it."""
    from smoothnet_plugin.processing.so3 import quaternion_curves
    truth, _ = motion(7, 60, noise=0)
    coords = six(truth)
    rng = np.random.default_rng(0)
    for frame in (15, 16, 33):
        coords[frame] = six(Rotation.random(3, random_state=rng.integers(99)))[0]
    curves = quaternion_curves(coords, FPS)
    good = np.setdiff1d(np.arange(60), [15, 16, 33])
    dots = (curves[good][1:] * curves[good][:-1]).sum(axis=-1)
    assert (dots > 0.5).all()
    np.testing.assert_allclose(np.abs((curves * from_rot6d(coords, 'quaternion')).sum(axis=-1)), 1)
