"""Pickle files of estimators: plain, of joblib, compressed; read without running code.

joblib (BSD) writes a pickle in which the bytes of an array follow the record that describes it;
:mod:`pickle` cannot read that. Both are read by the restricted unpickler and written back in the
container that they were read from, so that ``joblib.load`` or ``pickle.load`` reads the result.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
import pickle
import zlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from ..errors import DataFormatError
from .files import atomic_write
from .joblib_pickler import JoblibPickler
from .pickled_arrays import SafeArray, real_dtype
from .restricted_pickle import Finder, RestrictedUnpickler, UnalterableFunction, loaded

#: Unpacked bytes that are read at most: this many times the size of the file, and this many always.
_GROWTH, _ALWAYS = 300, 1 << 24
_JOBLIB = b'joblib.numpy_pickle'
_LZ4 = b'\x04\x22\x4d\x18'


class PickleFile(NamedTuple):
    """An object out of a pickle file, and how the file holds it.

    Attributes:
        value: The object.
        joblib: Whether arrays lie in the file as joblib puts them.
        compression: ``'zlib'``, ``'gzip'``, ``'bz2'``, ``'xz'``, ``'lzma'`` or None.
        protocol: Protocol of the pickle.
    """

    value: Any
    joblib: bool = False
    compression: str | None = None
    protocol: int = 4


class _Method(NamedTuple):
    heads: tuple[bytes, ...]
    reader: Callable[[], Any]
    pack: Callable[[bytes], bytes]


_METHODS = {
    'zlib': _Method((b'x\x01', b'x\x5e', b'x\x9c', b'x\xda'), zlib.decompressobj,
                    lambda data: zlib.compress(data, 3)),
    'gzip': _Method((b'\x1f\x8b',), lambda: zlib.decompressobj(31),
                    lambda data: gzip.compress(data, 3)),
    'bz2': _Method((b'BZh',), bz2.BZ2Decompressor, bz2.compress),
    'xz': _Method((b'\xfd7zXZ',), lzma.LZMADecompressor, lzma.compress),
    'lzma': _Method((b'\x5d\x00',), lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE),
                    lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
}


def looks_pickled(head: bytes) -> bool:
    """Whether the first bytes of a file may be those of a pickle, compressed or not."""
    return head.startswith(_LZ4) or _compression(head) is not None or _is_stream(head)


def read_pickle(content: bytes, label: str, *, finder: Finder | None = None) -> PickleFile:
    """Read a pickle without running code.

    Args:
        content: The bytes of the file.
        label: Its name, for messages.
        finder: Replacements to allow besides those of arrays and containers. Defaults to None.

    Returns:
        The object and its container.

    Raises:
        UnsafeFileError: The pickle contains an object that is not allowed; no code was run.
        DataFormatError: The file is damaged, is not a pickle, or would need far more memory than it
            has bytes.
    """
    if content.startswith(_LZ4):
        raise DataFormatError(f"{label} is compressed by lz4, which is not supported; write it "
                              "again with joblib.dump(..., compress='zlib').")
    compression = _compression(content)
    if compression is not None:
        content = _unpacked(content, _METHODS[compression].reader(), label)
    protocol = content[1] if content[:1] == b'\x80' and len(content) > 1 else 0
    value = loaded(_Unpickler(io.BytesIO(content), label, finder,
                              'Save it again as plain arrays.'), label)
    return PickleFile(value, _JOBLIB in content, compression, protocol)


def write_pickle(path: Path, file: PickleFile) -> None:
    """Write an object in the container of a :class:`PickleFile`.

    Args:
        path: The file.
        file: The object and its container; plain data, arrays and tensors.
    """
    stream = io.BytesIO()
    protocol = max(file.protocol, 4) if file.joblib else max(file.protocol, 2)
    kind = JoblibPickler if file.joblib else pickle.Pickler
    kind(stream, protocol=protocol).dump(file.value)
    data = stream.getvalue()
    if file.compression is not None:
        data = _METHODS[file.compression].pack(data)
    with atomic_write(path, 'wb') as out:
        out.write(data)


def _is_stream(head: bytes) -> bool:
    # Protocols 2 to 5 begin with their number; Python 2 also wrote 0 as text: (dp0, (lp0.
    return ((head[:1] == b'\x80' and head[1:2] in (b'\x02', b'\x03', b'\x04', b'\x05'))
            or head.startswith((b'(dp', b'(lp')))


def _compression(head: bytes) -> str | None:
    return next((name for name, method in _METHODS.items() if head.startswith(method.heads)), None)


def _unpacked(content: bytes, reader: Any, label: str) -> bytes:
    limit = max(_GROWTH * len(content), _ALWAYS)
    try:
        data = reader.decompress(content, limit)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise DataFormatError(f'{label} is not compressed data that can be read ({error}); it may '
                              'be damaged.') from error
    if not reader.eof:
        reason = (f'unpacked it is larger than {_GROWTH} times its size' if len(data) >= limit
                  else 'it ends early')
        raise DataFormatError(f'{label} was not read: {reason}; it may be cut off or damaged.')
    return data


class _ArrayRecord:
    """A joblib pickle's description of an array, which precedes the bytes of the array."""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise pickle.UnpicklingError('an array has no description')
        self.state = state


