from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton

from . import documents as d


def arrays_of(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def test_layout_of_the_shared_data(tmp_path):
    path = d.plain_npz(tmp_path / 'a.npz')
    tracks = io.load(path)
    assert list(tracks.tracks) == ['walk', 'run'] and tracks.fps == 30
    assert tracks['run'].representation == 'keypoints_3d' and tracks['run'].unit == 'm'
    assert tracks['run'].skeleton.keypoint_names == ('a', 'b', 'c', 'd')
    np.testing.assert_array_equal(tracks['run'].coords,
                                  np.array([d.pose(t, 1, 3) for t in range(5)], np.float32))
    io.save(tmp_path / 'out.npz', tracks)
    assert (tmp_path / 'out.npz').read_bytes() == path.read_bytes()


def test_only_coordinates_change(tmp_path):
    path = d.plain_npz(tmp_path / 'a.npz')
    io.save(tmp_path / 'out.npz', d.shifted(io.load(path)))
    old, new = arrays_of(path), arrays_of(tmp_path / 'out.npz')
    assert list(new) == list(old) and new['estimate'].dtype == np.float32
    np.testing.assert_array_equal(new.pop('estimate'), old.pop('estimate') + 1)
    np.testing.assert_equal(new, old)


def test_missing_values_come_back(tmp_path):
    coords = np.array([d.pose(t) for t in range(5)])
    coords[2, 1, 0] = np.nan
    coords[3, 2] = np.inf
    np.savez_compressed(tmp_path / 'a.npz', keypoints=coords, keypoint_scores=np.ones((5, d.K)))
    tracks = io.load(tmp_path / 'a.npz')
    assert (~tracks[0].valid).sum() == 2 and tracks[0].scores.shape == (5, d.K)
    io.save(tmp_path / 'out.npz', tracks)
    np.testing.assert_array_equal(arrays_of(tmp_path / 'out.npz')['keypoints'], coords)


def test_key_and_representation(tmp_path):
    path = d.plain_npz(tmp_path / 'a.npz')
    truth = io.load(path, key='ground_truth')
    np.testing.assert_array_equal(truth['walk'].coords, io.load(path)['walk'].coords + 1)
    rotations = io.load(path, representation='axis_angle')
    assert rotations['walk'].representation == 'axis_angle'
    io.save(tmp_path / 'out.npz', d.shifted(truth))
    np.testing.assert_array_equal(arrays_of(tmp_path / 'out.npz')['estimate'],
                                  arrays_of(path)['estimate'])


def test_rows_that_come_and_go(tmp_path):
    frames = np.array([0, 1, 3, 4, 5, 0, 1, 2, 3, 4])
    path = d.plain_npz(tmp_path / 'a.npz', frame_ids=frames, scores=np.full((10, d.K), 0.5))
    tracks = d.bridged(io.load(path), 'walk', 2)
    tracks = d.replaced(tracks, 'run', tracks['run'].select(slice(0, 4)))
    io.save(tmp_path / 'out.npz', tracks)
    old, new = arrays_of(path), arrays_of(tmp_path / 'out.npz')
    assert new['lengths'].tolist() == [6, 4] and new['names'].tolist() == ['walk', 'run']
    assert new['frame_ids'].tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]
    assert np.isnan(new['ground_truth'][2]).all() and (new['scores'][2] == 0).all()
    kept = [0, 1, 3, 4, 5, 6, 7, 8, 9]
    np.testing.assert_array_equal(new['ground_truth'][kept], np.delete(old['ground_truth'], 9, 0))
    np.testing.assert_array_equal(new['estimate'][kept], np.delete(old['estimate'], 9, 0))
    assert new['filled'].sum() == d.K and new['filled'][2].all()
    again = io.load(tmp_path / 'out.npz')
    np.testing.assert_array_equal(again['walk'].coords[2],
                                  tracks['walk'].coords[2].astype(np.float32))
    io.save(tmp_path / 'out.npz', tracks.replace(tracks={'run': tracks['run']}))
    assert arrays_of(tmp_path / 'out.npz')['names'].tolist() == ['run']


