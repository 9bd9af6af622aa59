"""Ultralytics, PoseFlow, tfjs and MediaPipe: lists of people for every frame."""

from __future__ import annotations

import json

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError

from . import documents as d

SIZE = (640, 480)


def ultralytics(t, p, tracked=True, scored=True):
    xy = np.array(d.pose(t, p))
    record = {'name': 'person', 'class': 0, 'confidence': 0.91,
              'box': dict(zip(('x1', 'y1', 'x2', 'y2'), d.box(t, p))),
              'keypoints': {'x': xy[:, 0].tolist(), 'y': xy[:, 1].tolist()}, 'more': [1]}
    if scored:
        record['keypoints']['visible'] = [0.9, 0.8, 0.7, 0.6]
    return {**record, 'track_id': p + 3} if tracked else record


def tfjs(t, p):
    return {'score': 0.8, 'keypoints': [
        {'y': y, 'x': x, 'score': 0.5, 'name': f'part{k}', 'z': 1} for k, (x, y) in enumerate(
            d.pose(t, p))], 'keypoints3D': [{'x': 0}], 'id': p}


def mediapipe(t, p):
    return [{'x': x / SIZE[0], 'y': y / SIZE[1], 'z': -0.1, 'visibility': 0.5, 'presence': 1}
            for x, y in d.pose(t, p)]


def frames(record, people=2, count=6, **more):
    return [[record(t, p, **more) for p in range(people)] for t in range(count)]


def nothing_in(document, frame):
    return [[] if t == frame else people for t, people in enumerate(document)]


CASES = {
    'ultralytics': frames(ultralytics),
    'ultralytics untracked': frames(ultralytics, tracked=False, scored=False),
    'ultralytics empty frame': nothing_in(frames(ultralytics), 0),
    'ultralytics by number': {str(t + 7): people for t, people in enumerate(frames(ultralytics))},
    'ultralytics one image': frames(ultralytics)[0],
    'poseflow': {f'{t}.jpg': [{'keypoints': d.flat(t, p), 'scores': 2.1, 'idx': p + 1,
                               'box': d.xywh(t, p), 'x': None} for p in range(2)]
                 for t in (2, 3, 4, 10, 11)},
    'tfjs': frames(tfjs),
    'tfjs alone': [people[0] for people in frames(tfjs)],
    'mediapipe': frames(mediapipe),
    'mediapipe no person': [*frames(mediapipe, 1)[:3], [], *frames(mediapipe, 1)[3:]],
    'mediapipe tasks': [{'timestamp_ms': 33 * t, 'pose_landmarks': people, 'world': [1]}
                        for t, people in enumerate(frames(mediapipe))],
    'mediapipe legacy': [{'pose_landmarks': {'landmark': people[0]} if t != 3 else None}
                         for t, people in enumerate(frames(mediapipe, 1))],
    'tfjs poses': [{'timestamp': 0.04 * t, 'poses': people}
                   for t, people in enumerate(frames(tfjs))],
    'openpose_file list': [d.openpose_frame(t) for t in range(6)],
    'openpose_file by name': {f'img{t}.jpg': d.openpose_frame(t) for t in (3, 4, 5, 9)},
    'openpose_file cmu': {f'{t}.jpg': {'version': 'AlphaPose v0.3', 'bodies': [
        {'joints': d.flat(t, p)} for p in range(2)]} for t in range(6)},
    'posetrack17': {'annolist': [{'image': [{'name': f'{t:06d}.jpg'}], 'imgnum': [t], 'annorect': [
        {'x1': [1], 'track_id': [p], 'score': [0.5], 'annopoints': [{'point': [
            {'id': [k], 'x': [x], 'y': [y], 'score': [0.5]}
            for k, (x, y) in enumerate(d.pose(t, p))]}]} for p in range(2)], 'more': []}
        for t in range(6)], 'more': 1},
    'mediapipe alone': [people[0] for people in frames(mediapipe)],
    'mediapipe wrapped': [[{'landmark': person} for person in people]
                          for people in frames(mediapipe)],
    'mediapipe wrapped alone': [{'landmark': people[0]} for people in frames(mediapipe)],
    'mediapipe null': [None, *(people[0] for people in frames(mediapipe))],
}


def size_for(case):
    return {'image_size': SIZE} if case.startswith('mediapipe') else {}


@pytest.mark.parametrize('case', CASES)
def test_read_by_content_and_written_back(tmp_path, case):
    name, _, kind = case.partition(' ')
    path = d.write(tmp_path / 'a.json', CASES[case])
    assert io.sniff(path) == name
    tracks = io.load(path, fps=30, **size_for(case))
    assert len(tracks) == (1 if 'alone' in kind or kind in ('no person', 'null', 'legacy')
                           else 2)
    first = next(iter(tracks.tracks.values()))
    np.testing.assert_allclose(first.coords[-1, :d.K], d.pose(
        {'poseflow': 11}.get(name, {'ultralytics one image': 0,
                                      'openpose_file by name': 9}.get(case, 5))), rtol=1e-12)
    io.save(tmp_path / 'same.json', tracks)
    assert (tmp_path / 'same.json').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.json', d.shifted(tracks))
    again = io.load(tmp_path / 'out.json', **size_for(case))
    assert again.source.format == name
    for track_id, sequence in tracks:
        np.testing.assert_allclose(again[track_id].coords, sequence.coords + 1, rtol=1e-12)
        np.testing.assert_array_equal(again[track_id].frame_ids, sequence.frame_ids)
        if sequence.scores is not None:
            np.testing.assert_array_equal(again[track_id].scores, sequence.scores)
    text, kept = (tmp_path / 'out.json').read_text(), ('more', 'box', 'presence', 'keypoints3D')
    assert [text.count(f'"{key}"') for key in kept] == [
        path.read_text().count(f'"{key}"') for key in kept]


