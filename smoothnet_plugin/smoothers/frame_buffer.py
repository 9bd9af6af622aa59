"""The newest frames of a track, appended and dropped without copying the rest."""

from __future__ import annotations

import numpy as np

_SMALLEST = 32


class FrameBuffer:
    """Arrays over the same frames, growing at the end and shrinking at the front.

    A frame keeps its number for as long as it is stored. The memory is at most four times that of
    the largest number of frames stored at once.

    Args:
        **rows: A row of each array: its shape and dtype are kept, its values are not used.

    Attributes:
        start: Number of the first stored frame.
        end: Number after the last stored frame.
    """

    def __init__(self, **rows: np.ndarray) -> None:
        self._arrays = {name: np.empty((_SMALLEST, *row.shape), row.dtype)
                        for name, row in rows.items()}
        self._offset = 0
        self._capacity = _SMALLEST
        self.start = 0
        self.end = 0

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, name: str) -> np.ndarray:
        """The stored frames of one array, as a view that is valid until the next append."""
        return self._arrays[name][self._offset:self._offset + self.end - self.start]

    def append(self, **rows: np.ndarray | float) -> None:
        """Add a frame at the end: a row for each array."""
        position = self._offset + self.end - self.start
        if position == self._capacity:
            self._make_room()
            position = len(self)
        for name, row in rows.items():
            self._arrays[name][position] = row
        self.end += 1

    def drop_before(self, frame: int) -> None:
        """Drop the frames with a smaller number."""
        rows = min(frame, self.end) - self.start
        if rows > 0:
            self._offset += rows
            self.start += rows

    def _make_room(self) -> None:
        """Move the frames to the front of an array with at least as many free rows."""
        capacity = max(_SMALLEST, 2 * len(self))
        for name in self._arrays:
            held = self[name]
            moved = np.empty((capacity, *held.shape[1:]), held.dtype)
            moved[:len(held)] = held
            self._arrays[name] = moved
        self._capacity = capacity
        self._offset = 0
