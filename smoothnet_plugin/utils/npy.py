"""Safe reading of ``.npy`` streams of plain values."""

from __future__ import annotations

import math
from typing import IO, Any

import numpy as np


def read_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the header of an ``.npy`` stream up to the start of the data.

    Args:
        file: Binary stream at its start.

    Returns:
        Shape, whether the array is stored column by column (Fortran order), and dtype.

    Raises:
        ValueError: The stream is not an ``.npy`` file.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f'version {version} of the .npy format')
        read = (np.lib.format.read_array_header_1_0 if version == (1, 0)
                else np.lib.format.read_array_header_2_0)
        shape, fortran, dtype = read(file)
    except OSError:
        raise
    except Exception as error:  # Parsing the header can fail in any way.
        raise ValueError(f'{type(error).__name__}: {error}') from error
    if not all(isinstance(length, int) and 0 <= length < 1 << 62 for length in shape):
        raise ValueError(f'the header declares the shape {str(shape)[:60]}')
    return shape, fortran, dtype


def read_data(file: IO[bytes], shape: tuple[int, ...], fortran: bool,
              dtype: np.dtype) -> np.ndarray:
    """Read the data that follow the header of an ``.npy`` stream.

    Args:
        file: Binary stream after its header.
        shape: Shape in the header.
        fortran: Whether the array is stored column by column.
        dtype: Dtype in the header, without objects.

    Returns:
        The array.

    Raises:
        ValueError: The stream has more or fewer bytes than the header declares.
    """
    size = math.prod(shape) * dtype.itemsize
    data = bytearray(size)
    view, done = memoryview(data), 0
    while piece := file.read(min(size - done, 1 << 20)):
        view[done:done + len(piece)] = piece
        done += len(piece)
    if done != size or file.read(1):
        raise ValueError(f'it does not hold the declared {size} bytes')
    array = np.frombuffer(data, dtype) if size else np.zeros(math.prod(shape), dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
