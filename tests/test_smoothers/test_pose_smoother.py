from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.filters import GaussianFilter
from smoothnet_plugin.smoothers import PoseSmoother, build_smoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance, PoseSequence, PoseTracks

from .filters_for_tests import Decay, Mean, TogetherMean

CHAINS = {
    'mean': lambda: [Mean()],
    'causal mean': lambda: [Mean(past=3, future=0)],
    'decay': lambda: [Decay()],
    'mean then decay': lambda: [Mean(1, 2), Decay()],
    'decay then mean': lambda: [Decay(), Mean(2, 1)],
    'mean, decay, mean, decay': lambda: [Mean(1, 1), Decay(), Mean(1, 2), Decay()],
    'scaled': lambda: [Mean(normalize='scale'), Decay(normalize='bbox')],
    'whole skeleton': lambda: [TogetherMean()],
}


@pytest.fixture(params=CHAINS, ids=str)
def chain(request):
    return CHAINS[request.param]()


def clip(rng, frames=60, people=2, hole=0.0, gaps=True):
    """People who start, vanish and return; some keypoints missing, some scores low."""
    tracks = {}
    for person in range(people):
        ids = np.arange(person * 3, frames)
        if gaps:
            ids = ids[~np.isin(ids, [10, 11, 12, 30, 31, 32, 33, 34, 35, 36, 37])]
        coords = rng.normal(100, 5, (len(ids), 4, 2)).cumsum(axis=0)
        scores = rng.uniform(0.5, 1, (len(ids), 4))
        scores[rng.random(scores.shape) < hole] = 0.1
        coords[rng.random(scores.shape) < hole / 2] = np.nan
        tracks[f'p{person}'] = PoseSequence(coords, scores=scores, frame_ids=ids)
    return PoseTracks(tracks, np.arange(frames), fps=30)


def truncated(tracks, frame_id):
    kept = {k: s.select(s.frame_ids <= frame_id) for k, s in tracks}
    return PoseTracks({k: s for k, s in kept.items() if len(s)},
                      tracks.frame_ids[tracks.frame_ids <= frame_id], fps=30)


def at(tracks, key, frame_id):
    """Pose of a person in a frame, or None."""
    row = np.flatnonzero(tracks[key].frame_ids == frame_id) if key in tracks.tracks else []
    return tracks[key].coords[row[0]] if len(row) else None


@pytest.mark.parametrize('lookahead', [0, 1, 5])
def test_live_output_is_the_offline_result_of_what_is_known_by_then(chain, lookahead, rng):
    tracks = clip(rng, frames=48, hole=0.15)
    smoother = PoseSmoother(chain, lookahead=lookahead, max_gap=4, keypoint_thr=0.3)
    live = smoother.replay(tracks)
    for frame_id in range(48):
        offline = smoother.smooth(truncated(tracks, frame_id + lookahead))
        for key in tracks.tracks:
            expected, got = at(offline, key, frame_id), at(live, key, frame_id)
            assert (expected is None) == (got is None), (key, frame_id)
            if got is not None:
                np.testing.assert_allclose(got, expected, atol=1e-4, err_msg=f'{key} {frame_id}')


def test_live_equals_offline_where_the_lookahead_suffices(chain, rng):
    tracks = clip(rng, hole=0.1)
    smoother = PoseSmoother(chain, max_gap=4, keypoint_thr=0.3, fps=30)
    smoother.lookahead = smoother.latency + 5
    live, offline = smoother.replay(tracks), smoother.smooth(tracks)
    for key in tracks.tracks:
        assert live[key].frame_ids.tolist() == offline[key].frame_ids.tolist()
        np.testing.assert_allclose(live[key].coords, offline[key].coords, atol=1e-4)
        np.testing.assert_array_equal(live[key].filled, offline[key].filled)
        np.testing.assert_array_equal(live[key].scores, offline[key].scores)


def test_latency_of_a_chain_is_the_sum(chain):
    smoother = PoseSmoother(chain)
    assert smoother.latency == sum(f.support(30).future for f in smoother.filters)
    assert PoseSmoother(chain, lookahead=7).latency == 7


