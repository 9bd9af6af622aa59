"""Samples that an estimator or a conversion of frame rates has only repeated.

A tracker that loses a keypoint often repeats its last place, and a video of 60 frames per second
made from one of 30 shows every picture twice. A repeated value is old: it says little of the frame.
"""

from __future__ import annotations

import numpy as np

from .rolling import rolling_sum

#: Seconds on either side in which coordinates are looked at for a grid.
GRID_SECONDS = 1.0
#: Share of samples with some but not all coordinates repeated above which values are rounded ones.
GRID_SHARE = 0.01


def repeated_samples(coords: np.ndarray, fps: float) -> np.ndarray:
    """Samples that equal the same keypoint's sample before to the last bit.

    Estimators that round to a grid repeat values of their own accord. There one coordinate often
    stays while another changes; where that happens, nothing counts as repeated.

    Args:
        coords: Shape (T, K, C); NaN where missing, which is never a repetition.
        fps: Frames per second.

    Returns:
        Shape (T, K), bool.
    """
    repeated = np.zeros(coords.shape[:2], dtype=bool)
    if len(coords) < 2:
        return repeated
    same = coords[1:] == coords[:-1]
    repeated[1:] = same.all(axis=-1)
    partly = np.zeros(len(coords))
    partly[1:] = (same.any(axis=-1) & ~repeated[1:]).mean(axis=1)
    reach = max(1, round(GRID_SECONDS * fps))
    rounded = rolling_sum(partly, reach) > GRID_SHARE * rolling_sum(np.ones(len(coords)), reach)
    return repeated & ~rounded[:, None]
