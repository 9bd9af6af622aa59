from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.registry import TASK_UTILS
from smoothnet_plugin.structures import PoseFrame, PoseInstance, get_skeleton
from smoothnet_plugin.tracking import PoseTracker, build_tracker, tracks_from_frames
from smoothnet_plugin.tracking.similarity import UNIFORM_SIGMA, box_size, keypoint_box

HEIGHT = 200.0


def body(rng, keypoints=17, width=2):
    """A person's shape about its centre, 200 high."""
    shape = rng.uniform(-1, 1, (keypoints, width)) * np.array([30, 100, 25])[:width]
    shape[0, 1], shape[1, 1] = -HEIGHT / 2, HEIGHT / 2
    return shape


def person(shape, x, y=300.0, *, noise=0.0, score=0.9, bbox=False, rng=None, scale=1.0):
    place = np.array([x, y, 4 * HEIGHT])[:shape.shape[1]]
    keypoints = shape + place
    if noise:
        keypoints = keypoints + rng.normal(0, noise, shape.shape)
    low, high = keypoints[:, :2].min(0) - 5, keypoints[:, :2].max(0) + 5
    return PoseInstance(
        scale * keypoints, None if score is None else np.full(len(shape), score),
        np.concatenate([low, high]) if bbox else None)


def run(frames, **options):
    tracker = PoseTracker(**options)
    return [[i.track_id for i in tracker.update(frame).instances] for frame in frames]


def follow(people_by_frame, **options):
    """Track dicts of named people in a shuffled order; give each name's ids over time."""
    rng, tracker = np.random.default_rng(5), PoseTracker(**options)
    ids = {}
    for number, people in enumerate(people_by_frame):
        names = [str(name) for name in rng.permutation(sorted(people))]
        frame = tracker.update(PoseFrame(number, [people[name] for name in names]))
        for name, instance in zip(names, frame.instances):
            ids.setdefault(name, []).append(instance.track_id)
    return ids


@pytest.mark.parametrize('width', [2, 3])
@pytest.mark.parametrize('scale', [1.0, 1e-3, 1e3])
@pytest.mark.parametrize('score', [0.9, None])
def test_two_people_crossing_keep_their_ids(rng, width, scale, score):
    a, b = body(rng, width=width), body(rng, width=width)
    clip = [{'a': person(a, 100 + 6 * t, noise=2, rng=rng, scale=scale, score=score),
             'b': person(b, 460 - 6 * t, noise=2, rng=rng, scale=scale, score=score)}
            for t in range(60)]
    ids = follow(clip)
    assert len(set(ids['a'])) == len(set(ids['b'])) == 1
    assert ids['a'][0] != ids['b'][0]


@pytest.mark.parametrize('end', [454, 457, 460])
def test_crossing_twins_are_distinguished_by_their_motion(rng, end):
    """At 454 they change places within a frame, at 460 one frame shows them in the same place."""
    shape = body(rng)
    clip = [{'a': person(shape, 100 + 6 * t, noise=1, rng=rng),
             'b': person(shape, end - 6 * t, noise=1, rng=rng)} for t in range(60)]
    ids = follow(clip)
    undecidable = {30} if end == 460 else set()
    for name in 'ab':
        assert len({i for t, i in enumerate(ids[name]) if t not in undecidable}) == 1


def test_crossing_while_one_hides_the_other(rng):
    a, b = body(rng), body(rng)
    clip = []
    for t in range(60):
        clip.append({'a': person(a, 100 + 6 * t, noise=2, rng=rng)})
        if abs(t - 30) > 5:
            clip[-1]['b'] = person(b, 460 - 6 * t, noise=2, rng=rng)
    ids = follow(clip)
    assert len(set(ids['a'])) == len(set(ids['b'])) == 1
    assert ids['a'][0] != ids['b'][0]


@pytest.mark.parametrize(('away', 'same'), [(1, True), (20, True), (30, True), (31, False)])
def test_one_leaves_and_returns(rng, away, same):
    a, b = body(rng), body(rng)
    clip = [{'a': person(a, 100, noise=1, rng=rng)} for _ in range(80)]
    for t in [*range(20), *range(20 + away, 80)]:
        clip[t]['b'] = person(b, 500, noise=1, rng=rng)
    ids = follow(clip)
    assert len(set(ids['a'])) == 1
    assert ids['b'] == [ids['b'][0]] * 20 + [ids['b'][0] if same else 2] * (60 - away)


def test_frames_that_are_not_given_count_as_lost(rng):
    shape = body(rng)
    frames = [PoseFrame(i, [person(shape, 100)]) for i in (0, 1, 32, 64)]
    assert run(frames) == [[0], [0], [0], [1]]


