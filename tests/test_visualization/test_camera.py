from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton
from smoothnet_plugin.visualization.camera import ELEVATION, fit_camera, image_camera


def tracks(coords, representation='keypoints_2d', **fields):
    return PoseTracks({0: PoseSequence(coords, representation=representation, **fields)})


def standing(up: np.ndarray, left: np.ndarray) -> np.ndarray:
    """An h36m pose, feet at the origin: head along ``up``, left side along ``left``."""
    coords = np.zeros((1, 17, 3))
    for i, name in enumerate(get_skeleton('h36m').keypoint_names):
        coords[0, i] += 0.2 * left if 'left' in name else -0.2 * left if 'right' in name else 0
        coords[0, i] += (0 if 'foot' in name else 1.7 if name == 'head' else 1) * up
    return coords


def test_holds_both_clips(rng):
    near, far = rng.uniform(0, 100, (2, 50, 17, 2))
    far = far + [900, -300]
    camera = fit_camera([tracks(near), tracks(far)])
    pixels = camera.project(np.concatenate([near, far]))
    assert (pixels > 0).all() and (pixels < camera.size).all()
    assert max(camera.size) <= 960 and all(side % 2 == 0 for side in camera.size)


def test_single_outlier_does_not_shrink_the_rest(rng):
    coords = rng.uniform(0, 100, (500, 17, 2))
    wanted = fit_camera([tracks(coords)]).scale
    coords[3, 4] = 1e5
    assert fit_camera([tracks(coords)]).scale == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize('coords', [
    np.zeros((0, 17, 2)), np.full((5, 17, 2), np.nan), np.full((5, 17, 2), 3.0)])
def test_nothing_to_fit(coords):
    camera = fit_camera([tracks(coords)])
    assert np.isfinite(camera.project(np.full(2, 3.0))).all()
    assert min(camera.size) >= 2


@pytest.mark.parametrize(('up', 'left'), [
    ([0, 0, 1], [0, 1, 0]),  # z up, facing x
    ([0, -1, 0], [1, 0, 0]),  # a camera's axes, facing the camera
    ([0, 1, 0], [1, 0, 0]),
    ([1, 0, 0], [0, 0, 1]),
])
def test_3d_stands_upright_and_is_not_mirrored(up, left):
    up, left = np.asarray(up, float), np.asarray(left, float)
    pose = standing(up, left)
    clip = tracks(pose, 'keypoints_3d', skeleton=get_skeleton('h36m'))
    camera = fit_camera([clip])
    foot, head = camera.project(pose[0, [3, 10]])
    assert head[1] < foot[1]
    right, down = camera.axes.T
    np.testing.assert_allclose([right @ right, down @ down, right @ down], [1, 1, 0], atol=1e-12)
    # The view is from a little above; that of a mirrored picture would be from below.
    assert np.cross(right, down) @ up == pytest.approx(-np.sin(np.radians(ELEVATION)))


def test_without_names_y_points_down():
    camera = fit_camera([tracks(np.random.default_rng(0).normal(size=(9, 5, 3)), 'keypoints_3d')])
    low, high = camera.project(np.array([[0, 1.0, 0], [0, -1.0, 0]]))
    assert high[1] < low[1]


def test_rotations_are_refused(rng):
    with pytest.raises(DataFormatError, match='axis_angle cannot be drawn'):
        fit_camera([tracks(rng.normal(size=(4, 24, 3)), 'axis_angle')])
    with pytest.raises(DataFormatError, match=r'keypoints_2d.*keypoints_3d'):
        fit_camera([tracks(rng.normal(size=(4, 5, 3)), 'keypoints_3d'),
                    tracks(rng.normal(size=(4, 5, 2)))])


def test_image_camera_maps_corners():
    camera = image_camera((1768, 994))
    np.testing.assert_allclose(camera.project(np.array([1768, 994])), camera.size, atol=1)
    assert image_camera((101, 51)).size == (100, 52)
