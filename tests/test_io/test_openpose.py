from __future__ import annotations

import json

import numpy as np
import pytest

from smoothnet_plugin import io
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
    with pytest.raises(DataFormatError, match='none of pose_keypoints_2d.*but pose_keypoints'):
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
    with pytest.raises(DataFormatError, match=r'is a file|one frame a file'):
        io.save(tmp_path / 'out.json', tracks.replace(source=None), format='openpose')