@pytest.mark.parametrize('case', ['ultralytics', 'ultralytics by number', 'poseflow', 'tfjs',
                                  'openpose_file list', 'openpose_file by name', 'tfjs poses',
                                  'openpose_file cmu', 'mediapipe tasks', 'posetrack17',
                                  'mediapipe wrapped alone', 'mediapipe'])
def test_people_are_added_and_taken_out(tmp_path, case):
    tracks = io.load(d.write(tmp_path / 'a.json', CASES[case]), **size_for(case))
    frame, first = int(tracks.frame_ids[2]), next(iter(tracks.tracks))
    io.save(tmp_path / 'fewer.json', d.without(tracks, first, frame))
    fewer = io.load(tmp_path / 'fewer.json', **size_for(case))
    assert sum(len(s) for _, s in fewer) == sum(len(s) for _, s in tracks) - 1
    assert fewer.num_frames == tracks.num_frames
    bridged = d.bridged(fewer, next(iter(fewer.tracks)), frame)
    io.save(tmp_path / 'bridged.json', bridged)
    again = io.load(tmp_path / 'bridged.json', **size_for(case))
    assert sum(len(s) for _, s in again) == sum(len(s) for _, s in tracks)


@pytest.mark.parametrize('name', ['ultralytics', 'poseflow', 'tfjs', 'mediapipe',
                                  'openpose_file'])
def test_new_documents(tmp_path, name):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video(4))).replace(image_size=SIZE)
    io.save(tmp_path / 'out.json', tracks, format=name)
    again = io.load(tmp_path / 'out.json', **size_for(name))
    assert again.source.format == name and len(again) == 2
    for one, other in zip(tracks.tracks.values(), again.tracks.values()):
        np.testing.assert_allclose(other.coords, one.coords, rtol=1e-12)
        np.testing.assert_allclose(other.scores, one.scores)


def test_times_of_objects_around_the_people(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', CASES['mediapipe tasks']), image_size=SIZE)
    assert tracks.fps == pytest.approx(1000 / 33)
    assert io.load(d.write(tmp_path / 'b.json', CASES['tfjs poses'])).fps == 25


def test_missing_keypoints_stay_zero(tmp_path):
    document = frames(ultralytics, 1)
    document[2][0]['keypoints']['x'][1] = document[2][0]['keypoints']['y'][1] = 0.0
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert (~tracks[3].valid).sum() == 1
    io.save(tmp_path / 'out.json', d.shifted(tracks))
    keypoints = json.loads((tmp_path / 'out.json').read_text())[2][0]['keypoints']
    assert keypoints['x'][1] == keypoints['y'][1] == 0


def test_fractions_need_the_size_of_the_image(tmp_path):
    path = d.write(tmp_path / 'a.json', CASES['mediapipe'])
    with pytest.raises(DataFormatError, match=r'image_size=\(width, height\)'):
        io.load(path)
    smooth(path, 'gaussian', tmp_path / 'out.json', fps=30, image_size=SIZE)
    points = [point for people in json.loads((tmp_path / 'out.json').read_text())
              for person in people for point in person]
    assert all(0 <= point['x'] <= 1 and point['z'] == -0.1 for point in points)


@pytest.mark.parametrize('case, change, message', [
    ('ultralytics', lambda r: r['keypoints'].pop('y'), "keypoints with 'x' and 'y'"),
    ('ultralytics', lambda r: r['keypoints']['x'].pop(), '3 values of x, 4 of y'),
    ('ultralytics', lambda r: r['keypoints'].update(x=['a'] * 4), 'expected numbers'),
    ('tfjs', lambda r: r['keypoints'][1].pop('x'), "points with 'x' and 'y'"),
    ('tfjs', lambda r: r.update(id={}), 'id: expected a whole number'),
    ('mediapipe', lambda r: r[2].pop('y'), "points with 'x' and 'y'"),
    ('mediapipe', lambda r: r.pop(), r'keypoints have shape \(3, 2\)'),
])
def test_damaged_records(tmp_path, case, change, message):
    document = json.loads(json.dumps(CASES[case]))
    change(document[1][1])
    path = d.write(tmp_path / 'a.json', document)
    with pytest.raises(DataFormatError, match=rf'a\.json.*{message}'):
        io.load(path, **size_for(case))


@pytest.mark.parametrize('name', ['ultralytics', 'tfjs', 'mediapipe'])
def test_lists_are_not_padded_without_end(tmp_path, name):
    document = d.video(3)
    document[2]['frame_id'] = 10**12
    tracks = io.load(d.write(tmp_path / 'a.json', document)).replace(image_size=SIZE)
    with pytest.raises(DataFormatError, match='go up to 1000000000000 with 3 frames'):
        io.save(tmp_path / 'out.json', tracks, format=name)
