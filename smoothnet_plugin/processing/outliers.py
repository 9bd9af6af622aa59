"""Far samples replaced by the robust track, for what does not know weights."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import finite_keypoints
from .confidence import score_weights
from .repeats import repeated_samples
from .robust_track import RobustTrack, robust_track

#: Weight of a sample that is only a repetition.
REPEATED = 0.1
#: A sample is far if it is further from the track than so many scales and so many body sizes.
FAR_SCALES, FAR_SIZES = 4.0, 0.03
#: Body sizes beyond which a distance is not measured any further, so that squares stay finite.
GREATEST_STEP = 1e6


def sample_weights(coords: np.ndarray, fps: float,
                   scores: np.ndarray | None = None) -> np.ndarray:
    """What is known of the samples before any smoothing: scores and repetitions.

    Args:
        coords: Shape (T, K, C), NaN where missing.
        fps: Frames per second.
        scores: Shape (T, K), or None.

    Returns:
        Shape (T, K), > 0, at most 1; 1 throughout where nothing is known.
    """
    weights = np.where(repeated_samples(coords, fps), REPEATED, 1.0)
    return weights if scores is None else weights * score_weights(scores, fps)


def gate(coords: np.ndarray, fps: float, scores: np.ndarray | None = None,
         ) -> tuple[np.ndarray, np.ndarray, RobustTrack]:
    """Replace what cannot be the person by the robust track.

    Meant for networks and filters that treat all samples alike. Everything else stays to the
    last bit; missing values stay missing.

    Args:
        coords: Shape (T, K, C), float64, NaN where missing.
        fps: Frames per second.
        scores: Confidence, shape (T, K), or None.

    Returns:
        The coordinates, shape (T, K, C); which samples were replaced, shape (T, K), bool; and
        the robust track.
    """
    found = robust_track(coords, fps, sample_weights(coords, fps, scores))
    known = finite_keypoints(coords)
    bound = GREATEST_STEP * found.size[..., None]
    away = np.linalg.norm(np.clip(coords - found.coords, -bound, bound), axis=-1)
    far = known & (found.distance > FAR_SCALES) & (away > FAR_SIZES * found.size)
    return np.where(far[..., None], found.coords, coords), far, found