@pytest.mark.parametrize('lookahead', [0, 3])
def test_every_frame_comes_out_once_in_order_at_the_stated_delay(lookahead):
    smoother = PoseSmoother(Mean(), lookahead=lookahead)
    seen = []
    for frame_id in [0, 1, 2, 5, 6, 7, 20, 21]:
        for finished in smoother.step(PoseFrame(frame_id, payload=f'picture {frame_id}'), None):
            assert finished.payload == f'picture {finished.frame_id}'
            assert finished.frame_id <= frame_id - lookahead
            seen.append(finished.frame_id)
        assert seen == [i for i in [0, 1, 2, 5, 6, 7, 20, 21] if i <= frame_id - lookahead]
    assert seen + [f.frame_id for f in smoother.flush()] == [0, 1, 2, 5, 6, 7, 20, 21]
    assert smoother.flush() == []


def test_people_do_not_influence_one_another(chain, rng):
    tracks = clip(rng, people=3, hole=0.1)
    alone = tracks.replace(tracks={'p1': tracks['p1']})
    for run in (PoseSmoother(chain, max_gap=4).smooth, PoseSmoother(chain, max_gap=4).replay):
        np.testing.assert_array_equal(run(tracks)['p1'].coords, run(alone)['p1'].coords)


def test_a_long_absence_starts_afresh(chain, rng):
    """The old smoother mixed a person who returned with where they had been."""
    smoother = PoseSmoother(chain, max_gap=4)
    coords = rng.normal(0, 1, (40, 4, 2))
    coords[20:] += 1000
    ids = np.concatenate([np.arange(20), np.arange(30, 50)])
    both = PoseTracks({0: PoseSequence(coords, frame_ids=ids)}, np.arange(50), fps=30)
    second = PoseTracks({0: PoseSequence(coords[20:], frame_ids=ids[20:])}, np.arange(50), fps=30)
    for run in (smoother.smooth, smoother.replay):
        np.testing.assert_allclose(run(both)[0].coords[20:], run(second)[0].coords, atol=1e-9)
        assert len(run(both)[0]) == 40


def test_short_absence_is_bridged_and_marked(rng):
    ids = np.array([0, 1, 2, 5, 6])
    sequence = PoseSequence(np.arange(5.)[:, None, None] * np.ones((5, 3, 2)), frame_ids=ids,
                            scores=np.full((5, 3), 0.8), refs=list('abcde'))
    result = PoseSmoother(Mean(0, 0), max_gap=2).smooth(
        PoseTracks({0: sequence}, np.arange(7), fps=30))[0]
    assert result.frame_ids.tolist() == list(range(7))
    assert result.filled.any(axis=1).tolist() == [False] * 3 + [True] * 2 + [False] * 2
    assert result.refs == ['a', 'b', 'c', None, None, 'd', 'e']
    np.testing.assert_allclose(result.coords[:, 0, 0], [0, 1, 2, 7 / 3, 8 / 3, 3, 4])
    np.testing.assert_array_equal(result.scores[3:5], 0)
    assert not result.valid[3:5].any()


def test_only_frames_of_the_clip_are_added():
    sequence = PoseSequence(np.ones((2, 3, 2)), frame_ids=[0, 5])
    other = PoseSequence(np.ones((2, 3, 2)), frame_ids=[2, 3])
    result = PoseSmoother(Mean()).smooth(PoseTracks({0: sequence, 1: other}, fps=30))
    assert result[0].frame_ids.tolist() == [0, 2, 3, 5]


def test_every_second_frame_is_no_gap():
    """Clips labelled every n-th frame have a lower frame rate, not holes."""
    coords = np.random.default_rng(0).normal(size=(20, 4, 2))
    sparse = PoseTracks({0: PoseSequence(coords, frame_ids=np.arange(20) * 4, fps=120)}, fps=120)
    dense = PoseTracks({0: PoseSequence(coords)}, fps=30)
    smoother = PoseSmoother([Mean(), Decay(), GaussianFilter(cutoff=5.0)], max_gap=1)
    for run in (smoother.smooth, smoother.replay):
        np.testing.assert_allclose(run(sparse)[0].coords, run(dense)[0].coords)


