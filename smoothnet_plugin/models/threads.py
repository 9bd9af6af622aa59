"""How many threads a network runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

#: Frames, in lengths of a window, of clips that run on one thread: live ones, among others.
LONGEST_LIVE = 4


@contextmanager
def threads_for(frames: int, window_size: int) -> Iterator[None]:
    """Run short clips on one thread.

    The windows of a live frame are too little work to share. More threads save no time on an idle
    machine, and wait for one another in every operation where other processes use the cores: a
    live frame then takes many times as long (docs/performance.md).

    Args:
        frames: Frames of the clip.
        window_size: Frames of the network's windows.
    """
    count = torch.get_num_threads()
    if count == 1 or frames > LONGEST_LIVE * window_size:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(count)
