"""A network that does not refine the same window twice."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from .window_inference import WindowModule

#: About 50 people of 17 keypoints in 2D, live, at any look-ahead of a window of 64 frames.
_MOST_BYTES = 64 << 20


class RememberedWindows:
    """Answers windows that it has refined lately from memory.

    Live, a frame lies in as many windows as its look-ahead has frames, and in all but one of them
    the frame before it lay, too. A window is known by what is in it alone (a hash), so a result
    never depends on what is remembered, whoever else is refined in between.

    Args:
        network: In evaluation mode; refines every window for itself.
        batch_size: Windows that go through the network at once. Defaults to None, all.
        most_bytes: Bytes of results to remember; the longest unused are forgotten. Defaults to
            64 MiB.
    """

    def __init__(self, network: WindowModule, batch_size: int | None = None,
                 most_bytes: int = _MOST_BYTES) -> None:
        self.network = network
        self.window_size = network.window_size
        self.output_size = network.output_size
        self.batch_size = batch_size
        self.most_bytes = most_bytes
        self.forget()

    def forget(self) -> None:
        """Forget all windows."""
        # In the order of their last use.
        self._known: dict[bytes, Tensor] = {}
        self._bytes = 0
        # Smoothers of several videos share a filter, and may run in several threads.
        self._lock = Lock()

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, channels, W) to (N, channels, O)."""
        keys = _hashes(x)
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
        new = [number for number, key in enumerate(keys) if key not in found]
        step = self.batch_size or max(1, len(new))
        for first in range(0, len(new), step):
            numbers = new[first:first + step]
            for number, result in zip(numbers, self.network.forward_window(x[numbers])):
                # Not a view, which would keep the whole batch.
                found[keys[number]] = result.clone()
        with self._lock:
            self._remember(found)
        return torch.stack([found[key] for key in keys])

    def _remember(self, found: dict[bytes, Tensor]) -> None:
        for key, result in found.items():
            before = self._known.pop(key, None)
            self._known[key] = result
            if before is None:
                self._bytes += result.nbytes
        while self._bytes > self.most_bytes:
            self._bytes -= self._known.pop(next(iter(self._known))).nbytes

    def __getstate__(self) -> dict[str, Any]:
        kept = ('network', 'window_size', 'output_size', 'batch_size', 'most_bytes')
        return {name: vars(self)[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.forget()


def _hashes(x: Tensor) -> list[bytes]:
    """One hash per window of (N, channels, W)."""
    kind = hashlib.sha1(f'{x.dtype} {tuple(x.shape[1:])}'.encode(), usedforsecurity=False)
    keys = []
    for window in x.detach().cpu().contiguous().numpy():
        key = kind.copy()
        key.update(window)
        keys.append(key.digest())
    return keys
