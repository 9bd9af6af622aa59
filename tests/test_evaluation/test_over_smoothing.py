from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, shift

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.evaluation import OverSmoothingMetric
from smoothnet_plugin.evaluation import functional as F


@pytest.fixture
def motion(rng):
    """Band-limited motion (below about 3 Hz at 30 fps) of 5 keypoints over 400 frames."""
    return 100 * gaussian_filter1d(rng.normal(size=(400, 5, 3)), 2.5, axis=0)


@pytest.mark.parametrize('lag', [-9, -1, 0, 1, 4, 20])
def test_lag_of_a_whole_shift_is_exact(motion, lag):
    late = motion[30 - lag:370 - lag]
    assert F.lag_frames(late, motion[30:370]) == lag


@pytest.mark.parametrize('lag', [-2.5, 0.25, 0.5, 3.7])
def test_lag_of_a_fraction_of_a_frame(motion, lag):
    late = shift(motion, (lag, 0, 0), order=5)[20:-20]
    assert F.lag_frames(late, motion[20:-20]) == pytest.approx(lag, abs=0.05)


def test_lag_of_a_causal_filter_is_its_group_delay(motion):
    # A moving average of the last 2 n + 1 frames delays by n.
    late = np.stack([motion[t - 6:t + 1].mean(axis=0) for t in range(6, 400)])
    assert F.lag_frames(late, motion[6:]) == pytest.approx(3, abs=0.05)


def test_lag_ignores_noise_offset_drift_and_gain(motion, rng):
    late = 0.5 * motion[25:375] + 300 + rng.normal(0, 5, (350, 5, 3))
    assert F.lag_frames(late, motion[30:380]) == pytest.approx(5, abs=0.2)


def test_lag_with_missing_keypoints(motion, rng):
    late = motion[26:366].copy()
    late[rng.random((340, 5)) < 0.3] = np.nan
    assert F.lag_frames(late, motion[30:370]) == pytest.approx(4, abs=0.01)


def test_lag_against_a_naive_search(motion, rng):
    pred, target = motion[:60] + rng.normal(0, 20, (60, 5, 3)), motion[3:63]
    curve = {}
    for lag in range(-10, 11):
        x = pred[max(lag, 0):60 + min(lag, 0)].reshape(60 - abs(lag), -1)
        y = target[max(-lag, 0):60 - max(lag, 0)].reshape(60 - abs(lag), -1)
        x, y = x - x.mean(0), y - y.mean(0)
        curve[lag] = (x * y).sum() / np.sqrt((x ** 2).sum() * (y ** 2).sum())
    best = max(curve, key=curve.__getitem__)
    a, b, c = (curve[best + step] for step in (-1, 0, 1))
    top = np.polyfit([-1, 0, 1], [a, b, c], 2)
    assert F.lag_frames(pred, target, max_lag=10) == pytest.approx(
        best - top[1] / (2 * top[0]), abs=1e-9)


def plain_lag_statistics(pred, target, known, max_lag):
    """Sums over the frames that two shifted sequences share, channel by channel."""
    total = len(pred)
    statistics = np.zeros((3, 2 * max_lag + 1))
    for channel in np.ndindex(pred.shape[1:]):
        has = known[:, channel[0]]
        x, y = pred[(slice(None), *channel)], target[(slice(None), *channel)]
        x, y = np.where(has, x - x[has].mean(), 0), np.where(has, y - y[has].mean(), 0)
        for lag in range(-max_lag, max_lag + 1):
            late, early = np.arange(max(lag, 0), total + min(lag, 0)), np.arange(
                max(-lag, 0), total - max(lag, 0))
            both = has[late] & has[early]
            a, b = x[late][both], y[early][both]
            statistics[:, lag + max_lag] += (
                (a * b).sum() - a.sum() * b.sum() / len(a), (a * a).sum() - a.sum() ** 2 / len(a),
                (b * b).sum() - b.sum() ** 2 / len(b))
    return statistics


@pytest.mark.parametrize('piece', [16, 70, 4096])
@pytest.mark.parametrize('frames', [130, 200])
@pytest.mark.parametrize('gaps', ['none', 'one keypoint', 'all'])
def test_lag_statistics_against_plain_sums(motion, rng, monkeypatch, piece, frames, gaps):
    monkeypatch.setattr('smoothnet_plugin.evaluation.functional.lagged._PIECE', piece)
    pred, target = motion[:frames] + rng.normal(0, 20, (frames, 5, 3)), motion[4:frames + 4]
    known = np.ones((frames, 5), dtype=bool)
    if gaps != 'none':
        known[:, :1 if gaps == 'one keypoint' else 5] &= rng.random(
            (frames, 1 if gaps == 'one keypoint' else 5)) > 0.2
    expected = plain_lag_statistics(pred, target, known, 30)
    np.testing.assert_allclose(F.lag_statistics(pred, target, known), expected,
                               rtol=1e-10, atol=1e-8)


