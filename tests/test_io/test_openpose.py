from __future__ import annotations

import json

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError

from . import documents as d


def frame_of(folder, t):
    return json.loads((folder / f'clip_{t:012d}_keypoints.json').read_text())


def test_only_the_body_changes(tmp_path):
    folder = d.openpose(tmp_path / 'in')
    tracks = io.load(folder, fps=30)
    assert len(tracks) == 2 and tracks.fps == 30
    io.save(tmp_path / 'out', d.shifted(tracks))
    expected = d.openpose_frame(3)
    for person in expected['people']:
        keypoints = np.reshape(person['pose_keypoints_2d'], (-1, 3)) + [1, 1, 0]
        person['pose_keypoints_2d'] = keypoints.ravel().tolist()
    assert frame_of(tmp_path / 'out', 3) == expected


def test_ids_and_people_without_body(tmp_path):
    folder = d.openpose(tmp_path / 'in')
    document = d.openpose_frame(1)
    document['people'].insert(0, {})
    document['people'].insert(1, {'person_id': [-1], 'pose_keypoints_2d': [],
                                  'hand_left_keypoints_2d': [1, 2, 0.5]})
    d.write(folder / f'clip_{1:012d}_keypoints.json', document)
    d.write(folder / f'clip_{2:012d}_keypoints.json', {'people': [], 'part_candidates': [7]})
    tracks = io.load(folder)
    np.testing.assert_array_equal(tracks.frame_ids, range(5))
    np.testing.assert_array_equal(tracks[0].frame_ids, [0, 1, 3, 4])
    io.save(tmp_path / 'out', tracks)
    assert d.content(tmp_path / 'out') == d.content(folder)
    io.save(tmp_path / 'ids', tracks, track_ids=True)
    assert [p['person_id'] for p in frame_of(tmp_path / 'ids', 3)['people']] == [[0], [1]]
    assert list(io.load(tmp_path / 'ids').tracks) == [0, 1]


def test_interpolated_pose_is_added(tmp_path):
    folder = d.openpose(tmp_path / 'in', people=1)
    d.write(folder / f'clip_{2:012d}_keypoints.json', {'version': 1.3, 'people': []})
    (folder / f'clip_{3:012d}_keypoints.json').unlink()
    tracks = io.load(folder)
    tracks = d.bridged(d.bridged(tracks, 0, 2), 0, 3)
    io.save(tmp_path / 'out', tracks)
    for t in (2, 3):
        person = frame_of(tmp_path / 'out', t)['people'][0]
        flat = np.reshape(d.flat(t), (-1, 3)) * [1, 1, 0]
        np.testing.assert_allclose(person.pop('pose_keypoints_2d'), flat.ravel())
        assert person == {'person_id': [-1], 'face_keypoints_2d': [], 'hand_left_keypoints_2d': [],
                          'pose_keypoints_3d': [], 'filled': True}


def test_3d(tmp_path):
    folder = d.openpose(tmp_path / 'in', people=1)
    for t in range(5):
        document = d.openpose_frame(t, 1)
        document['people'][0]['pose_keypoints_3d'] = d.flat(t, 0, 3)
        d.write(folder / f'clip_{t:012d}_keypoints.json', document)
    assert io.load(folder)[0].representation == 'keypoints_2d'
    tracks = io.load(folder, dims=3)
    assert tracks[0].representation == 'keypoints_3d'
    np.testing.assert_array_equal(tracks[0].coords, [d.pose(t, 0, 3) for t in range(5)])
    io.save(tmp_path / 'out', d.shifted(tracks))
    person = frame_of(tmp_path / 'out', 0)['people'][0]
    assert person['pose_keypoints_2d'] == d.flat(0)
    assert person['pose_keypoints_3d'][0] == d.pose(0)[0][0] + 1


