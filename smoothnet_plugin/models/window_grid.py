"""Which windows a frame's result is the mean of, and with which weights.

A clip is cut into windows of W frames at fixed places. Each window is named by the frame that it
ends with.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class WindowGrid(NamedTuple):
    """The windows that a clip is cut into, at fixed places of the segment.

    With a ``stride`` above 1 a frame whose whole future is known is the mean over the windows that
    end with every ``stride``-th frame of the segment. Where the future is short, the newest
    ``stride`` windows count too, so that a live viewer loses nothing. So the result of a
    frame depends on the frames known by then and on nothing else: live and offline agree.

    Attributes:
        stride: Frames between the ends of two windows, 1 to W / 4.
        origin: Number of the clip's first frame in its segment. Windows lie at multiples of
            ``stride`` in the segment, wherever the clip was cut from it.
    """

    stride: int = 1
    origin: int = 0

    def aligned(self, ends: np.ndarray) -> np.ndarray:
        """Whether windows that end with these frames of the clip lie on the grid."""
        return (ends + self.origin) % self.stride == 0


class Vintage(NamedTuple):
    """The estimates of a clip's frames at some time.

    Attributes:
        lookahead: Frames of its future that a frame may depend on: the result of a live viewer
            with that delay. None for all known frames.
        age: Newest frames of the clip that are not known yet, 0 or more.
        first: First frame to estimate.
    """

    lookahead: int | None = None
    age: int = 0
    first: int = 0


def lag_weights(window_size: int) -> Tensor:
    """Weight of each position of a window when windows are merged.

    The rise and fall of a raised Hann window: frames in the middle have seen past and future;
    at the ends, where a live result has no other choice, the weights are small but not 0, and grow
    with the future seen.

    Args:
        window_size: Frames W.

    Returns:
        Shape (W,), > 0; the last is that of the newest frame.
    """
    lag = torch.arange(window_size - 1, -1, -1, dtype=torch.float64)
    hann = torch.sin(torch.pi * (lag + 0.5) / window_size)**2
    return (hann + 1e-3 * (lag + 1)).float()


def window_weights(ends: np.ndarray, frames: int, vintage: Vintage, grid: WindowGrid,
                   window_size: int) -> np.ndarray:
    """Weights of windows in the mean of each frame that they hold.

    Args:
        ends: Frames of the clip that the windows end with, shape (n,), ascending.
        frames: Frames T of the clip.
        vintage: What each frame may depend on.
        grid: Which windows take part.
        window_size: Frames W.

    Returns:
        Shape (n, W), float64; 0 where a window does not count for a frame.
    """
    end = ends[:, None]
    frame = end - np.arange(window_size - 1, -1, -1)
    newest = np.full_like(frame, frames - vintage.age - 1)
    if vintage.lookahead is not None:
        newest = np.minimum(newest, frame + vintage.lookahead)
    counts = (frame >= vintage.first) & (end <= newest)
    weights = counts * _lag_weights(window_size)
    if grid.stride == 1:
        return weights
    whole_future = newest - frame >= window_size - 1
    # A window of the grid represents those around it; the last one, for all that follow up to the
    # newest windows.
    following = newest - grid.stride - end
    last = ~whole_future & (following < grid.stride)
    stands_for = np.where(last, grid.stride // 2 + 1 + following, grid.stride)
    among_newest = last & (following < 0)
    return weights * np.where(among_newest, 1, stands_for * grid.aligned(end))


@lru_cache(maxsize=32)
def frame_places(ends: bytes, frames: int, vintage: Vintage, grid: WindowGrid, window_size: int,
                 newest: int) -> tuple[Tensor | None, Tensor, Tensor]:
    """Which rows of a vintage the newest frames of windows belong to; cached for live use.

    Args:
        ends: Bytes of the numbers of the frames that the windows end with, in ascending order.
        frames: Frames T of the clip.
        vintage: What each frame may depend on.
        grid: Which windows take part.
        window_size: Frames W.
        newest: Frames at the end of each window, 1 to W.

    Returns:
        Numbers of the frames of windows that count, or None for all of them; their rows of the
        vintage; and their weights.
    """
    end = np.frombuffer(ends, dtype=np.intp)
    weights = window_weights(end, frames, vintage, grid, window_size)[:, -newest:].ravel()
    rows = (end[:, None] - np.arange(newest - 1, -1, -1) - vintage.first).ravel()
    chosen = None
    if not weights.all():
        # Selected, not multiplied by 0: values of a window that does not count may be NaN.
        chosen = np.flatnonzero(weights)
        rows, weights = rows[chosen], weights[chosen]
    with torch.inference_mode(False):  # Else they could be used in that mode only.
        return (None if chosen is None else torch.from_numpy(chosen), torch.from_numpy(rows),
                torch.from_numpy(weights))


@lru_cache(maxsize=8)
def _lag_weights(window_size: int) -> np.ndarray:
    weights = lag_weights(window_size).double().numpy()
    weights.flags.writeable = False
    return weights