class _Unpickler(RestrictedUnpickler):
    """The restricted unpickler, with joblib's arrays and ``defaultdict(dict)``."""

    dispatch: dict[int, Any] = dict(RestrictedUnpickler.dispatch)

    def __init__(self, file: IO[bytes], label: str, finder: Finder | None, way_out: str) -> None:
        super().__init__(file, label, finder, way_out, encoding='latin1')
        self._file = file

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ('joblib.numpy_pickle', 'NumpyArrayWrapper'):
            return _ArrayRecord
        if (module, name) == ('collections', 'defaultdict'):
            return UnalterableFunction(_default_dict)
        if (module, name) in (('builtins', 'dict'), ('__builtin__', 'dict')):
            return _EMPTY
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> Any:
        raise DataFormatError(f'{self._label} was not read: it is a pickle with references to '
                              'external objects.')

    def load_build(self) -> None:
        super().load_build()  # type: ignore[misc]
        stack = self.stack  # type: ignore[attr-defined]
        if stack and isinstance(stack[-1], _ArrayRecord):
            stack[-1] = self._array(stack[-1].state)

    dispatch[pickle.BUILD[0]] = load_build

    def _array(self, state: dict[str, Any]) -> Any:
        """The array whose bytes come next in the file."""
        read = self._unframer.file_read  # type: ignore[attr-defined]
        shape, dtype = state.get('shape'), real_dtype(state.get('dtype'))
        if not (isinstance(shape, tuple) and all(
                isinstance(n, int) and 0 <= n < 1 << 40 for n in shape)):
            raise pickle.UnpicklingError(f'an array has the shape {shape!r}')
        if dtype.hasobject:
            inner = _Unpickler(self._file, self._label, self._finder, self._way_out).load()
            if not isinstance(inner, np.ndarray) or inner.shape != shape:
                raise pickle.UnpicklingError('an object array does not hold its shape')
            return inner
        if state.get('numpy_array_alignment_bytes') is not None:
            read(read(1)[0])
        data = read(math.prod(shape) * dtype.itemsize)
        array = np.frombuffer(bytearray(data), dtype).view(SafeArray)
        return array.reshape(shape[::-1]).T if state.get('order') == 'F' else array.reshape(shape)


def _no_factory(*args: Any) -> Any:
    return dict(*args) if not args or isinstance(args[0], (dict, list)) else {}


_EMPTY = UnalterableFunction(_no_factory)


def _default_dict(factory: Any = None) -> Any:
    if factory is not None and factory is not _EMPTY:
        raise pickle.UnpicklingError('a defaultdict creates something other than dicts')
    return defaultdict(None if factory is None else dict)
