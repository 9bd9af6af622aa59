"""Reading pickles without running code.

A pickle is a program that may call any importable function. Here it may only call the replacements
below, which create NumPy arrays, scalars (:mod:`~smoothnet_plugin.utils.pickled_arrays`) and plain
containers, and those of a ``finder`` (:mod:`~smoothnet_plugin.utils.restricted_torch` has one for
tensors).
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, Any

from ..errors import DataFormatError, SmoothNetError, UnsafeFileError
from .pickled_arrays import PickledDtype, frombuffer, reconstruct, scalar

#: Returns the replacement for a class or function, given its module and name, or None.
Finder = Callable[[str, str], Any]


def load_pickle(file: IO[bytes], label: str, *, finder: Finder | None = None,
                way_out: str = '') -> Any:
    """Read one pickled object without running code.

    Args:
        file: Stream at the start of the pickle.
        label: Its name, for messages.
        finder: Replacements to allow besides those of arrays and containers. Defaults to None.
        way_out: Last sentence of the error message, with a fix. Defaults to ''.

    Returns:
        The object. Arrays may be of a subclass that pickles as a plain array.

    Raises:
        UnsafeFileError: The pickle contains an object that is not allowed; no code was run.
        DataFormatError: The pickle is damaged.
    """
    return loaded(_WithoutReferences(file, label, finder, way_out, encoding='latin1'), label)


def loaded(unpickler: pickle._Unpickler, label: str) -> Any:  # type: ignore[name-defined]
    """What an unpickler loads.

    Raises:
        SmoothNetError: As the unpickler raises it.
        DataFormatError: It fails in any other way.
    """
    try:
        return unpickler.load()
    except SmoothNetError:
        raise
    except Exception as error:  # A damaged pickle can fail in any way.
        raise DataFormatError(f'{label} is not a readable pickle ({type(error).__name__}: '
                              f'{error}); it may be cut off or damaged.') from error


class _WholeReads:
    """A stream whose reads return all requested bytes or raise an error."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise EOFError('it ends early')
        return data

    def readline(self) -> bytes:
        line = self._file.readline()
        if not line.endswith(b'\n'):
            raise EOFError('it ends early')
        return line


class RestrictedUnpickler(pickle._Unpickler):  # type: ignore[name-defined]
    """Unpickler that finds only replacements and uses no more memory than the stream has bytes.

    The base class is the implementation in Python, since the one in C allocates whatever size a
    damaged stream declares: a memo index of 200,000,000 needs 3 GB there, and one dict entry here.

    Args:
        file: Stream at the start of the pickle.
        label: Its name, for messages.
        finder: Replacements to allow besides those of arrays and containers, or None.
        way_out: Last sentence of the error message, with a fix.
        **options: As in :class:`pickle.Unpickler`.
    """

    dispatch: dict[int, Any] = dict(pickle._Unpickler.dispatch)  # type: ignore[attr-defined]

    def __init__(self, file: IO[bytes], label: str, finder: Finder | None, way_out: str,
                 **options: Any) -> None:
        super().__init__(_WholeReads(file), **options)
        self._label = label
        self._finder = finder
        self._way_out = way_out

    def find_class(self, module: str, name: str) -> Any:
        """The replacement for a name.

        Raises:
            UnsafeFileError: There is none.
        """
        key = (module.replace('numpy.core.', 'numpy._core.').replace('__builtin__', 'builtins'),
               name)
        if key in _REPLACEMENTS:
            return UnalterableFunction(_REPLACEMENTS[key])
        found = self._finder(*key) if self._finder else None
        if found is not None:
            return found
        raise UnsafeFileError(
            f"{self._label} was not read: it is a pickle that uses '{module}.{name}', which "
            f'could run any code. {self._way_out}'.rstrip())

    def load_bytearray8(self) -> None:
        length = int.from_bytes(self.read(8), 'little')  # type: ignore[attr-defined]
        data = self.read(length)  # type: ignore[attr-defined]
        self.append(bytearray(data))  # type: ignore[attr-defined]

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8


class _WithoutReferences(RestrictedUnpickler):

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafeFileError(f'{self._label} was not read: it is a pickle with references to '
                              f'external objects. {self._way_out}'.rstrip())


class UnalterableFunction:
    """A function that a pickle can call but not alter."""

    __slots__ = ('_function',)

    def __init__(self, function: Callable[..., Any]) -> None:
        object.__setattr__(self, '_function', function)

    def __setattr__(self, name: str, value: Any) -> None:
        raise pickle.UnpicklingError('a pickle may not set attributes')

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)


def _encode(text: str, encoding: str) -> bytes:
    if encoding != 'latin1':
        raise pickle.UnpicklingError(f'bytes in the encoding {encoding!r} are not allowed')
    return text.encode('latin1')


def _filled(kind: Callable[..., Any]) -> Callable[..., Any]:
    """A container's constructor that accepts content only, since a number would create zeros."""
    def construct(*args: Any) -> Any:
        if args and not isinstance(args[0], (list, tuple, set, frozenset, str, bytes, bytearray)):
            raise pickle.UnpicklingError(f'a container is made of a {type(args[0]).__name__}')
        return kind(*args)
    return construct


def _never(*args: Any) -> Any:
    raise pickle.UnpicklingError('a class is called that pickles only refer to')


_REPLACEMENTS: dict[tuple[str, str], Callable[..., Any]] = {
    ('numpy._core.multiarray', '_reconstruct'): reconstruct,
    ('numpy._core.multiarray', 'scalar'): scalar,
    ('numpy._core.numeric', '_frombuffer'): frombuffer,
    ('numpy', 'ndarray'): _never,
    ('numpy', 'dtype'): PickledDtype,
    ('_codecs', 'encode'): _encode,
    ('collections', 'OrderedDict'): OrderedDict,
    **{('builtins', kind.__name__): kind for kind in (complex, slice, range)},
    **{('builtins', kind.__name__): _filled(kind) for kind in (set, frozenset, bytes, bytearray)},
}
