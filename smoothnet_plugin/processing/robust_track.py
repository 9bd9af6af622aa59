"""The robust track: the most likely positions of the keypoints, with low weights for outliers.

Whittaker's smoother of order 3 with Student-t errors, by iteratively reweighted least squares
(Lange, Little, Taylor: "Robust Statistical Modeling Using the t Distribution", JASA 84 (1989)),
initialised by a running medoid, with the cut-off of :mod:`smoothnet_plugin.processing.cutoff`.
All statistics are local, over about a second around a frame, so distant frames have no effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ..utils.arrays import finite_keypoints, length_of
from .cutoff import local_cutoff
from .gaps import interpolate_missing
from .penalized import PenalizedFit, between_frames, penalty_of
from .rolling import rolling_quantile, running_medoid

#: Degrees of freedom of the errors: estimators have far heavier tails than a Gaussian.
FREEDOM = 4.0
#: Smallest scale of the errors in body sizes: samples within it are never outliers.
LEAST_SCALE = 0.005
#: Half widths in seconds of the initial medoid and of the local scales.
START_SECONDS, SCALE_SECONDS = 0.12, 0.8
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
_TINY = 1e-150


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
    shape = total, *_, keypoints = coords.shape[:-1]
    known = finite_keypoints(coords)
    values = interpolate_missing(
        np.where(known[..., None], np.clip(coords, -GREATEST, GREATEST), 0.0), known)
    trust = known.astype(np.float64)
    if weights is not None:
        trust *= np.minimum(weights, 1.0)
    if total < 5 or not keypoints:
        ones = np.ones(shape)
        return RobustTrack(values, 0 * ones, 0 * ones, trust, FIRST_CUTOFF * ones, ones[..., :1])
    middle = np.median(values, axis=0)
    values = np.clip(values - middle, -GREATEST, GREATEST)
    track = running_medoid(values, np.maximum(trust, 1e-6), max(1, round(START_SECONDS * fps)),
                           size=_median_size(middle))
    size = body_size(track + middle, fps)
    reach = 1e4 * size[..., None]
    values = track + np.clip(values - track, -reach, reach)
    rounds = _Rounds(values, known, trust, size, fps)
    penalties = np.full((total - 3, *shape[1:]), penalty_of(np.array(FIRST_CUTOFF), fps))
    state = rounds.run(track, np.maximum(penalties, 1e-12))
    cutoff = local_cutoff(np.where(((state.distance > FAR) | ~known)[..., None], state.track,
                                   values), trust, size, fps)
    if cutoff is None:
        cutoff = np.full(shape, FIRST_CUTOFF)
    else:
        end = np.minimum(np.arange(total), np.arange(total)[::-1]) / fps
        rise = 1 + END_RISE * np.exp(-end / END_SECONDS)
        cutoff = cutoff * rise.reshape(-1, *[1] * (cutoff.ndim - 1))
        state = rounds.run(state.track, between_frames(penalty_of(cutoff, fps)))
    return RobustTrack(state.track + middle, state.scale, state.distance, state.weights, cutoff,
                       size)


def body_size(coords: np.ndarray, fps: float) -> np.ndarray:
    """Diagonal of the box around the keypoints, as a median over 0.8 seconds on either side.

    Keypoints more than six times the median distance from the middle are left out. With fewer than
    three keypoints the extent of their motion within that time is used if it is larger. For
    rotations (C = 6, or quaternions, C = 4) the size is 1.

    Args:
        coords: Shape (T, ..., K, C), finite, without outliers of single frames.
        fps: Frames per second.

    Returns:
        Shape (T, ..., 1), > 0.
    """
    if coords.shape[-1] in (4, 6):
        return np.ones((*coords.shape[:-2], 1))
    reach = max(2, round(SCALE_SECONDS * fps))
    near = near_middle(coords)[..., None]
    box = (np.where(near, coords, -np.inf).max(axis=-2, initial=-np.inf)
           - np.where(near, coords, np.inf).min(axis=-2, initial=np.inf))
    size = length_of(np.where(np.isfinite(box), box, 0.0))
    size = rolling_quantile(size, reach)
    if coords.shape[-2] < 3:
        frames = 2 * reach + 1
        way = maximum_filter1d(coords, frames, axis=0) - minimum_filter1d(coords, frames, axis=0)
        size = np.maximum(size, length_of(way).max(axis=-1))
    return np.maximum(size, _TINY)[..., None]


def near_middle(coords: np.ndarray) -> np.ndarray:
    """Keypoints at most six times the median distance from the middle of their pose.

    Args:
        coords: Shape (..., K, C), finite.

    Returns:
        Shape (..., K), bool.
    """
    apart = length_of(coords - np.median(coords, axis=-2, keepdims=True))
    return apart <= 6 * np.median(apart, axis=-1, keepdims=True)


def _median_size(middle: np.ndarray) -> np.ndarray:
    """Diagonal of the box around median poses (..., K, C), shape (...); 0 for few keypoints."""
    if middle.shape[-1] in (4, 6) or middle.shape[-2] < 5:
        return np.zeros(middle.shape[:-2])
    return length_of(middle.max(axis=-2) - middle.min(axis=-2))


def median_length(width: int) -> float:
    """Approximate median length of a Gaussian vector of ``width`` components of variance 1."""
    return float(np.sqrt(max(width - 0.66, 0.46)))


@dataclass
class _State:
    track: np.ndarray
    scale: np.ndarray
    distance: np.ndarray
    weights: np.ndarray


class _Rounds:
    """Iteratively reweighted least squares over the runs of some people."""

    def __init__(self, values: np.ndarray, known: np.ndarray, trust: np.ndarray,
                 size: np.ndarray, fps: float) -> None:
        self.values, self.known, self.trust = values, known, trust
        self.least = LEAST_SCALE * size
        self.reach = max(2, round(SCALE_SECONDS * fps))
        self.sight = min(1.0, max(0.0, (fps - BLIND_FPS) / (SEEING_FPS - BLIND_FPS)))
        self.median_length = median_length(values.shape[-1])

    def run(self, track: np.ndarray, penalties: np.ndarray) -> _State:
        """Alternate between weights and curves, starting from a first track."""
        fit = PenalizedFit(self.values, penalties)
        scale = distance = weights = self.trust
        for turn in range(ROUNDS):
            residual = self.values - track
            length = length_of(residual)
            if turn < 2:
                scale = self._scale(length)
            distance = np.minimum(self.sight * length / scale, GREATEST)
            freedom, width = FREEDOM, self.values.shape[-1]
            weights = self.trust * np.minimum(
                (freedom + width) / (freedom + distance**2), 1.0)
            track = fit.solve(weights)
        return _State(track, scale, distance, weights)

    def _scale(self, length: np.ndarray) -> np.ndarray:
        usual = rolling_quantile(np.where(self.known, length, np.nan), self.reach)
        return np.fmax(usual / self.median_length, self.least)
