from __future__ import annotations

import json
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch

from smoothnet_plugin import build_smoother, io, smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import PoseFrame, PoseInstance, PoseTracks

from ..walker import walker


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


def test_default_needs_no_options_and_helps_in_pixels_and_metres(rng):
    clean = walker()
    noisy = clean + rng.normal(0, 3, clean.shape)
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


def test_whole_numbers_come_back_with_their_fraction(jittery):
    whole = jittery[1].astype(np.int64)
    expected = smooth(whole.astype(float), 'savgol', fps=30)
    np.testing.assert_allclose(smooth(whole, 'savgol', fps=30), expected)
    tensor = smooth(torch.from_numpy(whole), 'savgol', fps=30)
    assert tensor.dtype == torch.float64
    np.testing.assert_allclose(tensor, expected)


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_floating_types_are_kept(jittery, dtype):
    assert smooth(jittery[1].astype(dtype), 'savgol', fps=30).dtype == dtype
    listed = smooth([torch.from_numpy(p) for p in jittery[1].astype(dtype)], 'savgol', fps=30)
    assert isinstance(listed[0], torch.Tensor) and listed[0].numpy().dtype == dtype


def test_masked_values_are_missing(jittery):
    masked = np.ma.masked_array(jittery[1], mask=np.zeros_like(jittery[1], dtype=bool))
    masked[50, 3] = np.ma.masked
    masked.data[50, 3] = 1e9
    assert np.abs(smooth(masked, 'gaussian', fps=30)).max() < 1e6


@pytest.mark.parametrize('scale', [1.0, 0.004])
def test_one_euro_steadies_pixels_and_metres(jittery, scale):
    noisy = jittery[1] * scale
    width = np.concatenate([noisy, noisy[..., :1]], axis=-1) if scale < 1 else noisy
    assert roughness(smooth(width, 'one_euro', fps=30)) < 0.7 * roughness(width)


def test_a_lone_point_needs_no_size(tmp_path):
    path = tmp_path / 'point.json'
    path.write_text(json.dumps([dict(frame_id=t, instances=[dict(
        keypoints=[[t, 1.0]], keypoint_scores=[1.0])]) for t in range(20)]))
    assert len(smooth(path, 'gaussian')) == 1


def test_report_names_missing_keypoints(jittery):
    scores = np.ones(jittery[1].shape[:2])
    scores[:, 2] = 0.1
    _, report = smooth_with_report(jittery[1], 'gaussian', fps=30, scores=scores, keypoint_thr=0.3)
    assert report.missing_keypoints == 120 and report.keypoints == 120 * 17
    assert 'NOTHING SMOOTHED' not in dict(report.lines())
    _, report = smooth_with_report(jittery[1], 'gaussian', fps=30, scores=scores, keypoint_thr=2)
    assert 'NOTHING SMOOTHED' in dict(report.lines())


def test_report_leaves_bridged_values_out(jittery):
    noisy = jittery[1].copy()
    scores = np.ones(noisy.shape[:2])
    noisy[60], scores[60] = 1e6, 0.0
    _, report = smooth_with_report(noisy, 'gaussian', fps=30, scores=scores, keypoint_thr=0.3)
    assert report.filled_keypoints == 17 and report.max_move < 100 and report.accel_before < 100


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


@pytest.mark.parametrize('lookahead', [None, 2])
def test_strength(jittery, lookahead):
    noisy = jittery[1].astype(np.float32)
    none, half, full = (smooth(noisy, 'gaussian', fps=30, lookahead=lookahead, strength=strength)
                        for strength in (0, 0.5, 1))
    assert none.tobytes() == noisy.tobytes()
    np.testing.assert_array_equal(full, smooth(noisy, 'gaussian', fps=30, lookahead=lookahead))
    np.testing.assert_allclose(half, (none + full) / 2, rtol=1e-6)
    assert roughness(full) < roughness(half) < roughness(none)
    tracks, _ = smooth_with_report(PoseTracks.from_array(noisy, fps=30), 'gaussian', strength=0.5)
    assert tracks.provenance[-1]['strength'] == 0.5


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
    (np.zeros((4, 5, 2), complex), {}, 'complex'),
    ([np.zeros((3, 2)), np.zeros((4, 2))], {}, 'shapes'),
    ([np.zeros((3, 2)), PoseFrame(0)], {}, 'PoseFrame'),
    ([PoseFrame(0), None], {}, 'holds None'),
    (np.zeros((4, 5, 2)), dict(fps='30'), 'fps'),
    (np.zeros((4, 5, 2)), dict(strength=2), 'strength'),
    (np.zeros((4, 5, 2)), dict(input_format='coco'), 'input_format'),
    (np.zeros((4, 5, 2)), dict(output_format='coco'), 'output_format'),
    (np.zeros((4, 5, 2)), dict(read_options={'dims': 2}), 'read_options'),
    (np.zeros((4, 5, 2)), dict(write_options={'track_ids': True}), 'write_options'),
    (np.zeros((4, 5, 2)), dict(provenance=True), 'provenance'),
    (PoseTracks(), dict(representation='rot6d'), 'representation'),
    ([PoseFrame(0, [PoseInstance(np.zeros((5, 2)))])], dict(scores=np.ones((1, 5))), 'scores'),
    ([(np.zeros((1, 5, 2)), np.ones((1, 5)))], dict(scores=np.ones((1, 5))), 'scores'),
    ({n: {'pose': np.zeros((4, 72))} for n in 'ab'}, dict(scores=np.ones(4)), 'scores'),
])
def test_bad_input_is_a_clear_error(source, options, word):
    with pytest.raises((ConfigError, DataFormatError), match=word):
        smooth(source, **options)


