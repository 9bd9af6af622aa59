"""Arrays as a pickle describes them, with every part checked.

NumPy does not check the state of a pickled ``dtype``, which can turn bytes into pointers; so these
take the place of its own reconstructors.
"""

from __future__ import annotations

import math
import pickle
import re
from typing import Any

import numpy as np

_DTYPE = re.compile(r'[?biufc]\d*|[SUV]\d+|O\d*')


class PickledDtype:
    """A dtype from a pickle: kind and byte order only."""

    __slots__ = ('_dtype',)

    def __init__(self, kind: Any, align: Any = False, copy: Any = False) -> None:
        if not (isinstance(kind, str) and _DTYPE.fullmatch(kind)):
            raise pickle.UnpicklingError(f'arrays of dtype {kind!r} are not allowed')
        object.__setattr__(self, '_dtype', np.dtype(kind))

    def __setattr__(self, name: str, value: Any) -> None:
        raise pickle.UnpicklingError('a pickle may not set attributes')

    def __setstate__(self, state: Any) -> None:
        _, order, subdtype, names, fields = state[:5]
        if subdtype is not None or names is not None or fields is not None:
            raise pickle.UnpicklingError('structured arrays are not allowed')
        if order in ('<', '>'):
            object.__setattr__(self, '_dtype', self._dtype.newbyteorder(order))

    @property
    def dtype(self) -> np.dtype:
        return self._dtype


class SafeArray(np.ndarray):
    """An array read from a pickle; pickles as a plain one."""

    def __setstate__(self, state: Any) -> None:
        version, shape, dtype, fortran, data = state
        dtype = real_dtype(dtype)
        if not all(isinstance(length, int) and length >= 0 for length in shape):
            raise pickle.UnpicklingError(f'an array has the shape {shape!r}')
        size = math.prod(shape)
        if isinstance(data, str):  # Python 2 had no separate type for bytes.
            data = data.encode('latin1')
        if dtype.hasobject:
            if not (isinstance(data, list) and len(data) == size):
                raise pickle.UnpicklingError('an object array does not hold a list of its size')
        elif not (isinstance(data, bytes) and len(data) == size * dtype.itemsize):
            raise pickle.UnpicklingError('an array does not hold the bytes of its size')
        plain: tuple[Any, ...] = (version, tuple(shape), dtype, bool(fortran), data)
        super().__setstate__(plain)  # type: ignore[arg-type]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.view(np.ndarray).__reduce_ex__(protocol)


def real_dtype(dtype: Any) -> np.dtype:
    """The dtype that a pickle describes.

    Raises:
        pickle.UnpicklingError: It is none.
    """
    if not isinstance(dtype, PickledDtype):
        raise pickle.UnpicklingError('an array has no dtype')
    return dtype.dtype


def reconstruct(subtype: Any, shape: Any, typecode: Any) -> np.ndarray:
    """An empty array, whose state follows in the pickle."""
    return SafeArray.__new__(SafeArray, (0,), np.int8)


def frombuffer(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    """An array of its bytes, as pickles of protocol 5 have it."""
    array = np.frombuffer(bytearray(data), dtype=real_dtype(dtype))
    return array.reshape(shape, order=order).view(SafeArray)


def scalar(dtype: Any, data: Any) -> Any:
    """A number of NumPy."""
    data = data.encode('latin1') if isinstance(data, str) else data
    return np.frombuffer(data, dtype=real_dtype(dtype), count=1)[0]
