"""What goes into a filter and what it says of itself: runs, their support, and live state."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..processing.judgement import Judgement
from ..utils.arrays import finite_keypoints
from ..utils.conversion import to_numpy


class Support(NamedTuple):
    """Frames around a frame that noticeably affect its output.

    Attributes:
        past: Frames before it. For recursive filters: until their memory has faded to 1e-6.
        future: Frames after it: the look-ahead with which the live result equals the offline one.
    """

    past: int
    future: int


class Run(NamedTuple):
    """The frames of one person, for :meth:`BaseFilter.filter_runs`.

    Attributes:
        coords: Shape (T, K, C), float64.
        usable: Whether a keypoint is measured, shape (T, K), bool, or None for all finite values.
        weights: Confidence, shape (T, K), or None.
        first: First frame whose result is needed; earlier ones may have any value.
        origin: Number of the first frame in its segment, or None where unknown.
        judgement: Arrays of shape (T, K) to fill with what the filter found out about its result;
            filters that do not compute it leave them. None if it is not wanted.
    """

    coords: np.ndarray
    usable: np.ndarray | None = None
    weights: np.ndarray | None = None
    first: int = 0
    origin: int | None = None
    judgement: Judgement | None = None

    @classmethod
    def of_arrays(cls, name: str, coords: np.ndarray, scores: Any, valid: Any) -> Run:
        """The run in arrays of a caller.

        Args:
            name: Name of the filter, for messages.
            coords: Shape (T, K, C), any real type.
            scores: Confidence, shape (T, K), or None.
            valid: Whether a keypoint is measured, shape (T, K), or None for all finite values.

        Raises:
            DataFormatError: A shape is not as stated.
        """
        if coords.ndim != 3:
            raise DataFormatError(f'{name}: coords have shape {coords.shape}; expected (T, K, C): '
                                  'frames, keypoints, values.')
        weights, usable = (None if value is None else to_numpy(value)[0]
                           for value in (scores, valid))
        for label, value in (('scores', weights), ('valid', usable)):
            if value is not None and value.shape != coords.shape[:2]:
                raise DataFormatError(f'{name}: {label} has shape {value.shape}; expected '
                                      f'{coords.shape[:2]}.')
        return cls(coords.astype(np.float64, copy=False),
                   None if usable is None else usable.astype(bool),
                   None if weights is None else weights.astype(np.float64))

    def measured(self) -> np.ndarray:
        """Which samples are measured: finite and usable, shape (T, K), bool, a new array."""
        finite = finite_keypoints(self.coords)
        return finite if self.usable is None else finite & self.usable


class FilterStream(ABC):
    """State of a causal recursive filter for one person, updated frame by frame."""

    @abstractmethod
    def push(self, row: np.ndarray, weight: np.ndarray | None, active: np.ndarray) -> np.ndarray:
        """Filter the next frame.

        Args:
            row: Coordinates, shape (K, C), float64. Inactive joints may have any value.
            weight: Confidence per keypoint, shape (K,), or None.
            active: Joints present in this frame, shape (K,), bool. The state of the others does
                not change.

        Returns:
            The filtered frame, shape (K, C); inactive joints are unchanged.
        """

    @abstractmethod
    def restart(self, joints: np.ndarray) -> None:
        """Reset the state of some joints, shape (K,), bool; their next frame is their first."""

    def clone(self) -> FilterStream:
        """Copy that can process provisional frames."""
        return copy.deepcopy(self)
