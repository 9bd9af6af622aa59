"""Reading the pickles that ``tools/test.py --dump`` writes, without running them."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

from ...errors import DataFormatError, UnsafeFileError

_NUMPY_CORES = ('numpy.core', 'numpy._core')
_ALLOWED = {
    ('numpy', 'ndarray'), ('numpy', 'dtype'), ('_codecs', 'encode'),
    *((f'{core}.{module}', name) for core in _NUMPY_CORES
      for module, name in (('multiarray', '_reconstruct'), ('multiarray', 'scalar'),
                           ('numeric', '_frombuffer')))}


class _DumpUnpickler(pickle.Unpickler):
    """Finds what arrays and numbers are built of, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise UnsafeFileError(f'it holds {module}.{name}, which may run code when read')
        return super().find_class(module, name)


def read_dump(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read predictions.

    Args:
        path: A pickle file written by ``tools/test.py --dump``.

    Returns:
        A dict per clip: ``pred``, ``inputs``, ``target``, ``mask``, ``meta``.

    Raises:
        DataFormatError: The file is missing, damaged, or of another kind.
        UnsafeFileError: The file may run code when read; it was not.
    """
    path = Path(path)
    if not path.is_file():
        raise DataFormatError(f"Dump '{path}' not found; write one with tools/test.py CONFIG "
                              f'CHECKPOINT --dump {path}.')
    try:
        with open(path, 'rb') as file:
            content = _DumpUnpickler(file).load()
    except UnsafeFileError as error:
        raise UnsafeFileError(f"Dump '{path}' was not read: {error}.") from None
    except Exception as error:  # a damaged pickle can raise anything
        raise DataFormatError(f"Dump '{path}' is damaged: {error}.") from None
    if not (isinstance(content, list) and content
            and all(isinstance(item, dict) and {'pred', 'inputs'} <= item.keys()
                    for item in content)):
        raise DataFormatError(f"'{path}' is no dump of this package's models; expected a list of "
                              'dicts with pred, inputs, target, mask and meta.')
    return content