def test_walker_is_found_where_the_motion_leads(rng):
    shape = body(rng)
    frames = [PoseFrame(t, [person(shape, 100 + 12 * t, noise=2, rng=rng)]
                        if t < 20 or t >= 30 else []) for t in range(50)]
    assert {i for ids in run(frames) for i in ids} == {0}


def test_newcomer_does_not_get_a_lost_persons_id(rng):
    a, b = body(rng), body(rng)
    frames = [PoseFrame(t, [person(a, 100)]) for t in range(10)]
    frames += [PoseFrame(t, [person(b, 900)]) for t in range(10, 15)]
    frames += [PoseFrame(t, [person(b, 900), person(a, 105)]) for t in range(15, 20)]
    assert run(frames) == [[0]] * 10 + [[1]] * 5 + [[1, 0]] * 5


def test_no_people_in_the_first_frames(rng):
    shape = body(rng)
    frames = [PoseFrame(t, [person(shape, 100)] if t >= 5 else []) for t in range(10)]
    assert run(frames) == [[]] * 5 + [[0]] * 5


@pytest.mark.parametrize('score', [0.05, 0.4])
@pytest.mark.parametrize('beside', [True, False])
def test_phantom_of_the_whole_image_steals_no_id(rng, score, beside):
    shape = body(rng)
    frames = []
    for t in range(30):
        real = person(shape, 300, noise=1, rng=rng, bbox=True)
        phantom = PoseInstance(rng.uniform(0, [1000, 600], (17, 2)), np.full(17, score),
                               np.array([0, 0, 1000, 600.0]))
        away = 10 <= t < 20
        frames.append(PoseFrame(t, [phantom] * (away or beside) + [real] * (not away)))
    tracker = PoseTracker()
    real_ids, phantom_ids = set(), set()
    for frame in map(tracker.update, frames):
        for instance in frame.instances:
            whole = instance.bbox is not None and instance.bbox[2] == 1000
            (phantom_ids if whole else real_ids).add(instance.track_id)
    assert len(real_ids) == 1
    assert not real_ids & phantom_ids


def test_weak_double_does_not_take_the_id_of_the_confident_pose(rng):
    shape = body(rng)
    frames = [PoseFrame(t, [person(shape, 103 if t else 100)]) for t in range(5)]
    frames.append(PoseFrame(5, [person(shape, 103, score=0.31), person(shape, 110)]))
    assert run(frames, min_score=0.5)[-1] == [1, 0]


def test_weak_pose_in_the_right_place_continues_the_track(rng):
    shape = body(rng)
    frames = [PoseFrame(t, [person(shape, 100 + t, score=0.31 if t % 3 else 0.9)])
              for t in range(10)]
    assert run(frames, min_score=0.5) == [[0]] * 10


@pytest.mark.parametrize('bbox', [True, False])
def test_without_usable_keypoints_the_box_decides(rng, bbox):
    a, b = body(rng), body(rng)
    frames = [PoseFrame(t, [person(a, 100, score=0.1, bbox=bbox),
                            person(b, 400, score=0.1, bbox=bbox)][::(-1) ** t]) for t in range(6)]
    assert run(frames) == [[0, 1], [1, 0]] * 3


def test_single_wild_pose_does_not_break_the_track(rng):
    shape = body(rng)
    frames = [PoseFrame(t, [person(shape, 100 + 5 * t, bbox=True)]) for t in range(20)]
    wild = frames[10].instances[0]
    wild.keypoints = wild.keypoints + rng.normal(0, 150, (17, 2))
    wild.bbox = wild.bbox + np.array([-30, -30, 30, 30])
    assert run(frames) == [[0]] * 20


def test_missing_keypoints_and_nan_are_not_looked_at(rng):
    shape = body(rng)
    frames = []
    for t in range(20):
        one, other = person(shape, 100 + 2 * t), person(shape, 500 - 2 * t)
        for instance in (one, other):
            hidden = rng.permutation(17)[:10]
            instance.keypoints[hidden[:5]] = 0
            instance.keypoints[hidden[5:]] = np.nan
            instance.keypoint_scores[hidden] = 0
        frames.append(PoseFrame(t, [one, other]))
    assert run(frames) == [[0, 1]] * 20


def test_root_relative_3d_poses_are_distinguished_by_their_boxes(rng):
    shape = body(rng, width=3)
    frames = [PoseFrame(t, [
        PoseInstance(shape, np.ones(17), np.array([x, 100, x + 80, 300.0])) for x in order])
        for t, order in enumerate([(0, 300), (300, 0), (0, 300)])]
    assert run(frames) == [[0, 1], [1, 0], [0, 1]]


