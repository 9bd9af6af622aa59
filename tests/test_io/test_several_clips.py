"""Files and folders of several videos: Pose2Sim's cameras, VideoPose3D's subjects and actions."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import DataFormatError, UnsafeFileError

from . import documents as d
from .samples import detections


def cameras(folder, names=('cam01_json', 'cam02_json', 'cam10_json'), frames=20, noise=0.0):
    """Two people in each camera; the second camera lacks a frame, the last one a person in one."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    (folder / 'cam01_pose.mp4').write_bytes(b'video')
    for number, name in enumerate(names):
        (folder / name).mkdir()
        for t in range(frames):
            if number == 1 and t == 3:
                continue
            document = d.openpose_frame(t, 2 - (number == 2 and t == 7))
            for person in document['people']:
                flat = np.array(person['pose_keypoints_2d']).reshape(-1, 3)
                flat[:, :2] += 100 * number + rng.normal(0, noise, (d.K, 2))
                person['pose_keypoints_2d'] = flat.round(3).ravel().tolist()
            d.write(folder / name / f'{name[:5]}_{t:06d}.json', document, separators=(',', ':'))
    return folder


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(
        folder.rglob('*.json'))}


def test_pose2sim_comes_back_to_the_letter(tmp_path):
    folder = cameras(tmp_path / 'pose')
    assert io.sniff(folder) == 'pose2sim'
    tracks = io.load(folder)
    assert list(tracks.tracks) == [f'cam{n:02d}_json/{p}' for n in (1, 2, 10) for p in (0, 1)]
    assert tracks.num_frames == 20 and 3 not in tracks['cam02_json/0'].frame_ids
    io.save(tmp_path / 'out', tracks)
    assert tree(tmp_path / 'out') == tree(folder)
    assert not list((tmp_path / 'out').glob('*.mp4'))


def test_each_camera_is_smoothed_as_its_own_video(tmp_path, capsys):
    folder = cameras(tmp_path / 'pose', noise=2.0)
    assert main(['smooth', str(folder), '-o', str(tmp_path / 'out'), '--fps', '30', '--smoother',
                 'gaussian', '--max-gap', '0']) == 0
    assert set(tree(tmp_path / 'out')) == set(tree(folder))
    for name in ('cam01_json', 'cam02_json', 'cam10_json'):
        smooth(folder / name, 'gaussian', tmp_path / 'alone' / name, fps=30, max_gap=0)
    assert tree(tmp_path / 'alone') == tree(tmp_path / 'out') != tree(folder)
    old, new = (json.loads((base / 'cam01_json/cam01_000004.json').read_text())['people'][0]
                for base in (folder, tmp_path / 'out'))
    assert old['pose_keypoints_2d'][2::3] == new['pose_keypoints_2d'][2::3]
    assert set(old) == set(new)


def test_a_gap_of_one_camera_is_filled_there(tmp_path):
    folder = cameras(tmp_path / 'pose')
    smooth(folder, 'gaussian', tmp_path / 'out', fps=30)
    added = set(tree(tmp_path / 'out')) - set(tree(folder))
    assert added <= {'cam02_json/cam02_000003.json'}
    people = json.loads((tmp_path / 'out/cam10_json/cam10_000007.json').read_text())['people']
    assert len(people) == 2 and people[1]['filled']


def test_pose2sim_faults(tmp_path):
    folder = cameras(tmp_path / 'pose', frames=4)
    tracks = io.load(folder)
    with pytest.raises(DataFormatError, match='no cameras'):
        io.save(tmp_path / 'x', io.load(folder / 'cam01_json'), format='pose2sim')
    with pytest.raises(DataFormatError, match='belongs to no camera'):
        io.save(tmp_path / 'x', tracks.replace(tracks={'cam99/0': tracks['cam01_json/0']}))
    people = json.loads((folder / 'cam02_json/cam02_000000.json').read_text())
    people['people'][0]['pose_keypoints_2d'] += [1, 2, 0.5]
    (folder / 'cam02_json/cam02_000000.json').write_text(json.dumps(people))
    with pytest.raises(DataFormatError, match='cam02'):
        io.load(folder)
    for path in (folder / 'cam02_json').iterdir():
        path.write_text(json.dumps({'people': [{'pose_keypoints_2d': [1, 2, 0.5] * 9}]}))
    with pytest.raises(DataFormatError, match=r'cam02_json: 9.*smooth-many'):
        io.load(folder)
    (folder / 'cam01_json').joinpath('cam01_000000.json').write_text('[1]')
    with pytest.raises(DataFormatError, match='smooth-many'):
        io.load(folder)
    (tmp_path / 'none').mkdir()
    with pytest.raises(DataFormatError, match='camera'):
        io.load(tmp_path / 'none', format='pose2sim')


