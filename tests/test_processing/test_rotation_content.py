"""Rotations that are not what they are declared as."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin import smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.processing.rotation_content import refuse_no_rotations
from smoothnet_plugin.smoothers import build_smoother

from ..walking import walking_person


@pytest.fixture
def turning(rng):
    """Joints that turn to and fro, shape (60, 24, 3), radians."""
    t = np.arange(60)[:, None, None] / 30
    rate, phase = rng.uniform(1, 5, (2, 1, 24, 3))
    return rng.uniform(0.1, 1, (1, 24, 3)) * np.sin(rate * t + phase)


def matrices(turning):
    return Rotation.from_rotvec(turning.reshape(-1, 3)).as_matrix().reshape(60, 24, 3, 3)


def six(turning, *order):
    two = matrices(turning)[..., :2]
    return (two.swapaxes(-1, -2) if order else two).reshape(60, 24, 6)


FORMS = {
    'axis_angle': lambda x: x,
    'rotmat': lambda x: matrices(x).reshape(60, 24, 9),
    'rot6d': six,
    'quaternion': lambda x: Rotation.from_rotvec(x.reshape(-1, 3)).as_quat().reshape(60, 24, 4),
}
WRONG = {
    'degrees': ('axis_angle', np.degrees, 'np.radians'),
    'millimetres': ('axis_angle', lambda x: 1000 * walking_person(60, 30), 'keypoints_3d'),
    'mirrored': ('rotmat', lambda x: -matrices(x).reshape(60, 24, 9), 'not rotations'),
    'scaled': ('rotmat', lambda x: 3 * matrices(x).reshape(60, 24, 9), 'not rotations'),
    'points': ('rotmat', lambda x: np.random.default_rng(0).normal(0, 1, (60, 24, 9)), 'rotations'),
    'one vector after the other': ('rot6d', lambda x: six(x, 1), r'swapaxes\(-1, -2\)'),
    'rows': ('rot6d', lambda x: matrices(x)[..., :2, :].reshape(60, 24, 6), r'swapaxes'),
}


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('noise', [0.0, 0.05])
def test_rotations_pass(turning, rng, form, noise):
    values = FORMS[form](turning) + noise * rng.normal(0, 1, FORMS[form](turning).shape)
    refuse_no_rotations(values, form)
    values[3, 5], values[4, 6], values[7] = np.nan, 0, 1e6  # Single wrong values are no reason.
    refuse_no_rotations(values, form)
    refuse_no_rotations(values * np.nan, form)


def test_turns_of_almost_two_pi_pass(turning):
    refuse_no_rotations(turning * 6.3 / np.linalg.norm(turning, axis=-1, keepdims=True),
                        'axis_angle')
    refuse_no_rotations(3 * six(turning), 'rot6d')  # Networks do not normalise.
    refuse_no_rotations(2 * FORMS['quaternion'](turning), 'quaternion')


@pytest.mark.parametrize('what', WRONG)
def test_others_are_refused_offline_and_live(turning, what):
    representation, make, words = WRONG[what]
    values = make(turning)
    with pytest.raises(DataFormatError, match=words):
        smooth(values, 'gaussian', fps=30, representation=representation)
    smoother = build_smoother('gaussian', fps=30, representation=representation)
    with pytest.raises(DataFormatError, match=words):
        smoother.step(values[30])


@pytest.mark.parametrize('what', ['dict', 'file'])
def test_parameters_of_bodies_in_degrees_are_refused(turning, tmp_path, what):
    poses = np.degrees(turning).reshape(60, 72)
    np.savez(tmp_path / 'a.npz', poses=poses, trans=np.zeros((60, 3)), mocap_framerate=30.0)
    source = tmp_path / 'a.npz' if what == 'file' else dict(
        global_orient=poses[:, :3], body_pose=poses[:, 3:])
    with pytest.raises(DataFormatError, match='degrees') as error:
        smooth(source, 'gaussian', fps=30)
    assert what == 'dict' or 'a.npz' in str(error.value)


def test_the_advice_for_6d_works(turning):
    given = six(turning, 1)
    ours = given.reshape(60, 24, 2, 3).swapaxes(-1, -2).reshape(given.shape)
    result = smooth(ours, 'gaussian', fps=30, representation='rot6d')
    expected = smooth(six(turning), 'gaussian', fps=30, representation='rot6d')
    np.testing.assert_array_equal(result, expected)
