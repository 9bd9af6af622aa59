from __future__ import annotations

import os
import pickle
import zlib
from collections import OrderedDict, defaultdict
from contextlib import suppress

import numpy as np
import pytest

from smoothnet_plugin.errors import DataFormatError, UnsafeFileError
from smoothnet_plugin.utils.pickle_files import looks_pickled, read_pickle, write_pickle


@pytest.fixture
def content(rng):
    people = defaultdict(dict)
    people[3] = {'a': rng.normal(0, 1, (5, 7)).astype('f4'), 'n': None, 's': 'text', 'b': b'x',
                 'f': np.asfortranarray(rng.normal(0, 1, (3, 4))), 'scalar': np.float32(3),
                 'empty': np.zeros((0, 3)), 'zero_d': np.array(2.5), 'tuple': ((1, 'k'), 2.5),
                 'big': np.arange(3, dtype='>i4'), 'ordered': OrderedDict(x=1)}
    people['v.mp4', 2] = {'objects': np.array([{'a': 1}, None, 'x'], dtype=object)}
    return people


def assert_same(one, other):
    assert one.keys() == other.keys()
    for key, value in other[3].items():
        if isinstance(value, np.ndarray):
            assert one[3][key].dtype.newbyteorder('=') == value.dtype.newbyteorder('=')
            np.testing.assert_array_equal(one[3][key], value)
        else:
            assert one[3][key] == value
    assert list(one['v.mp4', 2]['objects']) == list(other['v.mp4', 2]['objects'])


@pytest.mark.parametrize('compress', [0, 3, ('zlib', 9), ('gzip', 3), ('bz2', 3), ('xz', 3),
                                      ('lzma', 3)])
def test_joblib_there_and_back(content, tmp_path, compress):
    joblib = pytest.importorskip('joblib')
    joblib.dump(content, tmp_path / 'a.pkl', compress=compress)
    data = (tmp_path / 'a.pkl').read_bytes()
    assert looks_pickled(data[:16])
    found = read_pickle(data, 'a')
    assert found.joblib and bool(found.compression) == bool(compress)
    assert type(found.value) is defaultdict and found.value['new'] == {}
    del found.value['new']
    assert_same(found.value, content)
    found.value[3]['a'][0] = 0  # Arrays can be changed.
    write_pickle(tmp_path / 'b.pkl', read_pickle(data, 'a'))
    again = (tmp_path / 'b.pkl').read_bytes()
    assert again[:1] == data[:1]
    assert_same(joblib.load(tmp_path / 'b.pkl'), content)
    assert_same(read_pickle(again, 'b').value, content)
    assert type(joblib.load(tmp_path / 'b.pkl')[3]['a']) is np.ndarray


@pytest.mark.parametrize('protocol', [2, 4, 5])
def test_plain_pickles(content, tmp_path, protocol):
    found = read_pickle(pickle.dumps(content, protocol), 'a')
    assert not found.joblib and found.compression is None and found.protocol == protocol
    assert_same(found.value, content)
    write_pickle(tmp_path / 'b.pkl', found)
    assert_same(pickle.loads((tmp_path / 'b.pkl').read_bytes()), content)


class Call:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize('bad', [
    Call(os.system, 'true'), Call(eval, '1'), Call(getattr, 'x', 'upper'),
    Call(defaultdict, os.getcwd), Call(open, '/etc/passwd')])
@pytest.mark.parametrize('packed', [False, True])
def test_what_could_run_code_is_refused(bad, packed):
    data = pickle.dumps({1: {'a': bad}})
    with pytest.raises(DataFormatError):
        read_pickle(zlib.compress(data) if packed else data, 'bad.pkl')


def test_the_refused_name_is_given():
    with pytest.raises(UnsafeFileError, match=r'posix\.system'):
        read_pickle(pickle.dumps(Call(os.system, 'true')), 'bad.pkl')


def test_objects_inside_joblibs_object_arrays_are_checked(tmp_path):
    joblib = pytest.importorskip('joblib')
    joblib.dump({'a': np.array([Call(os.system, 'true')], dtype=object)}, tmp_path / 'a.pkl')
    with pytest.raises(UnsafeFileError):
        read_pickle((tmp_path / 'a.pkl').read_bytes(), 'a.pkl')


def test_damaged_bytes_are_errors_of_ours(content, tmp_path, rng):
    joblib = pytest.importorskip('joblib')
    for compress in (0, 3):
        joblib.dump(content, tmp_path / 'a.pkl', compress=compress)
        data = (tmp_path / 'a.pkl').read_bytes()
        for _ in range(150):
            broken = bytearray(data[:rng.integers(2, len(data) + 1)])
            for place in rng.integers(2, len(broken), 3) if len(broken) > 2 else ():
                broken[place] = rng.integers(256)
            with suppress(DataFormatError):
                read_pickle(bytes(broken), 'a.pkl')


def test_lz4_says_what_to_do():
    with pytest.raises(DataFormatError, match='lz4'):
        read_pickle(b'\x04\x22\x4d\x18' + bytes(20), 'a.pkl')