def boxed(value):
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def clip(rng, frames, width=2, dtype: type = np.float32, joints=17):
    return (np.cumsum(rng.normal(0, 1, (frames, joints, width)), axis=0) + 300).astype(dtype)


@pytest.mark.parametrize('compressed', [True, False])
def test_videopose3d_2d(tmp_path, rng, compressed):
    content = {'S1': {'Walking 1': [clip(rng, 30), clip(rng, 28)], 'Eating': [clip(rng, 25)]},
               'S9': {'Walking': [clip(rng, 40)]}}
    content['S1']['Eating'][0][4] = content['S9']['Walking'][0][5, 3] = np.nan
    meta = {'layout_name': 'coco', 'num_joints': 17, 'keypoints_symmetry': [[1, 3], [2, 4]]}
    (np.savez_compressed if compressed else np.savez)(
        tmp_path / 'a.npz', positions_2d=boxed(content), metadata=boxed(meta))
    assert io.sniff(tmp_path / 'a.npz') == 'videopose3d'
    tracks = io.load(tmp_path / 'a.npz')
    assert list(tracks.tracks) == ['S1/Walking 1/0', 'S1/Walking 1/1', 'S1/Eating/0',
                                   'S9/Walking/0']
    assert len(tracks['S1/Eating/0']) == 24 and tracks.num_frames == 40
    io.save(tmp_path / 'same.npz', tracks)
    result = smooth(tmp_path / 'a.npz', 'gaussian', tmp_path / 'b.npz', fps=50, max_gap=0)
    for name, changed in (('same', False), ('b', True)):
        with np.load(tmp_path / f'{name}.npz', allow_pickle=True) as file:
            assert list(file) == ['positions_2d', 'metadata'] and file['metadata'].item() == meta
            new = file['positions_2d'].item()
        assert {s: {a: len(v) for a, v in actions.items()} for s, actions in new.items()} == {
            s: {a: len(v) for a, v in actions.items()} for s, actions in content.items()}
        for subject, actions in content.items():
            for action, views in actions.items():
                for view, (old, after) in enumerate(zip(views, new[subject][action])):
                    assert type(after) is np.ndarray and after.dtype == np.float32
                    np.testing.assert_array_equal(np.isnan(old), np.isnan(after))
                    assert np.array_equal(old, after, equal_nan=True) != changed
                    sequence = result[f'{subject}/{action}/{view}']
                    if changed:
                        np.testing.assert_array_equal(after[sequence.frame_ids], sequence.coords)
    again = io.load(tmp_path / 'b.npz')
    assert list(again.tracks) == list(tracks.tracks)


def test_videopose3d_3d_and_custom(tmp_path, rng):
    content = {'S1': {'Walking': clip(rng, 30, 3, np.float64, 32)}}
    np.savez(tmp_path / 'a.npz', positions_3d=boxed(content))
    tracks = smooth(tmp_path / 'a.npz', 'gaussian', tmp_path / 'b.npz', fps=50)
    assert tracks['S1/Walking'].representation == 'keypoints_3d'
    with np.load(tmp_path / 'b.npz', allow_pickle=True) as file:
        np.testing.assert_array_equal(file['positions_3d'].item()['S1']['Walking'],
                                      tracks['S1/Walking'].coords)
    views = np.empty(2, dtype=object)
    views[0], views[1] = clip(rng, 9), clip(rng, 8, dtype=np.int32)
    np.savez(tmp_path / 'c.npz', positions_2d=boxed({'v.mp4': {'custom': views}}))
    tracks = io.load(tmp_path / 'c.npz')
    io.save(tmp_path / 'd.npz', d.shifted(tracks, 0.5))
    again = io.load(tmp_path / 'd.npz')
    assert list(again.tracks) == ['v.mp4/custom/0', 'v.mp4/custom/1']
    np.testing.assert_array_equal(again['v.mp4/custom/1'].coords,
                                  tracks['v.mp4/custom/1'].coords + 0.5)


