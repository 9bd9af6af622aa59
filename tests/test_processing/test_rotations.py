from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.processing.rotations import (
    ROTATIONS,
    continuous_in_time,
    from_rot6d,
    from_rotmat,
    to_rot6d,
    to_rotmat,
)

TOLERANCE = {np.float32: 2e-6, np.float64: 1e-12}


def scipy_form(rotation: Rotation, representation: str) -> np.ndarray:
    matrix = rotation.as_matrix()
    return {'axis_angle': rotation.as_rotvec, 'quaternion': rotation.as_quat,
            'rotmat': lambda: matrix.reshape(-1, 9),
            'rot6d': lambda: np.stack([matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 0],
                                       matrix[:, 1, 1], matrix[:, 2, 0], matrix[:, 2, 1]], -1),
            }[representation]()


def angle_between(first: np.ndarray, second: np.ndarray, representation: str) -> np.ndarray:
    """By scipy alone, from any form."""
    def rotation(values):
        values = np.asarray(values, dtype=np.float64)
        if representation == 'rot6d':
            a, b = values[:, 0::2], values[:, 1::2]
            values = np.stack([a, b, np.cross(a, b)], axis=-1)
        if representation in ('rotmat', 'rot6d'):
            return Rotation.from_matrix(values.reshape(-1, 3, 3))
        return (Rotation.from_quat if representation == 'quaternion' else Rotation.from_rotvec)(
            values)

    return (rotation(first) * rotation(second).inv()).magnitude()


unit_axes = hnp.arrays(np.float64, 3, elements=st.floats(-1, 1)).filter(
    lambda v: np.linalg.norm(v) > 1e-3).map(lambda v: v / np.linalg.norm(v))
angles = st.one_of(
    st.floats(0, np.pi),
    st.sampled_from([0.0, 1e-12, 1e-8, 1e-6, 1e-4, np.pi - 1e-4, np.pi - 1e-6, np.pi - 1e-8,
                     np.pi, np.pi / 2]))
rotvecs = st.lists(st.builds(lambda a, u: a * u, angles, unit_axes), min_size=1,
                   max_size=5).map(np.array)


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('representation', ROTATIONS)
@settings(max_examples=60, deadline=None)
@given(rotvec=rotvecs)
def test_round_trip_and_scipy(representation, dtype, rotvec):
    rotation = Rotation.from_rotvec(rotvec)
    original = scipy_form(rotation, representation).astype(dtype)
    sixd = to_rot6d(original, representation)
    assert sixd.dtype == dtype and sixd.shape == (len(rotvec), 6)
    np.testing.assert_allclose(sixd, scipy_form(rotation, 'rot6d'), atol=TOLERANCE[dtype])
    back = from_rot6d(sixd, representation, like=original)
    assert back.dtype == dtype and back.shape == original.shape
    np.testing.assert_allclose(back, original, atol=4 * TOLERANCE[dtype])
    alone = from_rot6d(sixd, representation)
    assert (angle_between(alone, original, representation) < 5 * TOLERANCE[dtype]).all()
    if representation == 'axis_angle':
        assert (np.linalg.norm(alone, axis=-1) <= np.pi + TOLERANCE[dtype]).all()
    if representation == 'quaternion':
        assert (alone[:, 3] >= 0).all()


@pytest.mark.parametrize('source', ROTATIONS)
@pytest.mark.parametrize('target', ROTATIONS)
def test_every_pair_of_forms(source, target):
    rotation = Rotation.from_quat(np.random.default_rng(0).normal(size=(50, 4)))
    matrices = to_rotmat(scipy_form(rotation, source), source)
    np.testing.assert_allclose(matrices, scipy_form(rotation, 'rotmat'), atol=1e-12)
    result = from_rotmat(matrices, target)
    assert (angle_between(result, scipy_form(rotation, target), target) < 1e-7).all()


@settings(max_examples=100, deadline=None)
@given(values=hnp.arrays(np.float64, (4, 6), elements=st.one_of(
    st.floats(-2, 2), st.sampled_from([0.0, 1e-300, 1e300, -1e300, 1e-8, 1.0]))))
