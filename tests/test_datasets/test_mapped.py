from __future__ import annotations

import pickle

import numpy as np
import pytest

from smoothnet_plugin.datasets.mapped import map_npy, map_npz_member
from smoothnet_plugin.errors import DataFormatError

from .conftest import ragged


def test_stored_members_are_mapped(tmp_path, rng):
    content = {'first': rng.normal(size=(7, 3)), 'second': rng.normal(size=(50, 4, 3)),
               'third': np.arange(5)}
    np.savez(tmp_path / 'a.npz', **content)
    for key, values in content.items():
        mapped = map_npz_member(tmp_path / 'a.npz', key)
        assert mapped is not None and not mapped.array.flags.owndata
        np.testing.assert_array_equal(mapped.array, values)
        copy = pickle.dumps(mapped)
        assert len(copy) < 600
        np.testing.assert_array_equal(pickle.loads(copy).array, values)


def test_what_cannot_be_mapped(tmp_path, rng):
    values = rng.normal(size=(7, 3))
    np.savez_compressed(tmp_path / 'a.npz', a=values)
    np.savez(tmp_path / 'b.npz', a=np.asfortranarray(values), o=ragged([values]))
    assert map_npz_member(tmp_path / 'a.npz', 'a') is None
    assert map_npz_member(tmp_path / 'b.npz', 'a') is None
    assert map_npz_member(tmp_path / 'b.npz', 'o') is None


def test_npy(tmp_path, rng):
    values = rng.normal(size=(7, 3))
    np.save(tmp_path / 'a.npy', values)
    np.testing.assert_array_equal(map_npy(tmp_path / 'a.npy').array, values)
    np.save(tmp_path / 'empty.npy', values[:0])
    assert map_npy(tmp_path / 'empty.npy').array.shape == (0, 3)
    (tmp_path / 'bad.npy').write_bytes(b'no')
    for name in ('bad.npy', 'none.npy'):
        with pytest.raises(DataFormatError, match=name):
            map_npy(tmp_path / name)
    mapped = map_npy(tmp_path / 'a.npy')
    (tmp_path / 'a.npy').write_bytes(b'cut')
    with pytest.raises(DataFormatError, match='cannot be memory-mapped'):
        _ = mapped.array
