"""``default`` for rotations: the bundled network on curves of quaternions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin import smooth
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.filters import DefaultFilter, RobustFilter, SmoothNetFilter
from smoothnet_plugin.filters.packaged import PACKAGED
from smoothnet_plugin.filters.refined_rotations import RefinedRotations
from smoothnet_plugin.structures import PoseSequence, PoseTracks

from .test_rotation_filters import FPS, degrees, motion, rotations, six

JOINTS = 8


@pytest.fixture(scope='module')
def entry() -> RefinedRotations:
    chosen = DefaultFilter().for_poses(6, (), FPS)
    assert isinstance(chosen, RefinedRotations)
    return chosen


def made(seed=0, frames=100, noise=0.1, swing=0.4):
    return motion(seed, frames, JOINTS, noise, swing)


@pytest.mark.parametrize('noise', [0.02, 0.2, 1.0])
def test_equivariant_and_orthonormal(entry, noise):
    _, noisy = made(3, noise=noise)
    left, right = Rotation.random(2, 1)
    result = entry.filter(six(noisy, JOINTS), fps=FPS)
    again = entry.filter(six(left * noisy * right, JOINTS), fps=FPS)
    assert degrees(left * rotations(result) * right, rotations(again)).max() < 1e-2
    columns = result.reshape(-1, 3, 2)
    product = columns.swapaxes(1, 2) @ columns
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(2), product.shape), atol=1e-6)


def test_nothing_jumps_at_half_a_turn(entry):
    """Joints that turn all the way round, several times."""
    rng = np.random.default_rng(0)
    t = np.arange(150)[:, None, None] / FPS
    axes = rng.normal(0, 1, (JOINTS, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    truth = Rotation.from_rotvec((3 * t * axes).reshape(-1, 3))
    noisy = truth * Rotation.from_rotvec(rng.normal(0, 0.05, (150 * JOINTS, 3)))
    result = rotations(entry.filter(six(noisy, JOINTS), fps=FPS))
    steps = result.as_matrix().reshape(150, JOINTS, 3, 3)
    turns = Rotation.from_matrix((steps[:-1].swapaxes(-1, -2) @ steps[1:]).reshape(-1, 3, 3))
    assert np.degrees(turns.magnitude()).max() < 12  # A step of the truth is 5.7 degrees.
    assert degrees(truth, result).mean() < degrees(truth, noisy).mean()


def test_outliers_and_missing_values_do_not_spread(entry):
    truth, noisy = made(noise=0.05)
    coords = six(noisy, JOINTS)
    whole = rotations(entry.filter(coords, fps=FPS))
    coords[40:43, 2] = six(Rotation.random(3, 2), 1)[:, 0]
    coords[60:75, 5] = np.nan
    result = rotations(entry.filter(coords, fps=FPS))
    away = degrees(whole, result).reshape(100, JOINTS)
    assert np.delete(away, (2, 5), axis=1).max() < 1
    assert degrees(truth, result).reshape(100, JOINTS)[40:43, 2].max() < 15


def people(*clips):
    """Tracks of several people."""
    clip_of: dict[int | str, PoseSequence] = {
        number: PoseSequence(coords=clip, representation='rot6d')
        for number, clip in enumerate(clips)}
    return PoseTracks(tracks=clip_of, fps=FPS)


@pytest.mark.parametrize('lookahead', [None, 2])
def test_people_are_independent(entry, lookahead):
    first, second = (six(made(seed, 40)[1], JOINTS) for seed in (1, 2))
    alone = smooth(people(first), fps=FPS, lookahead=lookahead)
    both = smooth(people(first, second), fps=FPS, lookahead=lookahead)
    away = degrees(rotations(both[0].coords), rotations(alone[0].coords))
    assert away.max() < 1e-3


def test_few_joints_and_frames_and_other_rates_get_the_robust_filter(entry):
    _, noisy = made()
    coords = six(noisy, JOINTS)
    robust = RobustFilter()
    for part in (coords[:, :3], coords[:4]):
        np.testing.assert_allclose(entry.filter(part, fps=FPS), robust.filter(part, fps=FPS))
    for fps in (10.0, 240.0):
        assert isinstance(DefaultFilter().for_poses(6, (), fps), RobustFilter)


@pytest.mark.parametrize('lookahead', [0, 4])
def test_live_is_offline_of_the_frames_known(entry, lookahead):
    coords = six(made(5, 40)[1], JOINTS)
    coords[12:15, 3] = np.nan
    live = smooth(coords, 'default', fps=FPS, representation='rot6d', lookahead=lookahead)
    for frame in (5, 20, 33):
        known = smooth(coords[:frame + lookahead + 1], 'default', fps=FPS, representation='rot6d')
        assert degrees(rotations(live[frame]), rotations(known[frame])).max() < 1e-2


@pytest.mark.parametrize('joints', [22, 24, 55])
def test_body_models(joints):
    truth, noisy = motion(2, 60, joints, 0.1, 0.3)
    result = smooth(six(noisy, joints), fps=FPS, representation='rot6d')
    after = degrees(truth, rotations(result)).mean()
    assert after < 0.7 * degrees(truth, noisy).mean()


def test_other_filters_refuse_its_weights():
    path = PACKAGED[4].checked_path()
    with pytest.raises(ConfigError, match='DefaultFilter'):
        SmoothNetFilter(checkpoint=path)