@pytest.mark.parametrize('frames', [0, 1, 2, 3, 5])
def test_lag_of_few_frames(motion, frames):
    statistics = F.lag_statistics(motion[:frames], motion[1:frames + 1], max_lag=4)
    expected = plain_lag_statistics(
        motion[:frames], motion[1:frames + 1], np.ones((frames, 5), dtype=bool),
        frames // 2) if frames > 1 else np.zeros((3, 1))
    reach = frames // 2 if frames > 1 else 0
    np.testing.assert_allclose(statistics[:, 4 - reach:5 + reach], expected, rtol=1e-10, atol=1e-9)


def test_lags_over_half_of_the_clip_are_not_tried(motion):
    statistics = F.lag_statistics(motion[:20], motion[5:25], max_lag=15)
    assert (statistics[:, 5:26] != 0).all()
    assert not statistics[:, :5].any() and not statistics[:, 26:].any()


def test_lag_of_stillness_is_unknown(motion):
    assert np.isnan(F.lag_frames(motion, np.ones_like(motion) * 0.1))
    assert np.isnan(F.lag_frames(np.full_like(motion, 7.7), motion))


def test_lag_beyond_the_search_says_so(motion):
    slow = gaussian_filter1d(np.random.default_rng(1).normal(size=(400, 5, 3)), 30, axis=0)
    assert F.lag_frames(slow[:-20], slow[20:], max_lag=5) == 5


@pytest.mark.parametrize('frames', [64, 65, 200])
@pytest.mark.parametrize('cutoff', [2.0, 5.0, 11.0])
def test_spectrum_against_a_full_transform(rng, frames, cutoff):
    pred, target = rng.normal(size=(2, frames, 3, 2)).cumsum(axis=1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frames) / frames)

    def energy(coords):
        total, time = 0.0, np.arange(frames)
        for channel in coords.reshape(frames, -1).T:
            line = np.polyval(np.polyfit(time, channel, 1), time)
            spectrum = np.fft.fft((channel - line) * window)
            fast = np.abs(np.fft.fftfreq(frames, 1 / 30)) > cutoff
            total += (np.abs(spectrum[fast]) ** 2).sum()
        return total / (window ** 2).sum()

    assert F.high_frequency_ratio(pred, target, fps=30, cutoff=cutoff) == pytest.approx(
        energy(pred) / energy(target), rel=1e-9)
    assert F.high_frequency_energies(pred, target, share=cutoff / 15) == pytest.approx(
        (energy(pred), energy(target)), rel=1e-9)


def test_spectrum_ratio_of_known_motion(motion, rng):
    noise = rng.normal(0, 3, motion.shape)
    still = F.high_frequency_ratio(0.5 * motion, motion, fps=30)
    assert still == pytest.approx(0.25)
    assert F.high_frequency_ratio(motion + noise, motion, fps=30) > 1
    assert F.high_frequency_ratio(gaussian_filter1d(motion, 4, axis=0), motion, fps=30) < 0.1
    assert F.high_frequency_ratio(motion, motion, cutoff=0.3) == 1


def test_spectrum_bridges_gaps_alike_in_both(motion, rng):
    mask = rng.random(motion.shape[:2]) > 0.2
    assert F.high_frequency_ratio(motion, motion, mask, fps=30) == 1
    pred = motion.copy()
    pred[~mask] = np.nan
    assert F.high_frequency_ratio(2 * pred, motion, fps=30) == pytest.approx(4)


@pytest.mark.parametrize(('frames', 'known', 'counts'), [
    (64, 32, True), (64, 31, False), (65, 33, True), (65, 32, False)])
def test_spectrum_leaves_out_keypoints_known_in_fewer_than_half_of_the_frames(
        rng, frames, known, counts):
    motion = rng.normal(size=(frames, 2, 1))
    mask = np.ones((frames, 2), dtype=bool)
    mask[rng.permutation(frames)[:frames - known], 1] = False
    both = F.high_frequency_energies(motion, motion, mask, share=0.5)
    alone = F.high_frequency_energies(motion[:, :1], motion[:, :1], share=0.5)
    assert (both > alone) if counts else (both == alone)


