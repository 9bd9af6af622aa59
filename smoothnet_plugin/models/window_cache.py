"""A cache of refined windows, so that no window is refined twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor

#: About 50 people of 17 keypoints in 2D, live, at any look-ahead of a window of 64 frames.
_MAX_BYTES = 64 << 20
#: Calls after which an unused result is overwritten although the cache is not full. A live window
#: is used with every frame while it lies within the look-ahead; a thousand videos that share the
#: cache take turns in as many calls.
_UNUSED_CALLS = 1000


class _Store:
    """Results of one shape in one block of memory, the longest unused overwritten first.

    Small results allocated one by one would fragment the memory of a video of hours.

    Args:
        like: A result.
        key_bytes: Size of a key.
        max_bytes: Size of the block. The system hands out its pages as they are first used.
    """

    def __init__(self, like: Tensor, key_bytes: int, max_bytes: int) -> None:
        self._size = max(1, like.nbytes)
        with torch.inference_mode(False):  # Else it could be written in that mode only.
            self._block = torch.empty((max(1, max_bytes // self._size), *like.shape),
                                      dtype=like.dtype, device=like.device)
        self._keys = np.empty((len(self._block), key_bytes), dtype=np.uint8)
        # By the hash of the key, in the order of their last use.
        self._places: dict[int, tuple[int, int]] = {}
        self._calls = 0

    @property
    def used_bytes(self) -> int:
        """Bytes of the stored results."""
        return self._size * len(self._places)

    def found(self, keys: Sequence[bytes], newest: int) -> tuple[np.ndarray, Tensor]:
        """Which keys have a result, and copies of the newest frames of these results."""
        self._calls += 1
        places = [self._place(key) for key in keys]
        for key, place in zip(keys, places):
            if place >= 0:
                del self._places[hash(key)]
                self._places[hash(key)] = place, self._calls
        numbers = np.asarray(places)
        held = torch.as_tensor(numbers[numbers >= 0], device=self._block.device)
        return numbers >= 0, self._block[held, -newest:]

    def put(self, key: bytes, result: Tensor) -> None:
        """Store a result."""
        held = self._places.pop(hash(key), None)
        place = self._free_place() if held is None else held[0]
        self._block[place] = result
        self._keys[place] = np.frombuffer(key, dtype=np.uint8)
        self._places[hash(key)] = place, self._calls

    def _place(self, key: bytes) -> int:
        """Where the result of a key is, -1 if nowhere; other keys may have the same hash."""
        place = self._places.get(hash(key), (-1, 0))[0]
        return place if place >= 0 and self._keys[place].tobytes() == key else -1

    def _free_place(self) -> int:
        """A place that is free, or that of the least recently used result if it may be dropped."""
        count = len(self._places)
        if count:
            oldest = next(iter(self._places))
            unused = self._calls - self._places[oldest][1]
            if count == len(self._block) or unused > _UNUSED_CALLS:
                return self._places.pop(oldest)[0]
        return count


class WindowCache:
    """A least-recently-used cache of refined windows.

    Live, a frame lies in as many windows as its look-ahead has frames, and the network has refined
    all but the newest of them for the frame before. The key is the values of the window, so a
    result never depends on the state of the cache or on who else uses it.

    Args:
        batch_size: Windows that are refined at once. Defaults to None, all new ones.
        max_bytes: Size of the cached results in bytes; the keys take as much again. Defaults to
            64 MiB.
    """

    def __init__(self, batch_size: int | None = None, max_bytes: int = _MAX_BYTES) -> None:
        self.batch_size = batch_size
        self.max_bytes = max_bytes
        self.clear()

    def clear(self) -> None:
        """Empty the cache."""
        # One store per kind of window, in the order of their last use.
        self._stores: dict[tuple[Any, ...], _Store] = {}
        # Smoothers of several videos share a filter, and may run in several threads.
        self._lock = Lock()

    def refined(self, windows: Sequence[np.ndarray], newest: int,
                refine: Callable[[list[int]], Tensor]) -> Tensor:
        """Refine the windows that are not in the cache.

        Args:
            windows: Values of each window, arrays (W, channels) of the same type and shape, whose
                items lie side by side in memory.
            newest: Frames at the end of each window whose result is wanted, 1 to W.
            refine: Refines the windows of some numbers, each independently of the others; gives
                (n, W, channels).

        Returns:
            Shape (N, newest, channels).
        """
        kind = windows[0].shape, windows[0].dtype
        keys = [window.tobytes() for window in windows]
        held, known = np.zeros(len(keys), dtype=bool), None
        with self._lock:
            store = self._stores.pop(kind, None)
            if store is not None:
                self._stores[kind] = store  # The last one to make room.
                held, known = store.found(keys, newest)
        missing = np.flatnonzero(~held).tolist()
        if known is not None and not missing:
            return known
        step = self.batch_size or len(missing)
        fresh = [refine(missing[first:first + step]) for first in range(0, len(missing), step)]
        with self._lock:
            self._hold(kind, [keys[i] for i in missing],
                       [result for part in fresh for result in part])
        parts = [part[:, -newest:] for part in fresh]
        if known is None:
            return torch.cat(parts)
        order = torch.as_tensor(np.argsort(np.concatenate([np.flatnonzero(held), missing])),
                                device=known.device)
        return torch.cat([known, *parts])[order]

    def _hold(self, kind: tuple[Any, ...], keys: Sequence[bytes],
              results: Sequence[Tensor]) -> None:
        store = self._stores.get(kind)
        if store is None:  # A new one, or of a kind that another thread made room of.
            store = self._stores[kind] = _Store(results[0], len(keys[0]), self.max_bytes)
        for key, result in zip(keys, results):
            store.put(key, result)
        # Results of the kind that was not used for longest make room first.
        while len(self._stores) > 1 and sum(
                store.used_bytes for store in self._stores.values()) > self.max_bytes:
            del self._stores[next(iter(self._stores))]

    def __getstate__(self) -> dict[str, Any]:
        return {'batch_size': self.batch_size, 'max_bytes': self.max_bytes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.clear()
