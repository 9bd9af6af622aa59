"""Whether eyes and ears are exchanged together with the arms.

Some estimators exchange the sides of the whole upper body, others only those of the arms. The parts
of a head are too close together for their motion to show the difference; the direction from the
right to the left side of the head shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..utils.arrays import length_of, median_known, true_spans

#: A keypoint is no part of the head if it is further from the head's middle than so many times the
#: median distance of keypoints from the middle of the pose.
FURTHEST = 2.0
#: Seconds before and after an exchange of the arms that give the reference direction of the head.
REFERENCE_SECONDS = 0.5


def head_direction(coords: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """Sum of the vectors from the right to the left keypoint of each pair.

    Args:
        coords: Shape (T, K, C), NaN where missing.
        pairs: Pairs (left, right) of the head.

    Returns:
        Shape (T, C); pairs with a missing keypoint, or one far outside of the head, add nothing.
    """
    left, right = np.array(pairs).T
    with np.errstate(over='ignore', invalid='ignore'):
        reach = FURTHEST * median_known(length_of(coords - median_known(coords)[:, None]))
        middle = median_known(coords[:, [*left, *right]])
        far = ~(length_of(coords - middle[:, None]) <= reach[:, None])
        apart = np.where((far[:, left] | far[:, right])[..., None], 0.0,
                         coords[:, left] - coords[:, right])
    return apart.sum(axis=1)


def exchanged_heads(direction: np.ndarray, arms: np.ndarray, fps: float) -> np.ndarray:
    """Frames in which the head is exchanged, among those in which the arms are.

    Args:
        direction: Direction of the head from :func:`head_direction`, shape (T, C).
        arms: Frames in which the arms are exchanged, shape (T,), bool.
        fps: Frames per second.

    Returns:
        Shape (T,), bool: all or none of the frames in each run of exchanged arms. If no frame is
        next to the run, the head follows the arms.
    """
    result = np.zeros(len(arms), dtype=bool)
    reach = max(1, round(REFERENCE_SECONDS * fps))
    for start, stop in true_spans(arms):
        before = np.arange(max(0, start - reach), start)
        after = np.arange(stop, min(len(arms), stop + reach))
        neighbours = np.concatenate([before, after])
        reference = direction[neighbours[~arms[neighbours]]].sum(axis=0)
        agreement = float((direction[start:stop] @ reference).sum())
        result[start:stop] = agreement < 0 or not reference.any()
    return result
