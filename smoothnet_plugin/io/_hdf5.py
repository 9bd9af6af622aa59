"""HDF5 files through h5py, where it is installed: guarded reading, and changed copies."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError, SmoothNetError
from ..utils.child_process import try_in_child
from ..utils.files import atomic_write
from ..utils.optional import required
from .input_file import InputFile

_MAGIC = b'\x89HDF\r\n\x1a\n'
#: A file may unpack to so many times its size; _ALWAYS bytes are always allowed.
_GROWTH = 20
_ALWAYS = 1 << 26
# Opens whatever the readers open, and reads it in full.
_CHILD = """
import io
limit = int(sys.argv[1])
def visit(name, item):
    for key in item.attrs:
        item.attrs[key]
    if isinstance(item, h5py.Dataset) and not item.is_virtual and not item.external:
        if item.size * item.dtype.itemsize <= limit:
            item[()]
with h5py.File(io.BytesIO(sys.stdin.buffer.read()), 'r') as file:
    file.visititems(visit)
"""


def is_hdf5(file: InputFile, *names: bytes) -> bool:
    """Whether a file is HDF5 and has all these names of groups, arrays or attributes.

    The names are looked for in the bytes of the file, without h5py.
    """
    return file.head.startswith(_MAGIC) and all(name in file.content for name in names)


def h5py_module() -> Any:
    """The package h5py.

    Raises:
        DataFormatError: It is not installed.
    """
    return required('h5py', 'HDF5 files are read and written by h5py, which is not installed: '
                    "pip install 'smoothnet_plugin[h5]' or pip install h5py", DataFormatError)


@contextmanager
def opened(file: InputFile) -> Iterator[Any]:
    """The ``h5py.File`` of a file, for reading.

    The file is read in a separate process first, since some damaged files crash the HDF5 library.

    Raises:
        DataFormatError: h5py is not installed, or the file is damaged.
    """
    h5py = h5py_module()
    content = file.content
    limit = _limit(len(content))
    try_in_child('h5py', _CHILD, file.path, 'HDF5', size=len(content), memory=3 * limit,
                 arguments=[str(limit)], content=content)
    try:
        with h5py.File(io.BytesIO(content), 'r') as opened_file:
            yield opened_file
    except SmoothNetError:
        raise
    except Exception as error:  # What h5py raises on damaged files is not documented.
        raise DataFormatError(f"'{file.path}' is not a readable HDF5 file ({type(error).__name__}: "
                              f'{error}); it may be damaged.') from error


def array_of(group: Any, name: str, path: Path, size: int) -> np.ndarray:
    """An array of a file.

    Args:
        group: The group.
        name: Name of the dataset in it.
        path: The file, for messages.
        size: Bytes of the file, for the limit of memory.

    Returns:
        The array.

    Raises:
        DataFormatError: There is none, its data lie in another file, or it is far too large.
    """
    dataset = dataset_of(group, name, path)
    check_memory(dataset.size * dataset.dtype.itemsize, name, path, size)
    return np.asarray(dataset[()])


def dataset_of(group: Any, name: str, path: Path) -> Any:
    """A dataset of a file; see :func:`array_of`."""
    h5py = h5py_module()
    link = group.get(name, getlink=True)
    if not isinstance(link, (h5py.HardLink, h5py.SoftLink)) or not isinstance(
            group.get(name), h5py.Dataset):
        raise DataFormatError(f"'{path}': '{group.name.rstrip('/')}/{name}' is not an array in the "
                              'file.')
    dataset = group[name]
    if dataset.is_virtual or dataset.external:
        raise DataFormatError(f"'{path}': the data of '{dataset.name}' lie in another file, which "
                              'is not read.')
    return dataset


def check_memory(needed: int, name: str, path: Path, size: int) -> None:
    """Refuse an array that needs far more memory than the file has bytes.

    Raises:
        DataFormatError: It does.
    """
    if needed > _limit(size):
        raise DataFormatError(
            f"'{path}', array '{name}': {needed} bytes unpacked are more than {_GROWTH} times the "
            'file size and are not read; if the array is intact, save it without compression.')


def _limit(size: int) -> int:
    return max(_GROWTH * size, _ALWAYS)


def text_of(value: Any) -> str:
    """Text of an attribute or entry that may be bytes."""
    value = value.item() if isinstance(value, np.generic) else value
    return value.decode('utf-8', 'replace') if isinstance(value, bytes) else str(value)


@contextmanager
def changed_copy(path: Path, content: bytes) -> Iterator[Any]:
    """An ``h5py.File`` with a file's content, to be changed in place; written at the end.

    Args:
        path: The file to write.
        content: The content of the old one; empty for a new file.
    """
    h5py = h5py_module()
    buffer = io.BytesIO(content)
    with h5py.File(buffer, 'r+' if content else 'w') as file:
        yield file
    with atomic_write(path, 'wb') as out:
        out.write(buffer.getbuffer())


def finite_rows(values: np.ndarray) -> np.ndarray:
    """Rows in which some value is finite."""
    return np.flatnonzero(np.isfinite(values).reshape(len(values), math.prod(values.shape[1:]))
                          .any(axis=1))
