"""An unpickler for NumPy's object arrays that runs nothing of what the pickle asks for.

It knows four names only, each mapped to a stand-in of this module: no class or function named in
the pickle is imported or called, and NumPy's own ``__setstate__`` never sees the pickle's content.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from ..errors import DataFormatError, UnsafeFileError

_NUMBER_KINDS = frozenset('biufcSUmM')


def read_objects(file: Any, what: str) -> np.ndarray:
    """Read the pickle of an object array.

    Args:
        file: Binary stream at the start of the pickle.
        what: Name of the array for messages.

    Returns:
        The array. Its entries are arrays, strings, bytes, numbers, None, or lists of those.

    Raises:
        UnsafeFileError: The pickle holds anything else.
        DataFormatError: It is damaged.
    """
    try:
        content = _ArrayUnpickler(file, encoding='latin1').load()
        if not isinstance(content, _Array):
            raise _Refusal(f'a {type(content).__name__} instead of an array')
        return content.build()
    except _Refusal as refusal:
        raise UnsafeFileError(
            f'{what} is a pickle that holds {refusal} and was not read, since only arrays, '
            'strings and numbers can be read without running code. Store it again as arrays.'
        ) from None
    except RecursionError:
        raise UnsafeFileError(f'{what} is a pickle that is nested without end and was not '
                              'read.') from None
    except Exception as error:
        # A pickle is a program: a damaged one can raise anything, even from opcodes alone.
        raise DataFormatError(f'{what} is damaged ({error}); fetch or write the file '
                              'again.') from error


class _Refusal(Exception):
    """Something in the pickle that is neither an array nor a string nor a number."""


class _Dtype:
    """Stand-in for ``numpy.dtype`` that takes plain types only."""

    def __init__(self, code: Any = None, *_: Any) -> None:
        code = code.decode('latin1') if isinstance(code, bytes) else code
        try:
            dtype = np.dtype(code) if isinstance(code, str) else None
        except TypeError:
            dtype = None
        if dtype is None or dtype.kind not in _NUMBER_KINDS | {'O'} or dtype.subdtype:
            raise _Refusal(f'an array of the type {code!r}')
        self.dtype = dtype

    def __setstate__(self, state: Any) -> None:
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else '|'
        if order in ('<', '>') and self.dtype.kind != 'O':
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stand-in for ``numpy.ndarray``; :meth:`build` makes the array after the pickle is read."""

    def __init__(self, *_: Any) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: Any) -> None:
        if not (isinstance(state, tuple) and len(state) == 5 and isinstance(state[2], _Dtype)):
            raise _Refusal('an array without a plain state')
        self.state = state

    def build(self) -> np.ndarray:
        if not self.state:
            raise _Refusal('an array without content')
        _, shape, kind, fortran, content = self.state
        if not (isinstance(shape, tuple) and all(isinstance(n, int) and n >= 0 for n in shape)):
            raise _Refusal(f'an array of the shape {shape!r}')
        if kind.dtype.kind == 'O':
            if not isinstance(content, list):
                raise _Refusal('an object array without a list')
            array = np.empty(len(content), dtype=object)
            for i, entry in enumerate(content):
                array[i] = _plain(entry)
        else:
            array = np.frombuffer(_raw(content), dtype=kind.dtype)
            array = array.astype(kind.dtype.newbyteorder('='), copy=False)
        return array.reshape(shape, order='F' if fortran else 'C')


def _scalar(kind: Any = None, content: Any = None, *_: Any) -> Any:
    """Stand-in for NumPy's function that makes a scalar of its bytes."""
    if not isinstance(kind, _Dtype) or kind.dtype.kind == 'O':
        raise _Refusal('a scalar that is no number and no string')
    return np.frombuffer(_raw(content), dtype=kind.dtype, count=1)[0]


def _encode(text: Any = None, encoding: Any = None, *_: Any) -> bytes:
    """Stand-in for ``codecs.encode``, by which old pickles write bytes."""
    if not isinstance(text, str) or encoding != 'latin1':
        raise _Refusal(f'text in the encoding {encoding!r}')
    return text.encode('latin1')


def _raw(content: Any) -> bytes:
    # Pickles of Python 2 hold bytes as text; the unpickler decodes them as latin1.
    content = content.encode('latin1') if isinstance(content, str) else content
    if not isinstance(content, bytes | bytearray):
        raise _Refusal('an array whose content is no bytes')
    return bytes(content)


def _plain(entry: Any) -> Any:
    if isinstance(entry, _Array):
        return entry.build()
    if isinstance(entry, list | tuple):
        return [_plain(item) for item in entry]
    if entry is None or isinstance(entry, str | bytes | bool | int | float | np.generic):
        return entry
    raise _Refusal(f'a {type(entry).__name__}')


_STAND_INS = {
    ('numpy', 'ndarray'): _Array,
    ('numpy', 'dtype'): _Dtype,
    ('_codecs', 'encode'): _encode,
    **{(f'numpy.{core}.multiarray', name): stand_in for core in ('core', '_core')
       for name, stand_in in (('_reconstruct', _Array), ('scalar', _scalar))},
}


class _ArrayUnpickler(pickle.Unpickler):

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise _Refusal(f"'{module}.{name}'") from None

    def persistent_load(self, pid: Any) -> Any:
        raise _Refusal('a persistent object')
