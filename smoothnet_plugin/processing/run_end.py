"""The newest frames of a run, which live smoothing shows before their future is known.

A curve that only the past holds lags behind fast motion, or overshoots: there the sample itself is
nearer to the truth, unless it is an outlier.
"""

from __future__ import annotations

import numpy as np

from .robust_track import RobustTrack, prior_weights

#: Speed in body sizes per second at which half of the way to the sample is gone.
FOLLOWED_SPEED = 0.2
#: Distance from the track, in scales of the errors, at which a sample counts by exp(-1/2).
TRUSTED_SCALES = 8.0
#: Time constant in seconds over which a known future ends this, and the longest one that counts.
FUTURE_SECONDS, LONGEST_FUTURE = 0.015, 0.1


def follow_newest(result: np.ndarray, coords: np.ndarray, track: RobustTrack, speed: np.ndarray,
                  fps: float) -> np.ndarray:
    """Move the newest frames of a run towards their samples where the motion is fast.

    Args:
        result: The smoothed run, shape (T, ..., K, C); axes between T and K are people.
        coords: The samples, same shape, NaN where missing.
        track: The robust track of the samples.
        speed: Local speed in body sizes per second, shape (T, ..., K).
        fps: Frames per second.

    Returns:
        Shape (T, ..., K, C). Missing samples move nothing, samples of low score little. Frames with
        more than :data:`LONGEST_FUTURE` seconds of future stay to the last bit.
    """
    newest = slice(max(0, len(result) - 1 - int(LONGEST_FUTURE * fps)), None)
    part, sample = result[newest], coords[newest]
    future = (np.arange(len(part))[::-1] / fps).reshape(-1, *[1] * (part.ndim - 2))
    distance, moving = track.distance[newest], speed[newest]**2
    share = (np.exp(-future / FUTURE_SECONDS) * prior_weights(track, newest)
             * np.exp(-0.5 * (distance / TRUSTED_SCALES)**2)
             * moving / (moving + FOLLOWED_SPEED**2))
    share = np.nan_to_num(share, nan=0.0)
    step = np.where(np.isfinite(sample) & (share > 0)[..., None], sample - part, 0.0)
    followed = result.copy()
    followed[newest] = part + share[..., None] * step
    return followed
