"""One person's poses over time."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..utils.arrays import finite_keypoints
from .representation import default_unit, value_width
from .skeleton import Skeleton


@dataclass
class PoseSequence:
    """One person's poses, one row per frame in which the person is present.

    Attributes:
        coords: Coordinates or rotations, shape (T, K, C), float32 or float64. Missing values may
            be NaN.
        scores: Confidence per keypoint, shape (T, K), or None if the source has none.
        valid: Whether a keypoint is measured, shape (T, K), bool. Defaults to "all values are
            finite".
        filled: Whether a smoother interpolated a keypoint, shape (T, K), bool. Defaults to all
            False.
        spread: Distance within which the true keypoint lies in two of three cases, as a smoother
            predicts it, shape (T, K), in the unit of the coordinates; NaN where it is not known.
            None without a prediction. Defaults to None.
        frame_ids: Frame number of each row, shape (T,), int64, strictly increasing; skipped
            numbers are frames without the person. Defaults to 0 .. T-1.
        fps: Frames per second of the numbering in ``frame_ids``, or None if unknown.
        representation: A key of :data:`~smoothnet_plugin.structures.REPRESENTATIONS`.
            Rotations are stored flat: ``rotmat`` row-major, ``quaternion`` as (x, y, z, w),
            ``rot6d`` as the first two columns of the rotation matrix, flattened row by row.
        unit: ``'px'``, ``'m'``, ``'mm'`` or ``'rad'`` ...; specified, never inferred. Defaults to
            ``'px'`` for 2D, ``'m'`` for 3D and ``''`` for rotations.
        skeleton: Names and links of the keypoints, or None.
        refs: Position of each row in the source document, one opaque entry per row (None for rows
            that are not in the source). Used by writers only.
    """

    coords: np.ndarray
    scores: np.ndarray | None = None
    valid: np.ndarray = None  # type: ignore[assignment]
    filled: np.ndarray = None  # type: ignore[assignment]
    spread: np.ndarray | None = field(default=None, kw_only=True)
    frame_ids: np.ndarray = None  # type: ignore[assignment]
    fps: float | None = None
    representation: str = 'keypoints_2d'
    unit: str | None = None
    skeleton: Skeleton | None = None
    refs: list[Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.coords = _float_array(self.coords)
        if self.coords.ndim != 3:
            raise DataFormatError(
                f'Pose coordinates have shape {self.coords.shape}; expected (T, K, C): frames, '
                'keypoints, values per keypoint.')
        frames, keypoints, width = self.coords.shape
        expected = value_width(self.representation)
        if width != expected:
            raise DataFormatError(
                f'{self.representation} has C = {expected} values per keypoint, but the '
                f'coordinates have C = {width} (shape {self.coords.shape}); specify the right '
                'representation.')
        if self.unit is None:
            self.unit = default_unit(self.representation)
        shape = frames, keypoints
        if self.scores is not None:
            self.scores = self._checked('scores', self.scores, shape)
        self.valid = (finite_keypoints(self.coords) if self.valid is None
                      else self._checked('valid', self.valid, shape).astype(bool))
        self.filled = (np.zeros(shape, dtype=bool) if self.filled is None
                       else self._checked('filled', self.filled, shape).astype(bool))
        if self.spread is not None:
            self.spread = self._checked('spread', self.spread, shape)
        if self.frame_ids is None:
            self.frame_ids = np.arange(frames, dtype=np.int64)
        else:
            self.frame_ids = self._checked('frame_ids', self.frame_ids, (frames,)).astype(np.int64)
            if (np.diff(self.frame_ids) <= 0).any():
                raise DataFormatError(
                    'frame_ids must be strictly increasing: a person has one pose per frame.')
        if self.fps is not None and not (np.isfinite(self.fps) and self.fps > 0):
            raise DataFormatError(f'fps is {self.fps}; expected a positive number or None.')
        if self.skeleton is not None and len(self.skeleton.keypoint_names) != keypoints:
            raise DataFormatError(
                f"The skeleton '{self.skeleton.name}' has "
                f'{len(self.skeleton.keypoint_names)} keypoints, the coordinates have K = '
                f'{keypoints}.')
        if self.refs is not None and len(self.refs) != frames:
            raise DataFormatError(f'refs has {len(self.refs)} entries for {frames} frames.')

    @staticmethod
    def _checked(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
        value = np.asarray(value)
        if value.shape != shape:
            raise DataFormatError(f'{name} has shape {value.shape}; the coordinates require '
                                  f'{shape}.')
        if value.dtype.kind not in 'biuf':
            raise DataFormatError(f'{name} has values of type {value.dtype}; expected numbers.')
        return value

    def __len__(self) -> int:
        return len(self.coords)

    @property
    def num_keypoints(self) -> int:
        """Number of keypoints K."""
        return self.coords.shape[1]

    @property
    def keypoint_names(self) -> tuple[str, ...]:
        """Names of the keypoints; none without a skeleton."""
        return self.skeleton.keypoint_names if self.skeleton else ()

    @property
    def measured(self) -> np.ndarray:
        """A copy of the coordinates, NaN where a keypoint is not measured."""
        return np.where(self.valid[..., None], self.coords, np.nan)

    def replace(self, **changes: Any) -> PoseSequence:
        """Copy with some fields changed; arrays are shared, not copied."""
        return dataclasses.replace(self, **changes)

    def select(self, rows: np.ndarray | slice) -> PoseSequence:
        """Copy with the given rows only.

        Args:
            rows: A slice, a boolean mask of shape (T,), or increasing row numbers.

        Returns:
            The shorter sequence.
        """
        refs = self.refs
        if refs is not None:
            refs = [refs[i] for i in np.arange(len(self))[rows]]
        arrays = {name: values[rows] for name in (
            'coords', 'scores', 'valid', 'filled', 'spread', 'frame_ids')
            if (values := getattr(self, name)) is not None}
        return self.replace(refs=refs, **arrays)

    def at_frames(self, frame_ids: np.ndarray) -> np.ndarray:
        """Coordinates on given frames.

        Args:
            frame_ids: Frame numbers, shape (F,), strictly increasing.

        Returns:
            Shape (F, K, C), float64; NaN where a keypoint is neither measured nor interpolated.
        """
        _, at, rows = np.intersect1d(frame_ids, self.frame_ids, assume_unique=True,
                                     return_indices=True)
        full = np.full((len(frame_ids), *self.coords.shape[1:]), np.nan)
        known = (self.valid | self.filled)[rows, :, None]
        full[at] = np.where(known, self.coords[rows], np.nan)
        return full


def _float_array(value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype not in (np.float32, np.float64):
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataFormatError(
                f'Pose coordinates have the dtype {array.dtype}; expected numbers.') from error
    return array