def test_any_6d_value_gives_a_rotation(values):
    matrices = from_rot6d(values, 'rotmat').reshape(-1, 3, 3)
    products = matrices @ matrices.transpose(0, 2, 1)
    np.testing.assert_allclose(products, np.tile(np.eye(3), (4, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(matrices), 1, atol=1e-9)
    for representation in ROTATIONS:
        assert np.isfinite(from_rot6d(values, representation)).all()


def naive_gram_schmidt(six):
    a, b = six[0::2], six[1::2]
    x = a / np.linalg.norm(a)
    y = b - (x @ b) * x
    y = y / np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)], axis=-1).ravel()


def test_gram_schmidt_equals_naive_twin(rng):
    values = rng.normal(0, 1, (3, 4, 6))  # three rotations: the axis the reference confuses
    expected = np.apply_along_axis(naive_gram_schmidt, -1, values)
    np.testing.assert_allclose(from_rot6d(values, 'rotmat'), expected, atol=1e-12)


@pytest.mark.parametrize(('six', 'matrix'), [
    ([0, 0, 0, 0, 0, 0], np.eye(3)),
    ([2, 0, 0, 0, 0, 0], np.eye(3)),
    ([1, 5, 0, 0, 0, 0], np.eye(3)),
    ([0, 0, 0, 3, 0, 0], np.eye(3)),
])
def test_columns_without_direction(six, matrix):
    np.testing.assert_allclose(from_rot6d(np.array(six, float), 'rotmat'), matrix.ravel())


def test_nan_stays_where_it_is(rng):
    rotvec = rng.normal(0, 1, (6, 5, 3))
    rotvec[2, 3, 1], rotvec[4, 0] = np.nan, np.inf
    bad = ~np.isfinite(rotvec).all(axis=-1)
    for representation in ROTATIONS:
        result = from_rot6d(to_rot6d(rotvec, 'axis_angle'), representation)
        np.testing.assert_array_equal(np.isnan(result).all(axis=-1), bad)
        assert np.isfinite(result[~bad]).all()
        assert np.isnan(to_rot6d(result, representation)[bad]).all()


def test_like_keeps_the_branch():
    axis = np.array([1.0, 2, -2]) / 3
    for angle in (0.3, np.pi - 1e-3, np.pi, np.pi + 0.2, 6.0, 2 * np.pi, 7.0, -3.5, -9.0):
        original = (angle * axis)[None]
        back = from_rot6d(to_rot6d(original, 'axis_angle'), 'axis_angle', like=original)
        np.testing.assert_allclose(back, original, atol=1e-9)
    quaternion = (Rotation.from_quat(np.random.default_rng(1).normal(size=(20, 4))).as_quat()
                  * np.array([[-1], [1]] * 10))
    np.testing.assert_allclose(
        from_rot6d(to_rot6d(3 * quaternion, 'quaternion'), 'quaternion', like=quaternion),
        quaternion, atol=1e-12)


def spinning(frames=200):
    """Turns about a wandering axis at up to 0.1 rad per frame, five half turns in all."""
    time = np.linspace(0, 1, frames)
    axis = np.stack([np.cos(time), np.sin(time), 0.2 * np.cos(3 * time)], axis=-1)
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    return (5 * np.pi * time[:, None] * axis)[:, None]


@pytest.mark.parametrize('representation', ['axis_angle', 'quaternion'])
def test_smoothed_rotation_does_not_jump(representation):
    rotvec = spinning()
    original = rotvec if representation == 'axis_angle' else to_quaternion(rotvec)
    smoothed = from_rot6d(to_rot6d(original, representation), representation, like=original)
    assert np.abs(np.diff(smoothed, axis=0)).max() < 0.15
    np.testing.assert_allclose(smoothed, original, atol=1e-9)


