from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import smoothnet_plugin
from smoothnet_plugin.errors import CheckpointError, ConfigError
from smoothnet_plugin.filters import LearnedFilter
from smoothnet_plugin.filters.packaged import PACKAGED
from smoothnet_plugin.smoothers import build_smoother

from ..walker import walker

WEIGHTS = Path(smoothnet_plugin.__file__).parent / 'weights'


def walk(frames=90, joints=17, width=2, seed=0):
    """Points that swing about a middle that walks, each on its own, and the same with jitter."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / 30
    place = rng.normal(0, 60, (1, joints, width))
    swing = rng.uniform(5, 40, (1, joints, width)) * np.sin(
        2 * np.pi * (0.8 * time + rng.random((1, joints, width))))
    truth = 500 + 30 * time + place + swing
    return truth, truth + rng.normal(0, 3, truth.shape)

#: The packaged network without the preparation of the named smoothers.
NETWORK = dict(type='LearnedFilter')


@pytest.fixture(scope='module')
def default() -> LearnedFilter:
    return LearnedFilter()


def helps(default, truth, noise, fps):
    noisy = truth + np.random.default_rng(0).normal(0, noise, truth.shape)
    result = default.filter(noisy, fps=fps)
    assert np.linalg.norm(result - truth, axis=-1).mean() < 0.6 * np.linalg.norm(
        noisy - truth, axis=-1).mean()
    assert np.abs(np.diff(result - truth, 2, axis=0)).mean() < 0.1 * np.abs(
        np.diff(noisy - truth, 2, axis=0)).mean()


def test_the_default_smoother_is_packaged_and_helps(default):
    smoother = build_smoother(NETWORK)
    assert [type(entry) for entry in smoother.filters] == [LearnedFilter]
    helps(default, walker(), 3, 30)


def test_helps_bodies_in_space(motion_data, default):
    with np.load(motion_data('cmu_bvh_60hz.npz')) as data:
        # A take that was left out of training.
        number = list(data['names']).index('bvh_07_01')
        start = data['lengths'][:number].sum()
        truth = 1000.0 * data['positions'][start:start + data['lengths'][number]]
    helps(default, truth, 20, 60)


@pytest.mark.parametrize('dim', [2, 3])
def test_place_and_unit_do_not_matter(default, dim):
    _, noisy = walk(width=dim)
    result = default.filter(noisy, fps=30)
    moved = default.filter(noisy / 1000 + 1e4, fps=30)
    np.testing.assert_allclose((moved - 1e4) * 1000, result, atol=2e-2)


def test_live_is_offline_where_the_lookahead_suffices():
    _, noisy = walk(frames=80)
    offline = build_smoother(NETWORK).filters[0].filter(noisy, fps=30, origin=0)
    live = build_smoother(NETWORK, fps=30)
    assert live.latency == 66
    frames = [frame for pose in noisy for frame in live.step(pose)] + live.flush()
    found = np.stack([frame.instances[0].keypoints for frame in frames])
    np.testing.assert_allclose(found, offline, atol=1e-3)


@pytest.mark.parametrize('lookahead', [0, 1, 5, 20, 100])
def test_fixed_lag_is_what_live_smoothing_gives(default, lookahead):
    _, noisy = walk(frames=75)
    live = build_smoother(NETWORK, fps=30, lookahead=lookahead)
    frames = [frame for pose in noisy for frame in live.step(pose)] + live.flush()
    found = np.stack([frame.instances[0].keypoints for frame in frames])
    np.testing.assert_allclose(default.fixed_lag(noisy, 30, lookahead), found, atol=1e-3)


@pytest.mark.parametrize('lookahead, windows', [(0, 80), (8, 80), (66, 31)])
def test_live_every_frame_of_a_person_costs_at_most_one_window(monkeypatch, lookahead, windows):
    from smoothnet_plugin.models import TrajectoryTransformer
    refined = []
    forward = TrajectoryTransformer.forward_window
    monkeypatch.setattr(TrajectoryTransformer, 'forward_window',
                        lambda self, x: refined.append(len(x)) or forward(self, x))
    live = build_smoother(NETWORK, fps=30, lookahead=lookahead)
    for poses in zip(walk(frames=80)[1], walk(frames=80, seed=1)[1]):
        live.step(dict(zip('ab', poses)))
    # Nothing is refined before the first frame's look-ahead is there: at 66 the grid of the first
    # 67 frames, the newest 8 windows, and then one per frame.
    assert sum(refined) == 2 * windows


@pytest.mark.parametrize('origin', [None, 0, 5])
def test_the_newest_frames_alone(default, origin):
    _, noisy = walk(frames=100)
    whole = default.filter(noisy, fps=30, origin=origin)
    newest = default.filter(noisy, fps=30, first=90, origin=origin)
    np.testing.assert_allclose(newest[90:], whole[90:], atol=1e-3)


def live(learned, coords, lookahead):
    """Frame by frame from the few frames that matter, as live smoothing does it."""
    past = learned.support(30).past
    rows = []
    for frame in range(len(coords)):
        start, stop = max(0, frame - past), min(len(coords), frame + lookahead + 1)
        rows.append(learned.filter(coords[start:stop], fps=30, first=frame - start,
                                   origin=start)[frame - start])
    return np.stack(rows)


@pytest.mark.parametrize('lookahead', [0, 5, 20, 66])
def test_windows_lie_where_they_lie_in_the_segment(default, lookahead):
    _, noisy = walk(frames=140)
    found = live(default, noisy, lookahead)
    np.testing.assert_allclose(
        default.fixed_lag(noisy, 30, lookahead), found, atol=1e-3)
    if lookahead == default.support(30).future:
        np.testing.assert_allclose(default.filter(noisy, fps=30, origin=0), found, atol=1e-3)


def test_without_an_origin_all_windows_count(default):
    _, noisy = walk(frames=140)
    every = LearnedFilter(window_stride=1)
    np.testing.assert_allclose(default.filter(noisy, fps=30),
                               every.filter(noisy, fps=30, origin=0), atol=1e-3)
    some = default.filter(noisy, fps=30, origin=0)
    assert 0.01 < np.abs(some - every.filter(noisy, fps=30)).max() < 2


def test_a_stride_saves_windows(monkeypatch, default):
    from smoothnet_plugin.models import TrajectoryTransformer
    refined = []
    forward = TrajectoryTransformer.forward_window
    monkeypatch.setattr(TrajectoryTransformer, 'forward_window',
                        lambda self, x: refined.append(len(x)) or forward(self, x))
    _, noisy = walk(frames=400)
    default.filter(noisy, fps=30, origin=0)
    # Those of the grid, the newest 8, and 3 more for what was known 3 frames before.
    assert sum(refined) <= 400 / 8 + 8 + 3


@pytest.mark.parametrize('stride', [0, 17, True, 2.0, 'wide'])
def test_wrong_strides_are_refused(stride):
    with pytest.raises(ConfigError, match='window_stride.*1 to 16'):
        LearnedFilter(window_stride=stride)


def test_people_together_are_people_alone(default):
    clips = [walk(90)[1], walk(40, 12, 3, 1)[1], walk(200, 17, 2, 2)[1], walk(30, 4, 2)[1],
             np.zeros((0, 17, 2)), walk(50, 17, 2, 3)[1]]
    clips[2][:, 3] = np.nan
    clips[2][50:60, 4] = np.nan
    firsts, origins = [0, 30, 0, 0, 0, 49], [0, None, 3, 0, 0, 7]
    results = default.refine_many(clips, 30, firsts, origins)
    for clip, first, origin, result in zip(clips, firsts, origins, results):
        alone = default.refine_many([clip], 30, [first], [origin])[0]
        np.testing.assert_allclose(result[first:], alone[first:], atol=1e-3)
        if len(clip):
            whole = default.filter(clip, fps=30, first=first, origin=origin)
            seen = np.isfinite(clip[first:])
            np.testing.assert_allclose(result[first:][seen], whole[first:][seen], atol=1e-3)


@pytest.mark.parametrize('shape', [(60, 24, 6), (60, 4, 3)], ids=['rotations', 'few keypoints'])
def test_what_the_networks_do_not_know_goes_through_classical_filters(default, shape):
    coords = np.random.default_rng(0).normal(0, 0.1, shape).cumsum(axis=0)
    classical = coords
    for entry in build_smoother('classical').filters:
        classical = entry.filter(classical, fps=30)
    np.testing.assert_allclose(default.filter(coords, fps=30), classical)
    assert default.fixed_lag(coords, 30, 3) is None


def test_a_keypoint_that_is_never_seen_changes_no_other(default):
    _, noisy = walk()
    absent = noisy.copy()
    absent[:, 3] = np.nan
    result = default.filter(absent, fps=30)
    others = np.delete(np.arange(17), 3)
    np.testing.assert_allclose(result[:, others], default.filter(noisy[:, others], fps=30))
    assert np.isnan(result[:, 3]).all()


def test_own_weights(tmp_path, default):
    path = WEIGHTS / PACKAGED[3].name
    own = LearnedFilter(checkpoint=str(path))
    _, noisy = walk(width=3)
    np.testing.assert_allclose(own.filter(noisy, fps=30), default.filter(noisy, fps=30))
    assert own.fixed_lag(noisy[..., :2], 30, 0) is None


def test_weights_of_another_kind_are_refused(tmp_path):
    from smoothnet_plugin.models import MotionRefineNet, SmoothNet, save_safetensors
    network = SmoothNet(8, hidden_size=8, res_hidden_size=4, num_blocks=1)
    path = tmp_path / 'smoothnet.safetensors'
    save_safetensors(path, network.state_dict(), dict(
        type='SmoothNet', window_size=8, hidden_size=8, res_hidden_size=4, num_blocks=1))
    with pytest.raises(CheckpointError, match='SmoothNetFilter'):
        LearnedFilter(checkpoint=path)
    bound = MotionRefineNet(17, 2, 8, hidden_size=8, res_hidden_size=4, num_blocks=1)
    config = dict(type='MotionRefineNet', num_keypoints=17, dim=2, window_size=8, hidden_size=8,
                  res_hidden_size=4, num_blocks=1)
    save_safetensors(path, bound.state_dict(), config)
    with pytest.raises(CheckpointError, match='are a MotionRefineNet'):
        LearnedFilter(checkpoint=path)
    with pytest.raises(ConfigError, match="use device='cpu'"):
        LearnedFilter(checkpoint=WEIGHTS / PACKAGED[2].name, device='no-such-device')


def test_damaged_and_missing_weights_raise_errors():
    damaged = PACKAGED[2]._replace(sha256='0' * 64)
    with pytest.raises(CheckpointError, match='damaged or replaced'):
        damaged.checked_path()
    with pytest.raises(CheckpointError, match='install smoothnet_plugin again'):
        PACKAGED[2]._replace(name='gone.safetensors').checked_path()


@pytest.mark.parametrize('entry', PACKAGED.values(), ids=lambda entry: entry.name)
def test_every_weight_file_has_its_card(entry):
    assert Path(entry.checked_path()).stat().st_size < 3 << 20
    card = (WEIGHTS / entry.name).with_suffix('.md').read_text()
    assert entry.sha256 in card
    for word in ('EIA-0196217', 'CMU', 'Apache-2.0', 'configs/default/', 'seed'):
        assert word in card, word
    assert ('UI-PRMD' in card) == (entry.dim != 4)


@pytest.mark.slow
def test_beats_the_classical_default_on_a_real_estimator(motion_data, default):
    with np.load(motion_data('uiprmd_val.npz')) as data:
        starts = np.concatenate([[0], np.cumsum(data['lengths'])])
        clips = [(data['estimate'][a:b], data['ground_truth'][a:b])
                 for a, b in zip(starts[:-1:16], starts[1::16])]
    classical = build_smoother('classical').filters

    def errors(refine):
        lengths = [(np.linalg.norm(result - truth, axis=-1).mean(),
                    np.linalg.norm(np.diff(result - truth, 2, axis=0), axis=-1).mean())
                   for result, truth in ((refine(x), truth) for x, truth in clips)]
        return np.mean(lengths, axis=0)

    def chain(coords):
        for entry in classical:
            coords = entry.filter(coords, fps=30)
        return coords

    learned = errors(lambda x: default.filter(x, fps=30))
    assert (learned < 0.9 * errors(chain)).all()
    raw = errors(lambda x: x)
    for lookahead in (0, 4):
        live = errors(lambda x, lookahead=lookahead: default.fixed_lag(x, 30, lookahead))
        assert (live < raw).all()


def test_the_body_of_many_keypoints_is_refined_as_the_body_alone(default):
    _, noisy = walk(frames=40, joints=133)
    result = default.filter(noisy, fps=30)
    np.testing.assert_allclose(result[:, :17], default.filter(noisy[:, :17], fps=30), atol=1e-3)
    np.testing.assert_allclose(result[:, 112:], default.filter(noisy[:, 112:], fps=30), atol=1e-3)


def test_half_precision_is_close(default):
    half = LearnedFilter(precision='bf16')
    noisy = walker() + np.random.default_rng(0).normal(0, 3, walker().shape)
    result, expected = half.filter(noisy, fps=30), default.filter(noisy, fps=30)
    assert 0 < np.abs(result - expected).max() < 0.3
    assert np.abs(result - expected).mean() < 0.03
    assert LearnedFilter(precision='auto').precision in ('bf16', 'fp32')
    with pytest.raises(ConfigError, match='Known: auto, bf16, fp32'):
        LearnedFilter(precision=cast(Any, 'fp16'))
