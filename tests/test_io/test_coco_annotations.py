"""COCO results of several categories, COCO annotations, PoseTrack 2018 and 2021."""

from __future__ import annotations

import json

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError

from . import documents as d

NAMES = ['nose', 'hip', 'knee', 'toe']


def posetrack(frames=6, people=2, labelled=range(6)):
    images = [{'file_name': f'images/val/00522_mpii/{t:06d}.jpg', 'id': 10005220000 + t,
               'frame_id': 10005220000 + t, 'vid_id': '000522', 'is_labeled': t in labelled,
               'nframes': frames} for t in range(frames)]
    annotations = [{'bbox_head': [1, 2, 3, 4], 'keypoints': d.flat(t, p), 'track_id': p,
                    'image_id': 10005220000 + t, 'bbox': d.xywh(t, p), 'scores': [0.5] * 4,
                    'category_id': 1, 'id': 1000522000000 + 10 * t + p}
                   for t in labelled for p in range(people)]
    return {'images': images, 'annotations': annotations,
            'categories': [{'supercategory': 'person', 'id': 1, 'keypoints': NAMES}]}


def coco(frames=6):
    """COCO's own layout, as labelling tools export it: no frame numbers, visibility."""
    return {'info': {'year': 2026}, 'images': [
        {'id': f'img{t}', 'file_name': f'{t + 5}.png', 'width': 640} for t in range(frames)],
        'annotations': [{'id': 2 * t, 'image_id': f'img{t}', 'category_id': 1, 'iscrowd': 0,
                         'keypoints': [v for x, y in d.pose(t) for v in (x, y, 2)],
                         'num_keypoints': 4} for t in range(frames)] + [
            {'id': 1, 'image_id': 'img3', 'category_id': 2, 'bbox': [1, 2, 3, 4]}]}


def two_categories(tracked=False):
    rows = []
    for t in range(6):
        for category, flat in ((1, d.flat(t)), (2, d.flat(t, 1)[:6])):
            row = {'image_id': t, 'category_id': category, 'keypoints': flat, 'score': 0.5,
                   'bbox': d.xywh(t, category - 1)}
            rows.append({**row, 'track_id': 10 + category} if tracked else row)
    return rows


@pytest.mark.parametrize('name, document, people', [
    ('coco_annotations', posetrack(), [0, 1]), ('coco_annotations', coco(), [0]),
    ('coco_annotations', posetrack(labelled=[1, 2, 4]), [0, 1]),
    ('coco', two_categories(), ['1/0', '2/0']), ('coco', two_categories(True), [11, 12])])
def test_read_by_content_and_written_back(tmp_path, name, document, people):
    path = d.write(tmp_path / 'a.json', document)
    assert io.sniff(path) == name
    tracks = io.load(path, fps=25)
    assert list(tracks.tracks) == people and tracks.num_frames == 6
    io.save(tmp_path / 'same.json', tracks)
    assert (tmp_path / 'same.json').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.json', d.shifted(tracks))
    again = io.load(tmp_path / 'out.json')
    for track_id, sequence in tracks:
        np.testing.assert_array_equal(again[track_id].coords, sequence.coords + 1)
        np.testing.assert_array_equal(again[track_id].scores, sequence.scores)
    entries = document if isinstance(document, list) else document['annotations']
    written = json.loads((tmp_path / 'out.json').read_text())
    written = written if isinstance(document, list) else written['annotations']
    for one, other in zip(entries, written, strict=True):
        assert {**one, 'keypoints': 0} == {**other, 'keypoints': 0} or 'keypoints' not in one


