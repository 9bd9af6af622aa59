"""Whether the steps of the robust track run compiled: with Numba, and where that pays.

Compiling takes seconds, once per machine, and loading the compiled code half a second per process.
Neither may interrupt live smoothing, nor delay a short clip. Results agree to rounding
(:mod:`._kernels`), so chance must not choose between the two:

- A whole clip uses compiled code if it is long, and then waits until it is loaded, if its smoother
  has such steps. The size of the clip alone decides: its result is the same in every process.
- Live, a process that has computed many tracks loads the code in a thread of its own; NumPy does
  the work until it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from threading import Thread
from types import ModuleType

from ..utils.compiled import compiled_module

#: Samples (keypoints x frames) whose tracks take NumPy about a second longer: half a minute of a
#: live person of 17 keypoints, two seconds of 20 of them.
WORTH_LOADING: float = 1_000_000
#: Samples of a whole clip that are worth waiting for the compiler, too.
WORTH_WAITING: float = 4_000_000
#: Frames whose track one live frame takes, about.
_LIVE_FRAMES = 70

#: Compiled code for the work at hand: 'never', 'wait' until it is loaded, or 'if loaded' (live);
#: None where neither a clip nor a live frame is smoothed.
_use: ContextVar[str | None] = ContextVar('use', default=None)


class _State:
    samples = 0
    #: Stays set in a process forked while the thread runs, which then goes on with NumPy.
    loading = False
    loaded = False
    #: None before it is loaded, and without Numba.
    kernels: ModuleType | None = None


def kernels() -> ModuleType | None:
    """The compiled steps (:mod:`._kernels`), or None where NumPy is to do them."""
    use = _use.get()
    if use == 'wait':
        return load()
    return _State.kernels if use == 'if loaded' else None


@contextmanager
def whole_clip(samples: int, live: bool = False) -> Iterator[None]:
    """Smooth a clip, compiled if it is long.

    Args:
        samples: Samples (keypoints x frames) of the clip.
        live: Whether it is smoothed frame by frame. Defaults to False.
    """
    long = samples * (_LIVE_FRAMES if live else 1) >= WORTH_WAITING
    token = _use.set('wait' if long else 'never')
    try:
        yield
    finally:
        _use.reset(token)


@contextmanager
def live_frame() -> Iterator[None]:
    """Smooth a live frame, compiled as soon as the code is loaded."""
    if _use.get() is not None:  # a whole clip, frame by frame
        yield
        return
    token = _use.set('if loaded')
    try:
        yield
    finally:
        _use.reset(token)


def count(samples: int) -> None:
    """Note the samples of a track that is about to be computed; live, many load the code."""
    if _State.loading or _use.get() != 'if loaded':
        return
    _State.samples += samples
    if _State.samples >= WORTH_LOADING:
        _State.loading = True
        if find_spec('numba') is not None:
            # No daemon: the end of the process must not interrupt a compiler.
            Thread(target=load, name='smoothnet-kernels', daemon=False).start()


def load() -> ModuleType | None:
    """Load the compiled steps now; None without Numba."""
    if not _State.loaded:
        _State.loading = True
        _State.kernels = compiled_module(f'{__package__}._kernels')
        _State.loaded = True
    return _State.kernels
