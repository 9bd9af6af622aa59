from __future__ import annotations

import os

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.errors import DataFormatError, UnsafeFileError
from smoothnet_plugin.structures import PoseTracks

from . import documents as d


def entries(path, key):
    with np.load(path, allow_pickle=True) as file:
        return file[key]


def test_sequences_are_tracks(tmp_path):
    path = d.smoothnet_npz(tmp_path / 'a.npz')
    tracks = io.load(path, fps=25)
    assert list(tracks.tracks) == [0, 1] and tracks[1].fps == 25
    np.testing.assert_array_equal(tracks[1].coords, [d.pose(t, 1, 3) for t in range(3)])
    io.save(tmp_path / 'out.npz', tracks)
    assert io.sniff(tmp_path / 'out.npz') == 'smoothnet_npz'
    io.save(tmp_path / 'out.npz', d.shifted(tracks))
    for old, new in zip(entries(path, 'joints_3d'), entries(tmp_path / 'out.npz', 'joints_3d')):
        assert type(new) is np.ndarray
        np.testing.assert_array_equal(new, old + 1)
    for name in ('imgname', 'shape'):
        for old, new in zip(entries(path, name), entries(tmp_path / 'out.npz', name)):
            np.testing.assert_array_equal(old, new)


def test_equal_lengths_stay_dense(tmp_path):
    coords = np.array([[d.pose(t, p) for t in range(5)] for p in range(2)]).reshape(2, 5, -1)
    names = np.array([[f'{p}/{t}.jpg' for t in range(5)] for p in range(2)])
    np.savez(tmp_path / 'a.npz', imgname=names, joints_2d=coords.astype(np.float32))
    tracks = io.load(tmp_path / 'a.npz')
    assert tracks[0].representation == 'keypoints_2d' and tracks[0].unit == 'px'
    io.save(tmp_path / 'out.npz', d.shifted(tracks))
    new = entries(tmp_path / 'out.npz', 'joints_2d')
    assert new.dtype == np.float32
    np.testing.assert_array_equal(new, coords + 1)


def test_smpl(tmp_path):
    poses = d.objects([np.full((n, 72), 0.5) for n in (2, 4)])
    np.savez(tmp_path / 'a.npz', imgname=d.objects([['x'] * 2, ['y'] * 4]), pose=poses,
             joints_3d=d.objects([np.ones((n, 42)) for n in (2, 4)]))
    tracks = io.load(tmp_path / 'a.npz', key='pose')
    assert tracks[1].representation == 'axis_angle' and tracks[1].coords.shape == (4, 24, 3)
    assert io.load(tmp_path / 'a.npz')[0].coords.shape == (2, 14, 3)


def test_new_file(tmp_path):
    tracks = PoseTracks.from_array(np.array([d.pose(t, 0, 3) for t in range(4)]) * 1000, unit='mm',
                                   representation='keypoints_3d')
    io.save(tmp_path / 'a.npz', tracks, format='smoothnet_npz')
    again = io.load(tmp_path / 'a.npz')
    np.testing.assert_allclose(again[0].coords * 1000, tracks[0].coords)
    with pytest.raises(DataFormatError, match=r"metres.*'ft'"):
        io.save(tmp_path / 'b.npz', tracks.map(lambda s: s.replace(unit='ft')),
                format='smoothnet_npz')
    assert not (tmp_path / 'b.npz').exists()


def test_tracks_may_go_but_rows_may_not(tmp_path):
    tracks = io.load(d.smoothnet_npz(tmp_path / 'a.npz'))
    io.save(tmp_path / 'out.npz', tracks.replace(tracks={1: tracks[1]}))
    assert len(entries(tmp_path / 'out.npz', 'imgname')) == 1
    with pytest.raises(DataFormatError, match=r'sequence 0.*one row per image'):
        io.save(tmp_path / 'out.npz', d.replaced(tracks, 0, tracks[0].select(slice(1, 3))))


@pytest.mark.parametrize('name', ['imgname', 'joints_3d', 'extra'])
def test_code_is_refused_and_not_run(tmp_path, name):
    marker = tmp_path / 'ran'

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    arrays = dict(imgname=d.objects([['a']]), joints_3d=d.objects([np.ones((1, 6))]))
    arrays[name] = d.objects([Evil()])
    np.savez(tmp_path / 'evil.npz', **arrays)
    with pytest.raises(UnsafeFileError, match=rf"evil.npz.*'{name}'.*mkdir"):
        io.load(tmp_path / 'evil.npz')
    assert not marker.exists()
    entries(tmp_path / 'evil.npz', name)
    assert marker.exists()  # The file was a real attack.


@pytest.mark.parametrize('change, message', [
    ({'joints_3d': d.objects([np.ones((5, 12)), np.ones((3, 11))])}, r'sequence 1.*\(3, 11\)'),
    ({'joints_3d': d.objects([np.ones((5, 12)), 'text'])}, 'sequence 1'),
    ({'joints_3d': d.objects([np.ones((5, 12)), np.ones((3, 15))])}, 'share keypoints'),
    ({'joints_3d': d.objects([np.ones((5, 12)), np.ones((4, 12))])}, 'sequence 1: 3 image names'),
    ({'joints_3d': d.objects([np.ones((5, 12))])}, 'entry for each of the 1 sequences'),
])
def test_bad_arrays(tmp_path, change, message):
    path = d.smoothnet_npz(tmp_path / 'a.npz')
    with np.load(path, allow_pickle=True) as file:
        arrays = {**file, **change}
    np.savez(path, **arrays)
    with pytest.raises(DataFormatError, match=message):
        io.load(path)
    with pytest.raises(DataFormatError, match=r"no array 'pose'.*joints_3d can be"):
        io.load(path, key='pose')
