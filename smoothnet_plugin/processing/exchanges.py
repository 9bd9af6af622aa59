"""Left-right exchanges: frames in which a pose estimator confuses the two sides.

An exchange leaves the positions of keypoints correct and makes their names wrong: after smoothing,
left and right meet in the middle of the body. :func:`find_exchanges` finds the labels (correct or
exchanged, per group of pairs and frame) with the most plausible motion: a Viterbi path whose state
holds the labels of the last few frames. Changes have a price, so that crossing limbs do not count
as exchanges.

The path runs forward with a bounded past (:mod:`.viterbi`). The live result of
:class:`.ExchangeDetector` equals that of :func:`find_exchanges` for the clip up to that frame.
"""

from __future__ import annotations

import numpy as np

from ..errors import DataFormatError
from .exchange_detector import ExchangeDetector
from .exchange_prices import ExchangePrices, Groups


def find_exchanges(coords: np.ndarray, fps: float, groups: Groups,
                   scores: np.ndarray | None = None, torso: bool = True,
                   prices: ExchangePrices | None = None) -> np.ndarray:
    """Find the frames in which left and right are exchanged.

    Motion alone does not show which of two consistent parts of a clip is exchanged: the first
    frames count as correct unless more frames disagree with them, and an exchange of more than
    some seconds counts as correct. With two groups, the trunk shows which one is exchanged.

    Args:
        coords: One person's frames, (T, K, C), NaN or infinite where a keypoint is missing.
        fps: Frames per second.
        groups: Pairs (left, right) that are exchanged together; see :class:`.ExchangeDetector`.
        scores: Confidence of each keypoint, 0 to 1, (T, K), or None for full confidence.
        torso: Whether the first pairs of two groups are the shoulders and the hips.
        prices: Weights of the evidence.

    Returns:
        True where a group is exchanged, shape (T, G).

    Raises:
        ConfigError: Groups or ``fps`` that cannot be used.
        DataFormatError: Wrong shapes.
    """
    coords = np.asarray(coords)
    if coords.ndim != 3:
        raise DataFormatError(f'coords have shape {coords.shape}; expected (T, K, C).')
    detector = ExchangeDetector(fps, groups, coords.shape[1], max(1, len(coords)), torso, prices)
    detector.extend(coords, scores)
    return detector.labels(len(coords))


def apply_exchanges(array: np.ndarray, labels: np.ndarray, groups: Groups) -> np.ndarray:
    """Exchange left and right in labelled frames. Applying it twice restores the input.

    Args:
        array: Values per frame and keypoint (coordinates, scores, masks), shape (T, K, ...).
        labels: Shape (T, G), bool.
        groups: The groups of pairs.

    Returns:
        A copy with the keypoints of every labelled group exchanged.
    """
    result = np.array(array)
    for g, pairs in enumerate(groups):
        rows = np.flatnonzero(labels[:, g])[:, None]
        left, right = np.array(pairs).T
        result[rows, left], result[rows, right] = array[rows, right], array[rows, left]
    return result
