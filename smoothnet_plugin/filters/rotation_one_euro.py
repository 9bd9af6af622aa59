"""One-Euro filter on the manifold of rotations."""

from __future__ import annotations

import numpy as np

from ..processing import so3
from ..registry import SMOOTHERS
from ._streams import RecursiveStream, run_stream
from .base import BaseFilter, FilterStream
from .geodesic import ROTATIONS_ONLY
from .one_euro import OneEuroFilter, OneEuroStep

#: Chosen on training takes of CMU by benchmarks/bench_rotations.py.
MIN_CUTOFF, BETA = 2.0, 0.5


@SMOOTHERS.register_module()
class RotationOneEuroFilter(OneEuroFilter):
    """One-Euro filter whose steps are turns: causal, for live rotations.

    The step from the last result to the new rotation is a tangent vector there; its smoothed
    length is the angular speed that raises the cut-off (:class:`OneEuroFilter`).

    Args:
        min_cutoff: Cut-off at rest in Hz. Defaults to 2.0.
        beta: Rise of the cut-off in Hz per radian per second. Defaults to 0.5.
        d_cutoff: Cut-off of the speed estimate in Hz. Defaults to 1.0.

    Raises:
        ConfigError: An argument is outside its range.
    """

    representations = ROTATIONS_ONLY

    def __init__(self, min_cutoff: float = MIN_CUTOFF, beta: float = BETA,
                 d_cutoff: float = 1.0) -> None:
        super().__init__(min_cutoff, beta, d_cutoff, normalize='none')

    def for_points(self) -> BaseFilter:
        """The One-Euro filter of points with its own default values."""
        return OneEuroFilter()

    def stream(self, fps: float, num_keypoints: int, width: int) -> FilterStream | None:
        return RotationOneEuroStream(self._step(fps), num_keypoints)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return run_stream(RotationOneEuroStream(self._step(fps), coords.shape[1]), coords)


class RotationOneEuroStream(RecursiveStream):
    """State of the filter: the last rotation and the smoothed angular velocity of every joint.

    Args:
        step: The recursion's parameters.
        num_keypoints: Joints K.
    """

    def __init__(self, step: OneEuroStep, num_keypoints: int) -> None:
        super().__init__(num_keypoints)
        self._step = step
        self._rotation = np.tile([0.0, 0.0, 0.0, 1.0], (num_keypoints, 1))
        self._speed = np.zeros((num_keypoints, 3))

    def _begin(self, joints: np.ndarray, row: np.ndarray) -> None:
        self._rotation[joints] = so3.quaternions_of_6d(row)
        self._speed[joints] = 0.0

    def _advance(self, joints: np.ndarray, row: np.ndarray,
                 weight: np.ndarray | None) -> np.ndarray:
        last = self._rotation[joints]
        move = so3.difference(last, so3.quaternions_of_6d(row))
        change, speed = self._step.advance_by(move, self._speed[joints])
        self._rotation[joints], self._speed[joints] = so3.multiply(last, so3.exp(change)), speed
        return so3.quaternions_to_6d(self._rotation[joints])
