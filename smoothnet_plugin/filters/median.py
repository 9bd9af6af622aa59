"""Median and Hampel filters: for spikes rather than jitter."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..registry import SMOOTHERS
from ..utils.arguments import odd_window, real_number
from .base import BaseFilter, Support

#: Standard deviation of a normal distribution over its median absolute deviation.
MAD_TO_SIGMA = 1.4826
#: Values compared at once by the Hampel filter, to bound its memory.
CHUNK_VALUES = 1 << 19


class _SpikeFilter(BaseFilter):
    """A filter that compares each frame with those of a window around it."""

    #: At this rate what looks like a spike is motion.
    least_fps = 12.0

    def __init__(self, window_size: int, normalize: str | None) -> None:
        super().__init__(normalize)
        self.window_size = odd_window(self, 'window_size', window_size)

    def support(self, fps: float) -> Support:
        return Support(self.window_size // 2, self.window_size // 2)


@SMOOTHERS.register_module()
class MedianFilter(_SpikeFilter):
    """Running median.

    Near an end the window shrinks evenly on both sides, so that ramps pass unchanged.

    Args:
        window_size: Frames of the window; an even number is reduced by 1. Defaults to 5.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: ``window_size`` is not a positive integer.
    """

    def __init__(self, window_size: int = 5, normalize: str | None = None) -> None:
        super().__init__(window_size, normalize)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        reach = min(self.window_size // 2, (len(coords) - 1) // 2)
        filtered = ndimage.median_filter(coords, size=(2 * reach + 1, 1, 1))
        for near in range(reach):
            filtered[near] = np.median(coords[:2 * near + 1], axis=0)
            filtered[-1 - near] = np.median(coords[len(coords) - 2 * near - 1:], axis=0)
        return filtered


@SMOOTHERS.register_module()
class HampelFilter(_SpikeFilter):
    """Replaces outliers by the median of their window; all other values do not change.

    The distance of an outlier from the median exceeds ``n_sigma`` robust standard deviations
    (1.4826 times the median absolute deviation). Motion within the window increases this
    deviation: only spikes that exceed the motion are found. At the ends the window is truncated.
    Davies, Gather: "The Identification of Multiple Outliers", JASA 88 (1993).

    Args:
        window_size: Frames of the window; an even number is reduced by 1. Defaults to 7, which
            detects bursts of up to three frames.
        n_sigma: Largest distance of a normal value in robust standard deviations. Defaults to 3.0.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: An argument is outside its range.
    """

    def __init__(self, window_size: int = 7, n_sigma: float = 3.0,
                 normalize: str | None = None) -> None:
        super().__init__(window_size, normalize)
        self.n_sigma = real_number(self, 'n_sigma', n_sigma)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        reach, total = self.window_size // 2, len(coords)
        filtered = coords.copy()
        inner = range(reach, max(total - reach, reach))
        step = max(1, CHUNK_VALUES // (self.window_size * coords[0].size))
        for start in inner[::step]:
            stop = min(start + step, inner.stop)
            windows = np.lib.stride_tricks.sliding_window_view(
                coords[start - reach:stop + reach], self.window_size, axis=0)
            filtered[start:stop] = self._repair(coords[start:stop], windows)
        for frame in (t for t in range(total) if t not in inner):
            window = coords[max(frame - reach, 0):frame + reach + 1]
            filtered[frame] = self._repair(coords[frame], np.moveaxis(window, 0, -1))
        return filtered

    def _repair(self, values: np.ndarray, windows: np.ndarray) -> np.ndarray:
        median = np.median(windows, axis=-1)
        spread = np.median(np.abs(windows - median[..., None]), axis=-1)
        outlier = np.abs(values - median) > self.n_sigma * MAD_TO_SIGMA * spread
        return np.where(outlier, median, values)
