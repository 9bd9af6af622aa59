"""Whether the recursions of filters run compiled: with Numba, and where that pays.

Importing Numba takes about as long as NumPy's loops take over tens of thousands of frames. So a
short clip is filtered without it, and a process that has filtered more frames than that by loops
loads it. Results are the same either way (:mod:`._kernels`).
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

from ..utils.compiled import compiled_module

#: Frames in loops that take about as long as importing Numba and its compiled code (0.5 s).
WORTH_LOADING = 50_000


_looped = 0


def kernels(frames: int) -> ModuleType | None:
    """The compiled recursions for a run, or None where NumPy is to do it.

    Args:
        frames: Frames of the run.

    Returns:
        :mod:`._kernels`; None without Numba (the extra ``fast``), and as long as loops have cost
        less than loading it.
    """
    global _looped
    _looped += frames
    return load() if _looped >= WORTH_LOADING else None


@lru_cache(maxsize=1)
def load() -> ModuleType | None:
    """The compiled recursions at once; None without Numba."""
    return compiled_module(f'{__package__}._kernels')
