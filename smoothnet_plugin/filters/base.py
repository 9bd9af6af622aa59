"""The interface of filters over arrays of one uninterrupted run."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..processing.judgement import Judgement
from ..processing.normalization import NORMALIZATIONS
from ..utils.conversion import to_numpy
from ._linear import share_above
from ._measured import measured_parts
from ._together import side_by_side
from .run import FilterStream, Run, Support

#: Representations that a channel-wise filter can smooth. Its input for rotations is 6D.
POINTWISE = frozenset({'keypoints_2d', 'keypoints_3d', 'rot6d', 'scalar'})


class BaseFilter(ABC):
    """A filter over time.

    A subclass implements :meth:`_filter` for one gap-free run in float64 and specifies the frames
    that it needs around a frame in :meth:`support`.
    :class:`~smoothnet_plugin.smoothers.PoseSmoother` handles gaps between runs, people, live
    buffering and normalisation.

    Args:
        normalize: Normalisation of coordinates before the filter, one of ``'none'``,
            ``'image'``, ``'bbox'``, ``'scale'``, ``'root'`` (see
            :mod:`smoothnet_plugin.processing.normalization`). Defaults to None, the class's
            ``default_normalize``.

    Attributes:
        causal: The output of a frame depends on it and on earlier frames only.
        joint_wise: Every keypoint is filtered independently. Otherwise a run has all keypoints of
            the person, and missing ones are interpolated or held for the filter only.
        takes_missing: The input of :meth:`_filter` is NaN where a keypoint is missing, instead of
            interpolated or held values, and its output may be NaN there.
        weighs_outliers: The filter handles outliers itself and needs no gate before it.
        judges: The filter fills :attr:`Run.judgement`, for poses that it supports.
        uses_origin: :meth:`_filter_newest` depends on the number of the run's first frame.
        least_fps: Frames per second at which the filter distorts more than it smooths, for filters
            whose reach or lag is a number of frames; None for others.
        legacy: The filter reproduces an earlier library, at any frame rate.
        representations: Representations that the filter can smooth, keys of
            :data:`~smoothnet_plugin.structures.REPRESENTATIONS`.
        default_normalize: The default normalisation.
    """

    causal: bool = False
    joint_wise: bool = True
    takes_missing: bool = False
    weighs_outliers: ClassVar[bool] = False
    judges: ClassVar[bool] = False
    uses_origin: ClassVar[bool] = False
    least_fps: ClassVar[float | None] = None
    legacy: bool = False
    representations: ClassVar[frozenset[str]] = POINTWISE
    default_normalize: ClassVar[str] = 'none'

    def __init__(self, normalize: str | None = None) -> None:
        normalize = self.default_normalize if normalize is None else normalize
        if normalize not in NORMALIZATIONS:
            raise ConfigError(f'{type(self).__name__}: normalize is {normalize!r}; expected one '
                              f"of {', '.join(map(repr, NORMALIZATIONS))}.")
        self.normalize = normalize

    @abstractmethod
    def support(self, fps: float) -> Support:
        """Frames of past and future that the output of a frame depends on, at ``fps``."""

    def share(self, fps: float) -> float:
        """Share of the filter's effect that a chain applies at a frame rate, 0 to 1.

        Below 1 at low frame rates for filters with ``least_fps``
        (:func:`~smoothnet_plugin.filters._linear.share_above`).
        """
        return 1.0 if self.least_fps is None or self.legacy else share_above(fps, self.least_fps)

    def lookahead(self, fps: float) -> int:
        """Number of future frames that the filter uses; 0 for causal filters."""
        return self.support(fps).future

    def for_poses(self, width: int, keypoint_names: Sequence[str], fps: float) -> BaseFilter:
        """The filter for poses of one kind; a subclass may choose among several.

        Args:
            width: Values C per keypoint in the filter's input.
            keypoint_names: Names of the keypoints; empty if unknown.
            fps: Frames per second.

        Returns:
            This filter, unless the subclass chooses another one; its support is not larger.
        """
        return self

    def for_points(self) -> BaseFilter:
        """The filter for what moves along with rotations: translations and cameras.

        Returns:
            This filter, unless it takes rotations only; then the one of points that corresponds.
        """
        return self

    @abstractmethod
    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        """Filter one run.

        Args:
            coords: Shape (T, K, C) with T >= 1, finite float64, no gaps. Must not be changed.
            fps: Frames per second.
            weights: Confidence, shape (T, K), finite and >= 0, or None.

        Returns:
            Shape (T, K, C), finite.
        """

    def stream(self, fps: float, num_keypoints: int, width: int) -> FilterStream | None:
        """State of causal recursive filters for frame-by-frame use; None for all others.

        Args:
            fps: Frames per second.
            num_keypoints: Keypoints K of the person.
            width: Values C per keypoint.

        Returns:
            A stream whose outputs equal :meth:`filter` of all frames so far, or None.
        """
        return None

    def fixed_lag(self, coords: np.ndarray, fps: float, lookahead: int) -> np.ndarray | None:
        """Live results of a run without gaps in one call, if the filter can compute them faster.

        Args:
            coords: Normalised coordinates, shape (T, K, C), finite.
            fps: Frames per second.
            lookahead: Future frames that the result of a frame may depend on, >= 0.

        Returns:
            For every frame ``t`` the result of :meth:`filter` of the frames up to
            ``t + lookahead``, shape (T, K, C); None if the filter has no such shortcut.
        """
        return None

    def describe(self) -> dict[str, Any]:
        """Type and parameters, for provenance and error messages."""
        public = {k: v for k, v in vars(self).items() if not k.startswith('_')}
        plain = {k: v for k, v in public.items()
                 if isinstance(v, (str, int, float, bool, tuple, list)) or v is None}
        return {'type': type(self).__name__, **plain}

    def __repr__(self) -> str:
        arguments = ', '.join(f'{k}={v!r}' for k, v in self.describe().items() if k != 'type')
        return f'{type(self).__name__}({arguments})'

    def __call__(self, coords: Any, *, fps: float, scores: Any = None, valid: Any = None) -> Any:
        """:meth:`filter`."""
        return self.filter(coords, fps=fps, scores=scores, valid=valid)

    def _filter_newest(self, coords: np.ndarray, fps: float, weights: np.ndarray | None,
                       first: int, origin: int | None) -> np.ndarray:
        """:meth:`_filter` if only the frames from ``first`` on are needed.

        For filters that can save work; frames before ``first`` may have any finite value.
        ``origin`` is as in :meth:`filter`.
        """
        return self._filter(coords, fps, weights)

    def _filter_together(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        """:meth:`_filter_newest` of several runs, each with the result that it has alone.

        For filters that are faster with many at once. ``usable`` is None, or True throughout.
        """
        def alone(run: Run) -> np.ndarray:
            return self._filter_newest(run.coords, fps, run.weights, run.first, run.origin)

        if self.joint_wise and not self.takes_missing:
            return side_by_side(alone, runs, self.uses_origin)
        return [alone(run) for run in runs]

    def filter_runs(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        """Filter the runs of several people, who do not influence one another.

        Args:
            runs: The runs, each with its own T, K and C. See :meth:`filter` for missing values.
            fps: Frames per second, > 0.

        Returns:
            Per run an array of its shape, float64: what :meth:`filter` makes of it. It may be the
            run's own array.
        """
        inner, places = measured_parts(runs, self.takes_missing)
        filtered = self._filter_together(inner, fps)
        inner.clear()  # Long clips fill the memory.
        results = iter(filtered)
        return [run.coords.copy() if place is None else place.whole(run, next(results))
                for run, place in zip(runs, places)]

    def filter(self, coords: Any, *, fps: float, scores: Any = None, valid: Any = None,
               first: int = 0, origin: int | None = None,
               judgement: Judgement | None = None) -> Any:
        """Filter an array without normalisation.

        Values that are not valid or not finite are interpolated linearly (constant beyond the
        ends) before the filter, so they never spread; a channel without any valid value does not
        change.

        Args:
            coords: Shape (T, K, C), NumPy array or torch tensor of a floating type; T may be 0.
            fps: Frames per second, > 0.
            scores: Confidence, shape (T, K), or None. Defaults to None.
            valid: Whether a keypoint is measured, shape (T, K), bool, or None for all finite
                values. Defaults to None.
            first: First frame whose result is needed; earlier ones may have any value. Defaults
                to 0.
            origin: Number of the array's first frame in its segment, which lets filters work at
                fixed positions of the segment. Defaults to None, unknown.
            judgement: Arrays of shape (T, K) to fill with what the filter found out about its
                result; filters that do not judge it, and keypoints that are never seen, leave
                them. Defaults to None, not wanted.

        Returns:
            The filtered array: same class, shape, dtype and device as ``coords``.

        Raises:
            DataFormatError: A shape or ``fps`` is not as stated.
        """
        array, restore = to_numpy(coords)
        if not 0 < fps < math.inf:
            raise DataFormatError(f'{type(self).__name__}: fps is {fps}; expected a positive '
                                  'number.')
        run = Run.of_arrays(type(self).__name__, array, scores, valid)
        [result] = self.filter_runs(
            [run._replace(first=first, origin=origin, judgement=judgement)], float(fps))
        return restore(_own(result, array).astype(array.dtype, copy=False))


def _own(result: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The result, as a copy where it is the input or a part of it."""
    return result.copy() if np.may_share_memory(result, given) else np.ascontiguousarray(result)
