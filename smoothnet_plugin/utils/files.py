"""Writing files atomically, so that no half-written file ever appears."""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..errors import DataFormatError

#: The path of standard input and output.
STANDARD_STREAM = '-'
#: A path as callers give it.
StrPath = str | os.PathLike[str]
#: A full disk, a file that is too large, a quota that is used up, a disk that fails.
_DISK_ERRORS = {getattr(errno, name) for name in ('ENOSPC', 'EFBIG', 'EDQUOT', 'EIO')
                if hasattr(errno, name)}


def default_cache_dir() -> Path:
    """``smoothnet_plugin`` in the user's cache folder ($XDG_CACHE_HOME or ``~/.cache``)."""
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'smoothnet_plugin'


def check_output_path(path: StrPath, kind: str = 'file',
                      suffixes: Collection[str] = ()) -> Path:
    """Check that an output path can be written, before any work is done.

    Args:
        path: Where to write a file.
        kind: Kind of file, for the message. Defaults to ``'file'``.
        suffixes: The suffixes that the file may have, in lower case. Defaults to none, any suffix.

    Returns:
        The path.

    Raises:
        DataFormatError: ``path`` has another suffix, it is an existing directory, one of its
            parents is a file, or writing there is not permitted.
    """
    path = Path(path)
    if suffixes and path.suffix.lower() not in suffixes:
        raise DataFormatError(f"The {kind} '{path}' has the suffix '{path.suffix}'; expected "
                              f"{', '.join(suffixes)}.")
    if is_stream(path):
        return path
    if path.is_dir():
        raise DataFormatError(
            f"The output path '{path}' is a directory; specify a file, for example "
            f"'{path / 'smoothed.json'}'.")
    for parent in path.parents:
        if parent.exists():
            if not parent.is_dir():
                raise DataFormatError(
                    f"The output path '{path}' needs '{parent}' to be a directory, but it is a "
                    'file; choose another path.')
            if not os.access(parent, os.W_OK | os.X_OK):
                raise DataFormatError(f"'{path}' cannot be written: no permission to write to "
                                      f"'{parent}'; choose another path.")
            break
    return path


def is_stream(path: StrPath) -> bool:
    """Whether a path is a stream, which cannot be replaced by a new file.

    Args:
        path: The path.

    Returns:
        True for ``'-'`` (standard input or output), devices, pipes and sockets.
    """
    path = Path(path)
    if str(path) == STANDARD_STREAM or path.parts[:2] in (('/', 'dev'), ('/', 'proc')):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key of file names that puts ``frame9`` before ``frame10``."""
    return [(len(number := part.lstrip('0')), number) if i % 2 else (-1, part)
            for i, part in enumerate(re.split('([0-9]+)', name))]


def neighbours(path: Path, suffix: str) -> str:
    """Sentence that lists the files of the nearest existing folder, for a file that is missing.

    Args:
        path: The missing file.
        suffix: Of the files that are listed if the folder of ``path`` exists.
    """
    folder = next((p for p in path.parents if p.is_dir()), None)
    if folder is None:
        return ''
    if folder == path.parent:
        there = sorted(p.name for p in folder.glob(f'*{suffix}'))
        kind = f'{suffix} files'
    else:
        there = sorted(p.name for p in folder.iterdir())
        kind = 'entries'
    shown = ', '.join(there[:12]) + (', ...' if len(there) > 12 else '')
    return f" The folder '{folder}' has {f'these {kind}: {shown}' if there else f'no {kind}'}."


@contextmanager
def temporary_beside(path: StrPath) -> Iterator[Path]:
    """Yield a temporary path next to ``path`` and rename it to ``path`` on success.

    For writers that need a file name (PyAV, matplotlib, ezc3d). On an exception the temporary
    file is removed and ``path`` does not change. The temporary file has the same suffix, since
    many writers choose the format by it. An existing file keeps its mode. For a stream (see
    :func:`is_stream`) the content is copied to it at the end instead. Errors of the disk, such as
    a full one, name ``path``.

    Args:
        path: The file to write. Missing parent folders are created.

    Yields:
        The temporary path to write to.
    """
    if is_stream(path):
        with tempfile.TemporaryDirectory() as folder:
            temporary = Path(folder) / f'out{Path(path).suffix}'
            temporary.touch()
            yield temporary
            _copy_to_stream(temporary, Path(path))
        return
    # A link stays a link: its target is replaced.
    path = Path(os.path.realpath(check_output_path(path)))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_prefix(path), suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp creates private files; a new file gets the usual permissions.
        if path.is_file():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        else:
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        if error.errno in _DISK_ERRORS:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(path: StrPath) -> None:
    """Remove the temporary files of processes that were killed while they wrote ``path``.

    Args:
        path: The file that they wrote. No process may be at work on it.
    """
    path = Path(os.path.realpath(path))
    # mkstemp adds eight characters.
    for left in path.parent.glob(glob.escape(_prefix(path)) + '?' * 8 + glob.escape(path.suffix)):
        left.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    return f'.{path.stem[:80]}-'


@contextmanager
def atomic_write(path: StrPath, mode: str = 'w',
                 **kwargs: Any) -> Iterator[IO[Any]]:
    """Open ``path`` for writing; it appears only when the block ends without an exception.

    Args:
        path: The file to write. Missing parent folders are created.
        mode: ``'w'`` for text (UTF-8) or ``'wb'`` for bytes. Defaults to ``'w'``.
        **kwargs: Further arguments of :func:`open`.

    Yields:
        The open file.
    """
    if 'b' not in mode:
        kwargs.setdefault('encoding', 'utf-8')
    with temporary_beside(path) as temporary, open(temporary, mode, **kwargs) as file:
        yield file


def _copy_to_stream(source: Path, target: Path) -> None:
    with source.open('rb') as file:
        if str(target) == STANDARD_STREAM:
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with target.open('wb') as stream:
                shutil.copyfileobj(file, stream)
