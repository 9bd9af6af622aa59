"""Rotations on the page: curves of turns, the skeleton, the report."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin import smooth
from smoothnet_plugin.apis.view import report_of
from smoothnet_plugin.structures import PoseTracks
from smoothnet_plugin.visualization.page_data import page_data
from smoothnet_plugin.visualization.posed import with_joints
from smoothnet_plugin.visualization.turns import turns_from_mean


def written(rotations, representation):
    if representation == 'axis_angle':
        return rotations.as_rotvec()
    if representation == 'quaternion':
        return rotations.as_quat()
    matrices = rotations.as_matrix()
    return matrices.reshape(-1, 9) if representation == 'rotmat' else (
        matrices[..., :2].reshape(-1, 6))


@pytest.mark.parametrize('representation', ['axis_angle', 'quaternion', 'rot6d', 'rotmat'])
def test_a_swing_about_one_axis_near_half_a_turn(representation):
    """Axis-angle of this joint jumps between +180 and -180 degrees; the curve does not."""
    swing = 20 * np.sin(np.arange(200) / 9)
    mean = Rotation.from_rotvec([np.pi - 0.05, 0, 0])
    joint = mean * Rotation.from_rotvec(np.radians(swing)[:, None] * [1, 0, 0])
    array = written(joint, representation)[:, None]
    array[30:40] = np.nan
    turns = turns_from_mean({'raw': array}, representation)['raw']
    known = np.r_[0:30, 40:200]
    np.testing.assert_allclose(turns[known, 0, 0], swing[known] - swing[known].mean(), atol=1.5)
    np.testing.assert_allclose(turns[known, 0, 1:], 0, atol=1e-5)
    assert np.isnan(turns[30:40]).all()


def test_the_first_array_gives_the_mean():
    one, two = (np.tile([[[0, 0, angle]]], (9, 2, 1)) for angle in (0.5, 0.7))
    one[:, 1] = np.nan
    turns = turns_from_mean({'raw': one, 'smoothed': two}, 'axis_angle')
    np.testing.assert_allclose(turns['raw'][:, 0], 0, atol=1e-9)
    np.testing.assert_allclose(turns['smoothed'][:, 0, 2], np.degrees(0.2))
    # What only the second one has is seen from its own mean.
    np.testing.assert_allclose(turns['smoothed'][:, 1], 0, atol=1e-9)


def test_turns_beyond_half_a_turn_count_on():
    angles = np.linspace(-300, 300, 61)
    array = Rotation.from_rotvec(np.radians(angles)[:, None] * [0, 1, 0]).as_quat()[:, None]
    turns = turns_from_mean({'raw': array}, 'quaternion')['raw'][:, 0, 1]
    np.testing.assert_allclose(np.diff(turns), 10, atol=1e-4)


@pytest.fixture
def body():
    rng = np.random.default_rng(0)
    poses = 0.4 * np.sin(np.arange(60)[:, None, None] / 6 + np.arange(72).reshape(24, 3))
    poses += rng.normal(0, 0.05, poses.shape)
    poses[20:24] = np.nan
    return PoseTracks.from_array(poses, representation='axis_angle', fps=30)


def test_page_data_of_rotations(body):
    smoothed = smooth(body, 'gaussian')
    data = page_data({'raw': body, 'smoothed': smoothed})
    assert data['turned'] and data['dims'] == 3 and data['unit'] == 'm'
    assert data['names'][:2] == ['pelvis', 'left_hip'] and len(data['links']) == 23
    [person] = data['people']
    places = np.frombuffer(base64.b64decode(person['coords']['smoothed']), '<f4')
    np.testing.assert_allclose(places.reshape(60, 24, 3), with_joints(smoothed)[0].coords,
                               atol=1e-6)
    turns = np.frombuffer(base64.b64decode(person['turns']['raw']), '<f4').reshape(60, 24, 3)
    assert np.isnan(turns[20:24]).all() and 20 < np.nanmax(np.abs(turns)) < 60
    states = np.frombuffer(base64.b64decode(person['states']), np.uint8).reshape(60, 24)
    assert (states[20:24] == 2).all() and not (states[:20] == 2).any()


def test_report_of_rotations(body):
    """Interpolated poses are counted although the file does not mark them; joints have measures."""
    smoothed = smooth(body, 'gaussian')
    plain = smoothed.replace(tracks={key: sequence.replace(
        valid=sequence.valid | sequence.filled, filled=None) for key, sequence in smoothed})
    report = report_of(body, plain)
    assert report.filled_keypoints == 4 * 24
    by_joint = {change.joint: change for change in report.joints}
    assert by_joint['knee'].accel_ratio < 0.9 and 0.8 < by_joint['knee'].speed_kept <= 1.1
    assert by_joint['wrist'].filled == pytest.approx(4 / 60)
