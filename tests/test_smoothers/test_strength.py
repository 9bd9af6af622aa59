"""How much of the filters' effect is taken."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.processing.rotations import to_rotmat
from smoothnet_plugin.smoothers import PoseSmoother, build_smoother
from smoothnet_plugin.smoothers.filter_space import from_filter_space, to_filter_space
from smoothnet_plugin.structures import (
    REPRESENTATIONS,
    PoseFrame,
    PoseInstance,
    PoseSequence,
    PoseTracks,
    is_rotation,
    value_width,
)

from .filters_for_tests import Decay, Mean, TogetherMean

KEYPOINTS = ['keypoints_2d', 'keypoints_3d', 'scalar']
ROTATIONS = sorted(name for name in REPRESENTATIONS if is_rotation(name))
RUNS = ['smooth', 'replay']


def poses(rng, representation, frames=40):
    """Four keypoints that walk or turn with jitter; rotations in a form that no way back gives."""
    if representation in KEYPOINTS:
        width = value_width(representation)
        return 100 + rng.normal(0, 5, (frames, 4, width)).cumsum(axis=0)
    vectors = (rng.normal(0, 1, (1, 4, 3)) + rng.normal(0, 0.2, (frames, 4, 3))).reshape(-1, 3)
    turn = Rotation.from_rotvec(vectors)
    coords = {'axis_angle': lambda: vectors * (1 + 2 * np.pi / np.linalg.norm(
                  vectors, axis=-1, keepdims=True)),
              'quaternion': lambda: -1.7 * turn.as_quat(),
              'rotmat': lambda: 1.01 * turn.as_matrix().reshape(-1, 9),
              'rot6d': lambda: 1.3 * turn.as_matrix()[:, :, :2].reshape(-1, 6)}[representation]()
    return coords.reshape(frames, 4, -1)


def holed(rng, representation, dtype=np.float64):
    """A person with frames left out, keypoints that are NaN, and low scores."""
    ids = np.delete(np.arange(44), [8, 9, 20, 30])
    coords = poses(rng, representation)
    scores = rng.uniform(0.5, 1, coords.shape[:2])
    coords[5:7, 1] = np.nan
    coords[25:, 2] = np.nan
    scores[15, 3] = 0.1
    return PoseTracks({0: PoseSequence(coords.astype(dtype), scores=scores, frame_ids=ids,
                                       representation=representation)}, np.arange(44), fps=30)


def smoother(strength, filters=None, **options):
    return PoseSmoother(filters or [Mean(), Decay()], max_gap=3, keypoint_thr=0.3, fps=30,
                        strength=strength, **options)


@pytest.mark.parametrize('run', RUNS)
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('representation', [*KEYPOINTS, *ROTATIONS])
def test_at_0_what_was_measured_stays_to_the_last_bit(representation, dtype, run, rng):
    tracks = holed(rng, representation, dtype)
    before, after = tracks[0], getattr(smoother(0), run)(tracks)[0]
    assert after.coords.dtype == dtype and after.frame_ids.tolist() == list(range(44))
    same = after.select(np.isin(after.frame_ids, before.frame_ids))
    kept = ~same.filled
    assert same.filled.sum() == 3
    assert same.coords[kept].tobytes() == before.coords[kept].tobytes()
    np.testing.assert_array_equal(same.scores, before.scores)


@pytest.mark.parametrize('run', RUNS)
def test_at_0_gaps_are_bridged_by_straight_lines(run, rng):
    tracks = holed(rng, 'keypoints_2d')
    after = getattr(smoother(0), run)(tracks)[0]
    coords = tracks[0].coords
    rows = {frame: row for row, frame in enumerate(tracks[0].frame_ids.tolist())}
    np.testing.assert_allclose(after.coords[8], (2 * coords[rows[7]] + coords[rows[10]]) / 3)
    np.testing.assert_allclose(after.coords[17, 3], coords[[14, 16], 3].mean(axis=0))
    assert after.filled[[8, 9, 20], 0].all() and after.filled[17, 3]


@pytest.mark.parametrize('representation', ROTATIONS)
def test_at_0_bridges_of_rotations_are_rotations(representation, rng):
    after = smoother(0).smooth(holed(rng, representation))[0]
    matrices = to_rotmat(after.coords[8, :2], representation).reshape(-1, 3, 3)
    np.testing.assert_allclose(matrices @ matrices.swapaxes(1, 2), np.stack([np.eye(3)] * 2),
                               atol=1e-9)


@pytest.mark.parametrize('options', [{}, {'strength': 1}, {'strength': 1.0}], ids=str)
@pytest.mark.parametrize('representation', ['keypoints_2d', 'keypoints_3d', 'axis_angle'])
def test_at_1_and_unless_said_the_filters_have_their_way(representation, options, rng):
    coords = poses(rng, representation)
    filters = [Mean(), TogetherMean()]
    expected = to_filter_space(coords, representation, filters)
    for entry in filters:
        expected = entry.filter(expected, fps=30)
    expected = from_filter_space(expected, representation, like=coords)
    tracks = PoseTracks.from_array(coords, representation=representation, fps=30)
    got = PoseSmoother(filters, **options).smooth(tracks)[0].coords
    assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize('run', RUNS)
@pytest.mark.parametrize('share', [0.25, 0.5])
@pytest.mark.parametrize('representation', KEYPOINTS)
def test_between_it_is_a_straight_line(representation, share, run, rng):
    tracks = holed(rng, representation)
    none, some, full = (getattr(smoother(s), run)(tracks)[0] for s in (0, share, 1))
    np.testing.assert_allclose(some.coords, none.coords + share * (full.coords - none.coords),
                               rtol=0, atol=1e-9)
    assert np.nanmedian(np.abs(full.coords - none.coords)) > 0.1
    np.testing.assert_array_equal(some.filled, full.filled)
    np.testing.assert_array_equal(some.scores, full.scores)


@pytest.mark.parametrize('representation', ROTATIONS)
def test_half_way_rotations_are_rotations_between(representation, rng):
    coords = poses(rng, representation)
    tracks = PoseTracks.from_array(coords, representation=representation, fps=30)

    def turn(values):
        return Rotation.from_matrix(to_rotmat(values, representation).reshape(-1, 3, 3))

    none, half, full = (smoother(s).smooth(tracks)[0].coords for s in (0, 0.5, 1))
    flat = to_rotmat(half, representation).reshape(-1, 3, 3)
    np.testing.assert_allclose(flat @ flat.swapaxes(1, 2), np.broadcast_to(np.eye(3), flat.shape),
                               atol=1e-9)
    whole = (turn(full) * turn(none).inv()).magnitude()
    assert np.median(whole) > 0.05
    for end in (none, full):
        part = (turn(half) * turn(end).inv()).magnitude()
        # The chord in 6D is no arc, and what filters give is shorter than a rotation.
        assert (part < 0.8 * whole + 1e-9).all()


@pytest.mark.parametrize('filters', [
    [Mean()], [Decay()], [Mean(1, 2), Decay()], [TogetherMean()], [Decay(normalize='bbox')]],
    ids=str)
@pytest.mark.parametrize('representation', ['keypoints_2d', 'axis_angle'])
def test_live_equals_offline_at_half_strength(filters, representation, rng):
    tracks = holed(rng, representation)
    half = smoother(0.5, filters, lookahead=10)
    live, offline = half.replay(tracks)[0], half.smooth(tracks)[0]
    assert live.frame_ids.tolist() == offline.frame_ids.tolist()
    # As matrices: the form of a bridged axis-angle may be another by full turns.
    matrices = [s.coords if representation in KEYPOINTS else to_rotmat(s.coords, representation)
                for s in (live, offline)]
    np.testing.assert_allclose(*matrices, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(live.filled, offline.filled)


def test_live_with_too_little_future_is_the_offline_result_of_what_is_known(rng):
    tracks = holed(rng, 'keypoints_2d')
    half = smoother(0.5, lookahead=1)
    live = half.replay(tracks)[0]
    for frame in (4, 12, 18, 33):
        known = tracks[0].select(tracks[0].frame_ids <= frame + 1)
        offline = half.smooth(PoseTracks({0: known}, np.arange(frame + 2), fps=30))[0]
        np.testing.assert_allclose(live.coords[live.frame_ids == frame],
                                   offline.coords[offline.frame_ids == frame], atol=1e-4)


def test_step_at_0_gives_back_what_came(rng):
    coords = poses(rng, 'axis_angle', 9).astype(np.float32)
    live = smoother(0, representation='axis_angle')
    frames = [PoseFrame(t, [PoseInstance(pose, np.ones(4), track_id=1)])
              for t, pose in enumerate(coords) if t != 4]
    done = [f for frame in frames for f in live.step(frame)] + live.flush()
    for frame, given in zip(done, frames, strict=True):
        assert (frame.instances[0].keypoints.tobytes()
                == given.instances[0].keypoints.tobytes())


def test_copies_for_videos_and_descriptions_tell_it():
    half = smoother(0.5)
    assert half.for_video(fps=50).strength == 0.5
    assert half.describe()['strength'] == 0.5 and 'strength=0.5' in repr(half)
    assert PoseSmoother(Mean()).describe()['strength'] == 1.0


def test_build_smoother_takes_it_from_configs_and_beside_them():
    assert build_smoother('gaussian', strength=0).strength == 0
    assert build_smoother(['hampel', 'savgol'], strength=np.float32(0.5)).strength == 0.5
    config = dict(type='PoseSmoother', filters=['savgol'], strength=0.25)
    assert build_smoother(config).strength == 0.25
    assert build_smoother(config, strength=0.75).strength == 0.75


@pytest.mark.parametrize('strength', [
    -0.1, 1.0001, float('nan'), float('inf'), 'half', None, True, 0.5j, np.ones(2)], ids=str)
def test_what_is_no_share_is_refused(strength):
    with pytest.raises(ConfigError, match='strength is .* from 0'):
        PoseSmoother(Mean(), strength=strength)
