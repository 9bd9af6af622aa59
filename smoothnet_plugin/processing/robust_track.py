"""The robust track: the most likely positions of the keypoints, with low weights for outliers.

Whittaker's smoother of order 3 with Student-t errors, by iteratively reweighted least squares
(Lange, Little, Taylor: "Robust Statistical Modeling Using the t Distribution", JASA 84 (1989)),
initialised by a running medoid, with the cut-off of :mod:`smoothnet_plugin.processing.cutoff`.
All statistics are local, over about a second around a frame, so distant frames have no effect.

Inside, time is the last axis: long contiguous rows are what NumPy and LAPACK are fast with, however
few keypoints there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..utils.arrays import (
    all_true,
    curve_lengths,
    curves_of,
    finite_keypoints,
    median_last,
    time_last,
)
from .body_size import SCALE_SECONDS, median_size, size_of_curves
from .compiled_steps import count, kernels
from .cutoff import local_cutoff
from .gaps import interpolate_missing
from .medoid import running_medoid
from .penalized import PenalizedFit, between_frames, penalty_of
from .rolling import rolling_quantile

#: Degrees of freedom of the errors: estimators have far heavier tails than a Gaussian.
FREEDOM = 4.0
#: Smallest scale of the errors in body sizes: samples within it are never outliers.
LEAST_SCALE = 0.005
#: Half width in seconds of the initial medoid.
START_SECONDS = 0.12
#: Initial cut-off in Hz.
FIRST_CUTOFF = 5.0
#: At the ends of a run a curve has samples on one side only and can rotate about them: there the
#: cut-off rises by at most this share, within this time.
END_RISE, END_SECONDS = 1.0, 0.05
#: Rounds of reweighting before and after the choice of the cut-off.
ROUNDS = 4
#: Samples further from the track, in scales, are replaced for the choice of the cut-off.
FAR = 12.0
#: Frame rates between which outlier detection fades in: at 5 fps motion looks like outliers.
BLIND_FPS, SEEING_FPS = 5.0, 20.0
#: Values are clipped to this, so that squares do not overflow.
GREATEST = 1e140


@dataclass(frozen=True)
class RobustTrack:
    """A robust track and its intermediate results.

    Attributes:
        coords: The track, shape (T, ..., K, C).
        scale: Scale of the errors of each keypoint around each frame, shape (T, ..., K), in the
            unit of the coordinates.
        distance: Distance of each sample from the track in these scales, shape (T, ..., K).
        weights: Final weight of each sample, shape (T, ..., K), 0 to 1.
        cutoff: Cut-off in Hz, shape (T, ..., K).
        size: Body size, shape (T, ..., 1).
    """

    coords: np.ndarray
    scale: np.ndarray
    distance: np.ndarray
    weights: np.ndarray
    cutoff: np.ndarray
    size: np.ndarray


def robust_track(coords: np.ndarray, fps: float,
                 weights: np.ndarray | None = None) -> RobustTrack:
    """Smooth a run and weight its samples.

    Args:
        coords: Shape (T, ..., K, C), float64, NaN where missing; every keypoint is present at
            least once, unless T is 0. Axes between T and K are people, each of whom has the track
            of a run of their own.
        fps: Frames per second.
        weights: Prior weight of each sample, shape (T, ..., K), >= 0, such as
            :func:`~smoothnet_plugin.processing.confidence.score_weights`. Defaults to None, 1.

    Returns:
        The track, finite, and its measures. Runs of fewer than five frames are interpolated and
        otherwise unchanged.
    """
    shape = total, *people, keypoints = coords.shape[:-1]
    known = finite_keypoints(coords)
    values = interpolate_missing(
        np.where(known[..., None], np.clip(coords, -GREATEST, GREATEST), 0.0), known)
    trust = known.astype(np.float64)
    if weights is not None:
        trust *= np.minimum(weights, 1.0)
    if total < 5 or not keypoints or 0 in people:
        ones = np.ones(shape)
        return RobustTrack(values, 0 * ones, 0 * ones, trust, FIRST_CUTOFF * ones, ones[..., :1])
    count(trust.size)
    curves, known, trust = curves_of(values), time_last(known), time_last(trust)
    middle = median_last(curves)[..., None]
    curves = np.clip(curves - middle, -GREATEST, GREATEST)
    track = running_medoid(curves, np.maximum(trust, 1e-6), max(1, round(START_SECONDS * fps)),
                           size=median_size(middle[..., 0]))
    size = size_of_curves(track + middle, fps)
    reach = 1e4 * size
    curves = track + np.clip(curves - track, -reach, reach)
    rounds = _Rounds(curves, known, trust, size, fps)
    penalty = max(float(penalty_of(np.array(FIRST_CUTOFF), fps)), 1e-12)
    state = rounds.run(track, np.full((*trust.shape[:-1], total - 3), penalty))
    cutoff = local_cutoff(np.where((state.distance > FAR) | ~known, state.track, curves), trust,
                          size, fps)
    if cutoff is None:
        cutoff = np.full(trust.shape, FIRST_CUTOFF)
    else:
        end = np.minimum(np.arange(total), np.arange(total)[::-1]) / fps
        cutoff = cutoff * (1 + END_RISE * np.exp(-end / END_SECONDS))
        state = rounds.run(state.track, between_frames(penalty_of(cutoff, fps)))
    return RobustTrack(
        np.ascontiguousarray((state.track + middle).swapaxes(0, -1)),
        *(np.ascontiguousarray(np.moveaxis(part, -1, 0)) for part in (
            state.scale, state.distance, state.weights, cutoff, size)))


def prior_weights(track: RobustTrack, frames: slice = slice(None)) -> np.ndarray:
    """Weights of the samples before they are compared with the track.

    Args:
        track: The track.
        frames: Frames that are wanted. Defaults to all.

    Returns:
        Shape (T, ..., K), 0 to 1.
    """
    width, distance = track.coords.shape[-1], track.distance[frames]
    return np.minimum(track.weights[frames] / _student_weights(distance, width), 1.0)


def median_length(width: int) -> float:
    """Approximate median length of a Gaussian vector of ``width`` components of variance 1."""
    return float(np.sqrt(max(width - 0.66, 0.46)))


def _student_weights(distance: np.ndarray, width: int) -> np.ndarray:
    """Weights by the t distribution of ``width`` components, at most 1."""
    return np.minimum((FREEDOM + width) / (FREEDOM + distance**2), 1.0)


@dataclass
class _State:
    track: np.ndarray
    scale: np.ndarray
    distance: np.ndarray
    weights: np.ndarray


class _Rounds:
    """Iteratively reweighted least squares over the curves of some people.

    Args:
        curves: Shape (C, ..., K, T).
        known: Which samples are measured, shape (..., K, T), bool.
        trust: Prior weights, shape (..., K, T).
        size: Body sizes, shape (..., 1, T).
        fps: Frames per second.
    """

    def __init__(self, curves: np.ndarray, known: np.ndarray, trust: np.ndarray,
                 size: np.ndarray, fps: float) -> None:
        self.curves, self.trust = curves, trust
        self.missing = None if all_true(known) else ~known
        self.least = LEAST_SCALE * size
        self.reach = max(2, round(SCALE_SECONDS * fps))
        self.sight = min(1.0, max(0.0, (fps - BLIND_FPS) / (SEEING_FPS - BLIND_FPS)))
        self.median_length = median_length(len(curves))

    def run(self, track: np.ndarray, penalties: np.ndarray) -> _State:
        """Alternate between weights and curves, starting from a first track."""
        fit = PenalizedFit(self.curves, penalties)
        scale = distance = weights = self.trust
        for turn in range(ROUNDS):
            length = self._lengths(track)
            if turn < 2:
                scale = self._scale(length)
            distance, weights = self._weights(length, scale)
            track = fit.solve(weights)
        return _State(track, scale, distance, weights)

    def _lengths(self, track: np.ndarray) -> np.ndarray:
        """Distances of the samples from a track, shape (..., K, T)."""
        compiled = kernels()
        if compiled is None:
            return curve_lengths(self.curves - track)
        shape = len(track), -1, track.shape[-1]
        length = np.empty(self.trust.shape)
        compiled.lengths(self.curves.reshape(shape), track.reshape(shape),
                         length.reshape(shape[1:]))
        return length

    def _weights(self, length: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances in scales, and the weights that they have by the t distribution."""
        width, compiled = len(self.curves), kernels()
        if compiled is None:
            distance = np.minimum(self.sight * length / scale, GREATEST)
            return distance, self.trust * _student_weights(distance, width)
        distance, weights = np.empty(length.shape), np.empty(length.shape)
        compiled.student_weights(
            *(part.ravel() for part in (length, scale, self.trust)), self.sight, FREEDOM,
            float(width), GREATEST, distance.reshape(-1), weights.reshape(-1))
        return distance, weights

    def _scale(self, length: np.ndarray) -> np.ndarray:
        if self.missing is not None:
            length = np.where(self.missing, np.nan, length)
        usual = rolling_quantile(length, self.reach, axis=-1)
        return np.fmax(usual / self.median_length, self.least)