def test_25_keypoints_are_body25(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    d.write(folder / '3.json', {'people': [{'pose_keypoints_2d': [1.5] * 75}]})
    tracks = io.load(folder)
    assert tracks[0].skeleton.name == 'body25' and tracks.frame_ids.tolist() == [3]


def test_single_file(tmp_path):
    path = d.write(tmp_path / 'a_000000000004_keypoints.json', d.openpose_frame(4))
    tracks = io.load(path)
    assert tracks.frame_ids.tolist() == [4]
    io.save(tmp_path / 'out.json', tracks)
    assert (tmp_path / 'out.json').read_bytes() == path.read_bytes()


def test_two_clips_in_a_folder(tmp_path):
    folder = d.openpose(tmp_path / 'in')
    d.write(folder / f'other_{0:012d}_keypoints.json', d.openpose_frame(0))
    with pytest.raises(DataFormatError, match='one clip'):
        io.load(folder)


def test_bad_file_is_named(tmp_path):
    folder = d.openpose(tmp_path / 'in')
    bad = folder / f'clip_{3:012d}_keypoints.json'
    document = d.openpose_frame(3)
    document['people'][1]['pose_keypoints_2d'].pop()
    d.write(bad, document)
    with pytest.raises(DataFormatError, match=rf'{bad.name}.*frame 3, instance 1'):
        io.load(folder)
    bad.write_text('{"people": [{')
    with pytest.raises(DataFormatError, match=rf'{bad.name}.*line 1.*cut off'):
        io.load(folder)
    bad.write_text('[]')
    with pytest.raises(DataFormatError, match=rf"{bad.name}.*'people'"):
        io.load(folder)


def test_names_of_old_versions(tmp_path):
    old = d.write(tmp_path / 'a.json', {'people': [{'pose_keypoints': d.flat(0)}]})
    io.save(tmp_path / 'b.json', d.shifted(io.load(old)))
    new = json.loads((tmp_path / 'b.json').read_text())['people'][0]
    assert list(new) == ['pose_keypoints'] and new['pose_keypoints'][0] == d.flat(0)[0] + 1
    old = d.write(tmp_path / 'a.json', {'people': [{'keypoints': d.flat(0)}]})
    with pytest.raises(DataFormatError, match='none of pose_keypoints_2d.*but keypoints'):
        io.load(old, format='openpose')


def test_output_folders(tmp_path):
    folder = d.openpose(tmp_path / 'in')
    before = d.content(folder)
    tracks = io.load(folder)
    io.save(folder, tracks)  # In place.
    assert d.content(folder) == before
    (folder / 'notes.txt').write_text('kept')
    io.save(folder, d.shifted(tracks))
    assert (folder / 'notes.txt').exists()
    d.write(tmp_path / 'in' / 'zzz.json', {})
    after = d.content(folder)
    with pytest.raises(DataFormatError, match=r"1 JSON files.*'zzz.json'"):
        io.save(folder, tracks)
    with pytest.raises(DataFormatError, match='is a file'):
        io.save(folder / 'zzz.json', tracks, format='openpose')
    assert d.content(folder) == after
    assert sorted(p.name for p in tmp_path.iterdir()) == ['in']


def test_one_frame_a_file(tmp_path):
    tracks = io.load(d.openpose(tmp_path / 'in'))
    with pytest.raises(DataFormatError, match=r'is a file|one frame per file'):
        io.save(tmp_path / 'out.json', tracks.replace(source=None), format='openpose')


def flat_of(points, score=0.5):
    return [value for point in np.asarray(points).tolist() for value in [*point, score]]


def with_hands(folder, frames=8):
    """25 keypoints, a face and hands; the left hand is not looked for in frame 3."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    start = rng.uniform(100, 400, (25 + 70 + 21 + 21, 2))
    for t in range(frames):
        points = (start + [3 * t, t] + rng.normal(0, 2, start.shape)).round(3)
        body, face, left, right = np.split(points, [25, 95, 116])
        d.write(folder / f'a_{t:012d}_keypoints.json', {'version': 1.3, 'people': [{
            'person_id': [-1], 'pose_keypoints_2d': flat_of(body),
            'face_keypoints_2d': flat_of(face),
            'hand_left_keypoints_2d': [] if t == 3 else flat_of(left),
            'hand_right_keypoints_2d': flat_of(right)}]})
    return folder


def test_face_and_hands(tmp_path):
    folder = with_hands(tmp_path / 'in')
    tracks = io.load(folder)
    assert tracks[0].num_keypoints == 137 and tracks[0].skeleton.keypoint_names[1] == 'neck'
    assert tracks[0].skeleton.keypoint_names[95] == 'left_hand_0'
    assert np.isnan(tracks[0].coords[3, 95:116]).all() and tracks[0].valid[3, 116:].all()
    io.save(tmp_path / 'same', tracks)
    assert d.content(tmp_path / 'same') == d.content(folder)
    io.save(tmp_path / 'out', d.shifted(tracks))
    for name in d.content(folder):
        old, new = (json.loads((where / name).read_text())['people'][0]
                    for where in (folder, tmp_path / 'out'))
        for key in list(old)[1:]:
            before, after = (np.reshape(person[key], (-1, 3)) for person in (old, new))
            np.testing.assert_allclose(after, before + [1, 1, 0])
    body = io.load(folder, parts='body')
    assert body[0].num_keypoints == 25
    smooth(folder, 'gaussian', tmp_path / 'smooth', fps=30)
    people = [json.loads(text)['people'][0] for text in d.content(tmp_path / 'smooth').values()]
    assert people[3]['hand_left_keypoints_2d'] == [] and len(people[3]['face_keypoints_2d']) == 210
    assert people[3]['face_keypoints_2d'][2::3] == [0.5] * 70
    with pytest.raises(DataFormatError, match="'all' or 'body'"):
        io.load(folder, parts='hands')


def test_an_added_person_has_face_and_hands(tmp_path):
    tracks = io.load(with_hands(tmp_path / 'in'))
    io.save(tmp_path / 'out', d.bridged(d.without(tracks, 0, 5), 0, 5))
    again = io.load(tmp_path / 'out')
    assert again[0].num_keypoints == 137 and np.isfinite(again[0].coords[5]).all()
    assert (again[0].scores[5] == 0).all()


def test_body_25b_is_recognised_by_its_neck(tmp_path):
    rng = np.random.default_rng(1)
    body = rng.uniform(0, 300, (25, 2))
    body[5], body[6], body[17], body[18] = (80, 100), (40, 100), (60, 99), (60, 30)
    document = [{'version': 1.7, 'people': [{'pose_keypoints_2d': flat_of(body + t)}]}
                for t in range(5)]
    (tmp_path / 'in').mkdir()
    for t, frame in enumerate(document):
        d.write(tmp_path / 'in' / f'{t}_keypoints.json', frame)
    for path in (tmp_path / 'in', d.write(tmp_path / 'a.json', document)):
        skeleton = io.load(path)[0].skeleton
        assert skeleton.name == 'body25b' and skeleton.keypoint_names[17] == 'neck'
    body[1], body[2] = (60, 100), (40, 100)
    body[5], body[17] = (80, 100), (300, 0)
    document = [{'people': [{'pose_keypoints_2d': flat_of(body + t)}]} for t in range(5)]
    assert io.load(d.write(tmp_path / 'a.json', document))[0].skeleton.name == 'body25'


def test_folders_of_pose2sim(tmp_path):
    """Frames start where the cameras are in step; a folder a camera."""
    (tmp_path / 'pose' / 'cam1_json').mkdir(parents=True)
    (tmp_path / 'pose' / 'cam2_json').mkdir()
    for t in range(12, 20):
        d.write(tmp_path / 'pose' / 'cam1_json' / f'cam1_{t:06d}.json', d.openpose_frame(t, 1))
        d.write(tmp_path / 'pose' / 'cam2_json' / f'cam2_{t:06d}.json', d.openpose_frame(t, 1))
    tracks = smooth(tmp_path / 'pose' / 'cam1_json', 'gaussian', tmp_path / 'out', fps=30)
    assert tracks.frame_ids.tolist() == list(range(12, 20))
    assert list(d.content(tmp_path / 'out')) == list(d.content(tmp_path / 'pose' / 'cam1_json'))
    assert list(io.load(tmp_path / 'pose').tracks) == ['cam1_json/0', 'cam2_json/0']
    (tmp_path / 'pose').rename(tmp_path / 'project')
    (tmp_path / 'all').mkdir()
    (tmp_path / 'project').rename(tmp_path / 'all' / 'pose')
    (tmp_path / 'all' / 'calibration').mkdir()
    with pytest.raises(DataFormatError, match=r'folder of calibration/, pose/; .*smooth-many'):
        io.load(tmp_path / 'all')
