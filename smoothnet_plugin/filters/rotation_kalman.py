"""Kalman filter and RTS smoother on the manifold of rotations.

The state is a rotation and its angular velocity (and acceleration) in the body's frame; errors are
tangent vectors at the state. Bourmaud, Mégret, Arnaudon, Giremus: "Continuous-Discrete Extended
Kalman Filter on Matrix Lie Groups Using Concentrated Gaussian Distributions", J. Math. Imaging
Vision 51 (2015); its smoother: Bourmaud, Mégret, Giremus, Berthoumieu, EUSIPCO 2013. Noise is the
same about all axes, so the covariances are those of :class:`KalmanFilter`, one for all axes.
"""

from __future__ import annotations

import numpy as np

from ..processing import so3
from ..registry import SMOOTHERS
from ._linear import passes_all, usable_weights
from ._motion import MotionModel
from ._streams import RecursiveStream, run_stream
from .base import BaseFilter, FilterStream
from .geodesic import ROTATIONS_ONLY
from .kalman import KalmanFilter


@SMOOTHERS.register_module()
class RotationKalmanFilter(KalmanFilter):
    """Kalman smoother of rotations (RTS backward pass), or the filter alone with ``causal=True``.

    The smoother is the midpoint of the passes over the clip and over its reverse, so that it is
    exactly symmetric in time.

    Args:
        cutoff: See :class:`KalmanFilter`. Defaults to 4.0.
        model: See :class:`KalmanFilter`; for rotations the velocity is angular. Defaults to
            ``'constant_velocity'``.
        causal: Forward pass only. Defaults to False.
        weighting: See :class:`KalmanFilter`. Defaults to ``'none'``.

    Raises:
        ConfigError: An argument is outside its range or unknown.
    """

    representations = ROTATIONS_ONLY

    def __init__(self, cutoff: float = 4.0, model: str = 'constant_velocity',
                 causal: bool = False, weighting: str = 'none') -> None:
        super().__init__(cutoff, model, causal, weighting)

    def for_points(self) -> BaseFilter:
        """The Kalman filter of points with the same cut-off."""
        return KalmanFilter(self.cutoff, self.model, self.causal, self.weighting)

    def stream(self, fps: float, num_keypoints: int, width: int) -> FilterStream | None:
        if not self.causal or passes_all(self.cutoff, fps):
            return None
        return RotationKalmanStream(self.motion(fps), num_keypoints, self.weighting == 'scores')

    def _filter_newest(self, coords: np.ndarray, fps: float, weights: np.ndarray | None,
                       first: int, origin: int | None) -> np.ndarray:
        if passes_all(self.cutoff, fps):
            return coords.copy()
        if self.causal:
            return run_stream(RotationKalmanStream(
                self.motion(fps), coords.shape[1], self.weighting == 'scores'), coords, weights)
        if weights is None or self.weighting == 'none':
            weights = np.ones(coords.shape[:2])
        given, trust = so3.quaternions_of_6d(coords), usable_weights(weights)
        # Both directions at once, like one person with twice the joints.
        both = _smooth(np.concatenate([given, given[::-1]], axis=1), self.motion(fps),
                       np.concatenate([trust, trust[::-1]], axis=1))
        forward, backward = np.split(both, 2, axis=1)
        return so3.quaternions_to_6d(so3.slerp(forward, backward[::-1], 0.5))


class RotationKalmanStream(RecursiveStream):
    """State of the causal filter: rotation, its derivatives, and their covariance per joint.

    Args:
        motion: The motion model.
        num_keypoints: Joints K.
        weighted: Whether confidences are inverse variances.
    """

    def __init__(self, motion: MotionModel, num_keypoints: int, weighted: bool) -> None:
        super().__init__(num_keypoints)
        size = len(motion.transition)
        self._motion, self._weighted = motion, weighted
        self._rotation = np.tile([0.0, 0.0, 0.0, 1.0], (num_keypoints, 1))
        self._rates = np.zeros((num_keypoints, size - 1, 3))
        self._cov = np.zeros((num_keypoints, size, size))

    def _begin(self, joints: np.ndarray, row: np.ndarray) -> None:
        self._rotation[joints] = so3.quaternions_of_6d(row)
        self._rates[joints], self._cov[joints] = 0.0, self._motion.prior

    def _advance(self, joints: np.ndarray, row: np.ndarray,
                 weight: np.ndarray | None) -> np.ndarray:
        trust = np.ones(len(row)) if weight is None or not self._weighted else weight
        rotation, rates, cov = _predict(self._motion, self._rotation[joints], self._rates[joints],
                                        self._cov[joints])
        rotation, rates, cov = _update(rotation, rates, cov, so3.quaternions_of_6d(row),
                                       usable_weights(trust))
        self._rotation[joints], self._rates[joints], self._cov[joints] = rotation, rates, cov
        return so3.quaternions_to_6d(rotation)


def _predict(motion: MotionModel, rotation: np.ndarray, rates: np.ndarray,
             cov: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """State one frame later: rotations (K, 4), rates (K, n - 1, 3), covariances (K, n, n)."""
    step = np.einsum('n,knc->kc', motion.transition[0, 1:], rates)
    return (so3.multiply(rotation, so3.exp(step)), motion.transition[1:, 1:] @ rates,
            motion.transition @ cov @ motion.transition.T + motion.noise)


def _update(rotation: np.ndarray, rates: np.ndarray, cov: np.ndarray, measured: np.ndarray,
            weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Update with measured rotations (K, 4) of inverse variances (K,)."""
    shared = cov[:, 0, :]
    gain = shared / (shared[:, :1] + 1 / weight[:, None])
    change = gain[:, :, None] * so3.difference(rotation, measured)[:, None, :]
    return (so3.multiply(rotation, so3.exp(change[:, 0])), rates + change[:, 1:],
            cov - gain[:, :, None] * shared[:, None, :])


def _smooth(given: np.ndarray, motion: MotionModel, weights: np.ndarray) -> np.ndarray:
    """Forward pass and RTS backward pass over quaternions (T, K, 4) with weights (T, K)."""
    size = len(motion.transition)
    rotation = given[0]
    rates = np.zeros((len(rotation), size - 1, 3))
    cov = np.broadcast_to(motion.prior, (len(rotation), size, size))
    states, predictions = [], []
    for measured, weight in zip(given, weights):
        rotation, rates, cov = _predict(motion, rotation, rates, cov)
        predictions.append((rotation, rates, cov))
        rotation, rates, cov = _update(rotation, rates, cov, measured, weight)
        states.append((rotation, rates, cov))
    smoothed = np.empty_like(given)
    smoothed[-1] = rotation
    for frame in range(len(given) - 2, -1, -1):
        before, before_rates, before_cov = states[frame]
        predicted, predicted_rates, predicted_cov = predictions[frame + 1]
        error = np.concatenate([so3.difference(predicted, rotation)[:, None],
                                rates - predicted_rates], axis=1)
        gain = np.linalg.solve(predicted_cov, motion.transition @ before_cov).swapaxes(-1, -2)
        change = gain @ error
        rotation = so3.multiply(before, so3.exp(change[:, 0]))
        rates = before_rates + change[:, 1:]
        smoothed[frame] = rotation
    return smoothed
