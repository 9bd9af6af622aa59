from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from smoothnet_plugin import io, smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import PoseFrame, PoseInstance, PoseTracks


def roughness(coords) -> float:
    return float(np.abs(np.diff(np.asarray(coords), 2, axis=0)).mean())


@pytest.fixture
def video_json(tmp_path, jittery):
    """Two people in MMPose's video dialect; the second is missed in a few frames."""
    _, noisy = jittery
    frames = []
    for t, pose in enumerate(noisy):
        people = [pose] if 40 <= t < 44 else [pose, pose + 900]
        frames.append(dict(frame_id=t, instances=[dict(
            keypoints=p.tolist(), keypoint_scores=[0.9] * 17, bbox=[[0.0, 0.0, 5.0, 5.0]],
            bbox_score=0.8, mood='fine') for p in people]))
    path = tmp_path / 'results.json'
    path.write_text(json.dumps(frames))
    return path


def test_array(jittery):
    clean, noisy = jittery
    smoothed = smooth(noisy, 'gaussian', fps=30)
    assert smoothed.shape == noisy.shape and smoothed.dtype == noisy.dtype
    assert roughness(smoothed) < 0.3 * roughness(noisy)
    assert np.abs(smoothed - clean).mean() < np.abs(noisy - clean).mean()


def test_default_needs_no_options_and_helps_in_pixels_and_metres(jittery):
    clean, noisy = jittery
    for scale in (1.0, 0.004):
        smoothed = smooth(noisy * scale)
        assert roughness(smoothed) < 0.3 * roughness(noisy * scale)
        assert np.abs(smoothed - clean * scale).mean() < np.abs(noisy - clean).mean() * scale


@pytest.mark.parametrize('dtype', [torch.float16, torch.float32, torch.float64])
def test_tensor(jittery, dtype):
    noisy = torch.from_numpy(jittery[1]).to(dtype)
    smoothed = smooth(noisy, 'savgol', fps=30)
    assert isinstance(smoothed, torch.Tensor) and smoothed.dtype == dtype
    assert smoothed.shape == noisy.shape and smoothed.device == noisy.device


def test_list_of_arrays_and_of_frames(jittery):
    _, noisy = jittery
    expected = smooth(noisy, 'savgol', fps=30)
    as_list = smooth(list(noisy), 'savgol', fps=30)
    assert isinstance(as_list, list)
    np.testing.assert_allclose(np.stack(as_list), expected)
    frames = [PoseFrame(t, [PoseInstance(pose, payload='mine')]) for t, pose in enumerate(noisy)]
    result = smooth(frames, 'savgol', fps=30)
    np.testing.assert_allclose(np.stack([f.instances[0].keypoints for f in result]), expected)
    assert {f.instances[0].payload for f in result} == {'mine'}
    assert [f.frame_id for f in result] == list(range(len(noisy)))
    np.testing.assert_array_equal(frames[0].instances[0].keypoints, noisy[0])


def test_frames_with_a_gap_get_the_bridged_person(jittery):
    frames = [PoseFrame(t, [] if t in (20, 21) else [PoseInstance(pose, np.ones(17))])
              for t, pose in enumerate(jittery[1])]
    result = smooth(frames, 'savgol', fps=30)
    assert [i.filled for i in result[20].instances] == [True]
    np.testing.assert_array_equal(result[20].instances[0].keypoint_scores, 0)
    assert [len(f.instances) for f in result] == [1] * 120


def test_empty_sources():
    assert smooth(np.zeros((0, 17, 2))).shape == (0, 17, 2)
    assert smooth([]) == []
    assert len(smooth(PoseTracks())) == 0


def test_representation_of_three_values_is_never_guessed(rng):
    from scipy.spatial.transform import Rotation
    vectors = Rotation.from_rotvec(
        np.linspace(170, 190, 40)[:, None] * [0, 0, 1], degrees=True).as_rotvec()
    vectors = vectors[:, None]
    as_rotation = smooth(vectors, 'gaussian', representation='axis_angle', fps=30)
    turned = Rotation.from_rotvec(as_rotation[:, 0]).as_euler('zyx', degrees=True)[:, 0] % 360
    np.testing.assert_allclose(turned, np.linspace(170, 190, 40), atol=1.0)
    as_points = smooth(vectors, 'gaussian', fps=30)
    assert not np.allclose(as_points, as_rotation, atol=0.1)


