"""Time stamps in place of a frame rate, over whole clips and live."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance, PoseSequence, PoseTracks

NAMES = ('default', 'classical', 'one_euro', 'savgol', 'gaussian', 'kalman', 'butterworth')


def motion(times):
    """Swinging keypoints in pixels at the given seconds, shape (T, 9, 2)."""
    t, k = np.asarray(times)[:, None], np.arange(9)
    return np.stack([600 + 200 * np.sin(3 * t + k / 3) + 20 * k,
                     500 + 60 * np.cos(5 * t + k) + 40 * k], axis=-1)


@pytest.fixture
def uneven(rng):
    """Stamps of a camera that gives frames every 20 to 48 ms, and noisy keypoints."""
    times = 7.0 + np.cumsum(rng.integers(20, 48, 120)) / 1000
    return times, motion(times) + rng.normal(0, 3, (120, 9, 2))


def error(coords, times):
    return np.linalg.norm(coords - motion(times), axis=-1).mean()


@pytest.mark.parametrize('name', [pytest.param('default', marks=pytest.mark.slow), *NAMES[1:]])
@pytest.mark.parametrize('rounded', [False, True])
def test_an_even_clock_is_a_frame_rate(name, rounded, rng):
    times = 3.0 + np.arange(60) / 25
    coords = motion(times) + rng.normal(0, 3, (60, 9, 2))
    stamps = np.round(times, 3) if rounded else times
    expected = smooth(coords, name, fps=25)
    np.testing.assert_allclose(smooth(coords, name, timestamps=stamps), expected, atol=1e-6)
    np.testing.assert_allclose(smooth(coords, name, timestamps=stamps, lookahead=3),
                               smooth(coords, name, fps=25, lookahead=3), atol=1e-6)
    live, stamped = (build_smoother(name, fps=25, lookahead=3) for _ in range(2))
    for t, pose in enumerate(coords):
        for one, other in zip(live.step(pose), stamped.step(pose, timestamp=float(stamps[t]))):
            np.testing.assert_array_equal(one.instances[0].keypoints, other.instances[0].keypoints)


@pytest.mark.parametrize('name', NAMES)
def test_the_true_times_are_better_than_the_mean_rate(name, uneven):
    times, coords = uneven
    stamped = error(smooth(coords, name, timestamps=times), times)
    assert stamped < 0.95 * error(smooth(coords, name, fps=1 / np.diff(times).mean()), times)
    # The causal filter lags behind such a motion by more than the noise.
    assert name == 'one_euro' or stamped < error(coords, times)


@pytest.mark.parametrize('name', ['one_euro', 'kalman', 'savgol'])
def test_live_stamps_are_better_than_frame_numbers(name, uneven):
    times, coords = uneven
    errors = []
    for stamps in (times, [None] * len(times)):
        smoother = build_smoother(name, fps=50)
        out = [f for pose, t in zip(coords, stamps) for f in smoother.step(pose, timestamp=t)]
        out += smoother.flush()
        assert [f.frame_id for f in out] == list(range(len(times)))
        errors.append(error(np.stack([f.instances[0].keypoints for f in out]), times))
    assert errors[0] < 0.95 * errors[1]


def test_noise_free_motion_keeps_its_place(uneven):
    times, _ = uneven
    result = smooth(motion(times), 'whittaker', timestamps=times)
    assert error(result, times) < 1.0
    assert error(result, times) < 0.7 * error(smooth(motion(times), 'whittaker', fps=30), times)


def test_a_pause_is_no_neighbourhood(rng):
    times = np.concatenate([np.arange(30), 30 + 200 + np.arange(30)]) / 30 + rng.uniform(
        0, 0.008, 60)
    coords = motion(times) + rng.normal(0, 3, (60, 9, 2))
    whole = smooth(coords, 'savgol', timestamps=times)
    # The grid has the median step of the whole clip, so the halves differ by rounding of it only.
    half = smooth(coords[:30], 'savgol', timestamps=times[:30])
    assert np.abs(whole[:30] - half).max() < 1.0
    assert np.linalg.norm(whole - coords, axis=-1).max() < 15


def test_missing_frames_and_keypoints_are_interpolated(uneven):
    times, coords = uneven
    coords[40:43, 2] = np.nan
    coords[80:100, 5] = np.nan
    frames = [PoseFrame(t, [] if t == 60 else [PoseInstance(coords[t], track_id=3)])
              for t in range(120)]
    out = smooth(frames, 'gaussian', timestamps=times)
    assert out[60].instances[0].filled
    assert np.abs(out[60].instances[0].keypoints[0] - motion(times)[60, 0]).max() < 10
    found = out[41].instances[0]
    assert found.keypoints_filled is not None and found.keypoints_filled[2]
    assert np.abs(found.keypoints[2] - motion(times)[41, 2]).max() < 12
    assert np.isnan(out[90].instances[0].keypoints[5]).all()


def test_an_outlier_stays_alone(uneven):
    times, coords = uneven
    base = smooth(coords, 'classical', timestamps=times)
    coords[50, 4] = 1e5
    result = smooth(coords, 'classical', timestamps=times)
    assert np.abs(result - base).max() < 15


def test_of_equal_stamps_the_first_counts(uneven):
    times, coords = uneven
    clean = smooth(coords, 'gaussian', timestamps=times)
    doubled = np.insert(coords, 31, 5000.0, axis=0)
    stamps = np.insert(times, 31, times[30])
    result = smooth(doubled, 'gaussian', timestamps=stamps)
    np.testing.assert_allclose(np.delete(result, 31, axis=0), clean, atol=1e-9)
    np.testing.assert_array_equal(result[31], result[30])
    smoother = build_smoother('one_euro', fps=50)
    one, other = (smoother.step(pose, timestamp=2.0)[0] for pose in doubled[30:32])
    np.testing.assert_array_equal(one.instances[0].keypoints, other.instances[0].keypoints)


@pytest.mark.parametrize('name', ['one_euro', 'gaussian'])
def test_live_frames_at_one_place_of_the_clock_get_one_result(uneven, name):
    times, coords = uneven
    smoother = build_smoother(name, fps=25, max_gap=0)
    frames = [PoseFrame(t, [PoseInstance(pose, track_id='a')] * (t < 47))
              for t, pose in enumerate(coords)]
    out = [f for frame, t in zip(frames, times) for f in smoother.step(frame, timestamp=float(t))]
    out += smoother.flush()
    # The last one, too: the person is gone by the time that its result is due.
    result = np.stack([frame.instances[0].keypoints for frame in out[:47]])
    place = np.floor((times[:47] - times[0]) * 25 + 0.02)
    shared = np.flatnonzero(np.diff(place) == 0)
    assert len(shared) > 5 and 45 in shared
    np.testing.assert_array_equal(result[shared], result[shared + 1])


@pytest.mark.parametrize('name', ['one_euro', 'gaussian'])
def test_live_a_keypoint_that_appears_stays_where_it_is(uneven, name):
    """It has no motion yet: where it was held before says nothing."""
    coords = np.tile(uneven[1][:1], (60, 1, 1))
    given = coords.copy()
    given[:10, 3] = given[30:45, 5] = np.nan
    smoother = build_smoother(name, fps=50)
    out = [f for pose, t in zip(given, uneven[0]) for f in smoother.step(pose, timestamp=float(t))]
    result = np.stack([f.instances[0].keypoints for f in out + smoother.flush()])
    known = np.isfinite(result)
    assert known[10:30].all() and known[45:].all()
    np.testing.assert_allclose(result[known], coords[known], atol=1e-6)


def test_rotations_stay_rotations(uneven):
    from scipy.spatial.transform import Rotation
    times, coords = uneven
    angles = (coords[..., :1] - 600) / 200 * (1.0, 0.5, 0.2)
    quaternions = Rotation.from_rotvec(angles.reshape(-1, 3)).as_quat().reshape(120, 9, 4)
    result = smooth(quaternions, 'gaussian', timestamps=times, representation='quaternion')
    np.testing.assert_allclose(np.linalg.norm(result, axis=-1), 1, atol=1e-9)
    assert np.abs(result - quaternions).max() > 1e-3


def test_tracks_with_times_and_the_report(uneven):
    times, coords = uneven
    tracks = PoseTracks({'a': PoseSequence(coords, fps=30.0)}, fps=30.0, times=times)
    result, report = smooth_with_report(tracks, 'savgol')
    np.testing.assert_array_equal(result['a'].coords, smooth(coords, 'savgol', timestamps=times))
    assert report.fps == pytest.approx(1 / np.median(np.diff(times))) and not report.fps_assumed
    np.testing.assert_array_equal(result.times, times)
    kept = smooth(tracks, 'savgol', strength=0)['a'].coords
    np.testing.assert_array_equal(kept, coords)


@pytest.mark.parametrize('stamps, words', [
    (np.arange(119) / 30, r'shape \(119,\)'), (np.full(120, np.nan), 'not finite'),
    (-np.arange(120.0), 'do not decrease'), (33.3 * np.arange(120), 'divide them by 1000'),
    (['x'] * 120, 'not numbers'),
    (np.full(120, 3.0), 'are all 3')])
def test_bad_stamps(uneven, stamps, words):
    with pytest.raises(DataFormatError, match=words):
        smooth(uneven[1], 'savgol', timestamps=stamps)


def test_both_a_rate_and_stamps_are_refused(uneven):
    with pytest.raises(ConfigError, match='fps and timestamps'):
        smooth(uneven[1], 'savgol', timestamps=uneven[0], fps=30)


@pytest.mark.parametrize('fps', [30, 1000, None])
def test_milliseconds_as_frame_numbers_are_refused(uneven, fps):
    times, coords = uneven
    frames = [PoseFrame(round(1000 * t), [PoseInstance(x, track_id=0)])
              for t, x in zip(times, coords)]
    with pytest.raises(DataFormatError, match='timestamps=milliseconds / 1000'):
        smooth(frames, 'savgol', fps=fps)


def test_every_nth_frame_and_holes_are_no_milliseconds(rng):
    for numbers in (5 * np.arange(30), np.flatnonzero(rng.random(60) < 0.6),
                    np.cumsum(rng.integers(1, 400, 30))):
        frames = [PoseFrame(int(n), [PoseInstance(motion([n / 30])[0], track_id=0)])
                  for n in numbers]
        assert len(smooth(frames, 'savgol', fps=30)) == len(numbers)


def test_bad_live_stamps():
    pose = motion([0])[0]
    smoother = build_smoother('one_euro', fps=30)
    smoother.step(pose, timestamp=1.0)
    for stamp, words in ((0.5, 'do not decrease'), (float('nan'), 'finite'), (None, 'or none')):
        with pytest.raises(DataFormatError, match=words):
            smoother.step(pose, timestamp=stamp)
    smoother.step(pose, timestamp=1.03)
    with pytest.raises(DataFormatError, match='given as timestamp='):
        build_smoother('one_euro', fps=30).step(pose, frame_id=0.033)  # type: ignore[arg-type]
    smoother = build_smoother('one_euro', fps=30)
    with pytest.raises(DataFormatError, match='divide them by 1000'):
        for t in range(8):
            smoother.step(pose, timestamp=33.0 * t)


def test_dates_and_durations_are_times(uneven):
    times, coords = uneven
    expected = smooth(coords, 'gaussian', timestamps=times)
    start = datetime(2026, 3, 1, 23, 59, 58)
    durations = [timedelta(seconds=float(t)) for t in times]
    for stamps in (np.datetime64('2026-03-01') + (1e6 * times).round().astype('timedelta64[us]'),
                   (1e6 * times).round().astype('timedelta64[us]'), durations,
                   [start + duration for duration in durations]):
        np.testing.assert_allclose(smooth(coords, 'gaussian', timestamps=stamps), expected,
                                   atol=1e-4)


@pytest.mark.parametrize('stamps', [np.arange(120) / 30 / 60, np.arange(120) / 30 / 3600])
def test_minutes_and_hours_are_said(uneven, stamps):
    _, report = smooth_with_report(uneven[1], 'gaussian', timestamps=stamps)
    assert 'more than cameras have' in report.notes[0]


@pytest.mark.parametrize('fps, said', [(10, True), (20, True), (30, False), (60, False)])
def test_a_live_clock_that_is_too_slow_is_said(fps, said, rng):
    times = np.arange(60) / 30 + rng.uniform(0, 0.005, 60)
    smoother = build_smoother('one_euro', fps=fps)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        for t, pose in zip(times, motion(times)):
            smoother.step(pose, timestamp=float(t))
    words = [str(warning.message) for warning in caught if 'arrive at' in str(warning.message)]
    assert len(words) == said and (not said or 'at 30' in words[0] or 'at 29' in words[0])
