from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance, PoseSequence, PoseTracks

from ..walker import walker


@pytest.fixture(scope='module')
def noisy():
    truth = walker()[:80]
    return truth + np.random.default_rng(0).normal(0, 3, truth.shape)


def test_an_array_has_a_spread_for_every_sample(noisy):
    steady, spread = smooth(noisy, fps=30, return_spread=True)
    np.testing.assert_array_equal(steady, smooth(noisy, fps=30))
    assert spread.shape == (80, 17) and (spread > 0).all()
    error = np.linalg.norm(steady - walker()[:80], axis=-1)
    assert 0.4 < (error < spread).mean() < 0.9 and (error < 2 * spread).mean() > 0.85


def test_missing_and_bridged_samples_have_none(noisy):
    holed = noisy.copy()
    holed[30:33, 4] = np.nan
    holed[:, 7] = np.nan
    _, spread = smooth(holed, fps=30, return_spread=True)
    assert np.isnan(spread[30:33, 4]).all() and np.isnan(spread[:, 7]).all()
    assert np.isfinite(np.delete(np.delete(spread, [4, 7], axis=1), slice(30, 33), axis=0)).all()


def test_people_have_theirs_by_id(noisy):
    late = PoseSequence(noisy[20:], frame_ids=np.r_[20:50, 55:80, 90:95], fps=30.0)
    tracks = PoseTracks({1: PoseSequence(noisy, fps=30.0), 'b': late})
    smoothed, spread = smooth(tracks, return_spread=True)
    assert set(spread) == {1, 'b'} and spread[1].shape == (80, 17)
    assert spread['b'].shape == smoothed['b'].coords.shape[:2]
    assert np.isnan(spread['b'][smoothed['b'].filled.all(axis=1)]).all()
    assert smoothed['b'].spread is spread['b'] and smooth(tracks)['b'].spread is None
    frames = [PoseFrame(i, [PoseInstance(pose, track_id=5)]) for i, pose in enumerate(noisy)]
    _, by_id = smooth(frames, fps=30, return_spread=True)
    np.testing.assert_allclose(by_id[5], spread[1])


def test_uneven_time_stamps_and_flat_poses(noisy):
    times = np.arange(80) / 30 + np.random.default_rng(1).uniform(0, 0.01, 80)
    _, spread = smooth(noisy, timestamps=times, return_spread=True)
    even = smooth(noisy, fps=30, return_spread=True)[1]
    assert np.isfinite(spread).all() and 0.5 < np.median(spread / even) < 2
    flat = np.concatenate([noisy, np.zeros((80, 17, 1))], axis=-1)
    np.testing.assert_allclose(smooth(flat, fps=30, return_spread=True)[1], even)


def test_what_predicts_no_spread_says_so(noisy):
    with pytest.raises(ConfigError, match='default'):
        smooth(noisy, 'gaussian', fps=30, return_spread=True)
    with pytest.raises(ConfigError, match='default'):
        smooth(noisy[:3], fps=30, return_spread=True)
    with pytest.raises(ConfigError, match='default'):
        smooth(noisy, 'gaussian', fps=30, lookahead=4, return_spread=True)


@pytest.mark.slow
def test_live_it_is_that_of_the_frames_known_so_far(noisy):
    holed = noisy[:50].copy()
    holed[30:33, 4] = np.nan
    steady, spread = smooth(holed, fps=30, lookahead=4, return_spread=True)
    np.testing.assert_array_equal(steady, smooth(holed, fps=30, lookahead=4))
    assert np.isnan(spread[30:33, 4]).all() and np.isnan(spread).sum() == 3
    for frame in (0, 20, 31, 45):
        known = smooth(holed[:frame + 5], fps=30, return_spread=True)
        np.testing.assert_allclose(steady[frame], known[0][frame], atol=1e-6)
        np.testing.assert_allclose(spread[frame], known[1][frame], rtol=1e-6)


