"""Where an estimator exchanges left and right, and how a track gets its sides back.

The stage stands before gaps are interpolated: what is missing belongs to a detection, so it moves
to the other side with it. The limbs and the head are judged apart, since estimators exchange them
independently.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..processing.exchanges import ExchangeDetector, apply_exchanges, find_exchanges
from ..structures.left_right import LeftRight

#: At lower frame rates exchanges and motion look alike.
LEAST_FPS = 10.0


class _Part(NamedTuple):
    """Groups of pairs that are judged together, and whether the first two are the trunk's ends."""

    groups: tuple[tuple[tuple[int, int], ...], ...]
    torso: bool


def _parts(sides: LeftRight) -> list[_Part]:
    parts = [_Part(sides.groups, sides.torso)] if sides.groups else []
    return [*parts, _Part((sides.head,), False)] if sides.head else parts


def undo_exchanges(coords: np.ndarray, missing: np.ndarray, scores: np.ndarray | None,
                   fps: float, sides: LeftRight) -> tuple[np.ndarray, np.ndarray,
                                                           np.ndarray | None, int]:
    """Put exchanged sides of one appearance back.

    Args:
        coords: Consecutive frames, shape (T, K, C).
        missing: Shape (T, K), bool.
        scores: Shape (T, K), or None.
        fps: Frames per second.
        sides: Pairs of left and right keypoints.

    Returns:
        Coordinates, missing mask and scores with every keypoint on its own side, and the number
        of group-frames that were put back. Nothing is put back below :data:`LEAST_FPS`.
    """
    count = 0
    if fps < LEAST_FPS:
        return coords, missing, scores, count
    measured = np.where(missing[..., None], np.nan, coords)
    for groups, torso in _parts(sides):
        labels = find_exchanges(measured, fps, groups, scores, torso=torso)
        if labels.any():
            coords = apply_exchanges(coords, labels, groups)
            missing = apply_exchanges(missing, labels, groups)
            scores = None if scores is None else apply_exchanges(scores, labels, groups)
            count += int(labels.sum())
    return coords, missing, scores, count


class LiveExchanges:
    """The same, frame by frame: labels are those that the frames so far make most likely.

    A later frame may change the label of an earlier one, so the buffered frames are put back anew
    for every result.

    Args:
        fps: Frames per second, at least :data:`LEAST_FPS`.
        sides: Pairs of left and right keypoints.
        num_keypoints: Keypoints K.
        history: Number of newest frames whose labels are needed.
    """

    def __init__(self, fps: float, sides: LeftRight, num_keypoints: int, history: int) -> None:
        self._detectors = [
            (groups, ExchangeDetector(fps, groups, num_keypoints, history, torso))
            for groups, torso in _parts(sides)]

    def push(self, coords: np.ndarray, missing: np.ndarray, scores: np.ndarray | None) -> None:
        """Take the next frames: coords (T, K, C), missing (T, K), scores (T, K) or None."""
        measured = np.where(missing[..., None], np.nan, coords)
        for _, detector in self._detectors:
            detector.extend(measured, scores)

    def undo(self, *arrays: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Put the newest T frames of arrays of shape (T, K, ...) back.

        Returns:
            The arrays, and the number of groups put back in each frame, shape (T,).
        """
        result = list(arrays)
        count = np.zeros(len(arrays[0]), dtype=int)
        for groups, detector in self._detectors:
            labels = detector.labels(len(count))
            if labels.any():
                result = [apply_exchanges(array, labels, groups) for array in result]
                count += labels.sum(axis=1)
        return result, count
