"""Few frames per second: the strength falls as the band of motion comes near the frame rate."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.filters import MedianFilter, OneEuroFilter, SavgolFilter
from smoothnet_plugin.filters._linear import share_above
from smoothnet_plugin.filters.learned_filter import LearnedFilter
from smoothnet_plugin.smoothers import PoseSmoother
from smoothnet_plugin.structures import PoseTracks

from ..walking import walking_person

CLASSICAL = ('classical', 'one_euro', 'one_euro_zero_phase', 'savgol', 'gaussian', 'butterworth',
             'median', 'hampel', 'kalman', 'whittaker', 'robust')


def clips(fps, noise):
    """People walking, running and dancing, with noise in metres: pairs of truth and input."""
    rng = np.random.default_rng(0)
    frames = max(16, int(8 * fps))
    t = np.arange(frames)[:, None, None] / fps
    walk = walking_person(frames, fps)
    run = walking_person(frames, 0.55 * fps, speed=3.0)
    dance = walk[:1] + 0.3 * np.sin(2 * np.pi * (1.2 * t + np.arange(17)[:, None] / 17)) * (
        1 + 0.3 * np.cos(2 * np.pi * 0.4 * t)) * (1.0, 0.6, 0.4)
    return [(x, x + rng.normal(0, noise, x.shape)) for x in (walk, run, dance)]


@pytest.mark.parametrize('fps', [4, 5, 6, 8, 10, 12, 15, 20, 25, 60])
@pytest.mark.parametrize('name', CLASSICAL)
def test_no_preset_is_worse_than_its_input_on_average(name, fps):
    before = after = 0.0
    for truth, seen in clips(fps, 0.02):
        before += np.linalg.norm(seen - truth, axis=-1).mean()
        after += np.linalg.norm(smooth(seen, name, fps=fps) - truth, axis=-1).mean()
    assert after <= before * (1 + 1e-9)


@pytest.mark.parametrize('entry, least', [
    (SavgolFilter(), 10), (MedianFilter(), 12), (OneEuroFilter(), 10), (LearnedFilter(), 14)])
def test_share_of_the_effect(entry, least):
    assert [entry.share(f) for f in (4, least, 25, 30, 240)] == [0, 0, 1, 1, 1]
    assert entry.share((least + 25) / 2) == pytest.approx(0.5)
    assert share_above(17.5, 10) == 0.5
    assert SavgolFilter(legacy=True).share(4) == OneEuroFilter(legacy=True).share(4) == 1


@pytest.mark.parametrize('fps', [25, 30, 120])
def test_from_25_frames_on_nothing_changes(fps, rng):
    coords = rng.normal(0, 20, (60, 5, 2))
    for entry in (SavgolFilter(), MedianFilter()):
        result = PoseSmoother(entry).smooth(PoseTracks.from_array(coords, fps=fps))[0].coords
        np.testing.assert_array_equal(result, entry.filter(coords, fps=fps))


@pytest.mark.parametrize('entry', [OneEuroFilter(), OneEuroFilter(zero_phase=True),
                                   SavgolFilter(), [MedianFilter(), OneEuroFilter()]])
def test_live_is_offline_at_a_low_rate(entry, rng):
    coords = np.cumsum(rng.normal(0, 3, (50, 6, 2)), axis=0)
    coords[20, 2] = np.nan
    smoother = PoseSmoother(entry, fps=14, lookahead=60)
    frames = [f for pose in coords for f in smoother.step(pose)] + smoother.flush()
    live = np.stack([f.instances[0].keypoints for f in frames])
    whole = smoother.smooth(PoseTracks.from_array(coords, fps=14))[0].coords
    np.testing.assert_allclose(live, whole, atol=1e-9)
    assert np.abs(whole - coords)[np.isfinite(coords)].max() > 0.1


@pytest.mark.parametrize('name, fps, words', [
    ('savgol', 12, 'SavgolFilter acts at 13% of its strength'),
    ('whittaker', 8, 'WhittakerFilter has nothing to remove'),
    ('default', 6, 'DefaultFilter removes less noise')])
def test_the_report_says_so(name, fps, words, rng):
    coords = rng.normal(0, 20, (30, 5, 2))
    _, report = smooth_with_report(coords, name, fps=fps)
    assert words in report.notes[0] and f'{fps} frames per second are low' in report.notes[0]
    assert not smooth_with_report(coords, name, fps=25)[1].notes


@pytest.mark.parametrize(('fps', 'lookahead'), [
    (4, None), (6, None), (8, None), (12, None), (15, None), (5, 4), (9, 2)])
def test_default_is_not_worse_than_its_input_on_average(fps, lookahead):
    before = after = 0.0
    for truth, seen in clips(fps, 0.02):
        result = smooth(seen, 'default', fps=fps, lookahead=lookahead)
        before += np.linalg.norm(seen - truth, axis=-1).mean()
        after += np.linalg.norm(result - truth, axis=-1).mean()
    assert after <= before * (1 + 1e-9)


@pytest.mark.parametrize('fps', [4, 5, 10, 12])
@pytest.mark.parametrize('name', ['default', 'classical', 'one_euro'])
def test_motion_capture_at_low_rates(motion_data, fps, name):
    """With 20 mm of noise, the old default made 31.9 mm at 5 frames per second 58 mm."""
    with np.load(motion_data('cmu_bvh_60hz.npz')) as data:
        lengths, positions = data['lengths'], data['positions']
    ends = np.cumsum(lengths)
    before = after = 0.0
    for clip in range(0, 60, 6):
        truth = positions[ends[clip] - lengths[clip]:ends[clip]]
        truth = truth[:480:60 // fps].astype(float)
        if len(truth) >= 12:
            seen = truth + np.random.default_rng(clip).normal(0, 0.02, truth.shape)
            before += np.linalg.norm(seen - truth, axis=-1).mean()
            after += np.linalg.norm(smooth(seen, name, fps=fps) - truth, axis=-1).mean()
    assert before > 0 and after <= before * (1 + 1e-9)
