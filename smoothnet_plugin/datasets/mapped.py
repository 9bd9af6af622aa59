"""Memory-mapped arrays, which the operating system pages in on access.

An uncompressed ``.npz`` member is an ``.npy`` file at a known offset of the archive, so it can be
mapped directly. Other arrays are mapped from an ``.npy`` file.
"""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..utils.files import StrPath
from ..utils.npy import read_header

_LOCAL_HEADER = struct.Struct('<4s22xHH')


class MappedArray:
    """A read-only array in a file, opened on first use.

    A pickle of it contains the location of the array and not its content, so worker processes
    share their pages, regardless of the start method.

    Args:
        path: File with the array.
        offset: First byte of the content.
        shape: Shape of the array; C order.
        dtype: Dtype of the array.
    """

    def __init__(self, path: StrPath, offset: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.path = Path(path).resolve()
        self.offset = offset
        self.shape = shape
        self.dtype = dtype
        self._array: np.ndarray | None = None

    @property
    def array(self) -> np.ndarray:
        """The array; its content is read on access."""
        if self._array is None:
            if 0 in self.shape:
                self._array = np.zeros(self.shape, self.dtype)
            else:
                try:
                    mapped = np.memmap(self.path, dtype=self.dtype, mode='r', offset=self.offset,
                                       shape=self.shape)
                except (OSError, ValueError) as error:
                    raise DataFormatError(
                        f"'{self.path}' cannot be memory-mapped ({error}); it was moved, truncated "
                        'or changed after it was opened.') from error
                self._array = np.asarray(mapped)
        return self._array

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, '_array': None}


def map_npy(path: StrPath) -> MappedArray:
    """Map an ``.npy`` file.

    Args:
        path: The file.

    Returns:
        The mapped array.

    Raises:
        DataFormatError: The file is missing or not an ``.npy`` file of plain numbers in C order.
    """
    try:
        with open(path, 'rb') as file:
            shape, fortran, dtype = read_header(file)
            offset = file.tell()
    except (OSError, ValueError, EOFError) as error:
        raise DataFormatError(f"'{path}' cannot be read as an .npy file ({error}).") from error
    if fortran or dtype.hasobject:
        raise DataFormatError(f"'{path}' holds {'objects' if dtype.hasobject else 'columns'} "
                              'and cannot be memory-mapped; store plain numbers in C order.')
    return MappedArray(path, offset, shape, dtype)


def map_npz_member(path: StrPath, key: str) -> MappedArray | None:
    """Map a member of an ``.npz`` file directly, if possible.

    Args:
        path: The file, a readable archive that has the member.
        key: Name of the member.

    Returns:
        The mapped array, or None if the member is compressed, holds objects, or is stored column
        by column.
    """
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(f'{key}.npy')
    if info.compress_type != zipfile.ZIP_STORED:
        return None
    with open(path, 'rb') as file:
        file.seek(info.header_offset)
        _, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        file.seek(name_length + extra_length, os.SEEK_CUR)
        start = file.tell()
        shape, fortran, dtype = read_header(file)
        offset = file.tell()
    length = int(np.prod(shape)) * dtype.itemsize
    if fortran or dtype.hasobject or offset - start + length > info.file_size:
        return None
    return MappedArray(path, offset, shape, dtype)
