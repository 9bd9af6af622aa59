"""Repeated samples that count as missing, whole clips and live."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.processing.repeats import outdated_samples
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.smoothers.live_repeats import LiveRepeats

from ..walking import walking_person

GAP = 10
UNWEIGHTED = ('classical', 'gaussian', 'kalman', 'one_euro', 'savgol', 'network')


def walk(frames: int, fps: float, noise: float = 2.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    return walking_person(frames, fps, dims=2) + rng.normal(0, noise, (frames, 17, 2))


def found(coords: np.ndarray, fps: float = 30, max_gap: int = GAP,
          weighed: bool = False) -> np.ndarray:
    missing = np.asarray(np.isnan(coords).any(axis=-1))
    return outdated_samples(coords, missing, fps, max_gap, weighed)


def one_by_one(coords: np.ndarray, fps: float, weighed: bool) -> np.ndarray:
    watch = LiveRepeats(fps, GAP, coords.shape[1], coords.shape[2], weighed)
    rows = [watch.push(pose, np.isnan(pose).any(axis=-1)) for pose in coords]
    return np.array([np.zeros(len(coords[0]), bool) if row is None else row for row in rows])


def test_every_second_frame_of_a_converted_video():
    doubled = np.repeat(walk(40, 30), 2, axis=0)
    expected = np.zeros(doubled.shape[:2], dtype=bool)
    expected[3::2] = True  # Nothing has moved before frame 2.
    assert np.array_equal(found(doubled, 60), expected)


def test_of_a_long_freeze_some_samples_count_as_measured():
    coords = walk(60, 30)
    coords[20:50, 9] = coords[20, 9]
    rows = np.flatnonzero(found(coords)[:, 9])
    assert rows.tolist() == [t for t in range(21, 50) if (t - 20) % (GAP + 1)]
    coords[51:54, 9] = coords[50, 9]
    coords[56:58, 9] = coords[55, 9]
    assert np.flatnonzero(found(coords, weighed=True)[:, 9]).tolist() == [21, 22, 23, 56, 57]
    assert not found(coords, max_gap=0).any()


def test_a_keypoint_that_never_moves_is_not_repeated():
    coords = walk(60, 30)
    coords[:, 11] = 0.0  # The root of poses that are relative to it.
    assert not found(coords).any()
    assert not found(np.repeat(coords[:1], 60, axis=0)).any()


@pytest.mark.parametrize('noise', [0.2, 0.5, 1.0])
@pytest.mark.parametrize('grid', [1.0, 4.0])
def test_someone_who_stands_still_before_a_detector_that_rounds(noise, grid):
    still = np.repeat(walk(1, 30), 120, axis=0) + np.random.default_rng(1).normal(
        0, noise, (120, 17, 2))
    rounded = np.round(still / grid) * grid
    assert not found(rounded).any()
    assert (rounded[1:] == rounded[:-1]).all(axis=-1).mean() > 0.05


def test_a_coordinate_at_the_edge_of_the_image_does_not_mean_rounding():
    doubled = np.repeat(walk(40, 30), 2, axis=0)
    doubled[:, 9:11, 1] = 719.0
    assert found(doubled, 60)[3::2].all()


def test_frame_by_frame_it_is_the_same():
    rng = np.random.default_rng(2)
    coords = walk(240, 30)
    for t in np.flatnonzero(rng.random(239) < 0.3) + 1:
        joints = rng.random(17) < 0.7
        coords[t, joints] = coords[t - 1, joints]
    coords[rng.random((240, 17)) < 0.1] = np.nan
    coords[120:150] = np.round(coords[120:150])
    coords[200:225, 3:9] = coords[200, 3:9]
    for fps in (10, 30):
        for weighed in (False, True):
            expected = found(coords, fps, weighed=weighed)
            assert expected.any() and np.array_equal(one_by_one(coords, fps, weighed), expected)


@pytest.mark.parametrize('name', UNWEIGHTED)
def test_frames_of_a_converted_video_are_not_taken_for_stillness(name):
    truth = walk(120, 60, noise=0.0)
    noise = np.random.default_rng(0).normal(0, 2, (60, 17, 2))
    doubled = np.repeat(truth[::2] + noise, 2, axis=0)
    result, report = smooth_with_report(doubled, name, fps=60)
    error = np.linalg.norm(result - truth, axis=-1).mean()
    hidden = np.linalg.norm(
        smooth(doubled, dict(type='PoseSmoother', filters=build_smoother(name).filters,
                             exchanges=True), fps=60) - truth, axis=-1).mean()
    assert error < 0.95 * hidden
    assert report.repeated == 59 * 17
    assert ('repeated', '1003 keypoints equal to the frame before, replaced') in (
        report.lines())


@pytest.mark.parametrize('name', ['one_euro', 'kalman', 'gaussian', 'classical'])
@pytest.mark.parametrize('lookahead', [0, 3])
def test_live_is_the_clip_up_to_then(name, lookahead):
    coords = np.concatenate([walk(18, 60)[:4], np.repeat(walk(18, 30)[4:], 2, axis=0)])
    coords[0, 11, 0] = 1e5
    coords[8:14, 7] = coords[8, 7]
    coords[20, 9] = coords[21, 9] = 1e4
    coords[3, 5] = np.nan
    smoother = build_smoother(name, fps=60, lookahead=lookahead)
    frames = [f for pose in coords for f in smoother.step({'a': pose})] + smoother.flush()
    for t, frame in enumerate(frames):
        known = smooth(coords[:t + lookahead + 1], name, fps=60)
        assert np.allclose(frame.instances[0].keypoints, known[t], atol=1e-6,
                           equal_nan=True), t


def test_a_glitch_that_a_conversion_repeats_is_isolated():
    coords = np.repeat(walk(40, 30), 2, axis=0)
    wrong = coords.copy()
    wrong[40:42, 9, 0] = 1e5
    for name in ('gaussian', 'one_euro'):
        moved = np.abs(smooth(wrong, name, fps=60) - smooth(coords, name, fps=60))
        assert np.delete(moved, 9, axis=1).max() == 0 and moved[:40].max() < 8 > moved[42:].max()


def test_a_smoother_that_weighs_samples_gets_them_all():
    doubled = np.repeat(walk(30, 30), 2, axis=0)
    for smoother in ('robust', dict(type='GaussianFilter')):
        assert smooth_with_report(doubled, smoother, fps=60)[1].repeated == 0


TIMED = ('one_euro', 'kalman', 'gaussian', 'classical', 'savgol', 'robust',
         pytest.param('default', marks=pytest.mark.slow))


def uneven(fps: float = 60, frames: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stamps of a camera with jitter, the true poses then, and samples that come twice each."""
    rng = np.random.default_rng(4)
    times = np.cumsum(1 / fps + rng.uniform(-0.12, 0.04, frames) / fps)
    walker = walking_person(round(times[-1] * 1000) + 1, 1000, dims=2)
    truth = walker[np.round(times * 1000).astype(int)]
    samples = truth + rng.normal(0, 2, truth.shape)
    samples[1::2] = samples[:-1:2]
    return times, truth, samples


