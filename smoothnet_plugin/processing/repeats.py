"""Samples that an estimator or a frame rate conversion repeats.

A tracker that loses a keypoint often repeats its last position, and a video of 60 frames per second
made from one of 30 shows every image twice. A repeated value is outdated and carries little
information about the frame.
"""

from __future__ import annotations

import numpy as np

from .rolling import rolling_sum

#: Seconds on either side that are searched for rounded coordinates.
GRID_SECONDS = 1.0
#: Share of samples with some but not all coordinates repeated, above which values are rounded.
GRID_SHARE = 0.01


def repeated_samples(coords: np.ndarray, fps: float) -> np.ndarray:
    """Samples that equal the same keypoint's previous sample bit for bit.

    Estimators that round to a grid repeat values by chance. There one coordinate often stays the
    same while another changes; where that happens, no sample counts as repeated.

    Args:
        coords: Shape (T, ..., K, C), axes between T and K are people; NaN where missing, which
            never counts as repeated.
        fps: Frames per second.

    Returns:
        Shape (T, ..., K), bool.
    """
    repeated = np.zeros(coords.shape[:-1], dtype=bool)
    if len(coords) < 2:
        return repeated
    same = coords[1:] == coords[:-1]
    repeated[1:] = same.all(axis=-1)
    if not same.any():
        return repeated
    partly = np.zeros(coords.shape[:-2])
    partly[1:] = (same.any(axis=-1) & ~repeated[1:]).mean(axis=-1)
    reach = max(1, round(GRID_SECONDS * fps))
    frames = np.ones((len(coords), *[1] * (partly.ndim - 1)))
    rounded = rolling_sum(partly, reach) > GRID_SHARE * rolling_sum(frames, reach)
    return repeated & ~rounded[..., None]
