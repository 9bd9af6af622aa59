"""Savitzky-Golay filter: a polynomial fitted to the window around every frame.

Savitzky, Golay: "Smoothing and Differentiation of Data by Simplified Least Squares Procedures",
Analytical Chemistry 36 (1964).
"""

from __future__ import annotations

import numpy as np
from scipy.signal import savgol_filter

from ..errors import ConfigError
from ..registry import SMOOTHERS
from ..utils.arguments import odd_window, switch, whole_number
from ._linear import local_polynomial
from .base import BaseFilter, Support


@SMOOTHERS.register_module(name=['SavgolFilter', 'SavizkyGolayFilter', 'SGFilter', 'savgol'])
class SavgolFilter(BaseFilter):
    """Savitzky-Golay filter.

    Within half a window of an end the fit uses the existing frames, so that a frame never depends
    on more than half a window of future. Polynomials of ``polyorder`` pass unchanged.

    Args:
        window_size: Frames of the window; an even number is reduced by 1. In shorter clips the
            existing frames are used. Defaults to 11.
        polyorder: Degree of the polynomial, below ``window_size``. Defaults to 2.
        legacy: Reproduce MMPose 0.x, MMHuman3D and SmoothNet: SciPy's filter with the polynomial
            of the first and last whole window at the ends, and their rules for short clips (the
            window is the clip, the degree at most one less). Defaults to False.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: An argument is outside its range.
    """

    #: At this rate the window is longer than a swing of an arm.
    least_fps = 10.0

    def __init__(self, window_size: int = 11, polyorder: int = 2, legacy: bool = False,
                 normalize: str | None = None) -> None:
        super().__init__(normalize)
        self.window_size = odd_window(self, 'window_size', window_size)
        self.polyorder = whole_number(self, 'polyorder', polyorder, 0)
        self.legacy = switch(self, 'legacy', legacy)
        if self.polyorder >= self.window_size and not legacy:
            raise ConfigError(
                f'SavgolFilter: polyorder is {polyorder} and window_size {self.window_size}; '
                f'expected polyorder < window_size. Use a window of {polyorder + 2} or more.')

    def support(self, fps: float) -> Support:
        reach = self.window_size - 1 if self.legacy else self.window_size // 2
        return Support(reach, reach)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        if not self.legacy:
            flat = (1.0,) * (self.window_size // 2 + 1)
            return local_polynomial(coords, flat, self.polyorder)
        window = min(self.window_size, len(coords))
        order = min(self.polyorder, window - 1)
        return np.asarray(savgol_filter(coords, window, order, axis=0))
