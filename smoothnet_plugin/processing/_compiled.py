"""Whether the steps of the robust track run compiled: with Numba, and where that pays.

Compiling takes seconds, once per machine, and loading the compiled code half a second per process.
Neither may interrupt live smoothing, nor delay a short clip: a process that has computed many
tracks loads the code in a thread of its own, and NumPy does the work until it is there. Results
agree to rounding (:mod:`._kernels`).
"""

from __future__ import annotations

from importlib.util import find_spec
from threading import Thread
from types import ModuleType

from ..utils.compiled import compiled_module

#: Samples (keypoints x frames) whose tracks take NumPy about a second longer: half a minute of a
#: live person of 17 keypoints, two seconds of 20 of them.
WORTH_LOADING: float = 1_000_000


class _State:
    samples = 0
    #: Stays set in a process forked while the thread runs, which then goes on with NumPy.
    loading = False
    kernels: ModuleType | None = None


def kernels(samples: int = 0) -> ModuleType | None:
    """The compiled steps, or None where NumPy is to do them.

    Args:
        samples: Samples of a track that is about to be computed. Defaults to 0.

    Returns:
        :mod:`._kernels`; None without Numba (the extra ``fast``), and until it is loaded.
    """
    if samples and not _State.loading:
        _State.samples += samples
        if _State.samples >= WORTH_LOADING:
            _State.loading = True
            if find_spec('numba') is not None:
                # No daemon: the end of the process must not interrupt a compiler.
                Thread(target=load, name='smoothnet-kernels', daemon=False).start()
    return _State.kernels


def load() -> ModuleType | None:
    """Load the compiled steps now; None without Numba."""
    _State.loading = True
    _State.kernels = compiled_module(f'{__package__}._kernels')
    return _State.kernels
