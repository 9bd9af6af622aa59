"""Where an estimator exchanges left and right, and how a track gets its sides back.

The stage stands before gaps are interpolated: what is missing belongs to a detection, so it moves
to the other side with it.
"""

from __future__ import annotations

import numpy as np

from ..processing.exchanges import ExchangeDetector, apply_exchanges, find_exchanges
from ..structures.left_right import LeftRight


def undo_exchanges(coords: np.ndarray, missing: np.ndarray, scores: np.ndarray | None,
                   fps: float, sides: LeftRight) -> tuple[np.ndarray, np.ndarray,
                                                           np.ndarray | None, int]:
    """Put exchanged sides of one appearance back.

    Args:
        coords: Consecutive frames, shape (T, K, C).
        missing: Shape (T, K), bool.
        scores: Shape (T, K), or None.
        fps: Frames per second.
        sides: Pairs of left and right keypoints that are exchanged together.

    Returns:
        Coordinates, missing mask and scores with every keypoint on its own side, and the number
        of group-frames that were put back.
    """
    labels = find_exchanges(np.where(missing[..., None], np.nan, coords), fps, sides.groups,
                            scores, torso=sides.torso)
    if not labels.any():
        return coords, missing, scores, 0
    coords, missing = (apply_exchanges(array, labels, sides.groups)
                       for array in (coords, missing))
    return (coords, missing,
            None if scores is None else apply_exchanges(scores, labels, sides.groups),
            int(labels.sum()))


class LiveExchanges:
    """The same, frame by frame: labels are those that the frames so far make most likely.

    A later frame may change the label of an earlier one, so the buffered frames are put back anew
    for every result.

    Args:
        fps: Frames per second.
        sides: Pairs of left and right keypoints that are exchanged together.
        num_keypoints: Keypoints K.
        history: Number of newest frames whose labels are needed.
    """

    def __init__(self, fps: float, sides: LeftRight, num_keypoints: int, history: int) -> None:
        self._groups = sides.groups
        self._detector = ExchangeDetector(fps, sides.groups, num_keypoints, history, sides.torso)

    def push(self, coords: np.ndarray, missing: np.ndarray, scores: np.ndarray | None) -> None:
        """Take the next frames: coords (T, K, C), missing (T, K), scores (T, K) or None."""
        self._detector.extend(np.where(missing[..., None], np.nan, coords), scores)

    def labels(self, last: int) -> np.ndarray:
        """Which groups are exchanged in the newest ``last`` frames, shape (last, G), bool."""
        return self._detector.labels(last)

    def undo(self, labels: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
        """Put arrays of shape (T, K, ...) over the newest T frames back."""
        if not labels.any():
            return list(arrays)
        return [apply_exchanges(array, labels, self._groups) for array in arrays]
