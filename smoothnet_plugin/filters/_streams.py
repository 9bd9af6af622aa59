"""Per-joint state of causal recursive filters, and running them over a clip."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from ..utils.arrays import all_true, has_true
from .base import FilterStream

_EVERYBODY = slice(None)


class RecursiveStream(FilterStream):
    """Stream whose subclasses only define the start and the update of joints.

    Args:
        num_keypoints: Keypoints K of the person.
    """

    def __init__(self, num_keypoints: int) -> None:
        self._started = np.zeros(num_keypoints, dtype=bool)
        #: All joints have started.
        self._complete = False

    @abstractmethod
    def _begin(self, joints: np.ndarray, row: np.ndarray) -> None:
        """Initialise the state of joints at rest at their first values.

        Args:
            joints: Selected joints, shape (K,), bool.
            row: Their first values, shape (joints.sum(), C).
        """

    @abstractmethod
    def _advance(self, joints: np.ndarray | slice, row: np.ndarray,
                 weight: np.ndarray | None) -> np.ndarray:
        """Filter the next values of joints, including their first ones.

        Args:
            joints: Selected joints, shape (K,), bool, or a slice of all.
            row: Their values, shape (joints.sum(), C), must not be changed.
            weight: Their confidence, shape (joints.sum(),), or None.

        Returns:
            The filtered values, shape (joints.sum(), C).
        """

    def push(self, row: np.ndarray, weight: np.ndarray | None, active: np.ndarray) -> np.ndarray:
        if not self._complete:
            fresh = active & ~self._started
            if has_true(fresh):
                self._begin(fresh, row[fresh])
                self._started |= fresh
            self._complete = all_true(self._started)
        if all_true(active):
            return self._advance(_EVERYBODY, row, weight)
        filtered = np.array(row, dtype=np.float64)
        if has_true(active):
            filtered[active] = self._advance(
                active, row[active], None if weight is None else weight[active])
        return filtered

    def restart(self, joints: np.ndarray) -> None:
        self._started &= ~joints
        self._complete = all_true(self._started)


def run_stream(stream: FilterStream, coords: np.ndarray,
               weights: np.ndarray | None = None) -> np.ndarray:
    """Push a whole run through a stream.

    Args:
        stream: A new stream.
        coords: Shape (T, K, C).
        weights: Shape (T, K), or None. Defaults to None.

    Returns:
        The filtered run, shape (T, K, C).
    """
    all_joints = np.ones(coords.shape[1], dtype=bool)
    filtered = np.empty_like(coords)
    for frame, row in enumerate(coords):
        weight = None if weights is None else weights[frame]
        filtered[frame] = stream.push(row, weight, all_joints)
    return filtered
