"""Whittaker-Henderson smoother: the penalised least-squares curve through the whole run.

Whittaker: "On a New Method of Graduation", Proc. Edinburgh Math. Soc. 41 (1922); Eilers: "A
Perfect Smoother", Analytical Chemistry 75 (2003).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import solveh_banded

from ..registry import SMOOTHERS
from ._checks import real_number, weighting_mode, whole_number
from ._linear import fading_frames, passes_all, usable_weights
from .base import BaseFilter, Support


@SMOOTHERS.register_module()
class WhittakerFilter(BaseFilter):
    r"""Whittaker-Henderson smoother.

    Minimises :math:`\sum_t w_t (z_t - x_t)^2 + \lambda \sum_t (\Delta^d z_t)^2` with
    :math:`\lambda = (2 \sin(\pi f_c / fps))^{-2d}`, which leaves half of the amplitude at the
    cut-off :math:`f_c`. The ends need no padding; polynomials below degree d pass unchanged.

    Args:
        cutoff: Cut-off in Hz. At or above half the frame rate the run comes back unchanged.
            Defaults to 4.0.
        order: Order d of the differences. Defaults to 2.
        weighting: ``'scores'`` takes the confidence (not below 0.01) as weights, ``'none'`` treats
            frames alike. Defaults to ``'none'``.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: An argument is not a number of the stated range.
    """

    def __init__(self, cutoff: float = 4.0, order: int = 2, weighting: str = 'none',
                 normalize: str | None = None) -> None:
        super().__init__(normalize)
        self.cutoff = real_number(self, 'cutoff', cutoff)
        self.order = whole_number(self, 'order', order, 1)
        self.weighting = weighting_mode(self, weighting)

    def support(self, fps: float) -> Support:
        """Frames until the influence of a frame of confidence 1 has faded."""
        if passes_all(self.cutoff, fps):
            return Support(0, 0)
        # Poles: 1 + lambda (2 - z - 1/z)^d = 0.
        turns = np.exp(1j * np.pi * (2 * np.arange(self.order) + 1) / self.order)
        half = 1 - (2 * math.sin(math.pi * self.cutoff / fps))**2 * turns / 2
        poles = half - np.sqrt(half**2 - 1)
        memory = fading_frames(float(np.minimum(np.abs(poles), 1 / np.abs(poles)).max()))
        return Support(memory, memory)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        total = len(coords)
        if passes_all(self.cutoff, fps) or total <= self.order:
            return coords.copy()
        penalty = (2 * math.sin(math.pi * self.cutoff / fps))**(-2 * self.order)
        bands = penalty * _difference_bands(total, self.order)
        # Constants are not penalised: taken out first, they do not suffer from rounding.
        centre = coords.mean(axis=0)
        values = coords - centre
        if weights is None or self.weighting == 'none':
            bands[0] += 1
            flat = solveh_banded(bands, values.reshape(total, -1), lower=True)
            return flat.reshape(coords.shape) + centre
        weights = usable_weights(weights)
        smooth = np.empty_like(values)
        for joint in range(coords.shape[1]):
            weighted = bands.copy()
            weighted[0] += weights[:, joint]
            smooth[:, joint] = solveh_banded(
                weighted, weights[:, joint, None] * values[:, joint], lower=True)
        return smooth + centre


def _difference_bands(total: int, order: int) -> np.ndarray:
    """Matrix D'D of the differences of an order, in SciPy's lower banded form.

    Args:
        total: Frames T, more than ``order``.
        order: Order d.

    Returns:
        Shape (d + 1, T).
    """
    taps = [(-1)**k * math.comb(order, k) for k in range(order + 1)]
    bands = np.zeros((order + 1, total))
    for band in range(order + 1):
        for tap in range(order + 1 - band):
            bands[band, tap:tap + total - order] += taps[tap] * taps[tap + band]
    return bands
