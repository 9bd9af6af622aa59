"""Conversion between the user's representation and what filters take: float64, rotations as 6D.

Filters act on every number alone; averaged axis-angles or quaternions would leave SO(3) and jump
where they wrap. In 6D nearby rotations are nearby numbers, and results are projected back to SO(3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..filters.base import BaseFilter
from ..processing.rotations import continuous_in_time, from_rot6d, to_rot6d
from ..structures import is_rotation
from ..utils.arrays import all_true, finite_keypoints
from .settings import SmootherSettings

_IDENTITY_6D = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])


def to_filter_space(coords: np.ndarray, representation: str,
                    filters: Sequence[BaseFilter]) -> np.ndarray:
    """Coordinates as the filters take them.

    Args:
        coords: Shape (..., C).
        representation: What they are.
        filters: The filters of the chain.

    Returns:
        Shape (..., C), or (..., 6) for rotations, NaN where not finite; float64. May be the input
        itself.

    Raises:
        ConfigError: A filter does not take the representation.
    """
    rotation = is_rotation(representation)
    for entry in filters:
        if ('rot6d' if rotation else representation) not in entry.representations:
            raise ConfigError(f'{type(entry).__name__} cannot smooth {representation}; it takes '
                              f"{', '.join(sorted(entry.representations))}.")
    coords = coords.astype(np.float64, copy=False)
    if not rotation:
        return coords
    finite = finite_keypoints(coords)
    result = np.full((*coords.shape[:-1], 6), np.nan)
    result[finite] = to_rot6d(coords[finite], representation)
    return result


def from_filter_space(values: np.ndarray, representation: str,
                      like: np.ndarray | None = None) -> np.ndarray:
    """Back to the user's representation; rotations end on SO(3).

    Args:
        values: Results of the filters, shape (..., C) or (..., 6) for rotations.
        representation: What to return.
        like: The input poses, same leading shape, so that axis-angles and quaternions stay on
            the branch of the input. Defaults to None.

    Returns:
        Shape (..., C), float64, NaN where ``values`` are not finite.
    """
    if is_rotation(representation):
        finite = finite_keypoints(values)[..., None]
        values = np.where(finite, from_rot6d(np.where(finite, values, _IDENTITY_6D),
                                             representation, like=like), np.nan)
    return values


def steady_signs(coords: np.ndarray, changed: np.ndarray, representation: str,
                 settings: SmootherSettings) -> np.ndarray:
    """Results whose quaternions keep their sign from frame to frame, if that is wanted.

    Args:
        coords: Results, shape (T, K, C).
        changed: Where they were computed, shape (T, K), bool; others stay and do not count.
        representation: What they are.
        settings: Whether signs are continuous.

    Returns:
        Same shape.
    """
    if (representation != 'quaternion' or settings.quaternion_signs == 'input'
            or not settings.strength):
        return coords
    own = continuous_in_time(np.where(changed[..., None], coords, np.nan), representation)
    return np.where(changed[..., None], own, coords)


def check_finite(coords: np.ndarray, changed: np.ndarray, frame_ids: Sequence[int] | np.ndarray,
                 ) -> None:
    """Refuse results that have overflown.

    Args:
        coords: Results in the type of the output, shape (T, K, C).
        changed: Where they were computed, shape (T, K), bool.
        frame_ids: Numbers of the frames, shape (T,).

    Raises:
        DataFormatError: A computed value is not finite; the first such frame and keypoint are
            named.
    """
    if all_true(np.isfinite(coords)):
        return
    wrong = changed & ~finite_keypoints(coords)
    if wrong.any():
        row, keypoint = np.argwhere(wrong)[0]
        raise DataFormatError(
            f'Frame {frame_ids[row]}, keypoint {keypoint}: smoothing overflows, for values near '
            f'the largest of {coords.dtype}. Expected coordinates of at most 1e150 (float64) or '
            '1e30 (float32); set wrong values to NaN.')
