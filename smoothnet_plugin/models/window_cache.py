"""A cache in front of a network, so that no window is refined twice."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from .window_inference import WindowModule

#: About 50 people of 17 keypoints in 2D, live, at any look-ahead of a window of 64 frames.
_MAX_BYTES = 64 << 20
#: Calls after which a result that was not used makes room, though the cache is not full. A live
#: window is asked for with every frame until it is passed; of a thousand videos that share the
#: cache, each has its turn in so many calls.
_UNUSED_CALLS = 1000


class _Store:
    """Results of one shape in one block of memory, the longest unused overwritten first.

    Those unused for long are overwritten before the block is full: the memory of a live video does
    not grow by windows that it has passed.

    Small results allocated one by one would fragment the memory of a video of hours.

    Args:
        like: A result.
        max_bytes: Size of the block. The system hands out its pages as they are first used.
    """

    def __init__(self, like: Tensor, max_bytes: int) -> None:
        self._size = max(1, like.nbytes)
        with torch.inference_mode(False):  # Else it could be written in that mode only.
            self._block = torch.empty((max(1, max_bytes // self._size), *like.shape),
                                      dtype=like.dtype, device=like.device)
        # Place and number of the last call, in the order of their last use.
        self._places: dict[bytes, tuple[int, int]] = {}

    @property
    def used_bytes(self) -> int:
        """Bytes of the results held."""
        return self._size * len(self._places)

    def found(self, keys: list[bytes]) -> dict[bytes, Tensor]:
        """Copies of the results that are held."""
        return {key: self._block[self._places[key][0]].clone()
                for key in keys if key in self._places}

    def put(self, key: bytes, result: Tensor, call: int) -> None:
        """Hold a result, or note that it was used, in a call of this number."""
        held = self._places.pop(key, None)
        place = self._free_place(call) if held is None else held[0]
        if held is None:
            self._block[place] = result
        self._places[key] = place, call

    def _free_place(self, call: int) -> int:
        count = len(self._places)
        if count:
            oldest = next(iter(self._places))
            if count == len(self._block) or call - self._places[oldest][1] > _UNUSED_CALLS:
                return self._places.pop(oldest)[0]
        return count


class WindowCache:
    """A least-recently-used cache of refined windows.

    Live, a frame lies in as many windows as its look-ahead has frames, and the network has refined
    all but the newest of them for the frame before. The key is a hash of the window's values, so a
    result never depends on the state of the cache or on who else uses it.

    Args:
        network: In evaluation mode; refines each window independently of the others.
        batch_size: Windows that go through the network at once. Defaults to None, all new ones.
        max_bytes: Size of the cached results in bytes. Defaults to 64 MiB.
    """

    def __init__(self, network: WindowModule, batch_size: int | None = None,
                 max_bytes: int = _MAX_BYTES) -> None:
        self.network = network
        self.window_size = network.window_size
        self.output_size = network.output_size
        self.batch_size = batch_size
        self.max_bytes = max_bytes
        self.clear()

    def clear(self) -> None:
        """Empty the cache."""
        self._calls = 0
        # One store per shape of results, in the order of their last use.
        self._stores: dict[tuple[torch.Size, torch.dtype, torch.device], _Store] = {}
        # Smoothers of several videos share a filter, and may run in several threads.
        self._lock = Lock()

    def forward_window(self, x: Tensor) -> Tensor:
        """Refine windows, (N, channels, W) to (N, channels, O)."""
        keys = _hashes(x)
        with self._lock:
            found: dict[bytes, Tensor] = {}
            for store in self._stores.values():
                found.update(store.found(keys))
        new = [number for number, key in enumerate(keys) if key not in found]
        step = self.batch_size or max(1, len(new))
        for first in range(0, len(new), step):
            numbers = new[first:first + step]
            refined = self.network.forward_window(x[numbers])
            found.update((keys[i], result) for i, result in zip(numbers, refined))
        with self._lock:
            self._store(found)
        return torch.stack([found[key] for key in keys])

    def _store(self, found: dict[bytes, Tensor]) -> None:
        self._calls += 1
        for key, result in found.items():
            kind = (result.shape, result.dtype, result.device)
            store = self._stores.pop(kind, None) or _Store(result, self.max_bytes)
            self._stores[kind] = store
            store.put(key, result, self._calls)
        # Results of the kind that was not used for longest make room first.
        while len(self._stores) > 1 and sum(
                store.used_bytes for store in self._stores.values()) > self.max_bytes:
            del self._stores[next(iter(self._stores))]

    def __getstate__(self) -> dict[str, Any]:
        kept = ('network', 'window_size', 'output_size', 'batch_size', 'max_bytes')
        return {name: vars(self)[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.clear()


def _hashes(x: Tensor) -> list[bytes]:
    """One hash per window of (N, channels, W)."""
    kind = hashlib.sha1(f'{x.dtype} {tuple(x.shape[1:])}'.encode(), usedforsecurity=False)
    keys = []
    for window in x.detach().cpu().contiguous().numpy():
        key = kind.copy()
        key.update(window)
        keys.append(key.digest())
    return keys