def test_ids_of_every_row(tmp_path):
    coords = np.array([d.pose(t, p) for t in range(5) for p in range(2)])
    np.savez(tmp_path / 'a.npz', coords=coords, track_ids=np.tile([7, 3], 5),
             frame_ids=np.repeat(np.arange(5), 2))
    tracks = io.load(tmp_path / 'a.npz')
    np.testing.assert_array_equal(tracks[3].coords, coords[1::2])
    io.save(tmp_path / 'out.npz', d.shifted(tracks))
    np.testing.assert_array_equal(arrays_of(tmp_path / 'out.npz')['coords'], coords + 1)


representations = st.sampled_from([('keypoints_2d', 2), ('keypoints_3d', 3), ('quaternion', 4),
                                   ('rot6d', 6), ('rotmat', 9)])


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=representations, lengths=st.lists(st.integers(0, 5), max_size=3),
       scored=st.booleans(), fps=st.none() | st.floats(1, 240), named=st.booleans(),
       seed=st.integers(0, 9))
def test_holds_everything(tmp_path, kind, lengths, scored, fps, named, seed):
    rng = np.random.default_rng(seed)
    tracks = {}
    for i, length in enumerate(lengths):
        shape = (length, 17, kind[1])
        tracks[f'p{i}' if named else i] = PoseSequence(
            rng.normal(size=shape), scores=rng.random(shape[:2]) if scored else None,
            valid=rng.random(shape[:2]) < 0.9, filled=rng.random(shape[:2]) < 0.1,
            frame_ids=np.sort(rng.choice(20, length, replace=False)), fps=fps,
            representation=kind[0], unit='mm', skeleton=get_skeleton('coco') if named else None)
    before = PoseTracks(tracks, np.arange(21), fps=fps, image_size=(640, 480))
    io.save(tmp_path / 'a.npz', before)
    assert io.sniff(tmp_path / 'a.npz') == 'npz'
    after = io.load(tmp_path / 'a.npz')
    assert list(after.tracks) == list(tracks) and after.image_size == (640, 480)
    np.testing.assert_array_equal(after.frame_ids, before.frame_ids)
    for track_id, one in before:
        other = after[track_id]
        for name in ('coords', 'valid', 'filled', 'frame_ids'):
            np.testing.assert_array_equal(getattr(other, name), getattr(one, name))
        assert (other.fps, other.unit, other.representation, other.skeleton) == (
            one.fps, one.unit, one.representation, one.skeleton)
        if scored:
            np.testing.assert_array_equal(other.scores, one.scores)


def test_provenance(tmp_path):
    tracks = io.load(d.plain_npz(tmp_path / 'a.npz')).replace(provenance=[{'method': 'x'}])
    io.save(tmp_path / 'out.npz', tracks, provenance=True)
    assert io.load(tmp_path / 'out.npz').provenance == [{'method': 'x'}]
    assert not list(tmp_path.glob('*.json'))


@pytest.mark.parametrize('change, message', [
    ({'lengths': np.array([5, 4])}, '2 clips of 9 frames.*10 frames'),
    ({'lengths': np.array([11, -1])}, 'lengths'),
    ({'track_ids': np.arange(3)}, '3 different track ids for 2 lengths'),
    ({'scores': np.ones((10, 3))}, r"'scores' has shape \(10, 3\).*\(10, 4\)"),
    ({'frame_ids': np.arange(9)}, "'frame_ids' has shape"),
    ({'frame_ids': np.zeros(10, int)}, 'strictly increasing'),
    ({'fps': np.array('fast')}, "'fps'"), ({'fps': np.array(-1.0)}, 'fps'),
    ({'representation': np.array('quaternion')}, r'\(N, K, 4\) for quaternion'),
    ({'representation': np.array('poses')}, "Unknown representation 'poses'"),
    ({'estimate': np.ones((10, 4))}, r'\(N, K, 2\)'),
    ({'estimate': np.full((10, 4, 3), 'x')}, 'expected numbers'),
    ({'joints': np.array(['a', 'b'])}, '2 keypoints'),
])
def test_bad_arrays(tmp_path, change, message):
    path = d.plain_npz(tmp_path / 'a.npz')
    np.savez(path, **{**arrays_of(path), **change})
    with pytest.raises(DataFormatError, match=message):
        io.load(path)


