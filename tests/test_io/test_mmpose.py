from __future__ import annotations

import copy
import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smoothnet_plugin import io
from smoothnet_plugin.errors import DataFormatError

from . import documents as d


def saved(tmp_path, tracks, **options):
    io.save(tmp_path / 'out.json', tracks, **options)
    return json.loads((tmp_path / 'out.json').read_text())


def test_video_is_read(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video()), fps=25)
    assert sorted(tracks.tracks) == [0, 1] and tracks.fps == 25 and io.frame_base(tracks) == 0
    np.testing.assert_array_equal(tracks[1].coords, [d.pose(t, 1) for t in range(5)])
    np.testing.assert_array_equal(tracks[0].scores, [[0.9, 0.8, 0.7, 0.625]] * 5)
    assert tracks[0].representation == 'keypoints_2d' and tracks[0].unit == 'px'
    assert tracks[0].skeleton is None


def test_3d_instances_are_3d(tmp_path):
    document = d.video(dims=3, people=1)
    for entry in document:
        del entry['instances'][0]['bbox'], entry['instances'][0]['bbox_score']
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert tracks[0].representation == 'keypoints_3d' and tracks[0].unit == 'm'
    assert saved(tmp_path, tracks) == document


def test_only_coordinates_change(tmp_path):
    document = d.video()
    document[2]['instances'][1].update(extra={'a': [1, None, 'é']}, keypoint_scores=[1, 0.5, 0, 2])
    document[3]['note'] = 'kept'
    expected = copy.deepcopy(document)
    for t, entry in enumerate(expected):
        for p, instance in enumerate(entry['instances']):
            instance['keypoints'] = (np.array(d.pose(t, p)) + 1).tolist()
    tracks = d.shifted(io.load(d.write(tmp_path / 'a.json', document)))
    assert saved(tmp_path, tracks) == expected
    assert tracks.source.data == document  # The source itself is never changed.


def test_what_did_not_move_keeps_its_token(tmp_path):
    document = d.video(people=1)
    document[1]['instances'][0]['keypoints'][0] = [7, 8.50]
    document[1]['instances'][0]['keypoints'][1] = [3, 4]
    path = d.write(tmp_path / 'a.json', document)
    tracks = io.load(path)
    coords = tracks[0].coords.copy()
    coords[1, 0, 1] = 9.5
    text = d.replaced(tracks, 0, tracks[0].replace(coords=coords))
    io.save(tmp_path / 'out.json', text)
    assert '[[7, 9.5], [3, 4]' in (tmp_path / 'out.json').read_text()


def test_null_and_nan_are_missing_and_come_back(tmp_path):
    document = d.video(people=1)
    document[1]['instances'][0]['keypoints'][0] = [None, None]
    document[1]['instances'][0]['keypoints'][2] = [math.nan, 4.5]
    document[1]['instances'][0]['keypoint_scores'][2] = None
    path = d.write(tmp_path / 'a.json', document)
    tracks = io.load(path)
    np.testing.assert_array_equal(tracks[0].valid[1], [False, True, False, True])
    assert tracks[0].scores[1, 2] == 0
    io.save(tmp_path / 'out.json', tracks)
    assert (tmp_path / 'out.json').read_bytes() == path.read_bytes()
    coords = tracks[0].coords.copy()
    coords[1, 0] = [5, 6]  # Filled by a smoother.
    filled = tracks[0].filled.copy()
    filled[1, 0] = True
    result = saved(tmp_path, d.replaced(tracks, 0, tracks[0].replace(coords=coords,
                                                                     filled=filled)))
    keypoints = result[1]['instances'][0]['keypoints']
    assert keypoints[0] == [5, 6] and math.isnan(keypoints[2][0]) and keypoints[2][1] == 4.5
    assert result[1]['instances'][0]['keypoint_scores'] == [0.9, 0.8, None, 0.625]
    assert 'filled' not in result[1]['instances'][0]


def test_interpolated_pose_is_added_as_no_measurement(tmp_path):
    document = d.video()
    del document[2]['instances'][0]
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    added = saved(tmp_path, d.bridged(tracks, 0, 2))[2]['instances']
    assert added[0] == document[2]['instances'][0]
    np.testing.assert_allclose(added[1]['keypoints'], d.pose(2, 0))
    np.testing.assert_allclose(added[1]['bbox'], [d.box(2, 0)])
    assert added[1]['keypoint_scores'] == [0, 0, 0, 0] and added[1]['bbox_score'] == 0
    assert added[1]['filled'] is True and 'track_id' not in added[1]
    again = io.load(tmp_path / 'out.json')
    assert again[0].filled[2].all() and not again[1].filled.any()


