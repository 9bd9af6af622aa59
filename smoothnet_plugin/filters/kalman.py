"""Kalman filter and Rauch-Tung-Striebel smoother for constant velocity or acceleration.

Rauch, Tung, Striebel: "Maximum Likelihood Estimates of Linear Dynamic Systems", AIAA Journal 3
(1965); Bar-Shalom, Li, Kirubarajan: "Estimation with Applications to Tracking and Navigation",
2001, section 6.2 (white process noise, sampled).
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_discrete_are

from ..registry import SMOOTHERS
from ..utils.arguments import choice, real_number, switch, weighting_mode
from ._compiled import kernels
from ._linear import fading_frames, passes_all, usable_weights
from ._parts import parts_of
from ._streams import RecursiveStream
from .base import BaseFilter, FilterStream, Support

MODELS = ('constant_velocity', 'constant_acceleration')
#: Variance of the unknown first state, in measurement variances: large enough to be uninformative,
#: and small enough for the precision of the covariances.
DIFFUSE = 1e7
#: Longest run whose newest frames may be one sum of its samples.
_LONGEST_LIVE = 512
#: Parts of the keypoints in which a long run is filtered: the forward pass leaves several copies
#: of its input behind.
_PARTS = 6


class MotionModel(NamedTuple):
    """Motion in units of frames, with a measurement variance of 1.

    Attributes:
        transition: Matrix from a state to the next frame's, shape (n, n); the state is the
            position and its n - 1 derivatives.
        noise: Covariance added per step, shape (n, n).
        prior: Covariance of the state before the first frame, shape (n, n).
    """

    transition: np.ndarray
    noise: np.ndarray
    prior: np.ndarray

    def predict(self, state: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """State (K, n, C) and covariance (K or 1, n, n) one frame later."""
        return (self.transition @ state,
                self.transition @ cov @ self.transition.T + self.noise)


@SMOOTHERS.register_module()
class KalmanFilter(BaseFilter):
    """Kalman smoother (RTS backward pass), or the filter alone with ``causal=True``.

    ``cutoff`` determines the ratio of process to measurement noise, which alone determines the
    result. The first state is unknown (diffuse), so that ramps pass unchanged.

    In live use, with the frames known so far, this is the fixed-lag smoother.

    Args:
        cutoff: Frequency in Hz at which the gain of the smoother is 1/2. At or above half the
            frame rate the run does not change. Defaults to 4.0.
        model: ``'constant_velocity'`` or ``'constant_acceleration'``: the derivative with white
            noise. Defaults to ``'constant_velocity'``.
        causal: Forward pass only: no look-ahead, and no lag while the model holds. Defaults to
            False.
        weighting: ``'scores'`` uses the confidence (at least 0.01) as the inverse variance of a
            measurement, ``'none'`` treats measurements equally. Defaults to ``'none'``.
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``.

    Raises:
        ConfigError: An argument is outside its range or unknown.
    """

    def __init__(self, cutoff: float = 4.0, model: str = 'constant_velocity',
                 causal: bool = False, weighting: str = 'none',
                 normalize: str | None = None) -> None:
        super().__init__(normalize)
        self.cutoff = real_number(self, 'cutoff', cutoff)
        self.model = choice(self, 'model', model, MODELS)
        self.causal = switch(self, 'causal', causal)
        self.weighting = weighting_mode(self, weighting)

    def motion(self, fps: float) -> MotionModel:
        """The model in units of frames at a frame rate above twice the cut-off."""
        return _motion_model(*self.motion_key(fps))

    def motion_key(self, fps: float) -> tuple[int, float]:
        """What :meth:`motion` depends on: number of states, and cut-off in cycles per frame."""
        return MODELS.index(self.model) + 2, self.cutoff / fps

    def support(self, fps: float) -> Support:
        """Frames until the influence of a frame of confidence 1 has faded."""
        if passes_all(self.cutoff, fps):
            return Support(0, 0)
        memory = _memory(*self.motion_key(fps))
        return Support(memory, 0 if self.causal else memory)

    def stream(self, fps: float, num_keypoints: int, width: int) -> FilterStream | None:
        if not self.causal or passes_all(self.cutoff, fps):
            return None
        return KalmanStream(self.motion(fps), num_keypoints, width, self.weighting == 'scores')

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return self._filter_newest(coords, fps, weights, 0, None)

    def _filter_newest(self, coords: np.ndarray, fps: float, weights: np.ndarray | None,
                       first: int, origin: int | None) -> np.ndarray:
        if passes_all(self.cutoff, fps):
            return coords.copy()
        if weights is None or self.weighting == 'none':
            if first and not self.causal and len(coords) <= _LONGEST_LIVE:
                newest = _newest_frames(
                    self.motion_key(fps), len(coords), min(first, len(coords) - 1))
                if newest.pays():
                    return newest.of(coords)
            # All keypoints have the same covariances, so one set is enough.
            weights = np.ones((len(coords), 1))
        weights = usable_weights(weights)
        parts = parts_of(len(coords), coords.shape[1], _PARTS)
        if len(parts) == 1:
            return self._pass(coords, fps, weights, first)
        filtered = np.empty(coords.shape)
        for part in parts:
            own = weights if weights.shape[1] == 1 else weights[:, part]
            filtered[:, part] = self._pass(coords[:, part], fps, np.ascontiguousarray(own))
        return filtered

    def _pass(self, coords: np.ndarray, fps: float, weights: np.ndarray,
              first: int = 0) -> np.ndarray:
        """The filter over keypoints with inverse variances (T, K), or (T, 1) for all of them.

        Frames before ``first`` are not smoothed.
        """
        motion = self.motion(fps)
        if self.causal:
            return _forward(coords, motion, weights).states[:, :, 0].copy()
        return _smoothed(coords, motion, weights, first)


class _Newest:
    """The smoother's newest frames of runs of one length, with equal weights.

    They are fixed sums of the samples of the run. Live smoothing asks for the same ones frame after
    frame.

    Args:
        motion: The motion model.
        frames: Frames of a run.
        first: First frame that is wanted.
    """

    def __init__(self, motion: MotionModel, frames: int, first: int) -> None:
        self._motion, self._frames, self._first = motion, frames, first
        self._asked = False

    def pays(self) -> bool:
        """Whether it has been asked for before: while a run grows, no length comes again."""
        asked, self._asked = self._asked, True
        return asked

    @cached_property
    def _shares(self) -> np.ndarray:
        """Shares of all frames in the wanted ones, shape (T - first, T)."""
        single = np.eye(self._frames)[..., None]
        return _smoothed(single, self._motion, np.ones((self._frames, 1)),
                         self._first)[self._first:, :, 0].copy()

    def of(self, coords: np.ndarray) -> np.ndarray:
        """The run (T, K, C) with the wanted frames smoothed."""
        result = coords.copy()
        # Shares add up to 1. Differences keep the digits of what is far from the origin.
        result[self._first:] = coords[-1] + np.tensordot(self._shares, coords - coords[-1], 1)
        return result


@lru_cache(maxsize=64)
def _newest_frames(motion_key: tuple[int, float], frames: int, first: int) -> _Newest:
    """One for all filters with the same motion model."""
    return _Newest(_motion_model(*motion_key), frames, first)


class KalmanStream(RecursiveStream):
    """State of the causal filter: the mean and covariance of every keypoint's motion.

    Args:
        motion: The motion model.
        num_keypoints: Keypoints K.
        width: Values C per keypoint.
        weighted: Whether confidences are inverse variances.
    """

    def __init__(self, motion: MotionModel, num_keypoints: int, width: int,
                 weighted: bool) -> None:
        super().__init__(num_keypoints)
        size = len(motion.transition)
        self._motion, self._weighted = motion, weighted
        self._state = np.zeros((num_keypoints, size, width))
        self._cov = np.zeros((num_keypoints, size, size))

    def _begin(self, joints: np.ndarray, row: np.ndarray) -> None:
        self._state[joints], self._cov[joints] = _diffuse_start(row, self._motion)

    def _advance(self, joints: np.ndarray | slice, row: np.ndarray,
                 weight: np.ndarray | None) -> np.ndarray:
        if weight is None or not self._weighted:
            weight = np.ones(len(row))
        state, cov = self._motion.predict(self._state[joints], self._cov[joints])
        state, cov = _update(state, cov, row, usable_weights(weight))
        self._state[joints], self._cov[joints] = state, cov
        return state[:, 0]


def _diffuse_start(row: np.ndarray, motion: MotionModel) -> tuple[np.ndarray, np.ndarray]:
    """State before the first frame: at rest at its values, with a diffuse prior."""
    size = len(motion.transition)
    state = np.zeros((len(row), size, row.shape[1]))
    state[:, 0] = row
    return state, np.broadcast_to(motion.prior, (len(row), size, size))


def _update(state: np.ndarray, cov: np.ndarray, row: np.ndarray,
            weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Update the state with a measurement.

    Args:
        state: Shape (K, n, C).
        cov: Shape (K or 1, n, n).
        row: Shape (K, C).
        weight: Inverse variance of the measurement, shape (K,) or (1,).

    Returns:
        The new state and covariance.
    """
    shared = cov[:, 0, :]
    gain = shared / (shared[:, :1] + 1 / weight[:, None])
    state = state + gain[:, :, None] * (row - state[:, 0])[:, None, :]
    return state, cov - gain[:, :, None] * shared[:, None, :]


