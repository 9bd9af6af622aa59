"""HDF5 of DeepLabCut and SLEAP."""

from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError, UnsafeFileError

from . import documents as d
from .hdf5_files import PARTS, columns, dlc_values, h5py, pandas_table, sleap


def everything(path):
    """All arrays and attributes of a file."""
    found = {}

    def visit(name, item):
        found[name] = {key: np.asarray(value).tobytes() for key, value in item.attrs.items()}
        if isinstance(item, h5py.Dataset):
            found[name]['data'] = (item.dtype, item.shape, np.asarray(item[()]).tobytes())

    with h5py.File(path) as file:
        file.visititems(visit)
        found[''] = dict(file.attrs)
    return found


@pytest.mark.parametrize('form, people, unique, dtype', [
    ('table', None, False, np.float64), ('fixed', None, False, np.float32),
    ('table', ['a', 'b'], True, np.float32), ('fixed', ['a', 'b'], True, np.float64)])
def test_deeplabcut(tmp_path, rng, form, people, unique, dtype):
    names = columns(people, unique)
    values = dlc_values(20, names, rng, dtype)
    values[3, :2] = values[:, 3:5] = np.nan
    path = pandas_table(tmp_path / 'a.h5', names, values, form=form,
                        key='tracks' if people else 'df_with_missing')
    assert io.sniff(path) == 'deeplabcut_h5'
    tracks = io.load(path)
    assert list(tracks.tracks) == ([0] if people is None else [*people, *(['single'] * unique)])
    first = tracks[0 if people is None else 'a']
    assert first.skeleton.keypoint_names == (*PARTS, *(['corner'] * unique))
    np.testing.assert_array_equal(first.coords[:, 0], values[first.frame_ids, :2])
    assert len(first) == 19
    assert np.isnan(first.coords[:, 1:]).all() and first.scores[0, 0] == 0.75
    io.save(tmp_path / 'b.h5', tracks)
    assert everything(tmp_path / 'b.h5') == everything(path)
    smoothed = smooth(path, 'gaussian', tmp_path / 'c.h5', fps=30, max_gap=0)
    again = io.load(tmp_path / 'c.h5')
    for track_id, sequence in again:
        np.testing.assert_allclose(sequence.coords, smoothed[track_id].coords, rtol=1e-6)
        np.testing.assert_array_equal(sequence.scores, tracks[track_id].scores)
        assert np.isnan(sequence.coords).sum() == np.isnan(tracks[track_id].coords).sum()
    before, after = everything(path), everything(tmp_path / 'c.h5')
    place = next(name for name in before if name.endswith(('/table', 'block0_values')))
    assert after[place].pop('data')[:2] == before[place].pop('data')[:2] and before == after


def test_deeplabcut_people_come_and_go(tmp_path, rng):
    names = columns(['a', 'b'])
    values = dlc_values(9, names, rng)
    values[4, :6] = np.nan
    tracks = io.load(pandas_table(tmp_path / 'a.h5', names, values))
    assert tracks['a'].frame_ids.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    io.save(tmp_path / 'b.h5', d.without(d.bridged(tracks, 'a', 4), 'b', 2))
    again = io.load(tmp_path / 'b.h5')
    assert len(again['a']) == 9 and again['a'].scores[4].tolist() == [0, 0]
    assert 2 not in again['b'].frame_ids
    shorter = tracks.replace(tracks={key: s.select(s.frame_ids < 8) for key, s in tracks},
                             frame_ids=np.arange(8))
    with pytest.raises(DataFormatError, match='dropped'):
        io.save(tmp_path / 'c.h5', shorter)
    with pytest.raises(DataFormatError, match='deeplabcut'):
        io.save(tmp_path / 'c.h5', tracks.replace(source=None), format='deeplabcut_h5')
    assert not (tmp_path / 'c.h5').exists()


class Bomb:
    def __reduce__(self):
        return print, ('code ran',)


