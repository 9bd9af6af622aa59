"""Fast fingers: samples far from the robust track that are motion, not errors.

A fingertip can cross the hand and return within three frames, which no track of a second can
follow. The other joints of the finger bend along with it, so a far sample counts as motion if it
deviates from its neighbouring frames in the same way as an adjacent keypoint: hands store each
finger from base to tip. Bodies are left out, because estimators misplace whole limbs: of 25 such
samples of 2D estimators on video, none is right (docs/measurements.md).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from ..utils.arrays import dot, length_of
from .outliers import far_samples
from .robust_track import RobustTrack, prior_weights

#: Keypoints of a hand, in every common layout.
HAND_KEYPOINTS = 21
#: Frames on either side from which a sample deviates.
REACH = (1, 2)
#: Each limit is a pair: a sample below the first value is not motion, above the second one it is.
#: How far an adjacent keypoint deviates along with it: share of its own deviation, cosine of the
#: angle between them, and scales of the adjacent keypoint's errors.
SHARE, COSINE, SCALES = (0.05, 0.15), (0.6, 0.85), (3.0, 5.0)
#: Cosine of the angle between the deviation from the neighbouring frames and that from the track.
FROM_TRACK = (0.3, 0.6)
#: Weight of the sample before it is compared with the track: what a low score doubts is no motion.
TRUSTED = (0.5, 0.8)
#: Distance from the track in body sizes up to which, and from which on no longer, it is motion.
NEAR = (1.0, 1.5)


def finger_motion(coords: np.ndarray, track: RobustTrack) -> np.ndarray:
    """Find far samples of a hand that are fast motion.

    Args:
        coords: Shape (T, ..., K, C), NaN where missing; axes between T and K are people.
        track: The robust track.

    Returns:
        How much each sample is motion, shape (T, ..., K), 0 to 1; 0 where it is not far, and for
        other numbers of keypoints than :data:`HAND_KEYPOINTS`.
    """
    motion = np.zeros(coords.shape[:-1])
    if coords.shape[-2] != HAND_KEYPOINTS:
        return motion
    far = far_samples(coords, track)
    if not far.any():
        return motion
    most = 2 * NEAR[1] * track.size[..., None]
    away = np.nan_to_num(np.clip(coords - track.coords, -most, most), nan=0.0)
    samples = track.coords + away
    distance = length_of(away)
    for frames in REACH:
        # Frames before the first and after the last one are like these.
        ends = (frames, frames), *[(0, 0)] * (samples.ndim - 1)
        padded = np.pad(samples, ends, mode='edge')
        around = (padded[:-2 * frames] + padded[2 * frames:]) / 2
        motion = np.maximum(motion, _shared(samples - around, away, distance, track))
    motion *= far
    # Of one movement, not every sample deviates clearly from its neighbours.
    motion = np.maximum(motion, maximum_filter1d(motion, 3, axis=0, mode='nearest') * far)
    motion *= _above(prior_weights(track), TRUSTED)
    return motion * (1 - _above(_ratio(distance, track.size), NEAR))


def with_motion(result: np.ndarray, coords: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """A result with the samples where they are motion.

    Args:
        result: Shape (T, ..., K, C), finite.
        coords: The samples, same shape, finite where they are motion.
        motion: From :func:`finger_motion`, shape (T, ..., K).
    """
    if not motion.any():
        return result
    step = np.where((motion > 0)[..., None], coords - result, 0.0)
    return result + motion[..., None] * step


def _shared(deviation: np.ndarray, away: np.ndarray, distance: np.ndarray,
            track: RobustTrack) -> np.ndarray:
    """How much of the deviations (T, ..., K, C) from other frames adjacent keypoints share."""
    # A mean of two samples has half the variance of one.
    length, scale = length_of(deviation), np.sqrt(1.5) * track.scale
    shared = np.zeros(length.shape)
    for own, other in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        together = dot(deviation[..., own, :], deviation[..., other, :])
        shared[..., own] = np.maximum(
            shared[..., own],
            _above(_ratio(together, length[..., own]**2), SHARE)
            * _above(_ratio(together, length[..., own] * length[..., other]), COSINE)
            * _above(_ratio(length[..., other], scale[..., other]), SCALES))
    return shared * _above(_ratio(dot(deviation, away), length * distance), FROM_TRACK)


def _ratio(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Quotients; 0 where the divisor is 0."""
    return np.divide(values, others, out=np.zeros(values.shape), where=others > 0)


def _above(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """From 0 below the first limit to 1 above the second one."""
    return np.clip((values - limits[0]) / (limits[1] - limits[0]), 0.0, 1.0)
