"""Kalman filter and Rauch-Tung-Striebel smoother for constant velocity or acceleration.

Rauch, Tung, Striebel: "Maximum Likelihood Estimates of Linear Dynamic Systems", AIAA Journal 3
(1965); Bar-Shalom, Li, Kirubarajan: "Estimation with Applications to Tracking and Navigation",
2001, section 6.2 (white process noise, sampled).
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from ..registry import SMOOTHERS
from ..utils.arguments import choice, real_number, switch, weighting_mode
from ._kalman_passes import diffuse_start, forward, smoothed, updated
from ._linear import passes_all, usable_weights
from ._motion import MotionModel, memory_frames, motion_model
from ._parts import by_parts
from ._streams import RecursiveStream
from .base import BaseFilter, FilterStream, Support

MODELS = ('constant_velocity', 'constant_acceleration')
#: Longest run whose newest frames may be one sum of its samples.
_LONGEST_LIVE = 512
#: Parts of the keypoints in which a long run is filtered: the forward pass leaves several copies
#: of its input behind.
_PARTS = 6


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
        return motion_model(*self.motion_key(fps))

    def motion_key(self, fps: float) -> tuple[int, float]:
        """What :meth:`motion` depends on: number of states, and cut-off in cycles per frame."""
        return MODELS.index(self.model) + 2, self.cutoff / fps

    def support(self, fps: float) -> Support:
        """Frames until the influence of a frame of confidence 1 has faded."""
        if passes_all(self.cutoff, fps):
            return Support(0, 0)
        memory = memory_frames(*self.motion_key(fps))
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
            # Live, once a frame has its whole past, each run is as long as the one before. While
            # it grows, no length comes again, and the sum would not pay.
            if (not self.causal and len(coords) <= _LONGEST_LIVE
                    and first >= self.support(fps).past):
                return _newest_frames(self.motion_key(fps), len(coords),
                                      min(first, len(coords) - 1)).of(coords)
            # All keypoints have the same covariances, so one set is enough.
            weights = np.ones((len(coords), 1))
        trust, motion = usable_weights(weights), self.motion(fps)

        def work(part: slice) -> np.ndarray:
            own = trust if trust.shape[1] == 1 else np.ascontiguousarray(trust[:, part])
            if self.causal:
                return forward(coords[:, part], motion, own).states[:, :, 0].copy()
            return smoothed(coords[:, part], motion, own, first)

        return by_parts(work, coords, _PARTS)


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

    @cached_property
    def _shares(self) -> np.ndarray:
        """Shares of all frames in the wanted ones, shape (T - first, T)."""
        single = np.eye(self._frames)[..., None]
        return smoothed(single, self._motion, np.ones((self._frames, 1)),
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
    return _Newest(motion_model(*motion_key), frames, first)


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
        self._state[joints], self._cov[joints] = diffuse_start(row, self._motion)

    def _advance(self, joints: np.ndarray | slice, row: np.ndarray,
                 weight: np.ndarray | None) -> np.ndarray:
        if weight is None or not self._weighted:
            weight = np.ones(len(row))
        state, cov = self._motion.predict(self._state[joints], self._cov[joints])
        state, cov = updated(state, cov, row, usable_weights(weight))
        self._state[joints], self._cov[joints] = state, cov
        return state[:, 0]