def test_a_frame_rate_takes_the_place_of_time_stamps(rng):
    coords = rng.normal(0, 3, (60, 5, 2))
    even = PoseTracks.from_array(coords, fps=30)
    uneven = even.replace(times=np.cumsum(rng.uniform(0.01, 0.1, 60)))
    result = smooth(uneven, 'gaussian', fps=30)
    np.testing.assert_array_equal(result[0].coords, smooth(even, 'gaussian')[0].coords)
    assert result.times is None
    assert (smooth(uneven, 'gaussian')[0].coords != result[0].coords).any()


def test_nothing_is_half_written(video_json, tmp_path, monkeypatch):
    out = tmp_path / 'out.json'
    out.write_text('old')
    with pytest.raises(ConfigError):
        smooth(video_json, 'gausian', out)
    monkeypatch.setattr(json, 'dumps', lambda *a, **k: 1 / 0)
    monkeypatch.setattr(json, 'dump', lambda *a, **k: 1 / 0)
    with pytest.raises(DataFormatError, match='ZeroDivisionError'):
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


def test_scores_that_leave_nothing_to_smooth_are_named():
    coords = np.random.default_rng(0).normal(300, 50, (20, 17, 2))
    logits = np.random.default_rng(1).uniform(-9, -1, (20, 17))
    for scores in (logits, np.full((20, 17), np.nan)):
        with pytest.warns(UserWarning, match='every score is below keypoint_thr=0.*logits'):
            np.testing.assert_array_equal(smooth(coords, 'gaussian', fps=30, scores=scores), coords)
    for scores in (np.maximum(logits + 5, 0), logits * -100, None):
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            assert (smooth(coords, 'gaussian', fps=30, scores=scores) != coords).any()
            smooth(coords * np.nan, 'gaussian', fps=30, scores=scores)


def test_no_keypoints():
    assert smooth(np.zeros((9, 0, 2)), 'robust', fps=30).shape == (9, 0, 2)


@pytest.mark.parametrize('fps', [np.float32(30), np.int64(30), Fraction(30), 30])
def test_a_rate_may_be_any_number(jittery, fps):
    np.testing.assert_array_equal(smooth(jittery[1], 'gaussian', fps=fps),
                                  smooth(jittery[1], 'gaussian', fps=30.0))
    for wrong in (True, '30', 1j):
        with pytest.raises(ConfigError, match='expected a positive number'):
            smooth(jittery[1], 'gaussian', fps=wrong)


@pytest.mark.parametrize('size, said', [((1280, 720), True), ((100, 100), True),
                                        ((2000, 2000), False)])
def test_poses_outside_of_the_image_are_said(jittery, size, said):
    coords = jittery[1] + (0, 800)
    _, report = smooth_with_report(coords, 'gaussian', fps=30, image_size=size)
    assert any('check image_size' in note for note in report.notes) == said


@pytest.mark.parametrize('frame', [3, 45, 117])
def test_cuts_are_said_and_wrong_frames_are_not(jittery, frame):
    coords = jittery[1]
    for after, said in ((slice(frame, None), True), (slice(frame, frame + 1), False)):
        moved = coords.copy()
        moved[after] += 3000
        _, report = smooth_with_report(moved, 'gaussian', fps=30)
        found = [note for note in report.notes if 'cuts of the video' in note]
        assert bool(found) == said and (not said or f'(first {frame})' in found[0])
    assert not smooth_with_report(walker_at_five(), 'gaussian', fps=5)[1].notes[1:]


def walker_at_five():
    """Someone who runs at 6 m/s, five frames per second."""
    body = np.random.default_rng(0).normal(0, 0.4, (1, 17, 3)) * (0.4, 0.4, 1)
    return body + np.arange(20)[:, None, None] * (1.2, 0, 0)


@pytest.mark.parametrize('fps', [0, -30, np.nan, np.inf, 1e9, '30', True])
def test_frame_rates_that_cannot_be(fps):
    poses = np.zeros((90, 17, 2))
    for call in (lambda: smooth(poses, fps=fps), lambda: build_smoother('gaussian', fps=fps)):
        with pytest.raises(ConfigError, match='expected a positive number, at most 1000000'):
            call()


def test_frame_rates_of_sources_that_cannot_be():
    poses = np.zeros((90, 17, 2))
    for call in (lambda: smooth(PoseTracks.from_array(poses, fps=1e9)),
                 lambda: smooth(poses, timestamps=np.arange(90) * 1e-9)):
        with pytest.raises(ConfigError, match='at most 1000000'):
            call()


@pytest.mark.parametrize('source, words', [
    (lambda x: {'anna': x, 'ben': x}, r'For keypoints by person, smooth each: {name: smooth'),
    (lambda x: [{'keypoints': pose} for pose in x], 'list holds dicts; expected one array'),
    (lambda x: [*x[:5], None, *x[5:]], r'give np.full\(\(K, C\), np.nan\) for a frame without'),
    (lambda x: (x, np.ones(x.shape[:2])), r'smooth\(poses, scores=scores\)')],
    ids=['people', 'records', 'None', 'scores'])
def test_sources_that_name_the_fix(source, words):
    with pytest.raises(DataFormatError, match=words):
        smooth(source(np.zeros((9, 17, 2))), fps=30)


def test_a_report_prints_as_the_command_does(jittery):
    report = smooth_with_report(jittery[1], 'gaussian', fps=30)[1]
    lines = str(report).splitlines()
    assert len(lines) == len(report.lines()) and lines[1].split() == ['frames', str(report.frames)]