def test_damaged_and_strange_files(tmp_path):
    path = d.plain_npz(tmp_path / 'a.npz')
    content = path.read_bytes()
    with pytest.raises(DataFormatError, match='no array'):
        io.load(path, key='truth')
    path.write_bytes(content[:len(content) // 2])
    with pytest.raises(DataFormatError, match='not a readable npz'):
        io.load(path, format='npz')
    path.write_bytes(content.replace(b'NUMPY', b'NUMPX'))
    with pytest.raises(DataFormatError, match='not a readable npz'):
        io.load(path)
    np.savez(path, coords=np.ones((1, 2, 2)), names=np.array([{}], dtype=object))
    with pytest.raises(DataFormatError, match=r"'names'.*Python objects"):
        io.load(path)


def test_shared_data(tmp_path, motion_data):
    path = motion_data('uiprmd_val.npz')
    tracks = io.load(path)
    assert len(tracks) == 385 and sum(len(s) for _, s in tracks) == 27423 and tracks.fps == 30
    io.save(tmp_path / 'out.npz', tracks)
    assert (tmp_path / 'out.npz').read_bytes() == path.read_bytes()


def test_clips_of_one_length_in_one_array(tmp_path):
    coords = np.array([[d.pose(t, p) for t in range(5)] for p in range(3)], np.float32)
    np.savez(tmp_path / 'a.npz', coords=coords, names=np.array(['a', 'b', 'c']))
    tracks = io.load(tmp_path / 'a.npz')
    np.testing.assert_array_equal(tracks['b'].coords, coords[1])
    io.save(tmp_path / 'out.npz', d.shifted(tracks))
    np.testing.assert_array_equal(arrays_of(tmp_path / 'out.npz')['coords'], coords + 1)
    io.save(tmp_path / 'out.npz', d.replaced(tracks, 'b', tracks['b'].select(slice(2))))
    assert arrays_of(tmp_path / 'out.npz')['coords'].shape == (12, 4, 2)


def test_a_bomb_is_refused_and_unused_arrays_are_never_unpacked(tmp_path):
    np.savez_compressed(tmp_path / 'bomb.npz', coords=np.zeros((400_000, 17, 2), np.float32))
    with pytest.raises(DataFormatError, match=r"'coords': 54400000 bytes unpacked"):
        io.load(tmp_path / 'bomb.npz')
    rng = np.random.default_rng(0)
    np.savez_compressed(tmp_path / 'a.npz', coords=rng.normal(size=(9, 4, 2)),
                        unused=np.zeros(20_000_000))
    tracks = io.load(tmp_path / 'a.npz')
    io.save(tmp_path / 'out.npz', tracks)
    assert (tmp_path / 'out.npz').read_bytes() == (tmp_path / 'a.npz').read_bytes()


@pytest.mark.parametrize('name', ['confidence', 'confidences', 'likelihood', 'keypoint_scores'])
def test_confidences_under_other_names(tmp_path, rng, name):
    coords, scores = rng.normal(300, 50, (20, 5, 2)), rng.uniform(0, 1, (20, 5))
    frames = np.delete(np.arange(21), 10)
    np.savez(tmp_path / 'a.npz', coords=coords, frame_ids=frames, clip_frame_ids=np.arange(21),
             lengths=[20], **{name: scores})
    np.testing.assert_array_equal(io.load(tmp_path / 'a.npz')[0].scores, scores)
    smooth(tmp_path / 'a.npz', 'gaussian', tmp_path / 'b.npz', fps=30)
    written = np.load(tmp_path / 'b.npz')[name]
    assert written.shape == (21, 5) and not written[10].any()
    np.testing.assert_array_equal(np.delete(written, 10, axis=0), scores)
    # Of another shape they are of the detections.
    if name != 'keypoint_scores':
        np.savez(tmp_path / 'a.npz', coords=coords, **{name: scores[:, 0]})
        assert io.load(tmp_path / 'a.npz')[0].scores is None