def live_results(samples: np.ndarray, name: str, fps: float, times: np.ndarray | None = None,
                 **options: int) -> tuple[np.ndarray, int]:
    """Poses of a live smoother, and the repeated samples among the frames that it had finished."""
    smoother = build_smoother(name, fps=fps, **options)
    frames = []
    for t, pose in enumerate(samples):
        frames += smoother.step(pose, timestamp=None if times is None else float(times[t]))
    count = smoother._live.counts.repeated
    frames += smoother.flush()
    assert [frame.frame_id for frame in frames] == list(range(len(samples)))
    return np.stack([frame.instances[0].keypoints for frame in frames]), count


def distance(result: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(result - truth, axis=-1)[10:].mean())


@pytest.mark.parametrize('name', TIMED)
@pytest.mark.parametrize('clock', [72, 100])
def test_repeats_between_uneven_time_stamps(name, clock):
    times, truth, samples = uneven()
    whole, report = smooth_with_report(samples, name, timestamps=times)
    assert report.repeated == 59 * 17
    live, count = live_results(samples, name, clock, times)
    assert count > 0 and np.isfinite(live).all()
    limit = 0.95 if name == 'one_euro' else 0.5  # The causal filter lags behind.
    assert distance(whole, truth) < limit * distance(samples, truth)
    assert distance(live, truth) < limit * distance(samples, truth)
    if name in ('kalman', 'gaussian', 'classical', 'savgol'):
        assert distance(live, whole) < 1


@pytest.mark.parametrize('name', ['one_euro', 'gaussian', 'kalman', 'robust'])
@pytest.mark.parametrize('lookahead', [0, 4])
def test_even_stamps_with_repeats_are_a_frame_rate(name, lookahead):
    samples = np.repeat(walk(40, 30), 2, axis=0)
    stamps = 5 + np.arange(80) / 60
    timed, _ = live_results(samples, name, 60, stamps, lookahead=lookahead)
    plain, _ = live_results(samples, name, 60, lookahead=lookahead)
    if name == 'robust':  # Without stamps it weighs repeats itself.
        assert distance(timed, plain) < 2
    else:
        np.testing.assert_allclose(timed, plain, atol=1e-6)


@pytest.mark.parametrize('frames', [5, pytest.param(60, marks=pytest.mark.slow)])
def test_a_detector_that_freezes_between_stamps(frames):
    times, truth, samples = uneven(frames=150)
    samples[1::2] = truth[1::2] + np.random.default_rng(0).normal(0, 2, samples[1::2].shape)
    samples[40:40 + frames] = samples[39]
    for clock in (72, 130):
        live, count = live_results(samples, 'gaussian', clock, times)
        assert np.isfinite(live).all() and count >= 0.6 * frames * 17
    one_joint = samples.copy()
    one_joint[40:40 + frames] = truth[40:40 + frames]
    one_joint[40:40 + frames, 9] = samples[39, 9]
    assert live_results(one_joint, 'gaussian', 100, times)[1] == pytest.approx(
        smooth_with_report(one_joint, 'gaussian', timestamps=times)[1].repeated, rel=0.35)


def test_places_of_the_clock_without_a_frame():
    watch = LiveRepeats(60, GAP, 17, 2)
    nothing = np.zeros(17, dtype=bool)
    coords, hidden = walk(20, 30), []
    coords[3:] = coords[3]
    for pose in coords:
        found = watch.push(pose, nothing)
        hidden.append(found is not None and bool(found.all()))
        watch.skip()  # The clock is twice as fast as the frames.
    measured = [t for t, missing in enumerate(hidden) if not missing]
    # Two places a frame: at most GAP missing places lie between measured samples.
    assert measured[:4] == [0, 1, 2, 3] and set(np.diff(measured[3:]).tolist()) == {5}


def test_uneven_time_stamps():
    rng = np.random.default_rng(4)
    times = np.sort(rng.uniform(0, 2, 60))
    coords = walk(60, 30)
    coords[11::2] = coords[10:-1:2]
    assert smooth_with_report(coords, 'gaussian', timestamps=times)[1].repeated == 25 * 17
