"""Gaussian and Savitzky-Golay filters on the manifold of rotations.

The window around a frame is fitted in the tangent space at the result itself: starting from the
mean of the matrices (Moakher: "Means and Averaging in the Group of Rotations", SIAM J. Matrix
Anal. Appl. 24, 2002), a few steps of the Riemannian fit (Pennec: "Intrinsic Statistics on
Riemannian Manifolds", J. Math. Imaging Vision 25, 2006). The result does not depend on the axes:
turning all rotations of a clip from the left or from the right turns the result likewise.
"""

from __future__ import annotations

import numpy as np

from ..processing import so3
from ..processing.rotations import to_rotmat
from ..registry import SMOOTHERS
from ._linear import fit_rows, local_polynomial
from .base import BaseFilter
from .gaussian import GaussianFilter
from .savgol import SavgolFilter

#: Representations of filters on the manifold; their input is 6D.
ROTATIONS_ONLY = frozenset({'rot6d'})
#: Steps of the fit: further ones move rotations within half a turn by less than 1e-4.
_STEPS = 3


@SMOOTHERS.register_module()
class GeodesicGaussianFilter(GaussianFilter):
    """Gaussian-weighted geodesic fit to the rotations around every frame.

    Constant rotations and turns at constant speed pass unchanged up to both ends. Rotations more
    than a quarter turn from the fit count less, and nothing at half a turn
    (:func:`~smoothnet_plugin.processing.so3.limited`). Exactly symmetric in time.

    Args:
        cutoff: Frequency in Hz at which the gain is 1/2. Defaults to None: 4.0 unless ``sigma`` is
            given.
        sigma: Standard deviation of the kernel in frames, instead of ``cutoff``. Defaults to None.

    Raises:
        ConfigError: An argument is outside its range, or both are given.
    """

    representations = ROTATIONS_ONLY

    def __init__(self, cutoff: float | None = None, sigma: float | None = None) -> None:
        super().__init__(cutoff, sigma)

    def for_points(self) -> BaseFilter:
        """The Gaussian filter of points with the same kernel."""
        return GaussianFilter(self.cutoff, self.sigma)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return geodesic_fit(coords, self._kernel(fps), 1)


@SMOOTHERS.register_module()
class GeodesicSavgolFilter(SavgolFilter):
    """Savitzky-Golay filter in the tangent space of the rotations around every frame.

    Args:
        window_size: Frames of the window; an even number is reduced by 1. Defaults to 11.
        polyorder: Degree of the polynomial, below ``window_size``. Defaults to 2.

    Raises:
        ConfigError: An argument is outside its range.
    """

    representations = ROTATIONS_ONLY

    def __init__(self, window_size: int = 11, polyorder: int = 2) -> None:
        super().__init__(window_size, polyorder)

    def for_points(self) -> BaseFilter:
        """The Savitzky-Golay filter of points with the same window."""
        return SavgolFilter(self.window_size, self.polyorder)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return geodesic_fit(coords, (1.0,) * (self.window_size // 2 + 1), self.polyorder)


def geodesic_fit(coords: np.ndarray, kernel: tuple[float, ...], degree: int) -> np.ndarray:
    """Weighted polynomial fit of rotations around every frame.

    Args:
        coords: 6D values, shape (T, K, 6).
        kernel: Weight of each frame by distance, starting at the centre: r + 1 numbers > 0.
        degree: Degree of the polynomial in the tangent space, >= 0.

    Returns:
        The fitted rotations in 6D, shape (T, K, 6).
    """
    if len(kernel) == 1:
        return coords.copy()
    total, reach = len(coords), len(kernel) - 1
    given = so3.quaternions_of_6d(coords)
    rows = fit_rows(kernel, degree, total)
    # Signs do not matter here: matrices are unambiguous.
    mean = local_polynomial(to_rotmat(given, 'quaternion'), kernel, degree)
    fitted = so3.nearest_rotations(mean)
    for _ in range(_STEPS):
        step = np.zeros((*given.shape[:2], 3))
        for offset in range(-min(reach, total - 1), min(reach, total - 1) + 1):
            here = slice(max(0, -offset), total - max(0, offset))
            there = slice(here.start + offset, here.stop + offset)
            step[here] += rows[here, reach + offset, None, None] * so3.limited(
                so3.difference(fitted[here], given[there]))
        fitted = so3.multiply(fitted, so3.exp(step))
    return so3.quaternions_to_6d(fitted)
