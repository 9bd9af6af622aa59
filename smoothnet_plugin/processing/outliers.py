"""Replacing outliers by the robust track, for methods without sample weights."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints, length_of
from .body_size import near_middle
from .confidence import score_weights
from .gaps import interpolate_missing
from .repeats import repeated_samples
from .robust_track import RobustTrack, robust_track

#: Weight of a repeated sample.
REPEATED = 0.1
#: A sample is an outlier if its distance from the track exceeds both limits: scales, body sizes.
FAR_SCALES, FAR_SIZES = 4.0, 0.03
#: Share of a limit below and above it over which a sample moves to the track. Without the
#: transition the smallest change of the track, such as by another keypoint's outlier, would make a
#: sample jump.
FADE = 0.1
#: Frames that a track needs to show outliers, and keypoints that a pose needs to.
FEWEST_FRAMES, FEWEST_KEYPOINTS = 5, 5
#: Limit of a distance in body sizes, so that squares stay finite.
GREATEST_STEP = 1e6


def sample_weights(coords: np.ndarray, fps: float,
                   scores: np.ndarray | None = None) -> np.ndarray:
    """Weights of samples before any smoothing, from scores and repetitions.

    Args:
        coords: Shape (T, ..., K, C), NaN where missing; axes between T and K are people.
        fps: Frames per second.
        scores: Shape (T, ..., K), or None.

    Returns:
        Shape (T, ..., K), > 0, at most 1; all 1 without scores and repetitions.
    """
    weights = np.where(repeated_samples(coords, fps), REPEATED, 1.0)
    return weights if scores is None else weights * score_weights(scores, fps)


def gate(coords: np.ndarray, fps: float, scores: np.ndarray | None = None,
         ) -> tuple[np.ndarray, np.ndarray, RobustTrack]:
    """Replace outliers by the robust track.

    For networks and filters that treat all samples equally. Samples close to the limits move part
    of the way (:data:`FADE`). All other samples are returned bit for bit; missing values stay
    missing. Runs of fewer than five frames show no track: there keypoints far outside of the pose
    of their frame are interpolated.

    Args:
        coords: Shape (T, ..., K, C), float64, NaN where missing; axes between T and K are people.
        fps: Frames per second.
        scores: Confidence, shape (T, ..., K), or None.

    Returns:
        The coordinates, shape (T, ..., K, C); which samples are beyond the limits, shape
        (T, ..., K), bool; and the robust track.
    """
    found = robust_track(coords, fps, sample_weights(coords, fps, scores))
    known = finite_keypoints(coords)
    if len(coords) < FEWEST_FRAMES:
        far = _outside(found.coords, known)
        values = interpolate_missing(found.coords, known & ~far)
        return np.where(far[..., None], values, coords), far, found
    step, excess = _steps(coords, found)
    far = known & (excess > 1)
    kept = np.clip((1 + FADE - excess) / (2 * FADE), 0.0, 1.0)
    moved = found.coords + kept[..., None] * step
    return np.where((known & (kept < 1))[..., None], moved, coords), far, found


def far_samples(coords: np.ndarray, track: RobustTrack) -> np.ndarray:
    """Samples that :func:`gate` replaces, shape (T, ..., K), bool.

    Args:
        coords: Shape (T, ..., K, C), NaN where missing.
        track: Their robust track.
    """
    return finite_keypoints(coords) & (_steps(coords, track)[1] > 1)


def _steps(coords: np.ndarray, track: RobustTrack) -> tuple[np.ndarray, np.ndarray]:
    """Samples minus track, limited, and their length relative to the limits: the smaller ratio."""
    bound = GREATEST_STEP * track.size[..., None]
    step = np.clip(coords - track.coords, -bound, bound)
    return step, np.minimum(track.distance / FAR_SCALES,
                            length_of(step) / (FAR_SIZES * track.size))


def _outside(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Measured keypoints outside of the pose of their frame, shape (T, ..., K), bool.

    Args:
        values: Shape (T, ..., K, C), finite.
        known: Which values are measured, shape (T, ..., K), bool.
    """
    if values.shape[-1] in (4, 6) or values.shape[-2] < FEWEST_KEYPOINTS:
        return np.zeros(known.shape, dtype=bool)
    with np.errstate(over='ignore'):
        return known & ~near_middle(values)
