from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import DataFormatError, UnsafeFileError
from smoothnet_plugin.utils.pickled_arrays import SafeArray
from smoothnet_plugin.utils.restricted_pickle import load_pickle
from smoothnet_plugin.utils.restricted_torch import find_tensors


def loaded(content, **options):
    return load_pickle(io.BytesIO(content), "'file'", **options)


class Evil:
    """Runs a shell command when unpickled the usual way."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f'touch {self.marker}',)


@pytest.mark.parametrize('protocol', [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize('array', [
    np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(6).reshape(2, 3)[:, ::2],
    np.array(['a', 'bcd']), np.array([b'x', b'yz']), np.float64(2.5), np.int32(7), np.str_('abc'),
    np.array([[True, False]]), np.asfortranarray(np.ones((2, 3))), np.arange(3, dtype='>i4'),
    np.zeros((0, 5)), np.array(4.0), np.array([1 + 2j]), np.array(['s', None, 1], dtype=object),
])
def test_arrays(array, protocol):
    content = pickle.dumps(array, protocol=protocol)
    result = loaded(content)
    assert result.dtype == pickle.loads(content).dtype and result.shape == array.shape
    np.testing.assert_array_equal(result, array)
    again = pickle.loads(pickle.dumps(result, protocol=protocol))
    assert type(again) is type(array)
    np.testing.assert_array_equal(again, array)


def test_containers():
    value = {'a': [1, 2.5, None, True, 'é', b'\x00\xff'], 'b': (1, {'c'}, frozenset([3])),
             'd': OrderedDict(x=1), 'e': {'f': [[]]}}
    for protocol in range(6):
        assert loaded(pickle.dumps(value, protocol=protocol)) == value


@pytest.mark.parametrize('tensor', [
    torch.arange(6.).reshape(2, 3)[:, ::2], torch.ones(2, dtype=torch.bfloat16),
    torch.tensor([True]), torch.nn.Parameter(torch.ones(3)), torch.tensor(2)])
def test_tensors_where_asked_for(tensor):
    content = pickle.dumps({'t': tensor, 'size': tensor.shape}, protocol=2)
    result = loaded(content, finder=find_tensors)['t']
    assert result.dtype == tensor.dtype and torch.equal(result, tensor)
    with pytest.raises(UnsafeFileError, match='torch'):
        loaded(content)


@pytest.mark.parametrize('protocol', [0, 2, 4])
@pytest.mark.parametrize('wrap', [lambda e: e, lambda e: [1, {'a': e}],
                                  lambda e: np.array([e, 'x'], dtype=object)])
def test_code_is_refused_and_not_run(tmp_path, protocol, wrap):
    marker = tmp_path / 'ran'
    content = pickle.dumps(wrap(Evil(marker)), protocol=protocol)
    with pytest.raises(UnsafeFileError, match=r'file.*posix.system.*Trust no one\.'):
        loaded(content, finder=find_tensors, way_out='Trust no one.')
    assert not marker.exists()
    pickle.loads(content)
    assert marker.exists()  # The file was a real attack.


def test_tensor_storage_that_would_run_code(tmp_path):
    marker = tmp_path / 'ran'
    inner = io.BytesIO()
    torch.save(Evil(marker), inner)

    class Storage:
        def __reduce__(self):
            return torch.storage._load_from_bytes, (inner.getvalue(),)

    content = pickle.dumps(Storage())
    with pytest.raises(DataFormatError):
        loaded(content, finder=find_tensors)
    assert not marker.exists()
    pickle.loads(content)
    assert marker.exists()


@pytest.mark.parametrize('program', [
    b'cbuiltins\neval\n(Vprint(1)\ntR.', b"cos\nsystem\n(S'true'\ntR.", b'(cos\nsystem\nU\x01ao.',
    b'(S"true"\nios\nsystem\n.', b'\x80\x02cnumpy\nndarray.__reduce__\n.',
    b'cnumpy.core.multiarray\nfromfile\n.', b'cfunctools\npartial\n.', b'\x80\x02\x82\x01.',
    b'Vid\nQ.', b'cbuiltins\ngetattr\n.',
])
def test_other_programs_are_refused(program):
    with pytest.raises(DataFormatError):
        loaded(program)


def object_dtype(flags):
    """Pickle of an array of raw bytes whose dtype claims to be of objects without reference
    counting, which NumPy's own reconstructor would turn into pointers."""
    body = pickle.dumps(np.zeros(1), protocol=2)
    forged = body.replace(b'X\x02\x00\x00\x00f8', b'X\x02\x00\x00\x00O8')
    assert forged != body
    return forged.replace(b'K\x00t', bytes([ord('K'), flags]) + b't')


@pytest.mark.parametrize('flags', [0, 63])
def test_forged_dtype_is_refused(flags):
    with pytest.raises(DataFormatError, match='object array'):
        loaded(object_dtype(flags))


@pytest.mark.parametrize('state', [
    (1, (4,), np.dtype('f8'), False, b'short'), (1, (-1, -4), np.dtype('f8'), False, b'0' * 32),
    (1, ('4',), np.dtype('f8'), False, b''), (1, (2,), np.dtype('V8'), False, [1, 2]),
])
def test_arrays_that_do_not_hold_their_size(state):
    class Forged:
        def __reduce__(self):
            function, arguments = np.zeros(0).__reduce__()[:2]
            return function, arguments, state

    with pytest.raises(DataFormatError):
        loaded(pickle.dumps(Forged(), protocol=2))


@pytest.mark.parametrize('dtype', [[('a', 'f4')], 'M8[s]', [('a', 'O')]])
def test_other_types_are_refused(dtype):
    with pytest.raises(DataFormatError, match='not allowed'):
        loaded(pickle.dumps(np.zeros(2, dtype=dtype), protocol=2))


def test_damaged_pickles():
    content = pickle.dumps([np.arange(100.)], protocol=2)
    for cut in (0, 1, 10, len(content) // 2, len(content) - 1):
        with pytest.raises(DataFormatError, match='not a readable pickle'):
            loaded(content[:cut])


def test_stand_ins_cannot_be_altered():
    # BUILD with (None, {'_function': ...}) on the stand-in of numpy's _reconstruct.
    program = (b'\x80\x02cnumpy.core.multiarray\n_reconstruct\nN}X\x09\x00\x00\x00_functionK\x01s'
               b'\x86b.')
    with pytest.raises(DataFormatError, match='set attributes'):
        loaded(program)


def test_read_arrays_are_arrays():
    result = loaded(pickle.dumps(np.arange(3.), protocol=2))
    assert isinstance(result, SafeArray) and (result + 1).sum() == 6