def test_videopose3d_faults(tmp_path, rng):
    class Bomb:
        def __reduce__(self):
            return os.system, ('true',)

    good = clip(rng, 9)
    for content, error, words in [
            ({'S': {'a': [Bomb()]}}, UnsafeFileError, 'system'),
            ({'S': {'a': [good, good[:, :5]]}}, DataFormatError, 'keypoints'),
            ({'S': {'a': [good[0]]}}, DataFormatError, r'S/a/0.*\(17, 2\)'),
            ({'S': {'a': 'text'}}, DataFormatError, 'S/a'),
            ({'S': {}}, DataFormatError, 'no clip'), ({}, DataFormatError, 'no clip'),
            ({'S': {1: good, '1': good}}, DataFormatError, 'same name'),
            ([[[[[[good]]]]]], DataFormatError, 'expected numbers')]:
        np.savez(tmp_path / 'a.npz', positions_2d=boxed(content))
        with pytest.raises(error, match=words):
            io.load(tmp_path / 'a.npz')
    nested: dict = {}
    nested['S'] = nested
    with pytest.raises(DataFormatError, match='expected numbers'):
        np.savez(tmp_path / 'a.npz', positions_2d=boxed(nested))
        io.load(tmp_path / 'a.npz')
    np.savez(tmp_path / 'a.npz', positions_2d=boxed({'S': {'a': [good]}}))
    tracks = io.load(tmp_path / 'a.npz')
    longer = tracks['S/a/0'].replace(frame_ids=np.arange(5, 14))
    with pytest.raises(DataFormatError, match='its clip only 9'):
        io.save(tmp_path / 'b.npz', tracks.replace(tracks={'S/a/0': longer},
                                                   frame_ids=np.arange(20)))
    with pytest.raises(DataFormatError, match='no subjects'):
        io.save(tmp_path / 'b.npz', io.load(d.write(tmp_path / 'a.json', d.video(3, 1))),
                format='videopose3d')


def test_videopose3d_detections(tmp_path, rng):
    arrays = detections(rng, [2, 1, 0, 2, 1, 1, 2])
    np.savez_compressed(tmp_path / 'a.npz', **arrays)
    assert io.sniff(tmp_path / 'a.npz') == 'videopose3d_detections'
    tracks = io.load(tmp_path / 'a.npz', fps=30)
    assert len(tracks.tracks) == 2 and tracks.num_frames == 7 and tracks.image_size == (1280, 720)
    people = arrays['keypoints'][0, 1]
    np.testing.assert_array_equal(tracks[0].coords[0], people[0, :2].T)
    np.testing.assert_allclose(tracks[0].scores[0], people[0, 3])
    io.save(tmp_path / 'same.npz', tracks)
    result = smooth(tmp_path / 'a.npz', 'gaussian', tmp_path / 'b.npz', fps=30)
    with np.load(tmp_path / 'same.npz', allow_pickle=True) as file:
        assert list(file) == list(arrays) and file['metadata'].item() == {'w': 1280, 'h': 720}
        for name in ('boxes', 'keypoints'):
            for old, new in zip(arrays[name], file[name]):
                assert new[0] == [] and type(new[1]) is type(old[1])
                np.testing.assert_array_equal(old[1], new[1])
    with np.load(tmp_path / 'b.npz', allow_pickle=True) as file:
        # Both people are interpolated where they are missing, and say so by a probability of 0.
        assert [len(entry[1]) for entry in file['keypoints']] == [2] * 7
        assert [len(entry[1]) for entry in file['boxes']] == [2] * 7
        new = file['keypoints'][2, 1]
        assert np.isfinite(new).all() and not new[:, 3].any()
        assert not file['boxes'][2, 1][:, 4].any()
        np.testing.assert_allclose(file['keypoints'][0, 1][:, 2:], people[:, 2:])
        np.testing.assert_allclose(file['keypoints'][0, 1][0, :2].T, result[0].coords[0],
                                   rtol=1e-6)
    assert len(io.load(tmp_path / 'b.npz').tracks) == 2


def test_videopose3d_detections_faults(tmp_path, rng):
    good = detections(rng, [1, 1, 1])

    def refused(words, **arrays):
        np.savez(tmp_path / 'a.npz', **{**good, **arrays})
        with pytest.raises(DataFormatError, match=words):
            io.load(tmp_path / 'a.npz')

    refused('2 of boxes', boxes=good['boxes'][:2])
    refused('frame 1', keypoints=np.array([good['keypoints'][0], None, None], dtype=object))
    refused('expected .*every frame', keypoints=np.zeros((3, 4, 17)))
    three = good['keypoints'].copy()
    three[1, 1] = three[1, 1][:, :3]
    refused(r'frame 1.*\(1, 3, 17\).*\(N, 4, K\)', keypoints=three)
    np.savez(tmp_path / 'a.npz', **good)
    tracks = io.load(tmp_path / 'a.npz')
    later = tracks[0].replace(frame_ids=np.arange(2, 5), refs=None)
    with pytest.raises(DataFormatError, match="only 3; write 'npz'"):
        io.save(tmp_path / 'b.npz', tracks.replace(tracks={0: later}, frame_ids=np.arange(6)))
