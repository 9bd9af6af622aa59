"""Body-model tracks: rotations, shape, translation and camera side by side."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import (
    BodySequence,
    PoseFrame,
    PoseInstance,
    PoseSequence,
    PoseTracks,
)

N = 80


@pytest.fixture
def body(rng):
    t = np.arange(N)[:, None, None] / 30
    pose = 0.5 * np.sin(t + rng.uniform(0, 6, (1, 24, 3))) + rng.normal(0, 0.05, (N, 24, 3))
    return BodySequence(
        pose, representation='axis_angle', fps=30.0, betas=rng.normal(0, 0.2, (N, 10)),
        points={'trans': np.sin(t[:, 0] + np.arange(3)) + rng.normal(0, 0.02, (N, 3)),
                'orig_cam': 1 + rng.normal(0, 0.02, (N, 4))})


def smoothed(body, entry='gaussian', **options):
    return build_smoother(entry, **options).smooth(PoseTracks({1: body}, fps=30.0))[1]


def test_rotations_are_those_of_the_rotations_alone(body):
    result = smoothed(body)
    alone = smoothed(body.rotations())
    assert isinstance(result, BodySequence) and type(alone) is PoseSequence
    np.testing.assert_array_equal(result.coords, alone.coords)


def test_a_live_tracker_keeps_its_people(body):
    live = build_smoother('one_euro', fps=30)
    pose = np.arange(34.0).reshape(17, 2)
    [frame] = live.step(PoseFrame(0, [PoseInstance(pose)]))
    live.smooth(PoseTracks({1: body}, fps=30.0))
    [after] = live.step(PoseFrame(1, [PoseInstance(pose + 900), PoseInstance(pose + 0.1)]))
    assert after.instances[1].track_id == frame.instances[0].track_id
    assert after.instances[0].track_id != frame.instances[0].track_id


def test_points_are_those_of_the_point_alone(body):
    result = smoothed(body)
    alone = smoothed(PoseSequence(body.points['trans'][:, None], fps=30.0,
                                  representation='keypoints_3d'))
    np.testing.assert_array_equal(result.points['trans'], alone.coords[:, 0])
    before, after = (np.abs(np.diff(b.points['orig_cam'], 2, axis=0)).mean()
                     for b in (body, result))
    assert after < 0.3 * before


@pytest.mark.parametrize('strength', [0, 0.5, 1])
def test_strength_holds_for_all_parts(body, strength):
    full, part = smoothed(body), smoothed(body, strength=strength)
    for one, start, end in ((part.betas, body.betas, full.betas),
                            (part.points['trans'], body.points['trans'], full.points['trans'])):
        np.testing.assert_allclose(one, start + strength * (end - start), atol=1e-12)
    if not strength:
        np.testing.assert_array_equal(part.coords, body.coords)


def test_shape(body):
    betas = body.betas.copy()
    betas[10:14] += 8  # A few wrong frames do not count.
    result = smoothed(body.replace(betas=betas))
    assert (result.betas == result.betas[0]).all()
    assert np.abs(result.betas[0] - body.betas.mean(axis=0)).max() < 0.1
    np.testing.assert_array_equal(smoothed(body, betas='kept').betas, body.betas)
    fixed = np.tile(betas[:1], (N, 1))
    np.testing.assert_array_equal(smoothed(body.replace(betas=fixed)).betas, fixed)
    with pytest.raises(ConfigError, match='betas'):
        build_smoother('gaussian', betas='median')


def test_live(body):
    tracks = PoseTracks({1: body}, fps=30.0)
    smoother = build_smoother('gaussian', lookahead=6)
    live = smoother.replay(tracks)[1]
    for frame in (20, 50):
        known = smoother.smooth(PoseTracks({1: body.select(slice(0, frame + 7))}, fps=30.0))[1]
        for one, other in ((live.coords, known.coords), (live.betas, known.betas),
                           (live.points['trans'], known.points['trans'])):
            np.testing.assert_allclose(one[frame], other[frame], atol=1e-9)


def test_gaps(body):
    rows = np.setdiff1d(np.arange(N), [30, 31, 32])
    part = body.select(rows)
    tracks = PoseTracks({1: part}, np.arange(N), fps=30.0)
    result = build_smoother('gaussian').smooth(tracks)[1]
    assert len(result) == N and result.filled[30:33].all()
    assert np.isfinite(result.points['trans']).all() and np.isfinite(result.betas).all()
    assert np.abs(result.points['trans'] - body.points['trans'])[29:34].max() < 0.1


def test_clock_and_report(body):
    times = np.cumsum(np.tile([1 / 30, 1 / 30, 2 / 30], 27))[:N]
    result, report = smooth_with_report(
        PoseTracks({1: body}), 'gaussian', timestamps=times)
    assert isinstance(result[1], BodySequence) and result[1].points.keys() == body.points.keys()
    assert report.unit == 'deg' and report.accel_after < report.accel_before


def test_people_do_not_influence_one_another(body, rng):
    other = body.replace(points={'trans': rng.normal(0, 1, (N, 3))}, betas=None)
    both = build_smoother('default').smooth(PoseTracks({1: body, 2: other}, fps=30.0))
    alone = smoothed(body, 'default')
    np.testing.assert_array_equal(both[1].coords, alone.coords)
    np.testing.assert_array_equal(both[1].points['orig_cam'], alone.points['orig_cam'])
    assert both[2].betas is None and set(both[2].points) == {'trans'}


def test_wrong_sequences(body):
    with pytest.raises(DataFormatError, match='rotations'):
        BodySequence(np.zeros((3, 2, 3)), representation='keypoints_3d')
    with pytest.raises(DataFormatError, match='betas'):
        BodySequence(body.coords, representation='axis_angle', betas=np.zeros((3, 10)))
    with pytest.raises(DataFormatError, match='trans'):
        BodySequence(body.coords, representation='axis_angle', points={'trans': np.zeros(3)})
