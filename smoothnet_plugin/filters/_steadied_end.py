"""The newest frames of a clip: what a network computes for them, and their steadying."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..processing.steadying import revision_offset, steadied

#: Seconds before and after a frame that steady it.
_STEADYING_SECONDS = 0.1


def half_width(fps: float) -> int:
    """Frames before and after a frame that steady it."""
    return round(fps * _STEADYING_SECONDS)


class SteadiedEnd:
    """The frames of a clip from ``first`` on: the vintages they need, and their steadying.

    Revisions matter only for the newest frames. A frame before ``settled`` has not been revised
    since the frames that could see it were shown, so only its latest vintage is needed.
    """

    def __init__(self, coords: np.ndarray, window_size: int, half_width: int, first: int) -> None:
        from ..models import Vintage
        frames = len(coords)
        # Live, the first frame has no more future than the look-ahead: no wider steadying.
        self.reach = min(half_width, max(0, frames - 1 - first))
        self.start = max(0, first - self.reach)
        self.settled = max(self.start, frames - window_size - 2 * self.reach)
        self.coords = coords
        self.vintages = [Vintage(first=self.start)] + [
            Vintage(age=age, first=self.settled) for age in range(1, self.reach + 1)]

    def steadied(self, estimates: Sequence[np.ndarray]) -> np.ndarray:
        """The result, shape (T, K, C), from one estimate per vintage."""
        latest, *earlier = estimates
        future = np.arange(len(self.coords))[::-1]
        result = steadied([latest] * (2 * self.reach + 1), self.coords[self.start:],
                          future[self.start:])
        newest = slice(self.settled - self.start, None)
        # Not in place: the result may be the estimate itself.
        result[newest] = result[newest] + revision_offset(
            earlier, [latest[newest]] * self.reach, future[self.settled:])
        return np.concatenate([self.coords[:self.start], result])