def test_single_keypoint():
    def frames(**fields):
        return [PoseFrame(t, [PoseInstance(np.array([[x, 0.0]]), **fields)
                              for x in ([2 * t, 90 - 2 * t][::(-1) ** t])]) for t in range(4)]

    assert run(frames(), body_size=50.0) == [[0, 1], [1, 0], [0, 1], [1, 0]]
    with pytest.raises(DataFormatError, match=r'Frame 0.*body_size'):
        run(frames())


def test_a_box_in_the_image_is_no_size_in_3d():
    frames = [PoseFrame(t, [PoseInstance(np.array([[0.1 * t, 0, 2]]), bbox=np.arange(4.0))])
              for t in range(4)]
    with pytest.raises(DataFormatError, match='single keypoint in 3D .* track_id'):
        run(frames)
    # The only person needs none.
    assert list(tracks_from_frames(frames, representation='keypoints_3d').tracks) == [0]


@pytest.mark.parametrize('value', [np.nan, 0.0])
@pytest.mark.parametrize('score', [None, 0.0, 0.9])
def test_people_without_anything_are_those_who_are_missing(rng, value, score):
    def nothing():
        return PoseInstance(np.full((17, 2), value), None if score is None else np.full(17, score))

    a, b = (person(body(rng), x, score=score and 0.9) for x in (200, 600))
    assert run([PoseFrame(t, [nothing()]) for t in range(3)]) == [[0], [0], [0]]
    people = [[a, b], [nothing(), b], [nothing(), nothing()], [b, nothing()], [b, a],
              [a, b, nothing()], [a, b]]
    assert run([PoseFrame(t, frame) for t, frame in enumerate(people)]) == [
        [0, 1], [0, 1], [1, 0], [1, 0], [1, 0], [0, 1, 2], [0, 1]]
    assert run([PoseFrame(t, [nothing()] if t < 50 else [a]) for t in range(52)]) == [[0]] * 52
    # With a box, it is known where they are.
    boxed = PoseInstance(np.full((17, 2), value), None, np.array([900.0, 0, 950, 90]))
    assert run([PoseFrame(0, [a]), PoseFrame(1, [boxed])]) == [[0], [1]]
    # Not for longer than others who are missing.
    alone = [[a], *([nothing()] for _ in range(4)), [a]]
    assert run([PoseFrame(t, frame) for t, frame in enumerate(alone)], max_lost=2) == [
        [0], [0], [0], [0], [1], [1]]


@pytest.mark.parametrize('value', [None, np.nan, 0.0])
def test_a_file_of_one_person_who_is_lost_for_some_frames(tmp_path, rng, value):
    """The person is not twice in a frame: the interpolated pose takes the place of the lost one."""
    shape = body(rng)
    poses = [person(shape, 300 + t, noise=1, rng=rng).keypoints for t in range(60)]
    for t in range(20, 24):
        poses[t] = np.full((17, 2), np.nan if value is None else value)
    frames = [{'frame_id': t, 'instances': [] if value is None and 20 <= t < 24 else [
        {'keypoints': pose.tolist(), 'keypoint_scores': [0.9] * 17}]}
        for t, pose in enumerate(poses)]
    (tmp_path / 'a.json').write_text(json.dumps(frames))
    _, report = smooth_with_report(tmp_path / 'a.json', 'gaussian', tmp_path / 'b.json', fps=30)
    assert report.tracks == 1
    written = json.loads((tmp_path / 'b.json').read_text())
    assert [len(frame['instances']) for frame in written] == [1] * 60
    for t in range(20, 24):
        np.testing.assert_allclose(written[t]['instances'][0]['keypoints'],
                                   shape + [300 + t, 300], atol=5)


def test_rotations_are_tracked_by_their_boxes():
    boxes = np.array([[0, 0, 50, 100], [200, 0, 250, 100.0]])
    frames = [PoseFrame(t, [PoseInstance(np.zeros((24, 6)), None, box)
                            for box in boxes[::(-1) ** t]]) for t in range(4)]
    assert run(frames) == [[0, 1], [1, 0], [0, 1], [1, 0]]


def test_assignment_is_the_best_of_all(rng):
    shapes = [body(rng) for _ in range(5)]
    places = rng.uniform(0, 150, 5)
    now = places + rng.normal(0, 12, 5)
    tracker = PoseTracker(min_oks=1e-9, min_iou=1)
    tracker.update(PoseFrame(0, [person(s, x) for s, x in zip(shapes, places)]))
    order = rng.permutation(5)
    result = tracker.update(PoseFrame(1, [person(shapes[i], now[i]) for i in order]))
    first = [person(s, x).keypoints for s, x in zip(shapes, places)]
    second = [person(shapes[i], now[i]).keypoints for i in order]
    sizes = [[min(box_size(keypoint_box(k, 0.1)) for k in (p, q)) for q in second] for p in first]
    gain = np.array([[np.exp(-((p - q) ** 2).sum(1) / (2 * (2 * UNIFORM_SIGMA * s) ** 2)).mean()
                      for q, s in zip(second, row)] for p, row in zip(first, sizes)])
    best = max(itertools.permutations(range(5)),
               key=lambda ids: sum(gain[i, j] for j, i in enumerate(ids)))
    assert tuple(i.track_id for i in result.instances) == best


