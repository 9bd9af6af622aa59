"""Butterworth low-pass, forward and backward or causal."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import signal

from ..registry import SMOOTHERS
from ..utils.arguments import real_number, switch, whole_number
from ._linear import (
    fading_frames,
    gaussian_kernel,
    half_amplitude_sigma,
    line_ends,
    odd_extension,
    passes_all,
)
from ._streams import RecursiveStream
from .base import BaseFilter, FilterStream, Support

#: Width of the line fit at the ends, in widths of the Gaussian of the same cut-off: it has frames
#: on one side only.
END_WIDTH = 2.0


@SMOOTHERS.register_module()
class ButterworthFilter(BaseFilter):
    """Butterworth low-pass in second-order sections (``scipy.signal.butter``, ``sosfiltfilt``).

    At both ends the run is extended until the filter's memory has faded, regardless of its length,
    by point reflection about a line fitted to the end: ramps and constants pass unchanged, and the
    last frame is smoothed like the others.

    Args:
        cutoff: Cut-off in Hz, where the gain is 1/2 forward and backward, and 0.71 with
            ``causal``. At or above half the frame rate the run does not change. Defaults to 4.0.
        order: Order of one pass. Defaults to 2.
        causal: Filter forward only, starting at rest at the first frame: no look-ahead, but a lag
            of about 0.23 / ``cutoff`` seconds (order 2). Defaults to False.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: An argument is outside its range.
    """

    def __init__(self, cutoff: float = 4.0, order: int = 2, causal: bool = False,
                 normalize: str | None = None) -> None:
        super().__init__(normalize)
        self.cutoff = real_number(self, 'cutoff', cutoff)
        self.order = whole_number(self, 'order', order, 1)
        self.causal = switch(self, 'causal', causal)

    def support(self, fps: float) -> Support:
        if passes_all(self.cutoff, fps):
            return Support(0, 0)
        memory = fading_frames(_pole_radius(self.order, 2 * self.cutoff / fps))
        if self.causal:
            return Support(memory, 0)
        memory = max(memory, len(self._end_kernel(fps)) - 1)
        return Support(memory, memory)

    def _end_kernel(self, fps: float) -> tuple[float, ...]:
        return gaussian_kernel(END_WIDTH * half_amplitude_sigma(self.cutoff) * fps)

    def stream(self, fps: float, num_keypoints: int, width: int) -> FilterStream | None:
        if not self.causal or passes_all(self.cutoff, fps):
            return None
        return ButterworthStream(_sections(self.order, 2 * self.cutoff / fps), num_keypoints, width)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        if passes_all(self.cutoff, fps):
            return coords.copy()
        sections = _sections(self.order, 2 * self.cutoff / fps)
        if self.causal:
            return _run_sections(sections, coords, _resting_state(sections, coords[0]))[0]
        margin = 2 * self.support(fps).past  # the transient of a ramp starts far above 1e-6
        pivots = line_ends(coords, self._end_kernel(fps))
        extended = odd_extension(coords, margin, pivots)
        filtered = signal.sosfiltfilt(sections, extended, axis=0, padlen=0)
        return np.asarray(filtered)[margin:margin + len(coords)]


class ButterworthStream(RecursiveStream):
    """State of the causal filter: the delays of every section.

    Args:
        sections: Second-order sections, shape (n, 6).
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
    """

    def __init__(self, sections: np.ndarray, num_keypoints: int, width: int) -> None:
        super().__init__(num_keypoints)
        self._sections = sections
        self._state = np.zeros((len(sections), 2, num_keypoints, width))

    def _begin(self, joints: np.ndarray, row: np.ndarray) -> None:
        self._state[:, :, joints] = _resting_state(self._sections, row)

    def _advance(self, joints: np.ndarray | slice, row: np.ndarray,
                 weight: np.ndarray | None) -> np.ndarray:
        filtered, self._state[:, :, joints] = _run_sections(
            self._sections, row[None], self._state[:, :, joints])
        return filtered[0]


@lru_cache(maxsize=64)
def _sections(order: int, cutoff: float) -> np.ndarray:
    return np.asarray(signal.butter(order, cutoff, output='sos'))


@lru_cache(maxsize=64)
def _pole_radius(order: int, cutoff: float) -> float:
    return float(np.abs(np.asarray(signal.sos2zpk(_sections(order, cutoff))[1])).max())


def _resting_state(sections: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Delays of a filter with the constant input ``row`` (K, C), shape (n, 2, K, C)."""
    return np.asarray(signal.sosfilt_zi(sections))[..., None, None] * row


def _run_sections(sections: np.ndarray, coords: np.ndarray,
                  state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Filter rows (T, K, C) from a given state; return the result and the new state."""
    filtered = signal.sosfilt(sections, coords, axis=0, zi=state)
    return np.asarray(filtered[0]), np.asarray(filtered[1])
