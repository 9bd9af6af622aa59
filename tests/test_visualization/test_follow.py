from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton
from smoothnet_plugin.visualization import View, draw_clip
from smoothnet_plugin.visualization.follow import Orbit, center_path, centered, main_people
from smoothnet_plugin.visualization.palette import BACKGROUND
from smoothnet_plugin.visualization.scene import build_scene, numbering

from ..walking import walking_person


def walker(dims: int, speed: float) -> PoseTracks:
    """A COCO person that walks along the first axis."""
    coords = walking_person(60, 30, dims)
    size = np.ptp(coords[0, :, 1])
    coords[..., 0] += np.arange(60)[:, None] * speed * size
    return PoseTracks({0: PoseSequence(coords, fps=30, representation=f'keypoints_{dims}d',
                                       skeleton=get_skeleton('coco'))}, fps=30)


@pytest.mark.parametrize('dims', [2, 3])
def test_the_person_fills_the_panel_and_stays_in_the_middle(dims):
    clip = walker(dims, 0.2)  # twelve times as far as the person is high
    panels = {'raw': clip}
    numbers = numbering(panels)
    spans = {}
    for follow in (False, True):
        scene = build_scene(panels, numbers, 30, 0, None, View(follow=follow))
        points = scene.camera.project(scene.panels['raw'][0].coords)
        spans[follow] = np.ptp(points[..., 1], axis=1).mean() / scene.camera.size[1]
        middle = points.mean(axis=(1, 2)) / np.mean(scene.camera.size)
    assert spans[True] > 0.7 and spans[False] < 0.4
    assert np.ptp(middle[10:-10]) < 0.15


def test_path_bridges_frames_without_people():
    clip = walker(2, 0.1)
    gappy = PoseTracks({0: clip[0].select(np.abs(np.arange(60) - 30) > 8)},
                       frame_ids=np.arange(60), fps=30)
    numbers = range(60)
    whole, bridged = (center_path({'raw': one}, numbers, 30) for one in (clip, gappy))
    assert np.abs(whole - bridged).max() < 0.1 * np.ptp(whole[:, 0])
    empty = PoseTracks(frame_ids=np.arange(3))
    assert not center_path({'raw': empty}, range(3), 30).any()


def test_a_short_wrong_detection_does_not_move_the_camera():
    clip = walker(2, 0.0)
    ghost = clip[0].replace(coords=clip[0].coords + 5000).select(slice(3))
    both = PoseTracks({0: clip[0], 1: ghost}, fps=30)
    assert list(main_people(both).tracks) == [0]
    numbers = range(60)
    views = [build_scene({'raw': one}, numbers, 30, 0, None, View(follow=True)).camera
             for one in (clip, both)]
    assert views[0].scale == views[1].scale


def test_turning_keeps_heights_and_distances_and_returns():
    clip = walker(3, 0.0)
    coords = clip[0].coords
    still = PoseTracks({0: clip[0].replace(coords=np.repeat(coords[:1], 60, axis=0))}, fps=30)
    numbers = range(60)
    path = center_path({'raw': still}, numbers, 30)
    orbit = Orbit(np.array([0, -1, 0]), 180, numbers, 30)
    around = orbit.turned(centered(still, path, numbers)[0].coords, np.asarray(numbers))
    np.testing.assert_allclose(around[..., 1], around[:1, :, 1].repeat(60, 0), atol=1e-12)
    radii = np.linalg.norm(around[..., [0, 2]], axis=-1)
    np.testing.assert_allclose(radii, radii[:1].repeat(60, 0), atol=1e-12)
    half = around[30][:, [0, 2]]  # after a second
    np.testing.assert_allclose(half, -around[0][:, [0, 2]], atol=1e-12)


def test_turning_needs_depth():
    with pytest.raises(ConfigError, match='3D'):
        next(draw_clip({'raw': walker(2, 0)}, fps=30, view=View(turn=30)))


def test_a_turning_person_stays_in_the_panel():
    clip = walker(3, 0.0)
    for frame in list(draw_clip({'raw': clip}, fps=30, view=View(turn=180)))[::10]:
        panel = frame[44:-46]
        inked = (panel != BACKGROUND).any(axis=-1)
        assert inked.any() and not inked[:, 0].any() and not inked[:, -1].any()
