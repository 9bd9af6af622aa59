from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.datasets import LeftRightFlip, MocapDataset, RandomCamera, RandomRotation
from smoothnet_plugin.errors import ConfigError

from ..conftest import make_batch


def disturbed(**kwargs):
    batch = make_batch(**kwargs)
    batch.inputs = batch.inputs + 0.01
    return batch


@pytest.mark.parametrize('up', ['x', 'y', 'z'])
def test_rotation_is_about_the_vertical_and_the_same_for_both(rng, up):
    before, axis = disturbed(), 'xyz'.index(up)
    after = RandomRotation(up=up)(disturbed(), rng)
    for name in ('inputs', 'target'):
        a, b = getattr(before, name), getattr(after, name)
        np.testing.assert_allclose(a[..., axis], b[..., axis], atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(a, axis=-1), np.linalg.norm(b, axis=-1),
                                   rtol=1e-5)
        assert np.abs(a - b).max(axis=(1, 2, 3)).min() > 1e-3
    np.testing.assert_allclose(np.linalg.norm(after.inputs - after.target, axis=-1),
                               0.01 * np.sqrt(3), rtol=1e-3)
    turned = RandomRotation(90., up)(make_batch(), rng).inputs
    expected = Rotation.from_rotvec(np.pi / 2 * np.eye(3)[axis]).apply(
        make_batch().inputs.reshape(-1, 3)).reshape(turned.shape)
    np.testing.assert_allclose(turned, expected, atol=1e-5)


def test_flip_twice_is_nothing(rng):
    before = disturbed()
    once = LeftRightFlip(1.)(disturbed(), rng)
    assert (once.inputs[:, :, 4] != before.inputs[:, :, 4]).any()
    np.testing.assert_allclose(once.target[..., 4, 1], before.target[..., 7, 1])
    np.testing.assert_allclose(once.centre(), before.centre(), atol=1e-5)
    middle = before.centre()[:, None, 0]
    np.testing.assert_allclose(once.target[..., 4, 0] - middle, middle - before.target[..., 7, 0],
                               atol=1e-5)
    twice = LeftRightFlip(1.)(once, rng)
    np.testing.assert_allclose(twice.inputs, before.inputs, atol=1e-5)


def test_flip_moves_masks_and_scores(rng):
    batch = make_batch()
    batch.mask[:, :, 2] = False
    batch.scores = np.where(batch.mask, np.float32(0.9), np.float32(0.1))
    batch = LeftRightFlip(1.)(batch, rng)
    assert not batch.mask[:, :, 5].any() and batch.mask[:, :, 2].all()
    assert (batch.scores[:, :, 5] == np.float32(0.1)).all()
    untouched = LeftRightFlip(0.)(disturbed(), rng)
    np.testing.assert_array_equal(untouched.inputs, disturbed().inputs)


def test_camera_projects_as_a_pinhole(rng):
    camera = RandomCamera(azimuth=0., elevation=0., distance=4., focal=1., image_width=1000.,
                          shift=0.)
    batch = make_batch()
    points, centre = batch.target, batch.centre()[:, None, None]
    depth = 4 - (points - centre)[..., 2]
    expected = np.stack([500 + 1000 * (points - centre)[..., 0] / depth,
                         281.25 - 1000 * (points - centre)[..., 1] / depth], axis=-1)
    image = camera(batch, rng)
    np.testing.assert_allclose(image.target, expected, rtol=1e-4)
    assert image.unit == 'px' and image.scale.shape == (6, 2) and image.inputs is image.target


@pytest.mark.parametrize('up', ['x', 'y', 'z'])
def test_up_is_up_in_the_image(rng, up):
    batch = make_batch(size=50)
    axis = 'xyz'.index(up)
    batch.inputs[:] = 0
    batch.inputs[:, :, 1, axis] = 1
    image = RandomCamera(up=up)(batch, rng)
    assert (image.inputs[:, :, 1, 1] < image.inputs[:, :, 0, 1] - 20).all()
    assert np.abs(image.inputs[:, :, 1, 0] - image.inputs[:, :, 0, 0]).max() < 1e-2


def test_handedness_is_kept(rng):
    # Seen from the front (camera on +z of a y-up body), x to the right is x to the right.
    for up in 'xyz':
        axis = 'xyz'.index(up)
        batch = make_batch(size=1, frames=1)
        batch.inputs[:] = 0
        batch.inputs[0, 0, 1, (axis + 2) % 3] = 1
        image = RandomCamera(azimuth=0., elevation=0., up=up)(batch, rng).inputs
        assert image[0, 0, 1, 0] > image[0, 0, 0, 0] + 10


def test_no_keypoint_is_behind_the_camera(rng):
    batch = make_batch(size=200)
    batch.inputs *= 20
    image = RandomCamera(distance=1.)(batch, rng)
    assert np.isfinite(image.inputs).all() and np.abs(image.inputs).max() < 1e5


def test_what_needs_3d_says_so(rng):
    for transform in (RandomRotation(), RandomCamera()):
        with pytest.raises(ConfigError, match=r"takes 3D positions.*2 values per joint in 'px'"):
            transform(make_batch(unit='px', width=2), rng)
    with pytest.raises(ConfigError, match="6 values per joint in 'rotations'"):
        LeftRightFlip()(make_batch(unit='', width=6), rng)
    with pytest.raises(ConfigError, match=r'up is .h.; expected one of: x, y, z'):
        RandomCamera(up='h')


def test_metainfo_after_projection(tmp_path, rng):
    np.savez(tmp_path / 'a.npz', positions=rng.normal(size=(40, 5, 3)), fps=60.)
    dataset = MocapDataset(tmp_path / 'a.npz', [
        {'type': 'RandomCamera'}, {'type': 'DetectorNoise', 'profile': 'detector_2d'}],
        window_size=16, root_indices=[0])
    assert dataset[0]['inputs'].shape == (16, 5, 2)
    assert dataset.metainfo['unit'] == 'px' and dataset.metainfo['root_indices'] is None
    assert dataset.metainfo['representation'] == 'keypoints_2d'
