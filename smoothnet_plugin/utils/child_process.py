"""Try a native library on a file in a separate process, which it may crash."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence

from ..errors import DataFormatError
from .files import StrPath

#: Seconds of processor time, and of waiting where the system cannot limit the former, for a small
#: file; each MB adds one.
_SECONDS, _WAITING = 5, 20
_ENDLESS = 'it is damaged; reading it did not finish.'
_PROGRAM = """
import sys
import {library}
try:
    import resource
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(usage.ru_utime + usage.ru_stime) + {seconds}
    # At the first limit comes SIGXCPU, at the second one SIGKILL, which says less.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with open('/proc/self/statm') as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    limit = used + {memory}
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
except (ImportError, ValueError, OSError):
    pass
try:
{program}
except MemoryError:
    sys.exit('it announces more than it holds')
except Exception as error:
    sys.exit(str(error))
"""


def try_in_child(library: str, program: str, path: StrPath, kind: str, *, size: int, memory: int,
                 arguments: Sequence[str] = (), content: bytes | None = None) -> None:
    """Run a program that reads a file, since some damaged files crash the reading library.

    Args:
        library: The library, which is imported before the memory is limited.
        program: Python text that reads the file; ``sys.argv[1:]`` are the arguments.
        path: The file, for messages.
        kind: Kind of file, for messages: ``'C3D'``.
        size: Bytes of the file, for the limit of time.
        memory: Bytes that reading may take.
        arguments: Arguments of the program. Defaults to none.
        content: Its standard input. Defaults to None, nothing.

    Raises:
        DataFormatError: The library refused the file or crashed, or used more time or memory than
            allowed.
    """
    more = int(size / 1e6)
    text = _PROGRAM.format(library=library, program=textwrap.indent(program.strip(), '    '),
                           memory=memory, seconds=_SECONDS + more)
    where = f"'{path}' is not a readable {kind} file"
    try:
        done = subprocess.run([sys.executable, '-c', text, *arguments],
                              capture_output=True, input=content, check=False,
                              timeout=_WAITING + more)
    except subprocess.TimeoutExpired as error:
        raise DataFormatError(f'{where}: {_ENDLESS}') from error
    if done.returncode == 1:
        reason = done.stderr.decode('utf-8', 'replace').strip().rpartition('\n')[2]
        raise DataFormatError(f'{where}: {reason}.')
    if done.returncode == -getattr(signal, 'SIGXCPU', 0) < 0:
        raise DataFormatError(f'{where}: {_ENDLESS}')
    if done.returncode:
        raise DataFormatError(f'{where}: it is damaged, {library} crashed on it (status '
                              f'{done.returncode}).')
