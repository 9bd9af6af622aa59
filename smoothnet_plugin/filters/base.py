"""The interface of filters over arrays of one uninterrupted run."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..processing.gaps import fill_missing, interpolate_missing
from ..processing.trust import Judgement
from ..utils.arrays import all_true, as_float, finite_keypoints

#: Representations that a channel-wise filter can smooth. Its input for rotations is 6D.
POINTWISE = frozenset({'keypoints_2d', 'keypoints_3d', 'rot6d', 'scalar'})
NORMALIZATIONS = ('none', 'image', 'bbox', 'scale', 'root')


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
        representations: Representations that the filter can smooth, keys of
            :data:`~smoothnet_plugin.structures.REPRESENTATIONS`.
        default_normalize: The default normalisation.
    """

    causal: bool = False
    joint_wise: bool = True
    takes_missing: bool = False
    weighs_outliers: ClassVar[bool] = False
    judges: ClassVar[bool] = False
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

        Filters whose reach is counted in frames, or that lag by some, see ever longer motion as
        the frame rate falls. Below 25 frames per second they act less and less
        (:func:`~smoothnet_plugin.filters._linear.share_above`). Filters with a cut-off in Hz
        need no such measure: they fade out by themselves.
        """
        return 1.0

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
        """Same as :meth:`filter`."""
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

        For filters that are faster with many at once. Every value of ``usable`` is True.
        """
        alike: dict[Any, list[int]] = {}
        for number, run in enumerate(runs):
            side_by_side = self.joint_wise and not self.takes_missing
            alike.setdefault((len(run.coords), run.coords.shape[2], run.weights is None, run.first,
                              run.origin) if side_by_side else number, []).append(number)
        results = [run.coords for run in runs]
        for numbers in alike.values():
            same = [runs[i] for i in numbers]
            coords, weights = same[0].coords, same[0].weights
            if len(same) > 1:
                # Keypoints do not influence one another, so they may be of several people.
                coords = np.concatenate([run.coords for run in same], axis=1)
                weights = None if weights is None else np.concatenate(
                    [run.weights for run in same if run.weights is not None], axis=1)
            filtered = self._filter_newest(coords, fps, weights, same[0].first, same[0].origin)
            ends = np.cumsum([run.coords.shape[1] for run in same])[:-1]
            for number, result in zip(numbers, np.split(filtered, ends, axis=1)):
                results[number] = result
        return results

    def filter_runs(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        """Filter the runs of several people, who do not influence one another.

        Args:
            runs: The runs, each with its own T, K and C. See :meth:`filter` for missing values.
            fps: Frames per second, > 0.

        Returns:
            Per run an array of its shape, float64: what :meth:`filter` makes of it. It may be the
            run's own array.
        """
        results = [run.coords for run in runs]
        inner: list[Run] = []
        places: list[tuple[int, np.ndarray | None, np.ndarray] | int] = []
        for number, run in enumerate(runs):
            usable = finite_keypoints(run.coords)
            if run.usable is not None:
                usable &= run.usable
            if run.weights is not None:
                weights = np.nan_to_num(run.weights, nan=0.0, posinf=1.0, neginf=0.0)
                run = run._replace(weights=np.maximum(weights, 0.0, out=weights))
            if usable.size and all_true(usable):
                inner.append(run)
                places.append(number)
                continue
            seen = np.asarray(usable.any(axis=0) if len(usable)
                              else np.zeros(usable.shape[1], dtype=bool))
            if not seen.any():
                results[number] = run.coords.copy()
                continue
            if seen.all():
                inner.append(run._replace(coords=self._without_gaps(run.coords, usable)))
                places.append((number, None, usable))
                continue
            known = usable[:, seen]
            inner.append(run._replace(
                coords=self._without_gaps(run.coords[:, seen], known),
                weights=None if run.weights is None else run.weights[:, seen],
                judgement=None if run.judgement is None else Judgement.unknown(known.shape)))
            places.append((number, seen, known))
        filtered = self._filter_together(inner, fps)
        judgements = [run.judgement for run in inner]
        inner.clear()  # Long clips fill the memory.
        for place, found, result in zip(places, judgements, filtered):
            if isinstance(place, int):
                results[place] = result
                continue
            number, seen, known = place
            if self.takes_missing:
                fill_missing(result, known)
            if seen is None:
                results[number] = result
                continue
            judgement = runs[number].judgement
            if judgement is not None and found is not None:
                judgement.fill(np.flatnonzero(seen), found)
            results[number] = runs[number].coords.copy()
            results[number][:, seen] = result
        return results

    def _without_gaps(self, coords: np.ndarray, known: np.ndarray) -> np.ndarray:
        """A copy of coordinates as :meth:`_filter` takes them, by where they are known."""
        return (np.where(known[..., None], coords, np.nan) if self.takes_missing
                else interpolate_missing(coords, known))

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
        if array.ndim != 3:
            raise DataFormatError(f'{type(self).__name__}: coords have shape {array.shape}; '
                                  'expected (T, K, C): frames, keypoints, values.')
        if not (np.isfinite(fps) and fps > 0):
            raise DataFormatError(f'{type(self).__name__}: fps is {fps}; expected a positive '
                                  'number.')
        given = {'scores': scores, 'valid': valid}
        arrays = {name: None if value is None else to_numpy(value)[0]
                  for name, value in given.items()}
        for name, value in arrays.items():
            if value is not None and value.shape != array.shape[:2]:
                raise DataFormatError(f'{type(self).__name__}: {name} has shape {value.shape}; '
                                      f'expected {array.shape[:2]}.')
        weights, usable = arrays['scores'], arrays['valid']
        [result] = self.filter_runs([Run(
            array.astype(np.float64, copy=False), None if usable is None else usable.astype(bool),
            None if weights is None else weights.astype(np.float64), first, origin,
            judgement)], float(fps))
        return restore(_own(result, array).astype(array.dtype, copy=False))


def _own(result: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The result, as a copy where it is the input or a part of it."""
    return result.copy() if np.may_share_memory(result, given) else np.ascontiguousarray(result)


def to_numpy(value: Any) -> tuple[np.ndarray, Any]:
    """The value as an array, and a function that converts arrays back to the value's class.

    Floating dtypes are restored, and integers become float64. Masked values are NaN.
    """
    if type(value).__module__.partition('.')[0] == 'torch':
        import torch
        device = value.device
        dtype = value.dtype if value.dtype.is_floating_point else torch.float64
        array = value.detach().cpu()
        if dtype in (torch.float16, torch.bfloat16):
            array = array.float()
        return array.numpy(), lambda a: torch.as_tensor(a).to(device=device, dtype=dtype)
    if isinstance(value, np.ma.MaskedArray):
        value = np.ma.filled(value.astype(np.float64), np.nan)
    try:
        array = np.asarray(value)
        if array.dtype.kind == 'c':
            raise TypeError('complex numbers')
        if array.dtype.kind not in 'fb':
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataFormatError(f'Expected an array of real numbers, got {type(value).__name__}: '
                              f'{error}.') from error
    return array, lambda a: as_float(np.asarray(a), array.dtype)