def test_names_numbers_and_scores(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', posetrack()))
    assert tracks[0].skeleton.keypoint_names == tuple(NAMES)
    assert (tracks[0].scores == 0.5).all() and tracks.frame_ids[0] == 10005220000
    tracks = io.load(d.write(tmp_path / 'b.json', coco()))
    assert tracks.frame_ids.tolist() == [5, 6, 7, 8, 9, 10] and (tracks[0].scores == 1).all()


def test_interpolated_people_belong_to_their_picture(tmp_path):
    document = posetrack()
    del document['annotations'][4]
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    frame = 10005220002
    io.save(tmp_path / 'out.json', d.bridged(tracks, 0, frame))
    added = [a for a in json.loads((tmp_path / 'out.json').read_text())['annotations']
             if a.get('filled')]
    assert len(added) == 1 and added[0]['image_id'] == frame and added[0]['scores'] == [0] * 4
    assert len(io.load(tmp_path / 'out.json')[0]) == 6


def test_categories_are_smoothed_apart(tmp_path):
    path = d.write(tmp_path / 'a.json', two_categories())
    result = smooth(path, 'gaussian', tmp_path / 'out.json', fps=30)
    assert [s.valid[0].sum() for _, s in result] == [4, 2]
    alone = d.write(tmp_path / 'b.json', [e for e in two_categories() if e['category_id'] == 2])
    np.testing.assert_array_equal(smooth(alone, 'gaussian', fps=30)[0].coords,
                                  result['2/0'].coords[:, :2])
    lengths = {(e['category_id'], len(e['keypoints']))
               for e in json.loads((tmp_path / 'out.json').read_text())}
    assert lengths == {(1, 12), (2, 6)}


def test_interpolated_people_have_the_keypoints_of_their_category(tmp_path):
    document = [e for e in two_categories() if (e['image_id'], e['category_id']) != (3, 2)]
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    io.save(tmp_path / 'out.json', d.bridged(tracks, '2/0', 3))
    added = [e for e in json.loads((tmp_path / 'out.json').read_text()) if e.get('filled')]
    assert [(e['category_id'], len(e['keypoints'])) for e in added] == [(2, 6)]


def test_new_document(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video(4)))
    io.save(tmp_path / 'out.json', tracks, format='coco_annotations')
    again = io.load(tmp_path / 'out.json')
    assert again.source.format == 'coco_annotations'
    for track_id, sequence in tracks:
        np.testing.assert_array_equal(again[track_id].coords, sequence.coords)
        np.testing.assert_array_equal(again[track_id].scores, sequence.scores)


@pytest.mark.parametrize('change, message', [
    (lambda c: c['annotations'][0].update(image_id=3), 'no image has the id 3'),
    (lambda c: c['images'][0].update(vid_id='other'), 'of 2 videos'),
    (lambda c: c['annotations'][0].pop('image_id'), 'entry 0: expected an object'),
    (lambda c: c['annotations'][0]['keypoints'].pop(), 'keypoints'),
    (lambda c: c['annotations'][0].update(scores=[1]), '1 keypoint scores for 4'),
])
def test_damaged_documents(tmp_path, change, message):
    document = posetrack()
    change(document)
    with pytest.raises(DataFormatError, match=rf'a\.json.*{message}'):
        io.load(d.write(tmp_path / 'a.json', document))


def test_a_category_of_one_keypoint_is_one_track(tmp_path, rng):
    document = [{'image_id': t, 'category_id': c, 'score': 0.9, 'keypoints': [
        v for x, y in rng.normal(500, 5, (6 if c == 1 else 1, 2)) for v in (x, y, 0.9)]}
        for t in range(20) for c in (1, 2)]
    tracks = io.load(d.write(tmp_path / 'a.json', document))
    assert sum(sequence.valid[:, 1:].sum() == 0 for _, sequence in tracks) == 1


def test_added_annotations_have_ids_of_their_own(tmp_path):
    document = posetrack(people=1)
    del document['annotations'][3]
    smooth(d.write(tmp_path / 'a.json', document), 'gaussian', tmp_path / 'b.json', fps=30)
    written = json.loads((tmp_path / 'b.json').read_text())['annotations']
    [added] = [one for one in written if one.get('filled')]
    assert added['id'] == 1 + max(one['id'] for one in document['annotations'])