class _Passed(NamedTuple):
    """What the forward pass leaves: states (T, K, n, C), covariances (T, K or 1, n, n)."""

    states: np.ndarray
    covs: np.ndarray
    predicted_states: np.ndarray
    predicted_covs: np.ndarray


def _forward(coords: np.ndarray, motion: MotionModel, weights: np.ndarray) -> _Passed:
    """The causal filter.

    Args:
        coords: Shape (T, K, C).
        motion: The motion model.
        weights: Inverse variances, shape (T, K), or (T, 1) for all keypoints.

    Returns:
        States and covariances after, and predicted before, each measurement.
    """
    state, cov = _diffuse_start(coords[0], motion)
    cov = cov[:weights.shape[1]]
    compiled = kernels(len(coords))
    if compiled is not None:
        return _Passed(*compiled.kalman_forward(
            np.ascontiguousarray(coords), weights, motion.transition, motion.noise, state,
            cov.copy()))
    states = np.empty((len(coords), *state.shape))
    covs = np.empty((len(coords), *cov.shape))
    predicted_states, predicted_covs = np.empty_like(states), np.empty_like(covs)
    for frame, (row, weight) in enumerate(zip(coords, weights)):
        state, cov = motion.predict(state, cov)
        predicted_states[frame], predicted_covs[frame] = state, cov
        state, cov = _update(state, cov, row, weight)
        states[frame], covs[frame] = state, cov
    return _Passed(states, covs, predicted_states, predicted_covs)