def test_file_to_file_keeps_what_was_not_smoothed(video_json, tmp_path):
    out = tmp_path / 'new' / 'out.json'
    tracks, report = smooth_with_report(video_json, 'gaussian', out, fps=30)
    before, after = json.loads(video_json.read_text()), json.loads(out.read_text())
    assert len(tracks) == 2 and report.tracks == 2 and report.frames == 120
    assert report.filled_poses == 4 and report.poses == 236
    assert 0 < report.accel_after < 0.3 * report.accel_before
    assert 0 < report.mean_move < report.max_move < 40
    for old, new in zip(before, after):
        assert new['frame_id'] == old['frame_id']
        for a, b in zip(old['instances'], new['instances']):
            assert {**b, 'keypoints': None} == {**a, 'keypoints': None}
            assert b['keypoints'] != a['keypoints']
    bridged = after[41]['instances'][1]
    assert bridged['filled'] is True and bridged['keypoint_scores'] == [0.0] * 17


def test_report_sees_no_effect(jittery):
    _, report = smooth_with_report(jittery[1], dict(type='GaussianFilter', cutoff=1000), fps=30)
    assert report.mean_move == 0 and report.accel_after == report.accel_before > 0


def test_lookahead_is_the_live_result(jittery):
    _, noisy = jittery
    live, report = smooth_with_report(noisy, 'savgol', lookahead=3, fps=30)
    offline = smooth(noisy, 'savgol', fps=30)
    assert report.latency == 3
    assert not np.allclose(live, offline)
    for t in (0, 7, 60):
        np.testing.assert_allclose(live[t], smooth(noisy[:t + 4], 'savgol', fps=30)[t])


def test_true_frame_rate_matters(jittery):
    _, noisy = jittery
    slow, fast = (smooth(noisy, 'butterworth', fps=fps) for fps in (15, 120))
    assert roughness(fast) < roughness(slow)


def test_provenance(video_json, tmp_path):
    out = tmp_path / 'out.npz'
    smooth(video_json, 'gaussian', out, fps=30, provenance=True)
    with np.load(out) as data:
        text = ' '.join(str(data[key]) for key in data.files if 'prov' in key)
    assert 'GaussianFilter' in text and 'smoothnet_plugin' in text


@pytest.mark.parametrize(('source', 'options', 'word'), [
    ('nowhere.json', {}, 'nowhere.json'),
    (np.zeros((4, 5)), {}, r'\(T, K, C\)'),
    (np.zeros((4, 5, 7)), {}, 'representation'),
    (np.zeros((4, 5, 3)), dict(representation='rot6d'), 'rot6d'),
    (np.zeros((4, 5, 2)), dict(smoother='savgl'), 'savgol'),
    (np.zeros((4, 5, 2)), dict(fps=-1), 'fps'),
    (np.zeros((4, 5, 2)), dict(smoother='savgol', window=3), 'window'),
    (np.zeros((4, 5, 2)), dict(scores=np.ones((4, 4))), 'scores'),
    (np.full((4, 5, 2), 'a'), {}, 'numbers'),
])
def test_bad_input_is_a_clear_error(source, options, word):
    with pytest.raises((ConfigError, DataFormatError), match=word):
        smooth(source, **options)


def test_nothing_is_half_written(video_json, tmp_path, monkeypatch):
    out = tmp_path / 'out.json'
    out.write_text('old')
    with pytest.raises(ConfigError):
        smooth(video_json, 'gausian', out)
    monkeypatch.setattr(json, 'dumps', lambda *a, **k: 1 / 0)
    monkeypatch.setattr(json, 'dump', lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        smooth(video_json, 'gaussian', out)
    assert out.read_text() == 'old'
    assert sorted(p.name for p in tmp_path.iterdir()) == ['out.json', 'results.json']


def test_the_real_clip(repo_dir, tmp_path):
    source = repo_dir / 'demo' / 'data' / 'sports2d_mediapipe.json'
    out = tmp_path / 'smoothed.json'
    tracks, report = smooth_with_report(source, out=out, fps=30)
    assert report.frames == 230 and report.median_accel_after < 0.5 * report.median_accel_before
    again = io.load(out, fps=30)
    assert again.num_frames == 230
