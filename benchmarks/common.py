"""Shared code of the benchmarks: the command line, CPU times, and separate processes."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
#: Environment variables that limit the threads of libraries.
THREADS = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')
STATUS, RESET = Path('/proc/self/status'), Path('/proc/self/clear_refs')


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """The parser of a script, whose help is the script's docstring."""
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """The result of a call, and the CPU time of this process in seconds."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def least_time(function: Callable[[], object], repeats: int) -> float:
    """Least CPU time of a call in seconds."""
    return min(timed(function)[1] for _ in range(repeats))


def peak_memory(reset: bool = False) -> int:
    """The peak of this process's resident memory in bytes (Linux).

    Not by ``resource.getrusage``: that peak is inherited from the process that started this one,
    so it is never below the memory of the parent.

    Args:
        reset: Let the peak start anew from what is resident now. Defaults to False.
    """
    if reset:
        RESET.write_text('5')
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith('VmHWM'))
    return 1024 * int(line.split()[1])


def run_python(*arguments: str, repo: Path = REPO, limited: bool = True, **options: Any) -> str:
    """Run Python with the package of a repository.

    Args:
        *arguments: Arguments of the interpreter.
        repo: The repository. Defaults to the one of this file.
        limited: Whether all libraries have one thread. Defaults to True.
        **options: Of :func:`subprocess.run`.

    Returns:
        What the process writes to standard output.

    Raises:
        SystemExit: The process fails; with its standard error.
    """
    paths = os.pathsep.join([str(repo.resolve()), str(Path(__file__).parent)])
    environment = {key: value for key, value in os.environ.items() if key not in THREADS}
    if limited:
        environment |= dict.fromkeys(THREADS, '1')
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', *arguments], capture_output=True, text=True, check=False,
        env={**environment, 'PYTHONPATH': paths}, **options)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def measured(script: str, *arguments: str, repo: Path = REPO,
             limited: bool = True) -> dict[str, Any]:
    """A measurement of a script in a separate process, which prints it as JSON.

    Args:
        script: The script, which has an option ``--measure``.
        *arguments: Values of that option.
        repo: See :func:`run_python`, also for ``limited``.
    """
    return json.loads(run_python(script, '--measure', *arguments, repo=repo, limited=limited))