def _smoothed(coords: np.ndarray, motion: MotionModel, weights: np.ndarray,
              first: int) -> np.ndarray:
    """The smoother from frame ``first`` on; frames before it have the filter's values.

    Args:
        coords: Shape (T, K, C).
        motion: The motion model.
        weights: Inverse variances, shape (T, K), or (T, 1) for all keypoints.
        first: First frame that is smoothed.

    Returns:
        Shape (T, K, C).
    """
    passed = _forward(coords, motion, weights)
    first = min(first, len(coords) - 1)  # A run may end before the frames that are wanted.
    if not first:
        return _backward(passed, motion)
    filtered = passed.states[:, :, 0].copy()
    filtered[first:] = _backward(_Passed(*(values[first:] for values in passed)), motion)
    return filtered


def _backward(passed: _Passed, motion: MotionModel) -> np.ndarray:
    """The RTS pass.

    Args:
        passed: What the forward pass left.
        motion: The motion model.

    Returns:
        Smoothed positions, shape (T, K, C).
    """
    states, covs, predicted_states, predicted_covs = passed
    # J_t = P_t A' P_{t+1|t}^-1, all frames at once.
    gains = np.linalg.solve(
        predicted_covs[1:], motion.transition @ covs[:-1]).swapaxes(-1, -2)
    compiled = kernels(len(states))
    if compiled is not None:
        return compiled.kalman_backward(states, predicted_states, np.ascontiguousarray(gains))
    state = states[-1]
    smoothed = np.empty_like(states[:, :, 0])
    smoothed[-1] = state[:, 0]
    for frame in range(len(states) - 2, -1, -1):
        state = states[frame] + gains[frame] @ (state - predicted_states[frame + 1])
        smoothed[frame] = state[:, 0]
    return smoothed


@lru_cache(maxsize=64)
def _motion_model(size: int, cutoff: float) -> MotionModel:
    """Model with ``size`` states whose smoother has a gain of 1/2 at a frequency.

    The smoother's gain in the steady state is S / (S + 1), where S is the power spectrum of the
    modelled positions in measurement variances: the noise is scaled so that S = 1 at the cut-off.

    Args:
        size: 2 for constant velocity, 3 for constant acceleration.
        cutoff: Cycles per frame, below 1/2.

    Returns:
        The model.
    """
    powers = np.arange(size)
    factorial = np.array([1.0, 1.0, 2.0])[:size]
    rise = powers[None, :] - powers[:, None]
    transition = np.where(rise >= 0, 1 / factorial[np.abs(rise)], 0.0)
    # Integral over a frame of the impulse response of the highest derivative, s^k / k!.
    order = powers[::-1]
    noise = 1 / (np.multiply.outer(factorial[order], factorial[order])
                 * (order[:, None] + order[None, :] + 1))
    response = np.linalg.inv(np.exp(2j * np.pi * cutoff) * np.eye(size) - transition)[0]
    power = (response @ noise @ response.conj()).real
    # Scaled like the derivatives of a motion at the cut-off, for similar magnitudes.
    prior = DIFFUSE * np.diag((2 * np.pi * cutoff)**(2.0 * powers))
    return MotionModel(transition, noise / power, prior)


@lru_cache(maxsize=64)
def _memory(size: int, cutoff: float) -> int:
    """Frames until the memory of the steady-state filter has faded."""
    motion = _motion_model(size, cutoff)
    measured = np.eye(size)[:, :1]
    cov = solve_discrete_are(motion.transition.T, measured, motion.noise, np.eye(1))
    gain = cov[:, :1] / (cov[0, 0] + 1)
    # Estimate of frame t from that of t - 1: A - K C A.
    closed = motion.transition - gain @ motion.transition[:1]
    return fading_frames(float(np.abs(np.linalg.eigvals(closed)).max()))
