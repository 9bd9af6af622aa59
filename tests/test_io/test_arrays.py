"""npy files, and skeleton pickles of MMAction2."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError, UnsafeFileError
from smoothnet_plugin.structures import PoseTracks

from . import documents as d


def poses(count=8, dims=3, dtype=np.float32):
    # Depths of pixels: less than 1 beside pixels would be confidences.
    return np.array([d.pose(t, 0, dims) for t in range(count)], dtype) * np.array(
        [1, 1, 100][:dims], dtype)


@pytest.mark.parametrize('array', [
    poses(), poses(dims=2), poses(dtype=np.float64), poses(dtype='>f4'), poses(dtype=np.float16),
    np.asfortranarray(poses()), poses().astype(np.int32)])
def test_npy(tmp_path, array):
    array = array.copy(order='K')
    if array.dtype.kind == 'f':
        array[2, 1] = np.nan
    np.save(tmp_path / 'a.npy', array)
    assert io.sniff(tmp_path / 'a.npy') == 'npy'
    tracks = io.load(tmp_path / 'a.npy')
    np.testing.assert_array_equal(tracks[0].coords, array.astype(tracks[0].coords.dtype))
    io.save(tmp_path / 'same.npy', tracks)
    assert (tmp_path / 'same.npy').read_bytes() == (tmp_path / 'a.npy').read_bytes()
    io.save(tmp_path / 'out.npy', d.shifted(tracks))
    new = np.load(tmp_path / 'out.npy')
    assert new.dtype == (array.dtype if array.dtype.kind == 'f' else np.float64)
    np.testing.assert_array_equal(new, array + np.array(1, new.dtype))


def test_new_npy(tmp_path):
    person = PoseTracks.from_array(poses(), representation='keypoints_3d')[0]
    person = person.select(np.array([0, 1, 4])).replace(frame_ids=[3, 4, 7])
    io.save(tmp_path / 'a.npy', PoseTracks({0: person}))
    array = np.load(tmp_path / 'a.npy')
    assert array.shape == (5, 4, 3) and np.isnan(array[2:4]).all()
    with pytest.raises(DataFormatError, match='every frame between'):
        io.save(tmp_path / 'b.npy', PoseTracks({0: person.replace(frame_ids=[3, 4, 10**9])}))


@pytest.mark.parametrize('array, message', [
    (np.zeros((8, 4)), r'npy file of float64 of shape \(8, 4\); expected \(T, K, 2\)'),
    (np.zeros((2, 8, 4, 3)), r'\(2, 8, 4, 3\)'), (np.zeros((8, 4, 3), 'U1'), 'U1'),
    (np.array([{}]), 'npy file of pickled objects')])
def test_other_arrays_are_described(tmp_path, array, message):
    np.save(tmp_path / 'a.npy', array, allow_pickle=True)
    with pytest.raises(DataFormatError, match=message):
        io.load(tmp_path / 'a.npy')


def test_damaged_npy(tmp_path):
    np.save(tmp_path / 'a.npy', poses())
    content = (tmp_path / 'a.npy').read_bytes()
    for damaged in (content[:-9], content + b'x', content.replace(b'(8,', b'(9,')):
        (tmp_path / 'b.npy').write_bytes(damaged)
        with pytest.raises(DataFormatError, match='cut off or damaged'):
            io.load(tmp_path / 'b.npy')


def annotation(name, people=2, frames=8, dims=2, dtype=np.float16, **more):
    keypoint = np.array([[d.pose(t, p, dims) for t in range(frames)] for p in range(people)], dtype)
    keypoint[0, 1, 2] = 0
    keypoint[-1, -1] = 0
    scores = {} if dims == 3 else {
        'keypoint_score': np.full(keypoint.shape[:3], 0.5, np.float16)}
    return {'frame_dir': name, 'total_frames': frames, 'label': 3, 'img_shape': (480, 640),
            'original_shape': (480, 640), 'keypoint': keypoint, **scores, **more}


SKELETONS = {
    'split': {'split': {'train': ['a'], 'val': ['b']},
              'annotations': [annotation('a'), annotation('b', 1, 5)]},
    'list': [annotation('a'), annotation('a', frames=4)],
    'one': annotation('a', dtype=np.float32), '3d': [annotation('a', dims=3, dtype=np.float32)],
}


@pytest.mark.parametrize('case', SKELETONS)
def test_mmaction(tmp_path, case):
    path = tmp_path / 'a.pkl'
    path.write_bytes(pickle.dumps(SKELETONS[case]))
    assert io.sniff(path) == 'mmaction'
    tracks = io.load(path, fps=30)
    ids = {'split': ['a/0', 'a/1', 'b/0'], 'list': ['0/0', '0/1', '1/0', '1/1']}.get(case, [0, 1])
    assert list(tracks.tracks) == ids
    first = tracks[ids[0]]
    assert (~first.valid).sum() == 1 and len(tracks[ids[1]]) == 7
    io.save(tmp_path / 'same.pkl', tracks)
    np.testing.assert_equal(pickle.loads((tmp_path / 'same.pkl').read_bytes()), SKELETONS[case])
    io.save(tmp_path / 'out.pkl', d.shifted(tracks))
    content, old = pickle.loads((tmp_path / 'out.pkl').read_bytes()), SKELETONS[case]
    if case != 'one':
        content, old = (c['annotations'] if case == 'split' else c for c in (content, old))
    for new, before in zip(*((content, old) if case != 'one' else ([content], [old]))):
        poses, known = before['keypoint'], (before['keypoint'] != 0).any(axis=-1)
        assert new['keypoint'].dtype == poses.dtype and type(new['keypoint']) is np.ndarray
        np.testing.assert_array_equal(new['keypoint'][known], poses[known] + poses.dtype.type(1))
        assert (new['keypoint'][~known] == 0).all()
        np.testing.assert_equal({**new, 'keypoint': 0}, {**before, 'keypoint': 0})


def test_mmaction_smoothed(tmp_path):
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps(SKELETONS['split']))
    smooth(tmp_path / 'a.pkl', 'gaussian', tmp_path / 'out.pkl', fps=30)
    assert io.sniff(tmp_path / 'out.pkl') == 'mmaction'


@pytest.mark.parametrize('change, message', [
    ({'keypoint': np.zeros((8, 4, 2))}, r'shape \(8, 4, 2\); expected numbers'),
    ({'keypoint': [1]}, 'is list'), ({'keypoint_score': np.zeros(3)}, r'shape \(3,\); expected'),
    ({'keypoint': np.zeros((1, 8, 4, 2), 'U1')}, 'U1')])
def test_damaged_annotations(tmp_path, change, message):
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps([annotation('a', **change)]))
    with pytest.raises(DataFormatError, match=rf'a\.pkl.*annotation 0: .*{message}'):
        io.load(tmp_path / 'a.pkl')


def test_mmaction_runs_no_code_and_loses_no_frames(tmp_path):
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps([annotation('a', more=print)]))
    with pytest.raises(UnsafeFileError):
        io.load(tmp_path / 'a.pkl')
    (tmp_path / 'b.pkl').write_bytes(pickle.dumps([annotation('a')]))
    tracks = io.load(tmp_path / 'b.pkl')
    longer = tracks[0].replace(frame_ids=tracks[0].frame_ids + 3)
    with pytest.raises(DataFormatError, match='dropped from or added'):
        io.save(tmp_path / 'c.pkl', d.replaced(tracks, 0, longer))
    with pytest.raises(DataFormatError, match='cannot be written from'):
        io.save(tmp_path / 'c.pkl', tracks.replace(source=None), format='mmaction')
