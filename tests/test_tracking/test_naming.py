"""Detections without id among detections that have one."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.filters import GaussianFilter
from smoothnet_plugin.smoothers import PoseSmoother
from smoothnet_plugin.structures import PoseFrame, PoseInstance
from smoothnet_plugin.tracking import PoseTracker, tracks_from_frames

BODY = np.stack([np.tile([0, 5, -5, 10, -10, 30, -30, 45, -45], 1),
                 np.repeat([0, 40, 100, 150, 200], [1, 2, 2, 2, 2])], axis=1).astype(float)


def clip(has_id, frames=60, people=((300, 1), (700, 2)), swing=40.0, seed=0):
    """People who swing from side to side; ``has_id(t, name)`` says where the id is there."""
    rng = np.random.default_rng(seed)
    result = []
    for t in range(frames):
        instances = []
        for x, name in people:
            pose = BODY + [x + swing * np.sin(t / 10), 200] + rng.normal(0, 1, BODY.shape)
            instances.append(PoseInstance(pose, track_id=name if has_id(t, name) else None,
                                          payload=(t, name)))
        result.append(PoseFrame(t, instances))
    return result


PATTERNS = {
    'every fifth frame without': lambda t, name: t % 5 != 0,
    'late': lambda t, name: t >= 12,
    'one person late, the other with holes': lambda t, name: t >= 20 if name == 1 else t % 3 != 1,
    'only once': lambda t, name: t == 30,
    'at the start': lambda t, name: t < 5,
    'at random': lambda t, name: (7 * t + 3 * name) % 11 > 6,
}


def names_of(frames):
    """Counts of (true name, name given)."""
    return Counter((i.payload[1], i.track_id) for f in frames for i in f.instances if i.payload)


@pytest.mark.parametrize('pattern', PATTERNS)
@pytest.mark.parametrize('people', [((300, 1), (700, 2)), ((300, 1), (700, 0)),
                                    ((300, 5), (420, 0), (700, 1))])
def test_offline_people_keep_their_rows(pattern, people):
    tracks = tracks_from_frames(clip(PATTERNS[pattern], people=people))
    assert {key: Counter(ref[1] for ref in s.refs or ()) for key, s in tracks} == {
        name: {name: 60} for _, name in people}


@pytest.mark.parametrize('lookahead', [0, 4, 20])
@pytest.mark.parametrize('pattern', PATTERNS)
def test_live_no_person_is_doubled_or_added(pattern, lookahead):
    frames = clip(PATTERNS[pattern], people=((300, 1), (700, 0)))
    smoother = PoseSmoother(GaussianFilter(sigma=1.0), lookahead=lookahead, fps=30)
    out = [f for frame in frames for f in smoother.step(frame)] + smoother.flush()
    offline = PoseSmoother(GaussianFilter(sigma=1.0), fps=30).smooth(tracks_from_frames(frames))
    for frame, given in zip(out, frames):
        assert len(frame.instances) == 2
        assert len({i.track_id for i in frame.instances}) == 2
        for instance, source in zip(frame.instances, given.instances):
            assert source.track_id in (None, instance.track_id)
            if lookahead == 4 and frame.frame_id < 55:
                np.testing.assert_allclose(
                    instance.keypoints, offline[source.payload[1]].coords[frame.frame_id],
                    atol=1e-9)
    # Names change once at most: where a person gets the first id.
    assert len(names_of(out)) <= 4


def test_live_the_track_goes_on_under_the_given_id():
    frames = clip(lambda t, name: t >= 10)
    smoother = PoseSmoother(GaussianFilter(sigma=2.0), lookahead=3, fps=30)
    whole = PoseSmoother(GaussianFilter(sigma=2.0), lookahead=3, fps=30)
    out = [f for frame in frames for f in smoother.step(frame)]
    same = [f for frame in clip(lambda t, name: True) for f in whole.step(frame)]
    for one, other in zip(out, same):
        for a, b in zip(one.instances, other.instances):
            np.testing.assert_array_equal(a.keypoints, b.keypoints)
    assert [i.track_id for i in out[6].instances] == [0, 1]
    assert [i.track_id for i in out[7].instances] == [1, 2]


def test_what_fits_no_other_is_a_new_person():
    frames = clip(lambda t, name: t % 4 != 0)
    for t in range(20, 40):
        frames[t].instances.append(PoseInstance(BODY + [1500, 200], payload=(t, 'new')))
    tracks = tracks_from_frames(frames)
    assert {key: len(s) for key, s in tracks} == {1: 60, 2: 60, 3: 20}
    assert {ref[1] for ref in tracks[3].refs or ()} == {'new'}


def test_a_second_detection_of_a_person_does_not_take_the_id():
    frames = clip(lambda t, name: True)
    rng = np.random.default_rng(3)
    for t in range(10, 50):
        twin = frames[t].instances[0].keypoints + rng.normal(0, 3, BODY.shape)
        frames[t].instances.insert(t % 2, PoseInstance(twin, payload=(t, 'twin')))
    tracks = tracks_from_frames(frames)
    assert len(tracks[1]) == 60 and {ref[1] for ref in tracks[1].refs or ()} == {1}
    assert len(tracks[2]) == 60 and sum(len(s) for s in tracks.tracks.values()) == 160
    assert len(tracks) == 3


def test_a_number_in_use_is_left_to_the_person_who_is_given_it():
    frames = clip(lambda t, name: name == 2 or t < 0)[:8]
    for t in range(4, 8):  # Another person is given 0, which the live smoother gave to the first.
        frames[t].instances.append(PoseInstance(BODY + [1500, 200], track_id=0, payload=(t, 0)))
    smoother = PoseSmoother(GaussianFilter(sigma=1.0), lookahead=0, fps=30)
    out = [f for frame in frames for f in smoother.step(frame)]
    assert [[i.track_id for i in f.instances] for f in out] == 4 * [[0, 2]] + 4 * [[1, 2, 0]]


def test_people_who_cross_keep_their_ids_where_these_are_given():
    frames = []
    for t in range(41):
        places = (200 + 10 * t, 600 - 10 * t)
        frames.append(PoseFrame(t, [
            PoseInstance(BODY + [x, 200], track_id=None if t % 2 else name, payload=(t, name))
            for x, name in zip(places, 'ab')]))
    tracks = tracks_from_frames(frames)
    wrong = sum(ref[1] != key for key, s in tracks for ref in s.refs or ())
    assert set(tracks.tracks) == {'a', 'b'} and wrong <= 2


def test_a_tracker_with_names_of_its_own():
    class Texts:
        def __init__(self):
            self.tracker = PoseTracker()

        def reset(self):
            self.tracker.reset()

        def update(self, frame):
            frame = self.tracker.update(frame)
            for instance in frame.instances:
                instance.track_id = f'p{instance.track_id}'
            return frame

    tracks = tracks_from_frames(clip(lambda t, name: name == 1 and t % 5), tracker=Texts())
    assert {key: len(s) for key, s in tracks} == {1: 60, 'p1': 60}


def test_rotations_of_one_person():
    def frames(names):
        return [PoseFrame(t, [PoseInstance(np.zeros((24, 3)), track_id=name)])
                for t, name in enumerate(names)]

    tracks = tracks_from_frames(frames([None, 4, None, 4]), representation='axis_angle')
    assert {key: len(s) for key, s in tracks} == {4: 4}
    with pytest.raises(DataFormatError, match='some have none'):
        tracks_from_frames(frames([3, None, 4]), representation='axis_angle')


def test_an_id_twice_in_a_frame_is_refused_beside_people_without():
    frames = clip(lambda t, name: t != 3)
    frames[5].instances[1].track_id = 1
    with pytest.raises(DataFormatError, match='Frame 5 holds the track id 1 twice'):
        tracks_from_frames(frames)


@pytest.mark.parametrize('suffix', ['coco', 'mmpose_video', 'csv'])
@pytest.mark.parametrize('lookahead', [None, 0, 6])
def test_files_with_ids_in_some_frames(tmp_path, suffix, lookahead):
    """Nobody is added, doubled or interpolated, whatever the format."""
    people = ((300, 1), (520, 4), (760, 7))
    frames = clip(lambda t, name: (t + name) % 5 != 0, frames=45, people=people)
    if suffix == 'csv':
        rows = [','.join(map(str, [f.frame_id, '' if i.track_id is None else i.track_id,
                                   *i.keypoints.ravel()])) for f in frames for i in f.instances]
        header = 'frame,track_id,' + ','.join(f'k{k}_{axis}' for k in range(9) for axis in 'xy')
        text = '\n'.join([header, *rows]) + '\n'
    else:
        entries = [[{'keypoints': np.c_[i.keypoints, np.full(9, 0.9)].ravel().tolist()
                     if suffix == 'coco' else i.keypoints.tolist(), 'keypoint_scores': [0.9] * 9,
                     **({} if i.track_id is None else {'track_id': i.track_id})}
                    for i in f.instances] for f in frames]
        text = json.dumps(
            [{'image_id': t, 'category_id': 1, 'score': 0.9, **entry}
             for t, found in enumerate(entries) for entry in found] if suffix == 'coco'
            else [{'frame_id': t, 'instances': found} for t, found in enumerate(entries)])
    source, out = (tmp_path / f'{name}.{"csv" if suffix == "csv" else "json"}'
                   for name in ('in', 'out'))
    source.write_text(text)
    tracks, report = smooth_with_report(source, 'gaussian', out, fps=30, lookahead=lookahead)
    assert report.tracks == 3 and report.poses == 135 and report.filled_poses == 0
    assert {key: len(sequence) for key, sequence in tracks} == {1: 45, 4: 45, 7: 45}
    for x, name in people:
        middle = x + 40 * np.sin(np.arange(45) / 10)
        assert np.abs(tracks[name].coords[:, 0, 0] - middle).max() < 15
    again = io.load(out, fps=30)
    assert sum(len(sequence) for _, sequence in again) == 135 and len(again) == 3


@pytest.mark.parametrize('spell', [lambda t, name: str(name) if t % 2 else name,
                                   lambda t, name: str(name) if t > 30 else name,
                                   lambda t, name: str(name) if name == 1 and t % 3 else name])
def test_a_number_and_its_text_are_one_id(spell):
    frames = clip(lambda t, name: True)
    for frame in frames:
        for instance in frame.instances:
            instance.track_id = spell(frame.frame_id, instance.track_id)
    tracks = tracks_from_frames(frames)
    assert {key: len(s) for key, s in tracks} == {1: 60, 2: 60}
    only_text = clip(lambda t, name: True)
    for frame in only_text:
        for instance in frame.instances:
            instance.track_id = str(instance.track_id)
    assert set(tracks_from_frames(only_text).tracks) == {'1', '2'}


def test_ids_that_do_not_last_are_said():
    frames = clip(lambda t, name: True)
    for frame in frames:
        for instance in frame.instances:
            instance.track_id = 10 * frame.frame_id + instance.track_id
    _, report = smooth_with_report(frames, 'gaussian', fps=30)
    assert '120 of 120 people are in a single frame' in report.notes[0]
    assert not smooth_with_report(clip(lambda t, name: True), 'gaussian', fps=30)[1].notes