@pytest.mark.parametrize(('cutoff', 'fps', 'message'), [
    (15.0, 30, 'between 0 and 15 Hz'), (0, 30, '0 and 15'), (5.0, None, 'or specify fps')])
def test_cutoff_outside_the_spectrum(motion, cutoff, fps, message):
    with pytest.raises(ConfigError, match=message):
        F.high_frequency_ratio(motion, motion, cutoff=cutoff, fps=fps)


@pytest.mark.parametrize('gain', [0.0, 0.6, 1.0, 1.3])
def test_attenuation_of_a_gain(motion, gain):
    assert F.peak_attenuation(gain * motion - 4, motion) == pytest.approx(1 - gain, abs=1e-9)


def test_attenuation_against_naive_loops(motion, rng):
    pred, h = motion + rng.normal(0, 1, motion.shape), 2
    mask = rng.random(motion.shape[:2]) > 0.02

    def excursion(x, t, k):
        if not (mask[t - h, k] and mask[t, k] and mask[t + h, k]):
            return np.full(3, np.nan)
        return x[t, k] - (x[t - h, k] + x[t + h, k]) / 2

    peaks = []
    for t in range(h + 1, 400 - h - 1):
        for k in range(5):
            before, here, after = (np.linalg.norm(excursion(motion, t + d, k)) for d in (-1, 0, 1))
            if here >= before and here > after:
                peaks.append((here, excursion(pred, t, k), excursion(motion, t, k)))
    peaks = sorted(peaks, key=lambda p: -p[0])[:int(np.ceil(len(peaks) * 0.1))]
    kept, whole = sum(p @ g for _, p, g in peaks), sum(g @ g for _, _, g in peaks)
    assert len(peaks) > 20
    assert F.peak_attenuation(pred, motion, mask, half_width=h) == pytest.approx(1 - kept / whole)


@pytest.mark.parametrize(('fraction', 'count'), [
    (0.1, 1), (0.11, 2), (0.2, 2), (0.7, 7), (0.999, 10), (1.0, 10), (0.001, 1)])
def test_attenuation_counts_the_share_of_the_peaks_and_no_more(fraction, count):
    heights = np.arange(1.0, 11.0)
    motion = np.zeros((50, 1, 1))
    motion[2::5, 0, 0] = heights
    whole = F.peak_energies(motion, motion, half_width=1, fraction=fraction)[1]
    assert whole == (heights[-count:] ** 2).sum()


def test_attenuation_is_not_biased_by_noise(motion, rng):
    noisy = 0.8 * motion + rng.normal(0, 10, motion.shape)
    assert F.peak_attenuation(noisy, motion) == pytest.approx(0.2, abs=0.05)


def test_attenuation_of_no_peaks_is_unknown():
    line = np.arange(50.0).reshape(50, 1, 1)
    assert np.isnan(F.peak_attenuation(line, line))
    with pytest.raises(ConfigError, match='half_width is 0'):
        F.peak_attenuation(line, line, half_width=0)


def test_metric_pools_clips_by_their_sums(motion, sample):
    metric = OverSmoothingMetric()
    still = np.full((60, 5, 3), 0.3)
    metric.process({}, [
        sample(0.6 * motion[30:], motion[28:-2], motion[30:], 'moving'),
        sample(still, still, still, 'still'), sample(still, still, None, 'no truth')])
    values = metric.evaluate(3)
    assert values['input_lag_frames'] == 2
    assert values['lag_frames'] == 0
    assert values['improvement_lag_frames'] == -2
    assert values['high_frequency_ratio'] == pytest.approx(0.36)
    assert values['improvement_high_frequency_ratio'] == pytest.approx(
        0.64 - abs(values['input_high_frequency_ratio'] - 1))
    assert values['peak_attenuation'] == pytest.approx(0.4)
    assert len(values) == 9


def test_metric_cuts_long_clips_without_harm(motion, sample, monkeypatch):
    long = np.concatenate([motion, motion[::-1], motion])
    shifted = np.concatenate([long[:3], long[:-3]])
    values = {}
    for piece in (4096, 400):
        monkeypatch.setattr('smoothnet_plugin.evaluation.over_smoothing._PIECE', piece)
        metric = OverSmoothingMetric()
        metric.process({}, [sample(shifted, long, long)])
        values[piece] = metric.evaluate(1)
    assert values[400]['lag_frames'] == pytest.approx(3, abs=0.05)
    assert values[400]['high_frequency_ratio'] == pytest.approx(
        values[4096]['high_frequency_ratio'], rel=0.1)
