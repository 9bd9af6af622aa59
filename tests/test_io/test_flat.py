from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.errors import DataFormatError

from . import documents as d

FORMATS = {'coco': d.coco, 'alphapose': d.alphapose}


def saved(tmp_path, tracks, **options):
    io.save(tmp_path / 'out.json', tracks, **options)
    return json.loads((tmp_path / 'out.json').read_text())


@pytest.mark.parametrize('name', FORMATS)
def test_only_coordinates_change(tmp_path, name):
    document = FORMATS[name]()
    document[3]['more'] = {'x': [1, None]}
    expected = copy.deepcopy(document)
    for entry in expected:
        keypoints = np.array(entry['keypoints']).reshape(-1, 3) + [1, 1, 0]
        entry['keypoints'] = keypoints.ravel().tolist()
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert len(tracks) == 2 and tracks[list(tracks.tracks)[1]].coords.shape == (5, d.K, 2)
    assert saved(tmp_path, d.shifted(tracks)) == expected
    assert tracks.source.data == document


@pytest.mark.parametrize('name', FORMATS)
def test_interpolated_pose_is_added(tmp_path, name):
    document = FORMATS[name]()
    gone = document.pop(4)
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    result = saved(tmp_path, d.bridged(tracks, min(tracks.tracks), tracks.frame_ids[2]))
    added = result.pop(5)
    assert result == document
    assert added.pop('filled') is True and added.pop('score') == 0
    np.testing.assert_allclose(added.pop('keypoints'),
                               np.reshape(gone.pop('keypoints'), (-1, 3)).dot(
                                   np.diag([1, 1, 0])).ravel())
    gone.pop('score')
    if name == 'alphapose':
        added['idx'] = [added['idx']]
    assert added == gone
    assert io.load(tmp_path / 'out.json')[min(tracks.tracks)].filled[2].all()


@pytest.mark.parametrize('name', FORMATS)
def test_all_zero_keypoints_are_missing(tmp_path, name):
    document = FORMATS[name](people=1)
    document[1]['keypoints'][3:6] = [0, 0.0, 0]
    path = d.write(tmp_path / 'a.json', document)
    tracks = io.load(path)
    sequence = next(iter(tracks.tracks.values()))
    np.testing.assert_array_equal(sequence.valid[1], [True, False, True, True])
    assert saved(tmp_path, tracks) == document
    coords = sequence.coords.copy()
    coords[1, 1] = [5, 6]
    filled = d.replaced(tracks, next(iter(tracks.tracks)), sequence.replace(coords=coords))
    assert saved(tmp_path, filled)[1]['keypoints'][3:6] == [5, 6, 0]


def test_coco_frames_are_image_ids(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.coco(people=1)[::2]))
    np.testing.assert_array_equal(tracks.frame_ids, [100, 102, 104])


def test_coco_track_ids(tmp_path):
    document = [{**entry, 'track_id': 5 - i % 2} for i, entry in enumerate(d.coco())]
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert list(tracks.tracks) == [5, 4]
    tracks = io.load(d.write(tmp_path / 'a.json', d.coco()))
    assert 'track_id' not in json.dumps(saved(tmp_path, tracks))
    assert [entry['track_id'] for entry in saved(tmp_path, tracks, track_ids=True)[:2]] == [0, 1]


def test_coco_entries_without_keypoints_stay(tmp_path):
    document = d.coco(people=1)
    document.insert(2, {'image_id': 101, 'category_id': 1, 'bbox': [0, 0, 1, 1], 'score': 0.5})
    assert saved(tmp_path, io.load(d.write(tmp_path / 'a.json', document))) == document


def test_alphapose_names_give_frames(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.alphapose()))
    np.testing.assert_array_equal(tracks.frame_ids, range(5))
    assert list(tracks.tracks) == [1, 2]
    named = [{**entry, 'image_id': f'b{"xyz"[i]}.png'}
             for i, entry in enumerate(d.alphapose(3, 1))]
    tracks = io.load(d.write(tmp_path / 'a.json', named))
    np.testing.assert_array_equal(tracks.frame_ids, [0, 1, 2])


def test_alphapose_frames_without_people_belong_to_the_clip(tmp_path):
    document = [entry for entry in d.alphapose() if entry['image_id'] != '2.jpg']
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    np.testing.assert_array_equal(tracks.frame_ids, range(5))
    result = saved(tmp_path, d.bridged(tracks, 2, 2))
    assert [entry['image_id'] for entry in result] == [
        '0.jpg', '0.jpg', '1.jpg', '1.jpg', '2.jpg', '3.jpg', '3.jpg', '4.jpg', '4.jpg']
    assert result[4]['idx'] == 2 and result[4]['filled']


@pytest.mark.parametrize('change', [lambda e: e.update(idx=[0.0]), lambda e: e.update(idx=[3.0]),
                                    lambda e: e.pop('idx'), lambda e: e.update(idx=[])])
def test_alphapose_without_tracking_is_tracked(tmp_path, change):
    document = d.alphapose()
    for entry in document:
        change(entry)
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert list(tracks.tracks) == [0, 1] and len(tracks[1]) == 5


@pytest.mark.parametrize('change, message', [
    (lambda v: v[3]['keypoints'].pop(), 'frame 101, instance 1.*3 numbers per keypoint'),
    (lambda v: v[3].update(keypoints=d.flat(1)[:9]), r'frame 101, instance 1: .*\(3, 2\)'),
    (lambda v: v[3].update(keypoints=[d.flat(1)]), 'flat list'),
    (lambda v: v[3].update(bbox=[1]), 'bbox: expected four'),
    (lambda v: v[3].pop('image_id'), 'entry 3'),
    (lambda v: v.append(7), 'entry 10'),
    (lambda v: v.__setitem__(slice(None), [{'image_id': 1}]), "no entry has 'keypoints'"),
])
def test_bad_documents_are_named(tmp_path, change, message):
    document = d.coco()
    change(document)
    with pytest.raises(DataFormatError, match=message):
        io.load(d.write(tmp_path / 'bad.json', document), format='coco')


@pytest.mark.parametrize('wrap', [lambda n: n, lambda n: [n, n], lambda n: [[n + 4.0], [n, [n]]]])
def test_alphapose_ids_in_nested_lists(tmp_path, wrap):
    document = [{**entry, 'idx': wrap(entry['idx'][0])} for entry in d.alphapose()]
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert list(tracks.tracks) == [1, 2]
    io.save(tmp_path / 'out.json', tracks)
    assert (tmp_path / 'out.json').read_bytes() == (tmp_path / 'a.json').read_bytes()
