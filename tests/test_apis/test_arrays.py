"""Arrays whose shape leaves open what they hold."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.apis.arrays import interpret
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance

from ..walking import walking_person


def walking_2d(frames):
    return walking_person(frames, 30, dims=2)


def walking_3d(frames):
    return walking_person(frames, 30)


@pytest.fixture
def people(rng):
    """A person walking, in pixels with noise: (60, 17, 2), and scores (60, 17)."""
    coords = walking_2d(60)
    return coords + rng.normal(0, 2, coords.shape), rng.uniform(0.3, 0.95, coords.shape[:2])


def with_third(coords, third):
    return np.concatenate([coords, np.broadcast_to(third, coords.shape[:2])[..., None]], axis=-1)


@pytest.mark.parametrize('third', ['scores', 'ones', 'flags', 'one lost', 'NaN'])
@pytest.mark.parametrize('dtype', [np.float64, np.float32])
@pytest.mark.parametrize('name', ['default', 'savgol'])
def test_confidences_are_recognised_and_kept(people, third, dtype, name):
    coords, scores = people
    values = {'scores': scores, 'ones': np.ones_like(scores),
              'flags': np.where(scores > 0.5, 2.0, 1.0), 'one lost': np.array(scores),
              'NaN': np.array(scores)}[third]
    if third == 'one lost':
        coords[20:23, 9] = values[20:23, 9] = 0
    if third == 'NaN':
        values[30, 4] = np.nan
    array = with_third(coords, values).astype(dtype)
    with pytest.warns(UserWarning, match='third values look like confidences'):
        result, report = smooth_with_report(array, name, fps=30)
    assert result.dtype == dtype and result.shape == array.shape
    np.testing.assert_array_equal(result[..., 2], array[..., 2])
    known = np.where(np.isnan(values)[..., None], np.nan, array[..., :2])
    expected = smooth(known, name, fps=30, scores=np.nan_to_num(np.minimum(values, 1)))
    np.testing.assert_allclose(result[..., :2], expected, atol=1e-3)
    assert report.notes and ('note', report.notes[0]) in report.lines()
    assert report.missing_keypoints == {'one lost': 3, 'NaN': 1}.get(third, 0)
    assert report.placeholders == (3 if third == 'one lost' else 0)


def test_whole_numbers_of_torch_do_not_round_the_result(people):
    torch = pytest.importorskip('torch')
    array = with_third(people[0], 2.0).round().astype(np.int64)
    with pytest.warns(UserWarning, match='confidences'):
        expected, result = (smooth(given, 'savgol', fps=30)
                            for given in (array, torch.from_numpy(array)))
    assert result.dtype == torch.float64
    np.testing.assert_array_equal(result.numpy(), expected)


def test_confidences_in_lists(people):
    coords, scores = people
    array = with_third(coords, scores)
    with pytest.warns(UserWarning, match='confidences'):
        whole = smooth(array, 'savgol', fps=30)
    with pytest.warns(UserWarning, match='confidences'):
        as_list = smooth(list(array), 'savgol', fps=30)
    np.testing.assert_array_equal(np.stack(as_list), whole)
    frames = [PoseFrame(t, [PoseInstance(pose)]) for t, pose in enumerate(array) if t != 30]
    with pytest.warns(UserWarning, match='confidences'):
        out = smooth(frames, 'savgol', fps=30)
    for frame in out:
        [instance] = frame.instances
        np.testing.assert_array_equal(instance.keypoints[:, 2], array[frame.frame_id, :, 2])
        assert instance.keypoint_scores is None
    np.testing.assert_allclose(out[10].instances[0].keypoints, whole[10], atol=1e-9)


def test_one_point_and_its_confidence():
    t = np.arange(40.0)
    array = np.stack([600 + 3 * t, 400 - t, 0.5 + 0.4 * np.sin(t)], axis=-1)[:, None]
    with pytest.warns(UserWarning, match='confidences'):
        result = smooth(array, 'gaussian', fps=30)
    np.testing.assert_array_equal(result[..., 2], array[..., 2])


@pytest.mark.parametrize('make', [
    lambda people: walking_3d(60), lambda people: 1000 * walking_3d(60),
    lambda people: with_third(people[0], people[1] - 0.5),
    lambda people: with_third(people[0] / 1000, people[1]),
    lambda people: with_third(people[0], 3 * people[1])], ids=[
        'metres', 'millimetres', 'depth of both signs', 'metres beside 0..1', 'depth up to 3'])
def test_points_in_space_stay_what_they_are(people, make):
    array = make(people)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        result = smooth(array, 'savgol', fps=30)
    np.testing.assert_allclose(
        result, smooth(array, 'savgol', fps=30, representation='keypoints_3d'))


def test_the_representation_overrides(people):
    array = with_third(*people)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        result, report = smooth_with_report(array, 'savgol', fps=30, representation='keypoints_3d')
    assert 'specify the unit' in report.notes[0] and len(report.notes) == 1
    assert np.abs(result[..., 2] - array[..., 2]).max() > 0.01


@pytest.mark.parametrize('order', ['y, x', 'x, y'])
def test_normalized_coordinates_with_scores(people, order):
    coords, scores = people
    shares = (coords - coords.min(axis=(0, 1)) + 50) / np.ptp(coords, axis=(0, 1)) / 1.3
    array = with_third(shares[..., ::-1] if order == 'y, x' else shares, scores)
    with pytest.raises(DataFormatError, match=rf'\({order}, score\).*width, height') as error:
        smooth(array, fps=30)
    assert ('MoveNet' in str(error.value)) == (order == 'y, x')
    assert smooth(array, 'savgol', fps=30, representation='keypoints_3d').shape == array.shape


def test_noise_and_real_points_within_one_metre_are_no_scores(rng):
    smooth(rng.random((40, 17, 3)), 'savgol', fps=30)
    body = walking_3d(40)
    smooth((body - body.min()) / np.ptp(body), 'savgol', fps=30)


def test_four_axes_name_the_fix(rng):
    poses = rng.normal(0, 100, (20, 2, 17, 2))
    with pytest.raises(DataFormatError, match=r'np\.stack\(\[smooth\(poses\[:, n\]\)'):
        smooth(poses, 'savgol')
    each = np.stack([smooth(poses[:, n], 'savgol') for n in range(poses.shape[1])], axis=1)
    assert each.shape == poses.shape
    with pytest.raises(DataFormatError, match='representation=.rotmat'):
        smooth(np.tile(np.eye(3), (20, 24, 1, 1)), 'savgol')


def rotation_vectors(rng, joints, frames=50):
    t = np.arange(frames)[:, None, None] / 10
    amplitude = rng.uniform(0, 0.8, (1, joints, 3))
    vectors = amplitude * np.sin(t + rng.uniform(0, 6, (1, joints, 3)))
    vectors[:, 0] += (np.pi - 1.5, 0, 0)
    return vectors + rng.normal(0, 0.01, vectors.shape)


@pytest.mark.parametrize('joints', [22, 23, 24, 52, 55])
def test_axis_angles_are_never_taken_for_points(rng, joints):
    vectors = rotation_vectors(rng, joints)
    with pytest.raises(DataFormatError, match="representation='axis_angle'"):
        smooth(vectors, 'savgol')
    rows = vectors.reshape(len(vectors), -1)
    with pytest.raises(DataFormatError, match="representation='axis_angle'"):
        smooth(rows, 'savgol')
    result = smooth(vectors, 'savgol', representation='axis_angle')
    flat = smooth(rows, 'savgol', representation='axis_angle')
    assert flat.shape == rows.shape
    np.testing.assert_array_equal(flat, result.reshape(rows.shape))


def test_matrices_and_quaternions(rng):
    from scipy.spatial.transform import Rotation
    vectors = rotation_vectors(rng, 24)
    rotations = Rotation.from_rotvec(vectors.reshape(-1, 3))
    matrices = rotations.as_matrix().reshape(50, 24, 3, 3)
    result = smooth(matrices, 'savgol', representation='rotmat')
    expected = smooth(matrices.reshape(50, 24, 9), 'savgol', representation='rotmat')
    np.testing.assert_array_equal(result.reshape(50, 24, 9), expected)
    with pytest.raises(DataFormatError, match='quaternions.*representation=.quaternion'):
        smooth(rotations.as_quat().reshape(50, 24, 4), 'savgol')
    with pytest.raises(DataFormatError, match=r'scores=coords\[\.\.\., 3\]'):
        smooth(rng.normal(size=(50, 17, 4)), 'savgol')


def test_points_of_a_body_model_are_points():
    from smoothnet_plugin.structures.layouts import LAYOUTS
    names = next(s.keypoint_names for s in LAYOUTS if s.name == 'smpl24')
    place = {'root': (0, 0), 'hip': (.1, -.05), 'knee': (.12, -.45), 'ankle': (.12, -.85),
             'foot': (.14, -.9), 'spine': (0, .12), 'spine2': (0, .25), 'spine3': (0, .35),
             'neck': (0, .5), 'collar': (.06, .45), 'head': (0, .62), 'shoulder': (.18, .48),
             'elbow': (.4, .3), 'wrist': (.5, .08), 'hand': (.53, 0)}
    pose = np.array([(side * place[n.split('_')[-1]][0], place[n.split('_')[-1]][1], 0.01)
                     for n in names for side in [-1 if n.startswith('right') else 1]])
    array = np.repeat(pose[None], 30, axis=0)
    assert interpret(array).representation == 'keypoints_3d'
    assert interpret(array[:, :22]).representation == 'keypoints_3d'


@pytest.mark.parametrize('scale', [1.0, 0.01])
def test_flat_points_in_space_are_smoothed_as_2d(people, scale):
    coords = scale * people[0]
    coords[10, 3] = np.nan
    flat = with_third(coords, 0.0)
    flat[40] = np.nan
    coords[40] = np.nan
    for lookahead in (None, 2):
        result, report = smooth_with_report(flat, fps=30, lookahead=lookahead)
        np.testing.assert_array_equal(result[..., :2], smooth(coords, fps=30, lookahead=lookahead))
        assert (result[..., 2] == 0).all() and 'smoothed as 2D' in report.notes[-1]


def test_live_confidences_are_refused(people):
    pose = with_third(*people)[0]
    with pytest.raises(DataFormatError, match='PoseInstance'):
        build_smoother('one_euro', fps=30).step(pose)
    build_smoother('one_euro', fps=30, representation='keypoints_3d').step(pose)
    build_smoother('one_euro', fps=30).step(walking_3d(2)[0])


@pytest.mark.slow
@pytest.mark.parametrize(('lookahead', 'dtype'), [(0, np.float32), (4, np.float64)])
def test_flat_points_live_are_smoothed_as_2d(people, lookahead, dtype):
    coords = people[0][:40].astype(dtype)
    coords[10, 3] = coords[30:32] = np.nan

    def live(poses, **options):
        smoother = build_smoother('default', fps=30, lookahead=lookahead, **options)
        frames = [f for t, pose in enumerate(poses) if t != 20
                  for f in smoother.step({'a': pose}, frame_id=t)] + smoother.flush()
        return [f.instances[0].keypoints for f in frames]

    flat = with_third(coords, 0.0).astype(dtype)
    # Nothing is known of a first frame without a person.
    for first in ([], [np.zeros_like(flat[0])]):
        result = live([*first, *flat])
        expected = live([*(pose[:, :2] for pose in first), *coords])
        for pose, right in zip(result, expected, strict=True):
            assert pose.dtype == dtype and pose.shape == (17, 3)
            np.testing.assert_array_equal(pose[:, :2], right)
            assert (pose[np.isfinite(right).all(axis=1), 2] == 0).all()
    in_space = live(flat[:20], representation='keypoints_3d')
    assert any(np.nan_to_num(pose[:, 2]).any() for pose in in_space) or lookahead == 0


def test_a_depth_that_appears_later_is_refused(people):
    smoother = build_smoother('one_euro', fps=30)
    smoother.step(with_third(people[0], 0.0)[0])
    with pytest.raises(DataFormatError, match='third values are not 0 as in the frames before'):
        smoother.step(with_third(people[0], 7.0)[1])
    assert smoother.step(with_third(people[0], 0.0)[1])[0].instances[0].keypoints.shape == (17, 3)
    smoother.reset()
    smoother.step(with_third(people[0], 7.0)[1])


@pytest.mark.parametrize('make', [lambda x: x, lambda x: x[:, :, :2], lambda x: 1000 * x])
def test_keypoints_in_the_place_of_frames_are_said(make, rng):
    array = make(walking_3d(90) + rng.normal(0, 0.01, (90, 17, 3)))
    with pytest.warns(UserWarning, match=r'np\.swapaxes\(poses, 0, 1\)'):
        _, report = smooth_with_report(np.swapaxes(array, 0, 1), 'savgol', fps=30, unit='mm')
    assert any('swapaxes' in note for note in report.notes)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        smooth(array, 'savgol', fps=30, unit='mm')
        smooth(array[:12], 'savgol', fps=30, unit='mm')
        smooth(rng.normal(0, 1, (12, 17, 2)), 'savgol', fps=30)


def test_negative_scores_are_said(people):
    coords, scores = people
    with pytest.warns(UserWarning, match=r'scores are negative.*1 / \(1 \+ exp'):
        _, report = smooth_with_report(coords, 'savgol', fps=30,
                                       scores=np.log(scores / (1 - scores)))
    assert f'{report.missing_keypoints} scores are negative' in report.notes[0]
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        _, report = smooth_with_report(coords, 'savgol', fps=30,
                                       scores=np.where(scores < 0.4, -1, scores))
    assert report.missing_keypoints == (scores < 0.4).sum() and not report.notes


@pytest.mark.parametrize('value', [-9999.0, -100.0, 65535.0])
@pytest.mark.parametrize('lookahead', [None, 3])
def test_other_marks_of_lost_keypoints(people, value, lookahead):
    coords = people[0] + 300
    lost = np.zeros((60, 17), dtype=bool)
    lost[20:40, 9] = lost[50, 3:6] = True
    marked, missing = (np.where(lost[..., None], v, coords) for v in (value, np.nan))
    result, report = smooth_with_report(marked, 'savgol', fps=30, lookahead=lookahead)
    expected = smooth(missing, 'savgol', fps=30, lookahead=lookahead)
    assert report.placeholders == 23
    np.testing.assert_allclose(result[~lost], expected[~lost], atol=1e-6)
