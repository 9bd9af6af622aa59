"""HDF5 files of DeepLabCut and SLEAP, made without these libraries, for tests."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

h5py = pytest.importorskip('h5py', reason='HDF5 needs h5py')
PARTS = ('nose', 'tail')


def columns(people=None, unique=False):
    names = [('net', *person, part, coord) for person in ([()] if people is None else
                                                           [(name,) for name in people])
             for part in PARTS for coord in ('x', 'y', 'likelihood')]
    if unique:
        names += [('net', 'single', 'corner', coord) for coord in ('x', 'y', 'likelihood')]
    return names


def pandas_table(path, names, values, index=None, form='table', key='df_with_missing'):
    """A table as pandas writes it (format='table' and 'fixed'), without pandas."""
    index = np.arange(len(values)) if index is None else index
    with h5py.File(path, 'w') as file:
        group = file.create_group(key)
        if form == 'table':
            group.attrs['pandas_type'] = np.bytes_('frame_table')
            group.attrs['info'] = np.bytes_(pickle.dumps({1: {'names': [
                'scorer', 'bodyparts', 'coords']}}, 0))
            records = np.zeros(len(values), [('index', index.dtype),
                                             ('values_block_0', values.dtype, values.shape[1:])])
            records['index'], records['values_block_0'] = index, values
            table = group.create_dataset('table', data=records, chunks=True, maxshape=(None,))
            table.attrs['values_block_0_kind'] = np.bytes_(pickle.dumps(names, 0))
            return path
        group.attrs.update(pandas_type=np.bytes_('frame'), nblocks=1,
                           block0_items_nlevels=len(names[0]), axis1_variety=np.bytes_('regular'))
        for level, parts in enumerate(zip(*names)):
            known = list(dict.fromkeys(parts))
            group[f'block0_items_level{level}'] = np.array([part.encode() for part in known])
            group[f'block0_items_label{level}'] = np.array(
                [known.index(part) for part in parts], np.int8)
            group[f'block0_items_level{level}'].attrs['name'] = np.bytes_(
                ('scorer', 'individuals', 'bodyparts', 'coords')[level])
        group['axis1'] = index
        group['block0_values'] = values
    return path


def dlc_values(count, names, rng, dtype=np.float64):
    values = np.cumsum(rng.normal(size=(count, len(names))), axis=0) + 100
    values[:, 2::3] = 0.75
    return values.astype(dtype)


DIMS = {'matlab': ('track', 'xy', 'node', 'frame'), 'standard': ('frame', 'track', 'node', 'xy')}


def sleap(path, rng, axes='matlab', dims=True, tracks=2, names=True, scores=True, frames=12):
    values = np.cumsum(rng.normal(size=(tracks, 2, 3, frames)), axis=-1) + 200
    values[0, ..., 4] = np.nan
    values[-1, :, 1, 7] = np.nan
    certain = np.where(np.isnan(values[:, 0]), np.nan, 0.5)

    def ordered(array, own):
        target = [axis for axis in DIMS[axes] if axis in own]
        return array.transpose([own.index(axis) for axis in target]), json.dumps(target)

    with h5py.File(path, 'w') as file:
        for name, array, own in [
                ('tracks', values, DIMS['matlab']),
                *([('point_scores', certain, ('track', 'node', 'frame'))] if scores else [])]:
            array, target = ordered(array, own)
            dataset = file.create_dataset(name, data=array, compression='gzip')
            if dims:
                dataset.attrs['dims'] = target
        file['track_occupancy'] = np.isfinite(values).any(axis=(1, 2)).T.astype(np.uint8)
        file['node_names'] = np.array([b'head', b'thorax', b'abdomen'])
        file['track_names'] = np.array([f'fly{i}'.encode() for i in range(tracks * names)] or [],
                                       dtype='S9')
        file['provenance'] = '{"model": "x"}'
        file['edge_inds'] = np.array([[0, 1]])
    return values
