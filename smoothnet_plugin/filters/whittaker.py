"""Whittaker-Henderson smoother: the penalised least-squares curve of the whole run.

Whittaker: "On a New Method of Graduation", Proc. Edinburgh Math. Soc. 41 (1922); Eilers: "A
Perfect Smoother", Analytical Chemistry 75 (2003).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import solve_banded

from ..registry import SMOOTHERS
from ..utils.arguments import real_number, weighting_mode, whole_number
from ._linear import fading_frames, passes_all, usable_weights
from ._parts import parts_of
from .base import BaseFilter, Support

#: Parts of the values in which a long run is filtered: the system has two unknowns a value.
_PARTS = 20


@SMOOTHERS.register_module()
class WhittakerFilter(BaseFilter):
    r"""Whittaker-Henderson smoother.

    Minimises :math:`\sum_t w_t (z_t - x_t)^2 + \lambda \sum_t (\Delta^d z_t)^2` with
    :math:`\lambda = (2 \sin(\pi f_c / fps))^{-2d}`, so that the gain at the cut-off :math:`f_c`
    is 1/2. The ends need no padding; polynomials below degree d pass unchanged.

    Args:
        cutoff: Cut-off in Hz. At or above half the frame rate the run does not change. Defaults
            to 4.0.
        order: Order d of the differences. Defaults to 2.
        weighting: ``'scores'`` uses the confidence (at least 0.01) as weights, ``'none'`` treats
            frames equally. Defaults to ``'none'``.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: An argument is outside its range.
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
        root_penalty = (2 * math.sin(math.pi * self.cutoff / fps))**-self.order
        system = _banded_system(total, self.order, root_penalty)
        # The mean is not penalised; subtracting it first reduces rounding errors.
        centre = coords.mean(axis=0)
        values = np.ascontiguousarray(coords - centre)
        if weights is None or self.weighting == 'none':
            ones, flat = np.ones(total), values.reshape(total, -1)  # a view
            for part in parts_of(total, flat.shape[1], _PARTS):
                flat[:, part] = _solve(system, ones, flat[:, part])
            values += centre
            return values
        weights = usable_weights(weights)
        smooth = np.stack([_solve(system, weights[:, joint], values[:, joint])
                           for joint in range(coords.shape[1])], axis=1)
        return smooth + centre


def _banded_system(total: int, order: int, root_penalty: float) -> np.ndarray:
    """The system that :func:`_solve` solves, without the weights.

    The normal equations (W + lambda D'D) z = W x lose all digits for cut-offs far below the frame
    rate. With u = sqrt(lambda) D z as additional unknowns, z_t and u_t alternating, the system
    W z + sqrt(lambda) D' u = W x, sqrt(lambda) D z - u = 0 has the square root of their condition
    number and a similar bandwidth.

    Args:
        total: Frames T, more than ``order``.
        order: Order d of the differences D.
        root_penalty: Square root of lambda.

    Returns:
        SciPy's banded form with 2 d - 1 bands on either side, shape (4 d - 1, 2 T).
    """
    reach = 2 * order - 1
    bands = np.zeros((2 * reach + 1, 2 * total))
    rows = 2 * np.arange(total - order) + 1
    bands[reach, 1::2] = -1  # also the d unknowns u beyond the last difference, which are 0
    for tap in range(order + 1):
        entry = root_penalty * (-1)**tap * math.comb(order, tap)
        columns = rows - 1 + 2 * tap
        bands[reach + rows - columns, columns] = entry
        bands[reach + columns - rows, rows] = entry
    return bands


def _solve(system: np.ndarray, weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Smooth curves of values (T, N) with weights (T,)."""
    reach = len(system) // 2
    bands = system.copy()
    bands[reach, ::2] = weights
    right = np.zeros((2 * len(values), values.shape[1]))
    right[::2] = weights[:, None] * values
    # Infinite values of an earlier filter are not SciPy's to refuse: the result names their place.
    return solve_banded((reach, reach), bands, right, overwrite_ab=True, overwrite_b=True,
                        check_finite=False)[::2]
