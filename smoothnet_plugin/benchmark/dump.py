"""Reading the pickles of ``tools/test.py --dump`` without running code that they may hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..utils.restricted_pickle import load_pickle
from ..utils.restricted_torch import find_tensors


def read_dump(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read predictions.

    Args:
        path: A pickle file written by ``tools/test.py --dump``.

    Returns:
        A dict of ``pred``, ``inputs``, ``target``, ``mask`` and ``meta`` per clip.

    Raises:
        DataFormatError: The file is missing, damaged, or of another kind.
        UnsafeFileError: The file may run code when read, so it is not read.
    """
    path = Path(path)
    if not path.is_file():
        raise DataFormatError(f"Dump '{path}' not found; write one with tools/test.py CONFIG "
                              f'CHECKPOINT --dump {path}.')
    with open(path, 'rb') as file:
        content = load_pickle(file, f"Dump '{path}'", finder=find_tensors,
                              way_out='Write it again with tools/test.py --dump.')
    if not (isinstance(content, list) and content
            and all(isinstance(item, dict) and {'pred', 'inputs'} <= item.keys()
                    for item in content)):
        raise DataFormatError(f"'{path}' is not a dump of tools/test.py; expected a list of dicts "
                              'with pred, inputs, target, mask and meta.')
    return content
