from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError, UnsafeFileError
from smoothnet_plugin.utils.npz import load_npz


def ragged(*arrays) -> np.ndarray:
    out = np.empty(len(arrays), dtype=object)
    out[:] = arrays
    return out


def write_object_member(path: Path, payload: bytes) -> Path:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {'descr': '|O', 'fortran_order': False, 'shape': (1,)})
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('pose.npy', header.getvalue() + payload)
    return path


class Bomb:

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_reads_what_numpy_reads(tmp_path, rng):
    content = {
        'plain': rng.normal(size=(3, 4)),
        'joints': ragged(rng.normal(size=(5, 6)), np.asfortranarray(rng.normal(size=(2, 6))),
                         np.zeros((0, 6), np.float32), np.arange(3, dtype='>i4')),
        'imgname': ragged(np.array(['a/0.jpg', 'a/1.jpg']), ['b/0.jpg', 'b/1.jpg']),
        'mixed': ragged(np.float64(2.5), 'text', b'bytes', None, 3, True, np.str_('x'))}
    np.savez_compressed(tmp_path / 'a.npz', **content)
    expected = np.load(tmp_path / 'a.npz', allow_pickle=True)
    read = load_npz(tmp_path / 'a.npz')
    assert list(read) == list(expected.files)
    np.testing.assert_array_equal(read['plain'], expected['plain'])
    for key in ('joints', 'imgname', 'mixed'):
        assert len(read[key]) == len(expected[key])
        for ours, theirs in zip(read[key], expected[key]):
            np.testing.assert_array_equal(ours, theirs)
            if isinstance(theirs, np.ndarray):
                assert ours.dtype == theirs.dtype
    assert read.header('plain') == ((3, 4), np.dtype(float))


@pytest.mark.parametrize('protocol', [0, 1, 2, 3, 4])
def test_reads_pickles_of_every_protocol(tmp_path, protocol):
    array = ragged(np.arange(6.).reshape(2, 3), np.array(['left', 'right']))
    path = write_object_member(tmp_path / 'a.npz', pickle.dumps(array[:1], protocol))
    np.testing.assert_array_equal(load_npz(path)['pose'][0], array[0])


def test_pickle_that_runs_code_is_refused_and_not_run(tmp_path):
    marker = tmp_path / 'ran'
    np.savez(tmp_path / 'a.npz', pose=ragged(Bomb(marker)))
    with pytest.raises(UnsafeFileError, match=r'not read.*mkdir'):
        load_npz(tmp_path / 'a.npz')['pose']
    assert not marker.exists()


@pytest.mark.parametrize('payload', [
    pickle.dumps([1, 2]),
    pickle.dumps(ragged(np.zeros(2, dtype=[('a', 'f4')]))),
    b'\x80\x02]q\x00h\x00a.',
    # An object array whose content is raw memory instead of a list.
    pickle.dumps(np.zeros(1)).replace(b'f8', b'O8'),
])
def test_other_objects_are_refused(tmp_path, payload):
    with pytest.raises((UnsafeFileError, DataFormatError)):
        load_npz(write_object_member(tmp_path / 'a.npz', payload))['pose']


def test_every_truncation_is_a_clear_error(tmp_path):
    payload = pickle.dumps(ragged(np.arange(6.)))
    for length in range(len(payload)):
        path = write_object_member(tmp_path / 'a.npz', payload[:length])
        with pytest.raises(DataFormatError, match='pose'):
            load_npz(path)['pose']


def test_bad_files(tmp_path):
    np.savez(tmp_path / 'there.npz', joints_3d=np.zeros(3))
    with pytest.raises(DataFormatError, match=r"here\.npz' does not exist.*there\.npz"):
        load_npz(tmp_path / 'here.npz')
    with pytest.raises(DataFormatError, match='is a directory'):
        load_npz(tmp_path)
    with pytest.raises(DataFormatError, match=r"no 'pose'; it holds: joints_3d"):
        load_npz(tmp_path / 'there.npz')['pose']
    whole = (tmp_path / 'there.npz').read_bytes()
    for bad in (b'', b'<html>', whole[:40], whole[:-30]):
        (tmp_path / 'bad.npz').write_bytes(bad)
        with pytest.raises(DataFormatError, match=r'bad\.npz'):
            load_npz(tmp_path / 'bad.npz')
    damaged = bytearray(whole)
    damaged[whole.index(b'NUMPY')] ^= 255
    (tmp_path / 'bad.npz').write_bytes(damaged)
    with pytest.raises(DataFormatError, match='damaged'):
        load_npz(tmp_path / 'bad.npz')['joints_3d']