def damaged_deeplabcut(tmp_path, rng, what):
    names = columns()
    values = dlc_values(5, names, rng)
    path = tmp_path / 'a.h5'
    if what == 'images':
        return pandas_table(path, names, values, np.array([b'img1.png'] * 5))
    pandas_table(path, [name[1:] for name in names] if what == 'levels' else names, values)
    with h5py.File(path, 'r+') as file:
        table = file['df_with_missing/table']
        if what == 'code':
            table.attrs['values_block_0_kind'] = np.bytes_(pickle.dumps([Bomb()], 0))
        elif what == 'columns':
            table.attrs['values_block_0_kind'] = np.bytes_(pickle.dumps(names[:2], 0))
        elif what == 'external':
            del file['df_with_missing/table']
            file['df_with_missing/table'] = h5py.ExternalLink('/etc/hostname', '/x')
        elif what == 'blocks':
            file['df_with_missing'].attrs['pandas_type'] = np.bytes_('frame')
            file['df_with_missing'].attrs['nblocks'] = 2
    if what == 'cut':
        path.write_bytes(path.read_bytes()[:-2000])
    return path


@pytest.mark.parametrize('what, words', [
    ('images', 'training set'), ('levels', 'levels'), ('code', 'print'), ('columns', 'damaged'),
    ('external', 'not an array'), ('blocks', 'types of columns'), ('cut', 'HDF5')])
def test_damaged_deeplabcut(tmp_path, rng, what, words, capfd):
    with pytest.raises(DataFormatError, match=words) as caught:
        io.load(damaged_deeplabcut(tmp_path, rng, what))
    assert 'a.h5' in str(caught.value) and 'code ran' not in capfd.readouterr().out
    assert isinstance(caught.value, UnsafeFileError) == (what == 'code')


@pytest.mark.parametrize('axes, dims, scores', [
    ('matlab', True, True), ('matlab', False, False), ('standard', True, True)])
def test_sleap(tmp_path, rng, axes, dims, scores):
    values = sleap(tmp_path / 'a.h5', rng, axes, dims, scores=scores)
    assert io.sniff(tmp_path / 'a.h5') == 'sleap'
    tracks = io.load(tmp_path / 'a.h5')
    assert list(tracks.tracks) == ['fly0', 'fly1'] and tracks.num_frames == 12
    assert tracks['fly0'].skeleton.keypoint_names == ('head', 'thorax', 'abdomen')
    assert 4 not in tracks['fly0'].frame_ids
    np.testing.assert_array_equal(tracks['fly1'].coords, values[1].transpose(2, 1, 0))
    assert (tracks['fly0'].scores is None) != scores
    io.save(tmp_path / 'b.h5', tracks)
    assert everything(tmp_path / 'a.h5') == everything(tmp_path / 'b.h5')
    smoothed = smooth(tmp_path / 'a.h5', 'gaussian', tmp_path / 'c.h5', fps=30, max_gap=0)
    again = io.load(tmp_path / 'c.h5')
    for track_id, sequence in again:
        np.testing.assert_array_equal(sequence.coords, smoothed[track_id].coords)
        np.testing.assert_array_equal(np.isnan(sequence.coords), np.isnan(tracks[track_id].coords))
    before, after = everything(tmp_path / 'a.h5'), everything(tmp_path / 'c.h5')
    assert before['tracks'].pop('data')[:2] == after['tracks'].pop('data')[:2] and before == after


def test_sleap_added_and_removed_poses(tmp_path, rng):
    sleap(tmp_path / 'a.h5', rng)
    tracks = io.load(tmp_path / 'a.h5')
    io.save(tmp_path / 'b.h5', d.without(d.bridged(tracks, 'fly0', 4), 'fly1', 2))
    with h5py.File(tmp_path / 'b.h5') as file:
        assert file['track_occupancy'][4, 0] == 1 and file['track_occupancy'][2, 1] == 0
        assert file['point_scores'][0, :, 4].tolist() == [0, 0, 0]
    with pytest.raises(DataFormatError, match='no track 7'):
        io.save(tmp_path / 'c.h5', tracks.replace(tracks={7: tracks['fly0']}))
    with pytest.raises(DataFormatError, match='dropped'):
        io.save(tmp_path / 'c.h5', tracks.replace(
            tracks={'fly0': tracks['fly0'].select(slice(0, 3))}, frame_ids=np.arange(5)))


def test_sleap_without_track_names(tmp_path, rng):
    sleap(tmp_path / 'a.h5', rng, tracks=1, names=False)
    assert list(io.load(tmp_path / 'a.h5').tracks) == [0]


