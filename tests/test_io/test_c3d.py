from __future__ import annotations

import sys

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseTracks

from . import documents as d


@pytest.fixture
def recording(tmp_path):
    ezc3d = pytest.importorskip('ezc3d')
    document = ezc3d.c3d()
    points = np.ones((4, d.K, 6))
    points[:3] = np.array([d.pose(t, 0, 3) for t in range(6)]).transpose(2, 1, 0)
    points[:3, 1, 2] = np.nan
    document['parameters']['POINT']['RATE']['value'] = [100.0]
    document['parameters']['POINT']['LABELS']['value'] = ('A', 'B', 'C', 'D')
    document['parameters']['POINT']['UNITS']['value'] = ('mm',)
    document['data']['points'] = points
    document['data']['meta_points']['residuals'] = np.full((1, d.K, 6), 0.5)
    document['data']['meta_points']['residuals'][0, 1, 2] = -1
    document['parameters']['ANALOG']['RATE']['value'] = [1000.0]
    document['parameters']['ANALOG']['LABELS']['value'] = ('force',)
    document['data']['analogs'] = np.arange(60.).reshape(1, 1, 60)
    document.add_parameter('SUBJECT', 'AGE', [31])
    document['header']['points']['first_frame'] = 9
    document['header']['points']['last_frame'] = 14
    document.write(str(tmp_path / 'a.c3d'))
    return tmp_path / 'a.c3d'


def parsed(path):
    import ezc3d
    return ezc3d.c3d(str(path))


def test_points_are_read(recording):
    tracks = io.load(recording)
    sequence = tracks[0]
    assert tracks.fps == 100 and sequence.unit == 'mm' and io.frame_base(tracks) == 1
    assert sequence.skeleton.keypoint_names == ('A', 'B', 'C', 'D')
    np.testing.assert_array_equal(sequence.frame_ids, range(10, 16))
    expected = np.array([d.pose(t, 0, 3) for t in range(6)])
    expected[2, 1] = np.nan
    np.testing.assert_array_equal(sequence.coords, expected)


def test_all_else_is_kept(recording, tmp_path):
    tracks = io.load(recording)
    io.save(tmp_path / 'out.c3d', tracks)
    assert (tmp_path / 'out.c3d').read_bytes() == recording.read_bytes()
    coords = tracks[0].coords + 1
    coords[2, 1] = [7, 8, 9]  # Filled by a smoother.
    io.save(tmp_path / 'out.c3d', d.replaced(tracks, 0, tracks[0].replace(coords=coords)))
    np.testing.assert_array_equal(io.load(tmp_path / 'out.c3d')[0].coords, coords)
    old, new = parsed(recording), parsed(tmp_path / 'out.c3d')
    np.testing.assert_array_equal(new['data']['analogs'], old['data']['analogs'])
    assert new['parameters']['SUBJECT']['AGE']['value'] == [31]
    residuals = old['data']['meta_points']['residuals'].copy()
    residuals[0, 1, 2] = 0
    np.testing.assert_array_equal(new['data']['meta_points']['residuals'], residuals)
    assert np.isnan(tracks.source.data['data']['points'][0, 1, 2])


def test_new_file(tmp_path):
    pytest.importorskip('ezc3d')
    coords = np.array([d.pose(t, 0, 3) for t in range(4)])
    tracks = PoseTracks.from_array(coords, representation='keypoints_3d', fps=50)
    io.save(tmp_path / 'new.c3d', tracks)
    again = io.load(tmp_path / 'new.c3d')
    np.testing.assert_array_equal(again[0].coords, coords)
    assert again.fps == 50 and again[0].unit == 'm'
    np.testing.assert_array_equal(again.frame_ids, [1, 2, 3, 4])


def test_frames_cannot_go(recording, tmp_path):
    tracks = io.load(recording)
    with pytest.raises(DataFormatError, match='dropped or added'):
        io.save(tmp_path / 'out.c3d', d.replaced(tracks, 0, tracks[0].select(slice(0, 3))))
    assert not (tmp_path / 'out.c3d').exists()


@pytest.mark.parametrize('length', [600, 700, 800, 1000, 1500, -500])
def test_cut_off_file(recording, length):
    """ezc3d itself would never return from some of these, and read others as if whole."""
    recording.write_bytes(recording.read_bytes()[:length])
    with pytest.raises(DataFormatError, match=r'a\.c3d.*cut off'):
        io.load(recording)


def test_without_ezc3d(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'ezc3d', None)
    header = b'\x02\x50' + bytes(14) + b'\x03\x00'
    (tmp_path / 'a.c3d').write_bytes(header + bytes(1200))
    with pytest.raises(DataFormatError, match='pip install ezc3d'):
        io.load(tmp_path / 'a.c3d')
