from __future__ import annotations

import pathlib
import pickle

import numpy as np
import pytest
import torch

from smoothnet_plugin import io
from smoothnet_plugin.errors import DataFormatError, UnsafeFileError

from . import documents as d


def test_only_keypoints_change(tmp_path):
    path = d.dump(tmp_path / 'a.pkl')
    tracks = io.load(path, fps=30)
    assert list(tracks.tracks) == [0, 1] and tracks.image_size == (640, 480)
    np.testing.assert_array_equal(tracks.frame_ids, range(3, 8))
    assert tracks[0].coords.dtype == np.float32
    io.save(tmp_path / 'out.pkl', tracks)
    assert (tmp_path / 'out.pkl').read_bytes() == path.read_bytes()
    io.save(tmp_path / 'out.pkl', d.shifted(tracks))
    samples, old = (pickle.loads(p.read_bytes()) for p in (tmp_path / 'out.pkl', path))
    assert type(samples[3]['pred_instances']['keypoints']) is np.ndarray
    for sample, before in zip(samples, old):
        moved = before['pred_instances'].pop('keypoints') + np.float32(1)
        np.testing.assert_array_equal(sample['pred_instances'].pop('keypoints'), moved)
        np.testing.assert_equal(sample, before)


def test_tensors_stay_tensors(tmp_path):
    path = d.dump(tmp_path / 'a.pkl', people=1)
    samples = pickle.loads(path.read_bytes())
    for sample in samples:
        sample['pred_instances'] = {
            key: torch.from_numpy(value) for key, value in sample['pred_instances'].items()}
    path.write_bytes(pickle.dumps(samples))
    tracks = io.load(path)
    io.save(tmp_path / 'out.pkl', d.shifted(tracks))
    again = pickle.loads((tmp_path / 'out.pkl').read_bytes())
    keypoints = again[0]['pred_instances']['keypoints']
    assert torch.equal(keypoints, samples[0]['pred_instances']['keypoints'] + 1)
    np.testing.assert_array_equal(io.load(path)[0].coords, tracks[0].coords)  # Not in place.


def test_several_sequences_become_one_clip(tmp_path):
    path = d.dump(tmp_path / 'a.pkl', folders=('b', 'a'))
    tracks = io.load(path)
    assert list(tracks.tracks) == ['data/a/0', 'data/a/1', 'data/b/0', 'data/b/1']
    np.testing.assert_array_equal(tracks['data/a/0'].frame_ids, range(5))
    np.testing.assert_array_equal(tracks['data/b/1'].frame_ids, range(5, 10))
    assert tracks.num_frames == 10
    moved = d.replaced(tracks, 'data/b/1', d.shifted(tracks)['data/b/1'])
    io.save(tmp_path / 'out.pkl', moved)
    samples = pickle.loads((tmp_path / 'out.pkl').read_bytes())
    for i, sample in enumerate(samples):
        expected = np.array(d.pose(i // 2 % 5, i % 2)) + (i < 10 and i % 2 == 1)
        np.testing.assert_array_equal(sample['pred_instances']['keypoints'][0], expected)


def test_several_people_in_a_sample_and_ids(tmp_path):
    samples = [{'img_id': 10 + t, 'pred_instances': {
        'keypoints': np.array([d.pose(t, p) for p in range(2)])[:, None]}} for t in range(3)]
    path = tmp_path / 'a.pkl'
    path.write_bytes(pickle.dumps(samples))
    tracks = io.load(path)
    np.testing.assert_array_equal(tracks.frame_ids, [10, 11, 12])
    assert tracks[1].scores is None
    io.save(tmp_path / 'out.pkl', d.shifted(tracks))
    again = pickle.loads((tmp_path / 'out.pkl').read_bytes())
    np.testing.assert_array_equal(again[2]['pred_instances']['keypoints'],
                                  samples[2]['pred_instances']['keypoints'] + 1)


def test_interpolated_and_dropped_people_change_no_samples(tmp_path):
    path = d.dump(tmp_path / 'a.pkl')
    samples = pickle.loads(path.read_bytes())
    del samples[4]
    path.write_bytes(pickle.dumps(samples, protocol=2))
    tracks = d.bridged(io.load(path), 0, 5)
    io.save(tmp_path / 'out.pkl', tracks.replace(tracks={0: tracks[0]}))
    np.testing.assert_equal(pickle.loads((tmp_path / 'out.pkl').read_bytes()), samples)


def test_code_needs_trust(tmp_path):
    path = d.dump(tmp_path / 'a.pkl', where=pathlib.PurePosixPath('x'))
    with pytest.raises(UnsafeFileError, match=r'PurePosixPath.*trust=True'):
        io.load(path)
    assert len(io.load(path, trust=True)) == 2


@pytest.mark.parametrize('value, message', [
    ({'a': 1}, 'list of data samples'), ([1], 'sample 0'), ([{'pred_instances': {}}], 'sample 0'),
    ([{'img_id': 'x', 'pred_instances': {}}], 'img_id'),
    ([{'pred_instances': {'keypoints': np.ones((1, 4, 5))}}], r'\(4, 5\)'),
    ([{'pred_instances': {'keypoints': np.ones((1, 4, 2)), 'bboxes': np.ones((2, 4))}}],
     r'sample 0: bboxes have shape \(2, 4\)'),
    ([{'pred_instances': {'keypoints': np.ones((4, 2))}}], r'shape \(4, 2\)'),
    ([{'pred_instances': {'keypoints': np.ones((1, 4, 2))}},
      {'pred_instances': {'keypoints': np.ones((1, 3, 2))}}], r'sample 1.*\(3, 2\)'),
])
def test_bad_dumps(tmp_path, value, message):
    path = tmp_path / 'a.pkl'
    path.write_bytes(pickle.dumps(value))
    with pytest.raises(DataFormatError, match=message):
        io.load(path, format='mmengine_dump')


def test_damaged_dump(tmp_path):
    path = d.dump(tmp_path / 'a.pkl')
    path.write_bytes(path.read_bytes()[:-200])
    for trust in (False, True):
        with pytest.raises(DataFormatError, match='readable pickle'):
            io.load(path, trust=trust)


def test_cannot_be_made_of_other_files(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video()))
    with pytest.raises(DataFormatError, match='cannot be written'):
        io.save(tmp_path / 'out.pkl', tracks)
    assert not (tmp_path / 'out.pkl').exists()
