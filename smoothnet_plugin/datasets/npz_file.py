"""Members of ``.npz`` files, read one at a time and without trust in the file.

Plain arrays are read by NumPy with ``allow_pickle=False``. Object arrays (a sequence a row, as the
published SmoothNet files have them) are pickles; the readers of results files know how to read
those without running them.
"""

from __future__ import annotations

import os
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError, MissingFileError, SmoothNetError
from ..utils.restricted_pickle import load_pickle

#: What a damaged archive or header raises in zipfile, zlib and numpy.lib.format.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError,
           NotImplementedError, SyntaxError, tokenize.TokenError)


def load_npz(path: str | os.PathLike[str]) -> SafeNpz:
    """Open an ``.npz`` file; its members are read when they are asked for.

    Args:
        path: The file.

    Returns:
        A read-only mapping of member names to arrays.

    Raises:
        DataFormatError: The file is missing, a directory, or not an ``.npz`` archive.
    """
    return SafeNpz(path)


class SafeNpz:
    """The members of an ``.npz`` file, read one at a time without trust in the file.

    Every access reads the member again; keep the array.

    Args:
        path: The file.

    Attributes:
        path: The file.

    Raises:
        DataFormatError: The file is missing, a directory, or not an ``.npz`` archive.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            is_directory = self.path.is_dir()
            what = 'is a directory' if is_directory else 'does not exist'
            kind = DataFormatError if is_directory else MissingFileError
            raise kind(f"The file '{self.path}' {what}; expected an .npz file."
                       f'{_neighbours(self.path)}')
        try:
            with zipfile.ZipFile(self.path) as archive:
                members = archive.namelist()
        except _DAMAGE as error:
            raise DataFormatError(
                f"'{self.path}' is not a readable .npz archive ({error}); fetch or write it "
                'again.') from error
        self._members = {name.removesuffix('.npy'): name for name in members}

    def keys(self) -> list[str]:
        """Names of the members."""
        return list(self._members)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, key: object) -> bool:
        return key in self._members

    def require(self, *keys: str) -> None:
        """Check that members are there.

        Args:
            *keys: Names of members.

        Raises:
            DataFormatError: One is missing; the message names what is there.
        """
        missing = [key for key in keys if key not in self]
        if missing:
            raise DataFormatError(
                f"'{self.path}' has no {' and no '.join(map(repr, missing))}; it holds: "
                f"{', '.join(self.keys()) or 'nothing'}.")

    def header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        """Shape and type of a member without reading it.

        Args:
            key: Name of the member.

        Returns:
            Its shape and dtype.

        Raises:
            DataFormatError: The member is missing or damaged.
        """
        self.require(key)
        try:
            with zipfile.ZipFile(self.path) as archive, \
                    archive.open(self._members[key]) as file:
                shape, _, dtype = read_header(file)
        except _DAMAGE as error:
            raise self._damaged(key, error) from error
        return shape, dtype

    def __getitem__(self, key: str) -> np.ndarray:
        """Read a member.

        Args:
            key: Name of the member.

        Returns:
            The array. Entries of object arrays are arrays, strings, numbers or plain containers.

        Raises:
            DataFormatError: The member is missing or damaged.
            UnsafeFileError: It is a pickle that asks for code to be run.
        """
        self.require(key)
        try:
            with zipfile.ZipFile(self.path) as archive, \
                    archive.open(self._members[key]) as file:
                shape, _, dtype = read_header(file)
                if dtype.hasobject:
                    array = load_pickle(file, f"'{key}' of '{self.path}'",
                                        way_out='Store it again as plain arrays.')
                else:
                    file.seek(0)
                    array = np.lib.format.read_array(file, allow_pickle=False)
        except SmoothNetError:
            raise
        except _DAMAGE as error:
            raise self._damaged(key, error) from error
        if not isinstance(array, np.ndarray) or array.shape != shape:
            raise self._damaged(key, f'it does not hold the array of shape {shape} it announces')
        return np.asarray(array)

    def _damaged(self, key: str, reason: object) -> DataFormatError:
        return DataFormatError(f"The member '{key}' of '{self.path}' is damaged ({reason}); fetch "
                               'or write the file again.')


def read_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the header of an ``.npy`` stream and leave the stream at the data.

    Args:
        file: Binary stream at its start.

    Returns:
        Shape, whether the array is stored column by column (Fortran order), and dtype.

    Raises:
        ValueError: The stream is no ``.npy``.
    """
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)
    raise ValueError(f'version {version} of the .npy format')


def _neighbours(path: Path) -> str:
    """Sentence that names the .npz files of the nearest folder that exists."""
    folder = next((p for p in path.parents if p.is_dir()), None)
    if folder is None:
        return ''
    if folder == path.parent:
        there = sorted(p.name for p in folder.glob('*.npz'))
        kind = '.npz files'
    else:
        there = sorted(p.name for p in folder.iterdir())
        kind = 'entries'
    shown = ', '.join(there[:12]) + (', ...' if len(there) > 12 else '')
    return f" The folder '{folder}' has {f'these {kind}: {shown}' if there else f'no {kind}'}."
