"""One-Euro filter: a low-pass filter whose cut-off rises with the speed of the keypoint.

Casiez, Roussel, Vogel: "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems", CHI 2012, algorithm 1 (with the filtered previous value in the derivative,
as in the authors' own implementations).
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from ..errors import ConfigError
from ..registry import SMOOTHERS
from ..utils.arguments import real_number, switch
from ._compiled import kernels
from ._linear import fading_frames, odd_extension
from ._parts import by_parts
from ._streams import RecursiveStream
from .base import BaseFilter, FilterStream, Support


class _Setting(NamedTuple):
    min_cutoff: float
    beta: float


#: Parts of the keypoints in which a long run is filtered both ways, which takes several copies.
_PARTS = 20
#: Chosen on Kinect recordings with motion capture as ground truth (UI-PRMD, 30 Hz).
CAUSAL = _Setting(3.0, 8.0)
ZERO_PHASE = _Setting(3.0, 1.0)
LEGACY = _Setting(0.004, 0.7)
#: Default values of MMPose 0.x, MMHuman3D and the SmoothNet command line.
STOCK = {LEGACY, _Setting(0.04, 0.7)}


@SMOOTHERS.register_module(name=['OneEuroFilter', 'oneeuro'])
class OneEuroFilter(BaseFilter):
    r"""One-Euro filter.

    With the true time step :math:`1/fps`, :math:`\alpha(f) = r / (1 + r)`,
    :math:`r = 2\pi f / fps`, for every coordinate separately:

    .. math::
        v_t = v_{t-1} + \alpha(d\_cutoff) \, ((x_t - y_{t-1}) \, fps - v_{t-1}), \quad
        y_t = y_{t-1} + \alpha(min\_cutoff + beta \, |v_t|) \, (x_t - y_{t-1})

    ``beta`` multiplies a speed, so it depends on the unit of the coordinates. By default the
    coordinates are relative to the body size (``normalize='scale'``), and the default values are
    suitable for pixels and metres. :class:`PoseSmoother` and :func:`smoothnet_plugin.smooth`
    normalise; :meth:`filter` alone does not.

    The values 0.004 / 0.7 and 0.04 / 0.7 in configs of MMPose 0.x, MMHuman3D and SmoothNet are for
    time in frames and raw units: with them pixels do not change, and metres lag by a third of a
    second. Unless ``legacy=True`` they are replaced by the defaults, with a warning.

    Args:
        min_cutoff: Cut-off at rest in Hz; lower is steadier. Defaults to None: 3.0.
        beta: Rise of the cut-off in Hz per unit of speed (body scale per second); higher lags
            less. Defaults to None: 8.0, or 1.0 with ``zero_phase``.
        d_cutoff: Cut-off of the speed estimate in Hz. Defaults to 1.0.
        zero_phase: Mean of forward-then-backward and backward-then-forward filtering: no lag,
            symmetric in time, needs future frames. Defaults to False.
        legacy: Reproduce MMPose 0.x: time in frames regardless of the frame rate, no
            normalisation, ``min_cutoff`` 0.004 and ``beta`` 0.7 unless given. Defaults to False.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'scale'``, or ``'none'`` with
            ``legacy``.

    Raises:
        ConfigError: An argument is outside its range, or ``legacy`` is combined with
            ``zero_phase``.
    """

    default_normalize = 'scale'
    #: At this rate the lag costs more than the noise.
    least_fps = 10.0

    def __init__(self, min_cutoff: float | None = None, beta: float | None = None,
                 d_cutoff: float = 1.0, zero_phase: bool = False, legacy: bool = False,
                 normalize: str | None = None) -> None:
        self.zero_phase = switch(self, 'zero_phase', zero_phase)
        self.legacy = switch(self, 'legacy', legacy)
        if legacy and zero_phase:
            raise ConfigError('OneEuroFilter: legacy=True and zero_phase=True are both given; '
                              'MMPose 0.x only has the causal filter. Remove one of them.')
        super().__init__('none' if legacy and normalize is None else normalize)
        setting = LEGACY if legacy else ZERO_PHASE if zero_phase else CAUSAL
        if not legacy and (min_cutoff, beta) in STOCK:
            warnings.warn(
                f'OneEuroFilter: min_cutoff={min_cutoff}, beta={beta} are the stock values of '
                'MMPose 0.x, MMHuman3D or SmoothNet, which are for time in frames and raw units. '
                f'min_cutoff={setting.min_cutoff} Hz, beta={setting.beta} are used instead; set '
                'legacy=True to reproduce the old results.', stacklevel=2)
            min_cutoff = beta = None
        self.min_cutoff = real_number(
            self, 'min_cutoff', setting.min_cutoff if min_cutoff is None else min_cutoff)
        self.beta = real_number(self, 'beta', setting.beta if beta is None else beta, zero=True)
        self.d_cutoff = real_number(self, 'd_cutoff', d_cutoff)

    @property
    def causal(self) -> bool:
        return not self.zero_phase

    def _rate(self, fps: float) -> float:
        return 1.0 if self.legacy else fps

    def support(self, fps: float) -> Support:
        rate = self._rate(fps)
        memory = fading_frames(1 - _alpha(self.min_cutoff, rate))
        if self.beta:
            memory += fading_frames(1 - _alpha(self.d_cutoff, rate))
        return Support(memory, memory if self.zero_phase else 0)

    def stream(self, fps: float, num_keypoints: int, width: int) -> FilterStream | None:
        if self.zero_phase:
            return None
        return OneEuroStream(self._step(fps), num_keypoints, width)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        if not self.zero_phase:
            return self._step(fps).run(coords)
        return by_parts(lambda part: self._both_ways(coords[:, part], fps), coords, _PARTS)

    def _both_ways(self, coords: np.ndarray, fps: float) -> np.ndarray:
        step, margin = self._step(fps), self.support(fps).past
        both = odd_extension(coords, margin)
        # Both directions at once, like one person with twice the keypoints.
        both = np.concatenate([both, both[::-1]], axis=1)
        both = step.run(both)
        # Reversed in place: of long clips a copy fills the memory.
        both[:] = both[::-1]
        both = step.run(both)
        forward, backward = (way[margin:margin + len(coords)]
                             for way in np.split(both[::-1], 2, axis=1))
        mean = forward + backward[::-1]
        mean /= 2
        return mean

    def _step(self, fps: float) -> OneEuroStep:
        return OneEuroStep(self.min_cutoff, self.beta, self.d_cutoff, self._rate(fps))


class OneEuroStep(NamedTuple):
    """The recursion, for any number of independent coordinates.

    Attributes:
        min_cutoff: Cut-off at rest in Hz.
        beta: Hz per unit of speed.
        d_cutoff: Cut-off of the speed estimate in Hz.
        fps: Frames per second.
    """

    min_cutoff: float
    beta: float
    d_cutoff: float
    fps: float

    def advance(self, value: np.ndarray, speed: np.ndarray,
                row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """New output and speed from the last output and speed and a new row, each (K, C)."""
        # In place where a new array holds the intermediate result: a live step is few such calls.
        move = row - value
        change = move * self.fps
        change -= speed
        change *= _alpha(self.d_cutoff, self.fps)
        change += speed
        share = np.abs(change)
        share *= self.beta
        share += self.min_cutoff
        share *= 2 * np.pi
        share /= self.fps
        share /= 1 + share
        share *= move
        share += value
        return share, change

    def advance_by(self, move: np.ndarray,
                   speed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same for vectors whose length is the speed: the step to take, and the new speed.

        Args:
            move: From the last output to the new value, shape (K, C).
            speed: Last speed, shape (K, C).

        Returns:
            Change of the output and the new speed, both (K, C).
        """
        speed = speed + _alpha(self.d_cutoff, self.fps) * (move * self.fps - speed)
        length = np.linalg.norm(speed, axis=-1, keepdims=True)
        return _alpha(self.min_cutoff + self.beta * length, self.fps) * move, speed

    def run(self, coords: np.ndarray) -> np.ndarray:
        """Filter a run (T, K, C), starting at rest at its first row."""
        compiled = kernels(len(coords))
        if compiled is not None:
            flat = np.ascontiguousarray(coords).reshape(len(coords), -1)
            # NumPy's memory comes in large pages, Numba's does not: half of the time of long clips.
            filtered = np.empty_like(flat)
            compiled.one_euro(flat, *self, filtered)
            return filtered.reshape(coords.shape)
        filtered = np.empty_like(coords)
        value, speed = coords[0], np.zeros_like(coords[0])
        for frame, row in enumerate(coords):
            value, speed = self.advance(value, speed, row)
            filtered[frame] = value
        return filtered


class OneEuroStream(RecursiveStream):
    """State of the filter: the last output and the smoothed speed of every coordinate.

    Args:
        step: The recursion.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
    """

    def __init__(self, step: OneEuroStep, num_keypoints: int, width: int) -> None:
        super().__init__(num_keypoints)
        self._step = step
        self._value = np.zeros((num_keypoints, width))
        self._speed = np.zeros((num_keypoints, width))

    def _begin(self, joints: np.ndarray, row: np.ndarray) -> None:
        self._value[joints] = row
        self._speed[joints] = 0.0

    def _advance(self, joints: np.ndarray | slice, row: np.ndarray,
                 weight: np.ndarray | None) -> np.ndarray:
        value, speed = self._step.advance(self._value[joints], self._speed[joints], row)
        self._value[joints], self._speed[joints] = value, speed
        return value


def _alpha(cutoff, fps: float):
    """Share of the new value in an exponential smoother with a cut-off in Hz."""
    ratio = 2 * np.pi * cutoff / fps
    return ratio / (1 + ratio)
