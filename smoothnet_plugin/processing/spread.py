"""How far a smoothed keypoint may be from where it really is, from the run itself.

A power law of the noise that the robust track takes away and of how far network and track are
apart. Its constants put 68 % of the truths within one spread on UI-PRMD's training subjects and on
training clips of MediaPipe and MoveNet on rendered video.
"""

from __future__ import annotations

import numpy as np

from .evidence import APART_SECONDS, local_noise
from .robust_track import RobustTrack
from .rolling import triangle_mean

#: Factor, and exponents of the noise and of the distance of network and track.
WITH_NETWORK = (1.95, 0.605, 0.294)
#: Factor, and exponent of the noise, where there is no network.
WITHOUT_NETWORK = (0.295, 0.5)
#: Parts of either that are always there, in body sizes.
LEAST_NOISE, LEAST_APART = 3e-4, 1e-3


def predicted_spread(gated: np.ndarray, track: RobustTrack, fps: float,
                     change: np.ndarray | None = None) -> np.ndarray:
    """Distance within which the truth of each keypoint lies in two of three cases.

    It is made for real estimators, whose slow errors are larger than the noise that shows; after
    plain white noise the truth lies much nearer. Samples that are missing get the spread of their
    neighbours.

    Args:
        gated: Coordinates with outliers replaced by the track, shape (T, K, C), NaN where missing
            (:func:`~smoothnet_plugin.processing.outliers.gate`).
        track: The robust track of the run.
        fps: Frames per second.
        change: What the network's result differs from the track by
            (:func:`~smoothnet_plugin.processing.blending.network_change`), shape (T, K, C).
            Defaults to None, no network.

    Returns:
        Shape (T, K), > 0, in the unit of the coordinates. Of real estimators about 68 % of the
        truths lie within it, and 90 % within twice as much.
    """
    noise = local_noise(gated, track, fps) / track.size + LEAST_NOISE
    if change is None:
        factor, exponent = WITHOUT_NETWORK
        return factor * noise**exponent * track.size
    factor, exponent, apart_exponent = WITH_NETWORK
    square = ((change / track.size[..., None])**2).sum(axis=-1)
    reach = max(2, round(APART_SECONDS * fps))
    apart = np.sqrt(np.maximum(triangle_mean(square, reach), 0)) + LEAST_APART
    return factor * noise**exponent * apart**apart_exponent * track.size
