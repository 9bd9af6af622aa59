"""HDF5 of DeepLabCut: a pandas table with the columns of its CSV files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ..utils.restricted_pickle import load_pickle
from ._arrays import floating
from ._deeplabcut import header_of
from ._hdf5 import array_of, changed_copy, is_hdf5, opened, text_of
from .base import Format, InputFile, ReadContext
from .write_back import write_back

_LEVELS = {3: ('scorer', 'bodyparts', 'coords'),
           4: ('scorer', 'individuals', 'bodyparts', 'coords')}
_BLOCK = 'values_block_0'


@dataclass(frozen=True)
class _Table:
    """A pandas table in an HDF5 file.

    Attributes:
        place: Path of its dataset of values in the file.
        in_records: Whether the dataset has records with the values in a field (pandas' "table"
            form), else it is an array of values ("fixed").
        frames: Index of the rows.
        values: Shape (T, N).
        columns: Names of the columns, a tuple of all levels each.
    """

    place: str
    in_records: bool
    frames: np.ndarray
    values: np.ndarray
    columns: list[tuple[str, ...]]


@FORMATS.register_module()
class DeepLabCutH5(Format):
    """The table of a DeepLabCut CSV file in HDF5, in both forms that pandas writes.

    Individuals are the tracks, as in CSV. New values are written into a copy of the file, so that
    everything else and the dtype are kept. No pickled object is loaded but names. Other results
    cannot be converted to this format. Needs ``pip install 'smoothnet_plugin[h5]'``.
    """

    name = 'deeplabcut_h5'
    title = 'DeepLabCut HDF5, a pandas table (needs h5py)'
    suffixes = ('.h5', '.hdf5')
    frame_base = 0
    needs_source = True

    def sniff(self, file: InputFile) -> bool:
        return is_hdf5(file, b'pandas_type', b'bodyparts')

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: h5py is not installed, the file is damaged, or its rows are labelled
                images of a training set.
        """
        with opened(file) as hdf5:
            table = _table(hdf5, file)
        names = _LEVELS.get(len(table.columns[0]) if table.columns else 0)
        if names is None:
            raise DataFormatError(f"'{file.path}': the columns have "
                                  f'{len(table.columns[0]) if table.columns else 0} levels; '
                                  'expected scorer, [individuals,] bodyparts, coords.')
        header = header_of([[level, *(column[i] for column in table.columns)]
                            for i, level in enumerate(names)], file.path)

        people, scores = header.people(len(table.values),
                                       lambda place: table.values[:, place - 1])
        source = self.document(file, file.content, table=table, header=header, people=people)
        return context.dense_tracks(people, source, frame_ids=table.frames, scores=scores,
                                    names=header.names,
                                    representation=f'keypoints_{header.width}d')

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from such a file.

        Raises:
            DataFormatError: The tracks are from another source, or have other frames.
        """
        source = self.required_source(
            tracks, "'deeplabcut' (CSV), which deeplabcut.convertcsv2h5 converts,")
        table = source.details['table']
        values = _updated(source.details, tracks)
        with changed_copy(path, source.data) as file:
            dataset = file[table.place]
            if table.in_records:
                records = dataset[()]
                records[_BLOCK] = values
                dataset[...] = records
            else:
                dataset[...] = values


def _table(hdf5: Any, file: InputFile) -> _Table:
    group = next((item for item in hdf5.values()
                  if text_of(item.attrs.get('pandas_type', '')) in ('frame', 'frame_table')), None)
    if group is None:
        raise DataFormatError(f"'{file.path}': none of the groups {', '.join(hdf5) or 'none'} is a "
                              'table of pandas.')
    path, size = file.path, len(file.content)
    if text_of(group.attrs['pandas_type']) == 'frame_table':
        records = array_of(group, 'table', path, size)
        if set(records.dtype.names or ()) != {'index', _BLOCK}:
            raise DataFormatError(f"'{path}': the table has the fields {records.dtype.names}; "
                                  f"expected index and {_BLOCK}, numbers of one type.")
        kind = group['table'].attrs[f'{_BLOCK}_kind']
        columns = load_pickle(io.BytesIO(bytes(kind)), f"'{path}', names of the columns")
        table = _Table(group['table'].name, True, records['index'], records[_BLOCK], columns)
    else:
        if int(group.attrs.get('nblocks', 0)) != 1:
            raise DataFormatError(f"'{path}': the table has {group.attrs.get('nblocks')} types of "
                                  'columns; expected numbers of one type.')
        levels = int(group.attrs.get('block0_items_nlevels', 0))
        columns = list(zip(*(_level(group, i, path, size) for i in range(min(levels, 9)))))
        variety = text_of(group.attrs.get('axis1_variety', 'regular'))
        frames = array_of(group, 'axis1', path, size) if variety == 'regular' else np.zeros(0, 'S')
        table = _Table(group['block0_values'].name, False, frames,
                       array_of(group, 'block0_values', path, size), columns)
    if table.frames.dtype.kind not in 'iu':
        raise DataFormatError(f"'{path}': the rows are not numbered; these are labels of images "
                              'of a training set, not the frames of a video.')
    if table.values.dtype.kind not in 'iuf' or table.values.shape != (
            len(table.frames), len(table.columns)):
        raise DataFormatError(f"'{path}' is damaged: {table.values.dtype} of shape "
                              f'{table.values.shape} for {len(table.frames)} frames and '
                              f'{len(table.columns)} columns.')
    if not all(isinstance(column, tuple) and all(isinstance(part, str) for part in column)
               and len(column) == len(table.columns[0]) for column in table.columns):
        raise DataFormatError(f"'{path}': the columns have no names of several levels.")
    return table


def _level(group: Any, level: int, path: Path, size: int) -> list[str]:
    """Names of all columns on a level."""
    names = [text_of(name) for name in array_of(group, f'block0_items_level{level}', path, size)]
    labels = array_of(group, f'block0_items_label{level}', path, size)
    return [names[label] for label in labels.tolist()]


def _updated(details: Mapping[str, Any], tracks: PoseTracks) -> np.ndarray:
    table, header = details['table'], details['header']
    update = write_back(tracks, details['people'], table.frames)
    if update.rows != list(range(len(table.frames))):
        raise DataFormatError('Frames were dropped from or added to a table of pandas; write '
                              "'deeplabcut' (CSV) instead.")
    values = floating(table.values)
    for column, changed, new, _ in header.written(update):
        values[changed, column - 1] = new[changed]
    return values
