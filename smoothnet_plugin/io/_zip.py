"""npz files, read and written array by array and without pickles of unknown content."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from ..errors import DataFormatError, SmoothNetError
from ..utils.files import atomic_write
from ..utils.restricted_pickle import load_pickle

MAGIC = b'PK\x03\x04'


def array_names(path: str | PathLike[str]) -> list[str]:
    """Names of the arrays in an npz file; empty if it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return []
    if not all(name.endswith('.npy') for name in names):
        return []
    return [name.removesuffix('.npy') for name in names]


def read_arrays(path: str | PathLike[str], *, objects: bool = False) -> dict[str, np.ndarray]:
    """Read an npz file.

    Args:
        path: The file.
        objects: Whether object arrays are admitted, of arrays, strings and plain containers,
            read without running code. Defaults to False.

    Returns:
        The arrays by name.

    Raises:
        UnsafeFileError: An object array would run code.
        DataFormatError: The file is damaged, or has object arrays that are not admitted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix('.npy'): _read_array(archive, name, path, objects)
                    for name in archive.namelist()}
    except SmoothNetError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError,
            NotImplementedError, MemoryError) as error:
        raise DataFormatError(f"'{path}' is not a readable npz file ({type(error).__name__}: "
                              f'{error}); it may be cut off or damaged.') from error


def _read_array(archive: zipfile.ZipFile, name: str, path: str | PathLike[str],
                objects: bool) -> np.ndarray:
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        read_header = (np.lib.format.read_array_header_1_0 if version == (1, 0)
                       else np.lib.format.read_array_header_2_0)
        shape, _, dtype = read_header(file)
        if dtype.hasobject:
            label = f"'{path}', array '{name.removesuffix('.npy')}',"
            if not objects:
                raise DataFormatError(f'{label} holds Python objects; expected plain numbers or '
                                      'text.')
            array = load_pickle(file, label)
            if not isinstance(array, np.ndarray) or array.shape != shape:
                raise DataFormatError(f'{label} does not hold the array that it announces.')
            return array.view(np.ndarray)
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def is_compressed(path: str | PathLike[str]) -> bool:
    """Whether an npz file is compressed."""
    with zipfile.ZipFile(path) as archive:
        return any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist())


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool,
                 objects: bool = False) -> None:
    """Write an npz file.

    Args:
        path: The file.
        arrays: The arrays by name, written in this order.
        compressed: Whether to compress.
        objects: Whether object arrays may be pickled. Defaults to False.
    """
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with atomic_write(path, 'wb') as file, zipfile.ZipFile(file, 'w', method) as archive:
        for name, array in arrays.items():
            with archive.open(f'{name}.npy', 'w', force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=objects)
