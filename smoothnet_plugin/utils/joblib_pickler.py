"""Writing pickles as joblib (BSD) does, without joblib."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

_ALIGNMENT = 16


class NumpyArrayWrapper:
    """Stand-in for joblib's class of this name, which a written file refers to."""

    __module__ = 'joblib.numpy_pickle'

    def __init__(self, array: np.ndarray) -> None:
        self.subclass, self.shape, self.dtype = np.ndarray, array.shape, array.dtype
        self.order, self.allow_mmap = 'C', False
        self.numpy_array_alignment_bytes = _ALIGNMENT


class JoblibPickler(pickle._Pickler):  # type: ignore[name-defined]
    """Writes arrays as joblib does: a record, then the bytes, aligned."""

    dispatch: dict[type, Any] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def __init__(self, stream: io.BytesIO, protocol: int) -> None:
        super().__init__(stream, protocol=protocol)
        self._stream = stream

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if not isinstance(obj, np.ndarray) or obj.dtype.hasobject:
            super().save(obj, save_persistent_id)  # type: ignore[misc]
            return
        array = np.ascontiguousarray(obj).view(np.ndarray).reshape(obj.shape)
        super().save(NumpyArrayWrapper(array))  # type: ignore[misc]
        self.framer.commit_frame(force=True)  # type: ignore[attr-defined]
        padding = _ALIGNMENT - (self._stream.tell() + 1) % _ALIGNMENT
        self._stream.write(bytes([padding]) + b'\xff' * padding + array.tobytes())

    def save_global(self, obj: Any, name: str | None = None) -> None:
        if obj is not NumpyArrayWrapper:
            super().save_global(obj, name)  # type: ignore[misc]
            return
        # Written by name, since joblib itself need not be installed.
        self.save('joblib.numpy_pickle')
        self.save('NumpyArrayWrapper')
        self.write(pickle.STACK_GLOBAL)  # type: ignore[attr-defined]
        self.memoize(obj)  # type: ignore[attr-defined]

    dispatch[type] = save_global