def test_other_results_as_sleap(tmp_path):
    tracks = io.load(d.write(tmp_path / 'a.json', d.video()))
    io.save(tmp_path / 'b.h5', tracks)
    again = io.load(tmp_path / 'b.h5')
    assert io.sniff(tmp_path / 'b.h5') == 'sleap' and list(again.tracks) == ['0', '1']
    for track_id, sequence in again:
        np.testing.assert_array_equal(sequence.coords, tracks[int(track_id)].coords)
        np.testing.assert_array_equal(sequence.scores, tracks[int(track_id)].scores)


@pytest.mark.parametrize('what, words', [
    ('axes', 'axes'), ('dims', 'dims'), ('shape', 'point_scores'), ('bomb', '20 times'),
    ('empty bomb', '20 times'),
    ('group', 'not an array'), ('cut', 'HDF5')])
def test_damaged_sleap(tmp_path, rng, what, words):
    path = tmp_path / 'a.h5'
    sleap(path, rng)
    with h5py.File(path, 'r+') as file:
        if what == 'dims':
            file['tracks'].attrs['dims'] = '["frame"'
        elif what == 'shape':
            del file['point_scores']
            file['point_scores'] = np.zeros((3, 3))
        elif what in ('axes', 'bomb', 'empty bomb', 'group'):
            del file['tracks']
            if what == 'axes':
                file['tracks'] = np.zeros((2, 3))
            elif what == 'group':
                file.create_group('tracks')
            else:
                del file['point_scores']
                people = 0 if what == 'empty bomb' else 2
                file.create_dataset('tracks', (people, 2, 3, 10**9), np.float64, maxshape=(
                    2, 2, 3, 10**9), chunks=(1, 1, 1, 1000))
                if not people:
                    del file['track_names']
    if what == 'cut':
        path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(DataFormatError, match=words) as caught:
        io.load(path, format='sleap')
    assert 'a.h5' in str(caught.value)


@pytest.mark.parametrize('shape', [(2, 2, 3, 10**9), (10**9, 2, 3, 1), (10**9, 2, 3, 0),
                                   (0, 2, 3, 10**9)])
def test_sleap_files_of_many_frames_or_tracks_without_values(tmp_path, rng, shape):
    sleap(tmp_path / 'a.h5', rng)
    with h5py.File(tmp_path / 'a.h5', 'r+') as file:
        del file['tracks'], file['point_scores']
        file.create_dataset('tracks', shape, np.float64, chunks=(1, 1, 1, 1000),
                            maxshape=(None, None, None, None))
    tracemalloc.start()
    try:
        with pytest.raises(DataFormatError, match='20 times'):
            io.load(tmp_path / 'a.h5', format='sleap')
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_mutated_files(tmp_path, rng):
    sleap(tmp_path / 'a.h5', rng)
    pandas_table(tmp_path / 'b.h5', columns(), dlc_values(5, columns(), rng))
    for name, format in (('a.h5', 'sleap'), ('b.h5', 'deeplabcut_h5')):
        content = (tmp_path / name).read_bytes()
        used = np.flatnonzero(np.frombuffer(content, np.uint8))
        for _ in range(15):
            mutated = bytearray(content)
            for at in rng.choice(used, 3):
                mutated[at] = rng.integers(256)
            (tmp_path / 'c.h5').write_bytes(mutated)
            try:
                io.load(tmp_path / 'c.h5', format=format)
            except DataFormatError as error:
                assert 'c.h5' in str(error)


def test_without_h5py(tmp_path, rng, monkeypatch):
    sleap(tmp_path / 'a.h5', rng)
    monkeypatch.setitem(__import__('sys').modules, 'h5py', None)
    assert io.sniff(tmp_path / 'a.h5') == 'sleap'
    with pytest.raises(DataFormatError, match=r'smoothnet_plugin\[h5\]'):
        io.load(tmp_path / 'a.h5')


@pytest.mark.parametrize('names, words', [
    (['pred_points', 'instances'], 'project of SLEAP'), (['something'], 'neither of DeepLabCut'),
    (['position', 'ds_type'], 'xarray.open_dataset')])
def test_other_hdf5_files_are_described(tmp_path, names, words):
    with h5py.File(tmp_path / 'a.h5', 'w') as file:
        for name in names:
            file[name] = np.zeros(3)
    with pytest.raises(DataFormatError, match=words):
        io.load(tmp_path / 'a.h5')