def test_interpolated_pose_in_a_frame_the_document_lacks(tmp_path):
    document = d.video(people=1)
    del document[2]
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    result = saved(tmp_path, d.bridged(tracks, 0, 2))
    assert [entry['frame_id'] for entry in result] == [0, 1, 2, 3, 4]
    assert result[2]['instances'][0]['filled']


def test_people_and_frames_that_are_gone_are_taken_out(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video()))
    fewer = tracks.replace(tracks={0: tracks[0].select(slice(1, 4))}, frame_ids=[1, 2, 3])
    assert saved(tmp_path, fewer) == [
        {'frame_id': t, 'instances': [d.person(t, 0)]} for t in (1, 2, 3)]


def test_instances_without_keypoints_stay(tmp_path):
    document = d.video(people=1)
    document[1]['instances'].insert(0, {'bbox': [[0, 0, 1, 1]], 'keypoints': []})
    tracks = d.shifted(io.load(d.write(tmp_path / 'a.json', document)), 0)
    assert saved(tmp_path, tracks) == document


def test_track_ids(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video()))
    assert 'track_id' not in json.dumps(saved(tmp_path, tracks))
    result = saved(tmp_path, tracks, track_ids=True)
    assert [i['track_id'] for i in result[3]['instances']] == [0, 1]
    result[3]['instances'].reverse()
    result[1]['instances'][0]['track_id'] = -1
    again = io.load(d.write(tmp_path / 'b.json', result))
    np.testing.assert_array_equal(again[1].coords, tracks[1].coords)
    del result[2]['instances'][1]
    again = io.load(d.write(tmp_path / 'b.json', result))
    assert saved(tmp_path, d.bridged(again, 1, 2))[2]['instances'][1]['track_id'] == 1


def test_demo_dialect(tmp_path):
    path = d.write(tmp_path / 'a.json', d.demo(), indent='\t')
    tracks = io.load(path)
    assert io.frame_base(tracks) == 1
    np.testing.assert_array_equal(tracks.frame_ids, [1, 2, 3, 4, 5])
    skeleton = tracks[0].skeleton
    assert skeleton.name == 'four' and skeleton.keypoint_names[3] == 'neck'
    assert skeleton.links == (('nose', 'neck'), ('left_hip', 'right_hip'))
    assert skeleton.sigmas == (0.026, 0.1, 0.1, 0.05)
    assert skeleton.root == ('left_hip', 'right_hip')
    io.save(tmp_path / 'out.json', tracks)
    assert (tmp_path / 'out.json').read_bytes() == path.read_bytes()


def test_demo_of_a_picture(tmp_path):
    document = {'meta_info': {}, 'instance_info': [d.person(0), d.person(0, 1)]}
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert len(tracks) == 2 and tracks.num_frames == 1
    assert saved(tmp_path, tracks) == document


def test_demo_holds_provenance(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.demo()))
    done = tracks.replace(provenance=[{'method': 'x', 'value': np.float64(0.5)}])
    assert saved(tmp_path, done)['instance_info'] == d.demo()['instance_info']
    assert 'provenance' not in saved(tmp_path, done)
    saved(tmp_path, done, provenance=True)
    assert io.load(tmp_path / 'out.json').provenance == [{'method': 'x', 'value': 0.5}]


def test_folder_of_pictures(tmp_path):
    folder = d.images(tmp_path / 'in')
    d.write(folder / '000009.json', [], indent='  ')
    tracks = io.load(folder)
    np.testing.assert_array_equal(tracks.frame_ids, [7, 8, 9, 10, 11])
    assert 9 not in tracks[0].frame_ids
    io.save(tmp_path / 'out', tracks)
    assert d.content(tmp_path / 'out') == d.content(folder)
    io.save(tmp_path / 'out', d.bridged(tracks, 1, 9))
    added = json.loads((tmp_path / 'out' / '000009.json').read_text())
    assert added[0]['filled'] and added[0]['bbox'] == [d.box(2, 1)]


