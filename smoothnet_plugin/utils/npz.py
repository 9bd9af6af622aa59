"""Safe reading of ``.npz`` files, one member at a time.

Plain arrays are read with ``allow_pickle=False``. Object arrays (the published SmoothNet files
hold one sequence per entry) are pickles; :mod:`~smoothnet_plugin.utils.restricted_pickle` reads
them without running code. No member may need far more memory than the size of the file.
"""

from __future__ import annotations

import io
import math
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import DataFormatError, MissingFileError, SmoothNetError
from .files import StrPath, atomic_write, neighbours
from .npy import read_data, read_header
from .restricted_pickle import load_pickle

MAGIC = b'PK\x03\x04'

# A compressed member may unpack to at most _GROWTH times the file size; _ALWAYS bytes are always
# allowed, since constant masks and short clips compress well.
_GROWTH = 20
_ALWAYS = 1 << 24


class SafeNpz:
    """The members of an untrusted ``.npz`` file, read one at a time.

    Every access reads the member again; store the array if it is used repeatedly.

    Args:
        path: The file.
        content: Its bytes. Defaults to None: read from the path at every access.

    Attributes:
        path: The file.

    Raises:
        DataFormatError: The file is missing, a directory, or not an ``.npz`` archive.
    """

    def __init__(self, path: StrPath, content: bytes | None = None) -> None:
        self.path = Path(path)
        self._content = content
        if content is None and not self.path.is_file():
            is_directory = self.path.is_dir()
            what = 'is a directory' if is_directory else 'does not exist'
            kind = DataFormatError if is_directory else MissingFileError
            raise kind(f"The file '{self.path}' {what}; expected an .npz file."
                       f"{neighbours(self.path, '.npz')}")
        try:
            with self._archive() as archive:
                infos = archive.infolist()
        except Exception as error:  # A damaged archive can fail in any way.
            raise DataFormatError(
                f"'{self.path}' is not a readable npz file ({type(error).__name__}: {error}); it "
                'may be cut off or damaged.') from error
        self._members = {info.filename.removesuffix('.npy'): info for info in infos}
        size = self.path.stat().st_size if content is None else len(content)
        self._limit = max(_GROWTH * size, _ALWAYS)

    def _archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path if self._content is None else io.BytesIO(self._content))

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, key: object) -> bool:
        return key in self._members

    @property
    def is_compressed(self) -> bool:
        """Whether any member is compressed."""
        return any(info.compress_type != zipfile.ZIP_STORED for info in self._members.values())

    def require(self, *keys: str) -> None:
        """Check that members exist.

        Args:
            *keys: Names of members.

        Raises:
            DataFormatError: One is missing; the message lists the members that exist.
        """
        missing = [key for key in keys if key not in self]
        if missing:
            raise DataFormatError(
                f"'{self.path}' has no {' and no '.join(map(repr, missing))}; it holds: "
                f"{', '.join(self) or 'nothing'}.")

    def header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        """Shape and dtype of a member, without its data.

        Raises:
            DataFormatError: The member is missing or damaged.
        """
        self.require(key)
        try:
            with self._archive() as archive, archive.open(self._members[key]) as file:
                shape, _, dtype = read_header(file)
        except Exception as error:  # A damaged member can fail in any way.
            raise self._damaged(key, error) from error
        return shape, dtype

    def members(self, *without: str) -> dict[str, StoredArray]:
        """Members that are not read yet: all but those of some names.

        Raises:
            DataFormatError: A member is damaged.
        """
        return {name: StoredArray(self, name, *self.header(name))
                for name in self if name not in without}

    def __getitem__(self, key: str) -> np.ndarray:
        """Read a member.

        Returns:
            The array. Entries of object arrays are arrays, strings, numbers or plain containers.

        Raises:
            DataFormatError: The member is missing or damaged, or would need far more memory than
                the size of the file.
            UnsafeFileError: It is a pickle that could run code.
        """
        self.require(key)
        info = self._members[key]
        try:
            with self._archive() as archive, archive.open(info) as file:
                shape, fortran, dtype = read_header(file)
                if dtype.hasobject:
                    self._check_size(key, info.file_size)
                    array = load_pickle(file, f"'{self.path}', array '{key}',",
                                        way_out='Save it again as plain arrays.')
                else:
                    self._check_size(key, math.prod(shape) * max(dtype.itemsize, 1))
                    array = read_data(file, shape, fortran, dtype)
        except SmoothNetError:
            raise
        except Exception as error:  # A damaged member can fail in any way.
            raise self._damaged(key, error) from error
        if not isinstance(array, np.ndarray) or array.shape != shape:
            raise self._damaged(key, f'it does not hold an array of the declared shape {shape}')
        return np.asarray(array)

    def copy_member(self, key: str, target: IO[bytes]) -> None:
        """Copy a member's bytes to an open file in chunks.

        Args:
            key: Name of the member.
            target: The file to write to.

        Raises:
            DataFormatError: The member is damaged.
        """
        try:
            with self._archive() as archive, archive.open(self._members[key]) as file:
                shutil.copyfileobj(file, target)
        except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
            raise self._damaged(key, error) from error

    def _check_size(self, key: str, size: int) -> None:
        if size > self._limit:
            raise DataFormatError(
                f"'{self.path}', array '{key}': {size} bytes unpacked are more than {_GROWTH} "
                'times the file size and are not read; if the array is intact, save it '
                'uncompressed.')

    def _damaged(self, key: str, reason: object) -> DataFormatError:
        kind = f'{type(reason).__name__}: ' if isinstance(reason, Exception) else ''
        return DataFormatError(
            f"'{self.path}' is not a readable npz file: array '{key}' is damaged ({kind}{reason}); "
            'download or save the file again.')


#: Opens a file; its members are read on access.
load_npz = SafeNpz


@dataclass(frozen=True)
class StoredArray:
    """An array that stays in its npz file until it is read.

    Attributes:
        npz: The file.
        key: Name of the member.
        shape: Shape of the array.
        dtype: Dtype of the array.
    """

    npz: SafeNpz
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def read(self) -> np.ndarray:
        """The array; see :meth:`SafeNpz.__getitem__`."""
        return self.npz[self.key]


def array_names(content: bytes) -> list[str]:
    """Names of the arrays in the bytes of an npz file; empty if it is not an npz file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except Exception:  # A damaged archive can fail in any way.
        return []
    if not all(name.endswith('.npy') for name in names):
        return []
    return [name.removesuffix('.npy') for name in names]


def write_npz(path: Path, arrays: Mapping[str, np.ndarray | StoredArray], *, compressed: bool,
              objects: bool = False) -> None:
    """Write an npz file.

    Args:
        path: The file.
        arrays: The arrays by name, in the order to write; stored arrays are copied as bytes.
        compressed: Whether to compress.
        objects: Whether object arrays may be pickled. Defaults to False.
    """
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with atomic_write(path, 'wb') as file, zipfile.ZipFile(file, 'w', method) as archive:
        for name, array in arrays.items():
            with archive.open(f'{name}.npy', 'w', force_zip64=True) as member:
                if isinstance(array, StoredArray):
                    array.npz.copy_member(array.key, member)
                else:
                    np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=objects)