def test_one_nan_frame_changes_only_the_support(rng):
    coords = rng.normal(size=(60, 4, 2))
    broken = coords.copy()
    broken[30] = np.nan
    smoother = PoseSmoother([Mean(2, 2)], max_gap=3)
    whole = smoother.smooth(PoseTracks.from_array(coords))[0]
    holed = smoother.smooth(PoseTracks.from_array(broken))[0]
    assert np.isfinite(holed.coords).all()
    changed = np.flatnonzero((whole.coords != holed.coords).any(axis=(1, 2)))
    assert changed.min() >= 28 and changed.max() <= 32


def test_beyond_max_gap_values_stay_as_they_came(rng):
    coords = rng.normal(size=(30, 4, 2))
    scores = np.ones((30, 4))
    scores[10:20, 1] = 0.05
    coords[5:25, 2] = np.nan
    result = PoseSmoother([Mean()], max_gap=3, keypoint_thr=0.3).smooth(
        PoseTracks.from_array(coords, scores=scores))[0]
    np.testing.assert_array_equal(result.coords[10:20, 1], coords[10:20, 1])
    assert np.isnan(result.coords[5:25, 2]).all()
    assert np.isfinite(np.delete(result.coords, 2, axis=1)).all()


def test_low_scores_do_not_pull(rng):
    coords = np.ones((30, 4, 2))
    scores = np.ones((30, 4))
    coords[15, 2], scores[15, 2] = 1e6, 0.1
    result = PoseSmoother([Mean()], keypoint_thr=0.3).smooth(
        PoseTracks.from_array(coords, scores=scores))[0]
    np.testing.assert_array_equal(result.coords, 1)
    assert result.filled.sum() == 1 and result.filled[15, 2]
    np.testing.assert_array_equal(result.scores, scores)


@pytest.mark.parametrize('frames', [0, 1, 2, 3, 4, 5])
def test_short_clips(chain, frames, rng):
    tracks = PoseTracks.from_array(rng.normal(size=(frames, 4, 2)))
    for run in (PoseSmoother(chain).smooth, PoseSmoother(chain).replay):
        result = run(tracks)[0]
        assert result.coords.shape == (frames, 4, 2) and np.isfinite(result.coords).all()


def test_nobody_in_the_first_frames_does_not_disable_smoothing(rng):
    smoother = PoseSmoother(Mean(1, 0), lookahead=0)
    noise = rng.normal(size=(6, 4, 2))
    out = []
    for frame_id in range(10):
        people = {} if frame_id < 4 else {7: noise[frame_id - 4]}
        out += smoother.step(people)
    assert [len(f.instances) for f in out] == [0] * 4 + [1] * 6
    np.testing.assert_allclose(out[9].instances[0].keypoints, noise[4:6].mean(axis=0))


def test_a_changed_id_is_a_new_person(rng):
    smoother = PoseSmoother(Mean(3, 0), lookahead=0)
    out = []
    for frame_id in range(6):
        out += smoother.step({('old' if frame_id < 3 else 'new'): np.full((4, 2), frame_id)})
    assert [f.instances[0].track_id for f in out] == ['old'] * 3 + ['new'] * 3
    assert out[3].instances[0].keypoints[0, 0] == 3
    assert [i.filled for i in out[3].instances] == [False]


def test_reset_forgets_the_video():
    smoother = PoseSmoother(Mean(5, 0), lookahead=0)
    smoother.step(np.full((4, 2), 100.0), 50)
    smoother.reset()
    assert smoother.step(np.ones((4, 2)), 0)[0].instances[0].keypoints.max() == 1
    smoother.flush()
    assert smoother.step(np.full((4, 2), 7.0), 0)[0].instances[0].keypoints.min() == 7


def test_people_without_ids_get_them_and_come_back_with_their_payload(rng):
    smoother = PoseSmoother(Mean(1, 0), lookahead=0)
    left, right = rng.normal(100, 20, (4, 2)), rng.normal(600, 20, (4, 2))
    ids = set()
    for frame_id in range(5):
        order = [left, right] if frame_id % 2 else [right, left]
        people = [PoseInstance(pose + frame_id, np.ones(4), payload=id(pose)) for pose in order]
        done = smoother.step(PoseFrame(frame_id, people))[0]
        ids |= {(i.track_id, i.payload) for i in done.instances}
    assert len(ids) == 2 and {payload for _, payload in ids} == {id(left), id(right)}