def to_quaternion(rotvec):
    half = np.linalg.norm(rotvec, axis=-1, keepdims=True) / 2
    return np.concatenate([np.sinc(half / np.pi) / 2 * rotvec, np.cos(half)], axis=-1)


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_continuous_in_time(rng, dtype):
    quaternions = to_quaternion(spinning())
    flipped = (quaternions * rng.choice([-1, 1], (200, 1, 1))).astype(dtype)
    flipped[50:53] = np.nan
    result = continuous_in_time(flipped, 'quaternion')
    assert result.dtype == dtype
    np.testing.assert_array_equal(result[0], flipped[0])
    np.testing.assert_array_equal(np.isnan(result), np.isnan(flipped))
    kept = np.delete(result, [50, 51, 52], axis=0)
    assert np.abs(np.diff(kept, axis=0)).max() < 0.2

    principal = from_rot6d(to_rot6d(spinning(), 'axis_angle'), 'axis_angle').astype(dtype)
    assert np.abs(np.diff(principal, axis=0)).max() > 1
    np.testing.assert_allclose(continuous_in_time(principal, 'axis_angle'), spinning(),
                               atol=1e-5 if dtype == np.float32 else 1e-9)
    sixd = to_rot6d(principal, 'axis_angle')
    np.testing.assert_array_equal(continuous_in_time(sixd, 'rot6d'), sixd)
    assert continuous_in_time(np.zeros((0, 4, 3)), 'axis_angle').shape == (0, 4, 3)


def test_like_of_an_interpolated_frame_is_the_previous_one():
    original = spinning()
    like = original.copy()
    like[150:155] = np.nan
    result = from_rot6d(to_rot6d(original, 'axis_angle'), 'axis_angle', like=like)
    np.testing.assert_allclose(result, original, atol=1e-9)
    unknown = from_rot6d(to_rot6d(original, 'axis_angle'), 'axis_angle',
                         like=np.full_like(original, np.nan))
    assert (np.linalg.norm(unknown, axis=-1) <= np.pi + 1e-9).all()


@pytest.mark.parametrize('shape', [(), (0,), (3,), (0, 24), (2, 3, 4)])
def test_any_leading_shape(shape):
    for representation in ROTATIONS:
        values = from_rot6d(np.zeros((*shape, 6), np.float32), representation)
        assert values.shape[:-1] == shape and values.dtype == np.float32
        assert to_rot6d(values, representation).shape == (*shape, 6)


def test_input_is_not_changed(rng):
    for representation in ROTATIONS:
        original = from_rot6d(rng.normal(0, 1, (4, 6)), representation)
        kept = original.copy()
        result = to_rot6d(original, representation)
        continuous_in_time(original, representation)
        result += 1
        np.testing.assert_array_equal(original, kept)


def test_reference_layout_of_6d():
    six = to_rot6d(np.array([[0.1, 0.2, 0.3]]), 'axis_angle')
    matrix = Rotation.from_rotvec([0.1, 0.2, 0.3]).as_matrix()
    np.testing.assert_allclose(six[0], [matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1],
                                        matrix[2, 0], matrix[2, 1]], atol=1e-12)


def test_bad_input():
    with pytest.raises(DataFormatError, match=r'\(2, 4\); expected \(\.\.\., 3\) for axis_angle'):
        to_rot6d(np.zeros((2, 4)), 'axis_angle')
    with pytest.raises(DataFormatError, match=r"'quaternions'.*'quaternion'"):
        from_rot6d(np.zeros((2, 6)), 'quaternions')
    with pytest.raises(DataFormatError, match="'keypoints_3d' is not a representation of rot"):
        to_rot6d(np.zeros((2, 3)), 'keypoints_3d')
    with pytest.raises(DataFormatError, match=r'like has shape \(3, 3\); expected \(2, 3\)'):
        from_rot6d(np.zeros((2, 6)), 'axis_angle', like=np.zeros((3, 3)))


def test_import_stays_cheap():
    code = ('import sys, smoothnet_plugin.processing.rotations; '
            'sys.exit("roma" in sys.modules)')
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == 0
