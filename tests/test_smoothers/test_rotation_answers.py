"""Rotations: signs of quaternions, and a report in degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.filters import GaussianFilter
from smoothnet_plugin.smoothers import PoseSmoother, build_smoother
from smoothnet_plugin.smoothers.changes import accelerations, distances
from smoothnet_plugin.structures import PoseSequence, PoseTracks


@pytest.fixture
def turning(rng):
    """Joints that turn all the way round, with noise: rotations of shape (80, 3)."""
    t = np.arange(80)[:, None, None] / 80
    axis = np.array([[1.0, 0, 0], [0, 0.6, 0.8], [0.6, 0, 0.8]])
    vectors = 2 * np.pi * 1.5 * t * axis + rng.normal(0, 0.02, (80, 3, 3))
    return Rotation.from_rotvec(vectors.reshape(-1, 3))


def quaternions(turning, rng):
    """As an estimator gives them: with w >= 0 or signs at random."""
    values = turning.as_quat().reshape(80, 3, 4)
    return values * rng.choice([-1, 1], (80, 3, 1))


def flips(values):
    return int(((values[1:] * values[:-1]).sum(axis=-1) < 0).sum())


@pytest.mark.parametrize('lookahead', [None, 4])
def test_signs_are_continuous(turning, rng, lookahead):
    given = quaternions(turning, rng)
    assert flips(given) > 60
    options: dict[str, Any] = dict(representation='quaternion', fps=30, lookahead=lookahead)
    result = smooth(given, 'gaussian', **options)
    assert flips(result) == 0
    assert ((result[0] * given[0]).sum(axis=-1) > 0.9).all()
    as_input = smooth(given, 'gaussian', quaternion_signs='input', **options)
    assert ((as_input * given).sum(axis=-1) > 0).all() and flips(as_input) == flips(given)
    np.testing.assert_allclose(np.abs(result), np.abs(as_input), atol=1e-12)
    np.testing.assert_array_equal(smooth(given, 'gaussian', strength=0, **options), given)


def test_live_signs_are_those_of_the_whole_clip(turning, rng):
    given = quaternions(turning, rng)
    given[30, 1] = np.nan
    entry = dict(type='GaussianFilter')
    whole = smooth(given, entry, representation='quaternion', fps=30)
    smoother = build_smoother(entry, fps=30, lookahead=40, representation='quaternion')
    out = [f for pose in given for f in smoother.step(pose)] + smoother.flush()
    live = np.stack([f.instances[0].keypoints for f in out])
    np.testing.assert_allclose(live, whole, atol=1e-9)
    assert flips(whole) == 0


def test_what_is_not_smoothed_keeps_its_sign(turning, rng):
    given = quaternions(turning, rng)
    scores = np.ones((80, 3))
    scores[20:50, 0] = 0
    result = smooth(given, 'gaussian', representation='quaternion', fps=30, scores=scores,
                    keypoint_thr=0.5)
    np.testing.assert_array_equal(result[20:50, 0], given[20:50, 0])
    assert flips(result[50:]) == 0 and (result[19, 0] * result[50, 0]).sum() != 0


def test_the_report_is_in_degrees_whatever_the_representation(turning, rng):
    vectors = turning.as_rotvec().reshape(80, 3, 3)
    forms = {'axis_angle': vectors, 'quaternion': quaternions(turning, rng),
             'rotmat': turning.as_matrix().reshape(80, 3, 9),
             'rot6d': turning.as_matrix()[:, :, :2].reshape(80, 3, 6)}
    reports = {name: smooth_with_report(values, 'gaussian', representation=name, fps=30)[1]
               for name, values in forms.items()}
    first = reports['rotmat']
    assert first.unit == 'deg' and 0.5 < first.mean_move < 3 and first.max_move < 10
    assert 'deg/frame^2' in dict(first.lines())['mean acceleration']
    for report in reports.values():
        for field in ('mean_move', 'max_move', 'accel_before', 'accel_after'):
            assert getattr(report, field) == pytest.approx(getattr(first, field), rel=1e-6)


def test_angles_by_hand():
    turn = Rotation.from_rotvec([[0, 0, 0], [0, 0, 0.1], [0, 0, 0.3]]).as_rotvec()[:, None]
    np.testing.assert_allclose(distances(turn[:1], turn[2:], 'axis_angle'),
                               [[np.degrees(0.3)]])
    np.testing.assert_allclose(accelerations(turn, 'axis_angle'), [[np.degrees(0.1)]])
    full = np.array([[[0, 0, 2 * np.pi + 1e-3]]])
    np.testing.assert_allclose(distances(full, np.zeros((1, 1, 3)), 'axis_angle'),
                               [[np.degrees(1e-3)]], rtol=1e-6)
    np.testing.assert_allclose(distances(np.zeros((1, 1, 2)), np.ones((1, 1, 2)),
                                         'keypoints_2d'), [[2**0.5]])


@pytest.mark.parametrize('representation', ['axis_angle', 'quaternion'])
def test_live_a_missing_rotation_keeps_the_turns_and_signs_before_it(representation):
    angle = np.linspace(2.5, 6.0, 40)
    axis = np.array([0.6, 0.0, 0.8])
    poses = angle[:, None] * axis if representation == 'axis_angle' else np.column_stack(
        [np.sin(angle / 2)[:, None] * axis, np.cos(angle / 2)])
    poses = np.repeat(poses[:, None], 2, axis=1)
    given = poses.copy()
    given[20:23, 1] = np.nan
    clip = PoseTracks({0: PoseSequence(given, representation=representation)}, fps=30)
    smoother = PoseSmoother(GaussianFilter(), lookahead=40, quaternion_signs='input')
    for result in (smoother.smooth(clip), smoother.replay(clip)):
        np.testing.assert_allclose(result[0].coords, poses, atol=0.1)