def test_live_bridge_appears_with_score_zero(rng):
    smoother = PoseSmoother(Mean(0, 0), lookahead=2, max_gap=2)
    out = []
    for frame_id in range(6):
        people = [] if frame_id == 2 else [PoseInstance(
            np.full((4, 2), float(frame_id)), np.ones(4), track_id=3)]
        out += smoother.step(PoseFrame(frame_id, people))
    out += smoother.flush()
    bridged = out[2].instances[0]
    assert bridged.filled and bridged.keypoints_filled.all() and bridged.track_id == 3
    np.testing.assert_allclose(bridged.keypoints, 2)
    np.testing.assert_array_equal(bridged.keypoint_scores, 0)
    assert len(out) == 6


def test_live_memory_does_not_grow(rng):
    smoother = PoseSmoother([Mean(2, 2), Decay(), Mean(1, 1)], max_gap=3)
    sizes = []
    for frame_id in range(300):
        pose = rng.normal(size=(4, 2))
        if frame_id % 7 == 3:
            pose[1] = np.nan
        smoother.step({frame_id // 60: pose})
        live = smoother._live
        assert live is not None
        sizes.append(sum(len(p.samples) + sum(len(s._outputs) for s in p.track._stages)
                         for people in live._people._people.values() for p in people))
    assert max(sizes[150:]) <= max(sizes[:150])


def test_dtype_is_kept(rng):
    tracks = PoseTracks.from_array(rng.normal(size=(9, 4, 2)).astype(np.float32))
    assert PoseSmoother(Mean()).smooth(tracks)[0].coords.dtype == np.float32


def test_given_ids_stay_when_somebody_comes_without(rng):
    smoother = PoseSmoother(Mean(1, 0), lookahead=0)
    left, right = rng.normal(100, 20, (4, 2)), rng.normal(600, 20, (4, 2))
    seen = []
    for frame_id in range(6):
        people = [PoseInstance(left, np.ones(4), track_id=0)]
        if frame_id >= 2:
            people.append(PoseInstance(right, np.ones(4)))
        if frame_id >= 4:
            people.append(PoseInstance(right + 500, np.ones(4), track_id=1))
        seen.append([i.track_id for i in smoother.step(PoseFrame(frame_id, people))[0].instances])
    assert seen[:4] == [[0], [0], [0, 1], [0, 1]]
    assert seen[4] == seen[5] and seen[4][0] == 0 and len(set(seen[4])) == 3 and seen[4][2] == 1


@pytest.mark.parametrize('end', ['reset', 'flush'])
def test_ids_start_anew_with_every_video(end, rng):
    smoother = PoseSmoother(Mean(1, 0), lookahead=0)
    for place in (100, 5000):
        pose = rng.normal(place, 20, (4, 2))
        frame = smoother.step(PoseFrame(0, [PoseInstance(pose, np.ones(4))]))[0]
        assert frame.instances[0].track_id == 0
        getattr(smoother, end)()


def test_whole_numbers_do_not_cut_the_fraction_off():
    smoother = PoseSmoother(Mean(1, 0), lookahead=0)
    smoother.step(np.full((4, 2), 2))
    assert smoother.step(np.full((4, 2), 3))[0].instances[0].keypoints[0, 0] == 2.5


def test_step_takes_every_nth_frame_as_it_says(rng):
    coords = rng.normal(size=(20, 4, 2))
    offline = PoseSmoother([Mean(), Decay()]).smooth(PoseTracks(
        {0: PoseSequence(coords, frame_ids=np.arange(20) * 5)}, fps=150))[0].coords
    live = PoseSmoother([Mean(), Decay()], lookahead=20, fps=30)
    frames = [f for pose in coords for f in live.step(pose)] + live.flush()
    np.testing.assert_allclose([f.instances[0].keypoints for f in frames], offline)


def test_frames_seconds_apart_are_no_neighbours():
    coords = np.zeros((3, 4, 2))
    coords[1] = 900
    tracks = PoseTracks({0: PoseSequence(coords, frame_ids=[0, 100, 200])}, fps=30)
    np.testing.assert_array_equal(PoseSmoother(Mean()).smooth(tracks)[0].coords, coords)


def test_half_a_person_at_first_does_not_spoil_the_scale(rng):
    """People enter the picture piece by piece; One-Euro hung on what the first frame showed."""
    from smoothnet_plugin.filters import OneEuroFilter
    body = rng.normal(300, 100, (17, 2))
    coords = body + rng.normal(0, 2, (90, 17, 2))
    entering = coords.copy()
    entering[0, 2:] = np.nan
    entering[0, 1] = entering[0, 0] + 3
    smoother = PoseSmoother(OneEuroFilter())
    usual, late = (np.abs(np.diff(smoother.smooth(PoseTracks.from_array(c, fps=30))[0].coords[5:],
                                  axis=0)).mean() for c in (coords, entering))
    assert late < 1.3 * usual


@pytest.mark.parametrize(('steps', 'word'), [
    ([({0: np.ones((4, 2))}, 0), ({0: np.ones((4, 3))}, 1)], 'shape'),
    ([({0: np.zeros((4, 2))}, 0), ({0: np.zeros((4, 2))}, 'a')], 'whole number'),
    ([({0: np.zeros((4, 2))}, 5), ({0: np.zeros((4, 2))}, 5)], 'reset'),
    ([({0: np.ones((4, 2))}, 0), ({0: np.ones((5, 2))}, 1)], 'shape'),
    ([({0: np.zeros((4, 5))}, 0)], 'representation'),
    ([({0: np.zeros(4)}, 0)], r'\(K, C\)'),
    ([(PoseFrame(0, [PoseInstance(np.zeros((4, 2)), track_id=1)] * 2), 0)], 'twice'),
    ([(PoseFrame(0, [PoseInstance(np.zeros((4, 2)), np.ones(3), track_id=1)]), 0)], 'scores'),
])
def test_bad_frames_are_refused_and_change_nothing(steps, word):
    smoother = PoseSmoother(Mean())
    for frame, frame_id in steps[:-1]:
        smoother.step(frame, frame_id)
    waiting = len(smoother._live._waiting) if smoother._live else 0
    with pytest.raises(DataFormatError, match=word):
        smoother.step(*steps[-1])
    assert len(smoother._live._waiting) == waiting  # type: ignore[union-attr]


@pytest.mark.parametrize(('options', 'word'), [
    (dict(lookahead=-1), 'lookahead'), (dict(max_gap=1.5), 'max_gap'), (dict(fps=0), 'fps'),
    (dict(representation='euler'), 'euler'), (dict(keypoint_thr='a'), 'keypoint_thr'),
    (dict(keypoint_thr=float('nan')), 'keypoint_thr'), (dict(max_gap='a'), 'max_gap'),
    (dict(image_size=5), 'image_size'), (dict(tracker='x'), 'tracker')])
def test_bad_options(options, word):
    with pytest.raises((ConfigError, DataFormatError), match=word):
        PoseSmoother(Mean(), **options)


def test_empty_chain_is_refused():
    with pytest.raises(ConfigError, match='at least one'):
        PoseSmoother([])


def test_smoothers_for_two_videos_remember_their_own(rng):
    frames = rng.normal(0, 3, (6, 4, 2)) + 100 * rng.random((4, 2))
    shared = PoseSmoother([Decay()], fps=50, tracker=dict(max_lost=5))
    expected = [f for pose in frames for f in PoseSmoother.step(shared, pose)] + shared.flush()
    first, second = shared.for_video(fps=50), shared.for_video(fps=50, lookahead=2)
    assert first.filters is shared.filters and first.tracker is not shared.tracker
    assert (first.tracker.max_lost, second.lookahead, shared.lookahead) == (5, 2, None)
    got = []
    for pose in frames:
        got += first.step(pose)
        second.step(pose + 1000)
    for one, other in zip(got + first.flush(), expected, strict=True):
        np.testing.assert_array_equal(one.instances[0].keypoints, other.instances[0].keypoints)
    assert shared.for_video().fps == 50 and shared.for_video(fps=25).fps == 25


@pytest.mark.parametrize('facts', [dict(fps=-5), dict(fps=0), dict(fps='25'), dict(lookahead=-1),
                                   dict(image_size=(0, 480)), dict(image_size=640)])
def test_facts_of_a_video_are_checked(facts):
    with pytest.raises(ConfigError, match=f'{next(iter(facts))} is .*; expected'):
        build_smoother('gaussian').for_video(**facts)