def test_folder_of_pictures_whose_names_do_not_tell(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    for t, name in enumerate(['b9', 'b10', 'c']):
        d.write(folder / f'{name}.json', [d.person(t)])
    tracks = io.load(folder)
    np.testing.assert_array_equal(tracks.frame_ids, [0, 1, 2])
    np.testing.assert_array_equal(tracks[0].coords[:, 0, 0], [0.25, 2.25, 4.25])


def test_single_picture(tmp_path):
    path = d.write(tmp_path / 'img12.json', [d.person(0)])
    tracks = io.load(path)
    np.testing.assert_array_equal(tracks.frame_ids, [0])
    assert saved(tmp_path, tracks) == [d.person(0)]


@pytest.mark.parametrize('document', [[], [{'frame_id': 0, 'instances': []}],
                                      {'meta_info': {}, 'instance_info': []}])
def test_document_without_people(tmp_path, document):
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert len(tracks) == 0
    assert saved(tmp_path, tracks) == document


def broken(change):
    document = d.video()
    change(document)
    return document


@pytest.mark.parametrize('change, message', [
    (lambda v: v[2]['instances'][1]['keypoints'].pop(), 'frame 2, instance 1'),
    (lambda v: v[2]['instances'][1].update(keypoints=d.pose(2)[:3], keypoint_scores=[1, 1, 1]),
     r'frame 2, instance 1: keypoints have shape \(3, 2\), but frame 0, instance 0 has \(4, 2\)'),
    (lambda v: v[1]['instances'][0]['keypoints'][2].append(1.0), 'frame 1, instance 0.*ragged'),
    (lambda v: v[1]['instances'][0].update(keypoints=[[1, 2, 3, 4]] * 4), r'shape \(4, 4\)'),
    (lambda v: v[1]['instances'][0].update(keypoints=[1, 2, 3, 4]), r'shape \(4,\)'),
    (lambda v: v[1]['instances'][0].update(keypoints=[['1', '2']] * 4), "got str '1'"),
    (lambda v: v[1]['instances'][0].update(keypoints='all'), "got str 'all'"),
    (lambda v: v[1]['instances'][0].update(keypoint_scores=[1]), '1 keypoint scores for 4'),
    (lambda v: v[1]['instances'][0].update(bbox=[[1, 2, 3]]), 'bbox: expected four numbers'),
    (lambda v: v[1]['instances'][0].update(track_id=1.5), 'track_id'),
    (lambda v: v[1]['instances'].append('me'), "frame 1, instance 2: .*'keypoints', got str"),
    (lambda v: v[1]['instances'][1].pop('keypoints'), "frame 1, instance 1: .*'keypoints'"),
    (lambda v: v[1].update(instances={}), 'frame 1: expected a list'),
    (lambda v: v[1].pop('frame_id'), 'entry 1'),
    (lambda v: v[1].update(frame_id='one'), 'entry 1, frame_id'),
    (lambda v: v[3].update(frame_id=1), 'frame_id 1 occurs twice, in entries 1 and 3'),
])
def test_bad_documents_are_named(tmp_path, change, message):
    path = d.write(tmp_path / 'bad.json', broken(change))
    with pytest.raises(DataFormatError, match=message) as caught:
        io.load(path)
    assert 'bad.json' in str(caught.value)


def test_twice_the_same_id_in_a_frame(tmp_path):
    document = d.video()
    for instance in document[1]['instances']:
        instance['track_id'] = 4
    with pytest.raises(DataFormatError, match=r"bad.json.*Frame 1.*4 twice"):
        io.load(d.write(tmp_path / 'bad.json', document))


numbers = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)
free = st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers()
                    | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6)


@st.composite
def videos(draw):
    dims = draw(st.sampled_from([2, 3]))
    keypoints = draw(st.integers(1, 4))
    point = st.lists(numbers, min_size=dims, max_size=dims) | st.just([None] * dims)
    ids = draw(st.lists(st.integers(-5, 60), unique=True, max_size=5))
    document = []
    for frame_id in sorted(ids):
        instances = []
        for track_id in range(draw(st.integers(0, 2))):
            instance = {'keypoints': draw(st.lists(point, min_size=keypoints, max_size=keypoints)),
                        'keypoint_scores': [draw(st.floats(0, 1)) for _ in range(keypoints)],
                        'track_id': track_id}
            if draw(st.booleans()):
                instance['bbox'] = [[0.5, 1, draw(numbers), 4]]
            instances.append({**draw(st.dictionaries(st.text(max_size=3), free, max_size=2)),
                              **instance})
        document.append({'frame_id': frame_id, 'instances': instances})
    return document


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=videos(), indent=st.sampled_from([None, 2, '\t']), escape=st.booleans())
def test_video_round_trip(tmp_path, document, indent, escape):
    path = d.write(tmp_path / 'a.json', document, indent=indent, ensure_ascii=escape)
    tracks = io.load(path)
    io.save(tmp_path / 'out.json', tracks)
    assert (tmp_path / 'out.json').read_bytes() == path.read_bytes()
    moved = d.shifted(tracks, 0.5)
    io.save(tmp_path / 'out.json', moved)
    again = io.load(tmp_path / 'out.json')
    assert list(again.tracks) == list(tracks.tracks)
    for track_id, sequence in moved:
        np.testing.assert_allclose(again[track_id].coords, sequence.coords, rtol=1e-15)
        np.testing.assert_array_equal(again[track_id].scores, sequence.scores)
