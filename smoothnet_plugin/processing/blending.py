"""A network's result and a robust track, blended by evidence, keypoint by keypoint and frame by
frame.

The share of the network is a logistic function of the evidence
(:mod:`smoothnet_plugin.processing.evidence`). Its constants, one set per network, have the least
error, relative to the better of the two results, over data sets with errors of many kinds.
``configs/default/README.md`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..utils.arrays import length_of
from .evidence import Evidence
from .robust_track import RobustTrack
from .rolling import triangle_mean

#: Seconds on either side over which the share is averaged, so that it adds no jitter.
SHARE_SECONDS = 0.3
#: The network never moves a keypoint further from the track than this, in body sizes.
FURTHEST = 0.15


@dataclass(frozen=True)
class ShareConstants:
    """Constants of the network's share: one factor per measure of :class:`Evidence`.

    Attributes:
        apart: See :class:`Evidence`, as for the next five.
        cutoff: The higher the cut-off, the less.
        colour: The more correlated the noise, the more.
        speed: The faster, the less.
        flattening: The more the network flattens the motion, the less.
        looseness: The less the points are a skeleton, the less.
        constant: What is added.
    """

    apart: float
    cutoff: float
    colour: float
    speed: float
    flattening: float
    looseness: float
    constant: float


#: For the packaged networks, by values per keypoint.
SHARES = {
    2: ShareConstants(-0.80, -0.35, 2.89, -0.83, 0.54, -1.53, -1.83),
    3: ShareConstants(0.26, -1.10, 5.68, -0.66, 3.64, -5.41, 3.69),
}


def network_share(evidence: Evidence, constants: ShareConstants, fps: float) -> np.ndarray:
    """Share of the network, shape (T, ..., K), 0 to 1.

    Args:
        evidence: What the run shows.
        constants: Factors of the measures.
        fps: Frames per second.

    Returns:
        1 where all evidence is for the network, 0 where it is for the track.
    """
    total = np.full(evidence.cutoff.shape, constants.constant)
    for name, values in evidence._asdict().items():
        total = total + getattr(constants, name) * values
    # Where keypoints coincide there is no size to measure in, and no evidence.
    share = np.nan_to_num(1 / (1 + np.exp(-np.clip(total, -50, 50))), nan=0.0)
    return np.clip(triangle_mean(share, max(2, round(SHARE_SECONDS * fps))), 0, 1)


def network_change(network: np.ndarray, track: RobustTrack) -> np.ndarray:
    """What a network's result differs from a robust track by.

    Args:
        network: Result of the network, shape (T, K, C).
        track: The robust track.

    Returns:
        Shape (T, K, C), at most ten body sizes per coordinate; 0 where the network is not finite.
    """
    bound = 10 * track.size[..., None]
    change = np.where(np.isfinite(network), network - track.coords, 0.0)
    return np.clip(change, -bound, bound)


def blended(track: RobustTrack, change: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The track and a share of the network's change.

    Args:
        track: The robust track.
        change: See :func:`network_change`.
        share: Shape (T, K), 0 to 1.

    Returns:
        Shape (T, K, C): on the line between track and network, at most :data:`FURTHEST` body sizes
        from the track.
    """
    length, most = share * length_of(change), FURTHEST * track.size
    share = share * most / np.maximum(length, most)
    return track.coords + share[..., None] * change
