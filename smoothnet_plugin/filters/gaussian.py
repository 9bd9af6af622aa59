"""Gaussian filter that preserves straight lines up to both ends."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..errors import ConfigError
from ..registry import SMOOTHERS
from ..utils.arguments import odd_window, real_number, switch, weighting_mode
from ._linear import (
    gaussian_kernel,
    half_amplitude_sigma,
    local_polynomial,
    passes_all,
    usable_weights,
)
from .base import BaseFilter, Support


@SMOOTHERS.register_module(name=['GaussianFilter', 'Gaus1dFilter', 'gaus1d'])
class GaussianFilter(BaseFilter):
    """Gaussian filter.

    Every frame is the Gaussian-weighted straight-line fit to the frames around it (local linear
    regression; Fan, Gijbels: "Local Polynomial Modelling and Its Applications", 1996, chapter 3).
    Away from the ends this equals the Gaussian mean; at the ends, and with uneven confidence, it
    removes the mean's bias: constants and ramps pass unchanged, while a renormalised or reflected
    kernel lags behind a moving keypoint.

    Args:
        cutoff: Frequency in Hz at which the gain is 1/2; at or above half the frame rate the run
            does not change. Defaults to None: 4.0 unless ``sigma`` is given.
        sigma: Standard deviation of the kernel in frames, instead of ``cutoff``. Defaults to None.
        window_size: Largest number of frames of the kernel; an even number is reduced by 1.
            Defaults to None: the kernel ends at 4 sigma.
        weighting: ``'scores'`` weights frames by their confidence (at least 0.01), ``'none'``
            treats them equally. Defaults to ``'none'``.
        legacy: Reproduce MMPose 0.x, MMHuman3D and SmoothNet: disjoint blocks of ``window_size``
            frames, each reflected at its ends, and an unfiltered remainder; ``window_size`` 11
            and ``sigma`` 4.0 unless given. Defaults to False.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: An argument is outside its range, or ``cutoff`` is combined with ``sigma``,
            or ``legacy`` with ``cutoff`` or ``weighting``.
    """

    #: At this rate a kernel of some frames is longer than a swing of an arm.
    least_fps = 10.0

    def __init__(self, cutoff: float | None = None, sigma: float | None = None,
                 window_size: int | None = None, weighting: str = 'none', legacy: bool = False,
                 normalize: str | None = None) -> None:
        super().__init__(normalize)
        self.weighting = weighting_mode(self, weighting)
        self.legacy = switch(self, 'legacy', legacy)
        if cutoff is not None and sigma is not None:
            raise ConfigError(f'GaussianFilter: cutoff={cutoff!r} and sigma={sigma!r} are both '
                              'given, and both set the width of the kernel; specify one of them.')
        if legacy and (cutoff is not None or weighting != 'none'):
            raise ConfigError('GaussianFilter: legacy=True takes sigma and window_size only; '
                              'remove cutoff and weighting.')
        if legacy:
            sigma = 4.0 if sigma is None else sigma
            window_size = 11 if window_size is None else window_size
        elif sigma is None and cutoff is None:
            cutoff = 4.0
        self.cutoff = None if cutoff is None else real_number(self, 'cutoff', cutoff)
        self.sigma = None if sigma is None else real_number(self, 'sigma', sigma)
        self.window_size = None if window_size is None else odd_window(
            self, 'window_size', window_size)

    def _kernel(self, fps: float) -> tuple[float, ...]:
        """Weights by distance, starting at the centre."""
        reach = None if self.window_size is None else self.window_size // 2
        if self.sigma is not None:
            return gaussian_kernel(self.sigma, reach)
        assert self.cutoff is not None
        if passes_all(self.cutoff, fps):
            return (1.0,)
        return gaussian_kernel(half_amplitude_sigma(self.cutoff) * fps, reach)

    def support(self, fps: float) -> Support:
        if self.legacy:
            assert self.window_size is not None
            reach = self.window_size - 1
        else:
            reach = len(self._kernel(fps)) - 1
        return Support(reach, reach)

    def share(self, fps: float) -> float:
        """See :meth:`BaseFilter.share`: 1 for a cut-off in Hz."""
        return 1.0 if self.sigma is None else super().share(fps)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        if self.legacy:
            return self._filter_blocks(coords)
        kernel = self._kernel(fps)
        if len(kernel) == 1:
            return coords.copy()
        if weights is None or self.weighting == 'none':
            return local_polynomial(coords, kernel, degree=1)
        return _weighted_line(coords, np.asarray(kernel), usable_weights(weights))

    def _filter_blocks(self, coords: np.ndarray) -> np.ndarray:
        assert self.sigma is not None and self.window_size is not None
        block = min(self.window_size, len(coords))
        filtered = coords.copy()
        for start in range(0, len(coords) - block + 1, block):
            filtered[start:start + block] = ndimage.gaussian_filter1d(
                coords[start:start + block], self.sigma, axis=0)
        return filtered


def _weighted_line(coords: np.ndarray, kernel: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Value of the straight-line fit at every frame, from the moments of the weights around it.

    Args:
        coords: Shape (T, K, C).
        kernel: Weights by distance, shape (r + 1,).
        weights: Confidence, shape (T, K), > 0.

    Returns:
        Shape (T, K, C).
    """
    offsets = np.arange(-len(kernel) + 1, len(kernel))
    mirrored = kernel[np.abs(offsets)]

    def moment(values: np.ndarray, power: int) -> np.ndarray:
        return ndimage.correlate1d(values, mirrored * offsets**power, axis=0, mode='constant')

    centre = coords.mean(axis=0)
    weights = weights[..., None]
    weighted = weights * (coords - centre)
    mass, first, second = (moment(weights, power) for power in (0, 1, 2))
    mean, shift = moment(weighted, 0) / mass, first / mass
    spread = second / mass - shift**2
    # A single frame has no slope.
    slope = np.divide(moment(weighted, 1) / mass - shift * mean, spread,
                      out=np.zeros_like(mean), where=np.broadcast_to(spread > 1e-9, mean.shape))
    return centre + mean - slope * shift
