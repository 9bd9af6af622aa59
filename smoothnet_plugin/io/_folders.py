"""Results in a folder of files, one per frame."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..utils.files import check_output_path
from ._json import JsonStyle, write_json


def write_frames(path: Path, files: Sequence[tuple[str, Any, JsonStyle]], *,
                 one_file: bool | None) -> None:
    """Write one frame a file.

    Args:
        path: A folder, or a file for a single frame.
        files: Name, document and style of every frame.
        one_file: Whether ``path`` is a file; None if its name decides.

    Raises:
        DataFormatError: There are several frames for one file, or ``path`` cannot be written.
    """
    if one_file is None:
        one_file = path.suffix == '.json' and not path.is_dir()
    if not one_file:
        write_folder(path, {name: partial(style.dumps, document)
                            for name, document, style in files})
    elif len(files) == 1:
        write_json(path, files[0][1], files[0][2])
    else:
        raise DataFormatError(
            f"'{path}': this format holds one frame per file, but there are {len(files)} frames; "
            "give a folder, or choose format='mmpose_video'.")


def write_folder(path: Path, files: Mapping[str, Callable[[], str | bytes]]) -> None:
    """Write a folder of files.

    All files are written to a temporary folder first. An existing folder is written into only if
    its files of their suffix are all replaced, so that results of different clips cannot mix.

    Args:
        path: The folder.
        files: What returns the content of each file, by its name.

    Raises:
        DataFormatError: ``path`` is a file, or holds files of the suffix that would stay.
    """
    if path.exists() and not path.is_dir():
        raise DataFormatError(f"The output path '{path}' is a file; this format is a folder of "
                              'files, one per frame.')
    check_output_path(path / 'name')
    if path.is_dir():
        suffix = Path(next(iter(files))).suffix if files else '.json'
        strange = sorted(file.name for file in path.glob(f'*{suffix}') if file.name not in files)
        if strange:
            raise DataFormatError(
                f"The output folder '{path}' already holds {len(strange)} "
                f'{suffix[1:].upper()} files that are not part of this result, the first is '
                f"'{strange[0]}'; give a new or empty folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f'.{path.name[:80]}-', dir=path.parent))
    try:
        folder = temporary / 'new'
        folder.mkdir()
        for name, content_of in files.items():
            content = content_of()
            (folder / name).write_bytes(
                content.encode('utf-8') if isinstance(content, str) else content)
        if path.is_dir():
            for name in sorted(files):
                (folder / name).replace(path / name)
        else:
            folder.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