def test_live_equals_list_and_is_deterministic(rng):
    shapes = [body(rng) for _ in range(4)]
    frames = [PoseFrame(t, [person(s, 100 * i + 3 * t, noise=4, rng=rng)
                            for i, s in enumerate(shapes) if rng.random() < 0.8])
              for t in range(80)]
    whole = run(frames)
    tracker, live = PoseTracker(), []
    for start, stop in itertools.pairwise([0, 1, 8, 30, 80]):
        live += [tracker.update(frame) for frame in frames[start:stop]]
    assert [[i.track_id for i in frame.instances] for frame in live] == whole
    tracker.reset()
    assert [[i.track_id for i in tracker.update(f).instances] for f in frames] == whole


def test_input_is_not_changed_and_payload_is_kept(rng):
    payload, marker = object(), object()
    instance = person(body(rng), 100)
    instance.payload, instance.track_id = payload, 'old'
    frame = PoseFrame(3, [instance], marker)
    result = PoseTracker().update(frame)
    assert instance.track_id == 'old'
    assert result.instances[0].track_id == 0
    assert result.instances[0].payload is payload and result.payload is marker
    assert result.instances[0].keypoints is instance.keypoints


def test_walker_of_the_sample_clip_is_one_person(repo_dir: Path):
    lines = json.loads((repo_dir / 'demo/data/sports2d_mediapipe.json').read_text())
    frames = [PoseFrame(line['frame_id'], [
        PoseInstance(np.array(i['keypoints']), np.array(i['keypoint_scores']),
                     np.array(i['bbox'][0])) for i in line['instances']]) for line in lines]
    ids = dict(zip([f.frame_id for f in frames], run(frames, skeleton='coco')))
    walking = {ids[frame][0] for frame in range(59, 193) if ids[frame] and frame != 186}
    assert len(walking) == 1
    assert ids[186][0] not in walking


def test_bad_input(rng):
    tracker = PoseTracker()
    tracker.update(PoseFrame(4, [person(body(rng), 0)]))
    with pytest.raises(DataFormatError, match=r'Frame 4 follows frame 4.*reset\(\)'):
        tracker.update(PoseFrame(4, []))
    with pytest.raises(DataFormatError, match=r'Frame 5: keypoints have shape \(16, 2\)'):
        tracker.update(PoseFrame(5, [person(body(rng, 16), 0)]))
    with pytest.raises(DataFormatError, match=r'keypoint_scores have shape \(3,\)'):
        tracker.update(PoseFrame(6, [PoseInstance(np.zeros((17, 2)), np.ones(3))]))
    with pytest.raises(DataFormatError, match=r'bbox has shape \(1, 4\)'):
        tracker.update(PoseFrame(7, [PoseInstance(np.zeros((17, 2)), None, np.ones((1, 4)))]))
    with pytest.raises(DataFormatError, match=r'14 keypoints.*sigmas for 17'):
        PoseTracker('coco').update(PoseFrame(0, [person(body(rng, 14), 0)]))


@pytest.mark.parametrize('options', [
    {'min_oks': 0}, {'min_iou': 2}, {'max_lost': -1}, {'max_predict': 0}, {'sigmas': [0.1, -1]},
    {'body_size': 0}, {'skeleton': 'cocoo'}])
def test_bad_arguments(options):
    with pytest.raises(ConfigError):
        PoseTracker(**options)


def test_build_tracker():
    assert isinstance(TASK_UTILS.build(dict(type='PoseTracker')), PoseTracker)
    assert build_tracker().max_lost == 30
    skeleton = get_skeleton('coco')
    tracker = build_tracker(dict(type='PoseTracker', max_lost=60), skeleton=skeleton)
    assert tracker.max_lost == 60 and len(tracker.sigmas) == 17
    assert build_tracker(dict(type='smoothnet_plugin.PoseTracker', max_lost=5)).max_lost == 5
    assert build_tracker(tracker) is tracker
    with pytest.raises(ConfigError, match='PoseTraker'):
        build_tracker(dict(type='PoseTraker'))
    with pytest.raises(ConfigError, match='max_loss'):
        build_tracker(dict(type='PoseTracker', max_loss=5))
