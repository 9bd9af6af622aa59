"""The peak of a process's resident memory."""

from __future__ import annotations

from pathlib import Path

STATUS, RESET = Path('/proc/self/status'), Path('/proc/self/clear_refs')


def peak_memory(reset: bool = False) -> int:
    """The peak of this process's resident memory in bytes (Linux).

    Not by ``resource.getrusage``: that peak is inherited from the process that started this one,
    so it is never below what the parent held.

    Args:
        reset: Let the peak start anew from what is resident now. Defaults to False.
    """
    if reset:
        RESET.write_text('5')
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith('VmHWM'))
    return 1024 * int(line.split()[1])
