"""Third values of keypoints: depths and confidences, in 0 to 1 and in percent."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.processing.array_content import refuse_rotations
from smoothnet_plugin.processing.third_values import split_confidences, third_values

from ..walking import walking_person


def with_third(coords, third):
    return np.concatenate([coords, np.broadcast_to(third, coords.shape[:2])[..., None]], axis=-1)


@pytest.fixture
def pixels(rng):
    coords = walking_person(60, 30, dims=2)
    return 100 - coords.min(axis=(0, 1)) + coords + rng.normal(0, 2, coords.shape)


@pytest.mark.parametrize('largest, scale', [(0.95, 1), (1.06, 1), (95, 100), (106, 100)])
@pytest.mark.parametrize('frames', [60, 20])
def test_confidences_of_both_scales(pixels, rng, largest, scale, frames):
    third = rng.uniform(0.3, 1, pixels.shape[:2]) * largest
    array = with_third(pixels, third)[:frames]
    found = third_values(array)
    assert found.scale == scale and ('percent' in found.note) == (scale == 100)
    coords, scores = split_confidences(array, scale)
    np.testing.assert_array_equal(coords, array[..., :2])
    np.testing.assert_allclose(scores, np.minimum(array[..., 2] / scale, 1))


def test_whole_percentages_and_lost_keypoints(pixels, rng):
    array = with_third(pixels, rng.integers(55, 101, pixels.shape[:2])).round().astype(np.int32)
    array[20:23, 9] = 0
    assert third_values(array).scale == 100
    array[:, 4, 2] = 0
    assert third_values(array).scale == 100


@pytest.mark.parametrize('frames', [1, 5])
def test_few_frames_are_no_evidence_of_percentages(pixels, rng, frames):
    found = third_values(with_third(pixels, rng.uniform(30, 100, pixels.shape[:2]))[:frames])
    assert found.scale is None and 'give x and y as poses' in found.note


def test_percentages_that_are_mostly_low_are_named(pixels, rng):
    found = third_values(with_third(pixels, rng.uniform(0, 70, pixels.shape[:2])))
    assert found.scale is None and 'divided' not in found.note and '/ 100' in found.note


@pytest.mark.parametrize('scale', [1, 40, 50, 100, 1000])
@pytest.mark.parametrize('axes', [(0, 1, 2), (0, 2, 1), (2, 1, 0)])
def test_bodies_in_space_are_bodies_in_any_unit(rng, scale, axes):
    body = walking_person(60, 30)[..., axes] + rng.normal(0, 0.01, (60, 17, 3))
    for shift in (0, body.min(axis=(0, 1))):
        assert third_values(scale * (body - shift)) == (None, '')


@pytest.mark.parametrize('file, key', [
    ('uiprmd_val.npz', 'estimate'), ('cmu_amc_60hz.npz', 'positions'),
    ('cmu_bvh_60hz.npz', 'positions')])
def test_real_recordings_are_depths(motion_data, file, key):
    data = np.load(motion_data(file))
    ends = np.cumsum(data['lengths'])
    for clip in range(0, len(ends), max(1, len(ends) // 12)):
        body = data[key][:ends[clip]][-data['lengths'][clip]:][:300]
        for scale in (1, 40, 100, 1000):
            for axes in ((0, 1, 2), (0, 2, 1)):
                moved = scale * (body[..., axes] - body[..., axes].min(axis=(0, 1)))
                assert third_values(moved) == (None, ''), (clip, scale, axes)


def test_real_confidences_in_percent(cases_dir):
    for name in ('openpose_cam1_30fps', 'mediapipe_video_cam2_60fps'):
        case = np.load(cases_dir / 'data' / f'{name}.npz')
        assert third_values(with_third(case['coords'], case['scores'])).scale == 1
        assert third_values(with_third(case['coords'], 100 * case['scores'])).scale == 100


def rotation_vectors(rng, joints, frames=60):
    t = np.arange(frames)[:, None, None] / 10
    rate, phase = rng.uniform(0.5, 3, (2, 1, joints, 3))
    vectors = rng.uniform(0.1, 0.8, (1, joints, 3)) * np.sin(rate * t + 6 * phase)
    return vectors + rng.normal(0, 0.01, vectors.shape)


@pytest.mark.parametrize('joints', [22, 23, 24, 52, 55])
def test_rotations_in_degrees_are_refused(rng, joints):
    with pytest.raises(DataFormatError, match=r'in degrees.*np\.radians\(poses\)'):
        refuse_rotations(np.degrees(rotation_vectors(rng, joints)))
    with pytest.raises(DataFormatError, match='points in metres'):
        refuse_rotations(rotation_vectors(rng, joints))


@pytest.mark.parametrize('joints', [22, 24])
def test_turning_limbs_in_centimetres_are_points(rng, joints):
    chains = joints // 2  # Pairs of a joint and the end of its limb, turning at different rates.
    t = np.arange(90)[:, None] / 30
    angle = rng.uniform(1, 4, chains) * t + rng.uniform(0, 6, chains)
    start = rng.normal(0, 40, (chains, 3)) + 5 * np.sin(t)[..., None]
    end = start + 30 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)
    points = np.concatenate([start, end], axis=1) + rng.normal(0, 1, (90, 2 * chains, 3))
    refuse_rotations(points)
    refuse_rotations(10 * points)


def test_joints_of_motion_capture_in_centimetres_are_points(motion_data):
    data = np.load(motion_data('cmu_amc_60hz.npz'))
    ends = np.cumsum(data['lengths'])
    for clip in range(0, len(ends), 4):
        body = 100 * data['positions'][:ends[clip]][-data['lengths'][clip]:][:600]
        refuse_rotations((body - body[:, :1])[:, :24])
