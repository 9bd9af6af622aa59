from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.structures import Skeleton
from smoothnet_plugin.visualization.painter import draw_pose
from smoothnet_plugin.visualization.palette import BACKGROUND, SIDE_COLORS, person_colors

ARM = Skeleton('arm', ('left_shoulder', 'left_elbow', 'head'), (('left_shoulder', 'left_elbow'), ))
POINTS = np.array([[20.0, 50.0], [180.0, 50.0], [100.0, 90.0]])


def ink(**kwargs) -> np.ndarray:
    """How far each pixel is from the background."""
    image = np.full((100, 200, 3), BACKGROUND, dtype=np.uint8)
    draw_pose(image, **{'points': POINTS, 'skeleton': ARM, **kwargs})
    return np.abs(image.astype(int) - BACKGROUND).sum(axis=-1)


def test_limb_and_keypoints_are_drawn_in_their_colors():
    image = np.full((100, 200, 3), BACKGROUND, dtype=np.uint8)
    draw_pose(image, POINTS, skeleton=ARM)
    assert tuple(image[50, 100]) == SIDE_COLORS[0]
    assert tuple(image[90, 100]) == SIDE_COLORS[1]


def test_without_skeleton_no_limb():
    drawn = ink(skeleton=None)
    assert not drawn[50, 40:160].any() and drawn[50, 20]


@pytest.mark.parametrize('gone', [np.nan, np.inf, 1e9])
def test_missing_keypoint_takes_its_limb_along(gone):
    points = POINTS.copy()
    points[1] = gone
    drawn = ink(points=points)
    assert not drawn[50, 40:].any() and drawn[50, 20]


def test_bridged_limb_is_dashed_and_its_end_hollow():
    plain, dashed = ink(), ink(bridged=np.array([True, True, False]))
    assert (plain[50, 40:160] > 0).all()
    assert 0.2 < (dashed[50, 40:160] > 0).mean() < 0.8
    assert plain[50, 20] and not dashed[50, 20]
    np.testing.assert_array_equal(plain[85:], dashed[85:])


def test_doubtful_keypoint_is_fainter_than_its_neighbours():
    plain, faint = ink(), ink(faint=np.array([False, True, False]))
    assert 0 < faint[50, 100] < 0.5 * plain[50, 100]
    assert faint[50, 20] == plain[50, 20]


def test_positions_are_drawn_to_fractions_of_a_pixel():
    def center(x):
        drawn = ink(points=np.array([[x, 50.0]]), skeleton=None)
        return (drawn.sum(axis=0) * np.arange(200)).sum() / drawn.sum()

    assert center(100.5) - center(100.0) == pytest.approx(0.5, abs=0.1)


def test_several_people_differ():
    colors = [person_colors(i) for i in range(5)]
    assert len(set(colors)) == 5
    assert all(left != right for left, _, right in colors)