def test_live_people_carry_theirs_if_wanted(noisy):
    smoother = build_smoother('default', fps=30, lookahead=2, spread=True)
    frames = [f for pose in noisy[:40]
              for f in smoother.step({1: pose, 'b': pose + 400})] + smoother.flush()
    both = np.array([[person.keypoint_spread for person in frame.instances] for frame in frames])
    # Fewer than five frames, known at the first two, show no spread.
    assert both.shape == (40, 2, 17) and np.isnan(both[:2]).all() and (both[2:] > 0).all()
    np.testing.assert_allclose(both[:, 0], both[:, 1], rtol=1e-4)
    alone = smooth(noisy[:40], fps=30, lookahead=2, return_spread=True)[1]
    np.testing.assert_allclose(both[:, 0], alone, rtol=1e-6)
    for without in (build_smoother('default', fps=30, lookahead=0),
                    build_smoother('gaussian', fps=30, lookahead=0, spread=True)):
        frame, = without.step(noisy[0])
        assert frame.instances[0].keypoint_spread is None


def test_the_report_tells_shares_spread_and_self_check(noisy):
    _, report = smooth_with_report(noisy, fps=30)
    labels = dict(report.lines())
    assert 'network' in labels['result from'] and labels['predicted spread'].endswith('px')
    assert 0 <= report.network_share <= 1 and 0 <= report.input_share <= 1
    assert report.mean_spread == pytest.approx(
        smooth(noisy, fps=30, return_spread=True)[1].mean())
    _, few = smooth_with_report(noisy[:, :3], fps=30)
    assert few.network_share == 0 and few.stepped_back == 0
    _, plain = smooth_with_report(noisy, 'robust', fps=30)
    assert plain.network_share is None and 'result from' not in dict(plain.lines())


def test_npz_files_hold_it(noisy, tmp_path):
    source, new, again = tmp_path / 'in.npz', tmp_path / 'out.npz', tmp_path / 'again.npz'
    np.savez(source, coords=noisy, fps=30.0)
    assert main(['smooth', str(source), '-o', str(new), '--spread', '--quiet']) == 0
    assert main(['smooth', str(source), '-o', str(again), '--quiet']) == 0
    with np.load(new) as file, np.load(again) as without:
        np.testing.assert_allclose(file['spread'],
                                   smooth(noisy, fps=30, return_spread=True)[1])
        np.testing.assert_array_equal(file['coords'], without['coords'])
        assert 'spread' not in without
    tracks = PoseTracks({1: PoseSequence(noisy, fps=30.0)})
    smooth(tracks, out=tmp_path / 'fresh.npz', return_spread=True)
    with np.load(tmp_path / 'fresh.npz') as file:
        assert file['spread'].shape == (80, 17)


def test_the_report_says_where_the_self_check_stepped_back(monkeypatch, noisy):
    monkeypatch.setattr('smoothnet_plugin.processing.trust.MOST_CHANGE', 0.01)
    _, report = smooth_with_report(noisy, fps=30)
    assert report.stepped_back == 1
    assert '100.0%' in dict(report.lines())['self-check']


def test_people_of_other_libraries_have_a_spread_each(noisy):
    pairs = [(np.stack([pose, pose + 500]), np.ones((2, 17))) for pose in noisy]
    _, spread = smooth(pairs, fps=30, return_spread=True)
    assert len(spread) == 2 and all(one.shape == (80, 17) for one in spread.values())
    empty = [(np.zeros((0, 17, 2)), np.zeros((0, 17)))] * 3
    assert smooth(empty, fps=30, return_spread=True)[1] == {}


def test_the_command_refuses_files_without_a_place_for_it(tmp_path, capsys):
    assert main(['smooth', 'in.json', '-o', str(tmp_path / 'out.json'), '--spread']) == 2
    assert 'npz' in capsys.readouterr().err


def test_long_clips_have_it_in_every_block(rng):
    """Long clips go through the filter in overlapping blocks; none lacks the spread."""
    poses = np.tile(rng.normal(0, 100, (1, 17, 2)), (5200, 1, 1)) + rng.normal(0, 2, (5200, 17, 2))
    _, spread = smooth(poses, fps=30, return_spread=True)
    assert spread.shape == (5200, 17) and np.isfinite(spread).all()
    middle, ends = spread[1000:4200], spread[[0, -1]]
    assert 0.2 < np.median(middle) < np.median(ends) < 20
