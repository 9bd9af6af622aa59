"""Trying a native library on a file in a process of its own, which it may crash."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from os import PathLike

from ..errors import DataFormatError

_SECONDS = 20
_MEMORY = 2 << 30
_LIMITS = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
except (ImportError, ValueError, OSError):
    pass
"""


def try_in_child(program: str, path: str | PathLike[str], kind: str, size: int, *,
                 arguments: Sequence[str] = (), content: bytes | None = None) -> None:
    """Run a program that reads a file, since some damaged files crash the reading library.

    Args:
        program: Python text. ``sys.argv[2:]`` are the arguments; it ends with status 1 if the
            library refuses the file, which is no crash.
        path: The file, for messages.
        kind: Kind of file, for messages: ``'C3D'``.
        size: Bytes of the file, for the limits of time and memory.
        arguments: Arguments of the program. Defaults to none.
        content: Its standard input. Defaults to None, nothing.

    Raises:
        DataFormatError: The process crashed, or used more time or memory than the file can need.
    """
    command = [sys.executable, '-c', _LIMITS + program, str(_MEMORY + 50 * size), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, input=content, check=False,
                              timeout=_SECONDS + size / 1e6)
    except subprocess.TimeoutExpired as error:
        raise DataFormatError(f"'{path}' is not a readable {kind} file: it is damaged, reading it "
                              'does not end.') from error
    if done.returncode not in (0, 1):
        raise DataFormatError(f"'{path}' is not a readable {kind} file: it is damaged, its reader "
                              f'crashed (status {done.returncode}).')
