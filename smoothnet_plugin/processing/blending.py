"""What a network changes of a robust track."""

from __future__ import annotations

import numpy as np

from .robust_track import RobustTrack


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
