"""Size of the body in every frame, the unit of what is far and what is near."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ..utils.arrays import curve_lengths, curves_of, median_last
from .rolling import rolling_quantile

#: Half width in seconds of local sizes and scales.
SCALE_SECONDS = 0.8
_TINY = 1e-150


def body_size(coords: np.ndarray, fps: float) -> np.ndarray:
    """Diagonal of the box around the keypoints, as a median over 0.8 seconds on either side.

    Keypoints more than six times the median distance from the middle are left out. With fewer than
    three keypoints the extent of their motion within that time is used if it is larger. For
    rotations (C = 6, or quaternions, C = 4) the size is 1.

    Args:
        coords: Shape (T, ..., K, C), finite, without outliers of single frames.
        fps: Frames per second.

    Returns:
        Shape (T, ..., 1), > 0.
    """
    return np.moveaxis(size_of_curves(curves_of(coords), fps), -1, 0)


def size_of_curves(curves: np.ndarray, fps: float) -> np.ndarray:
    """:func:`body_size` of curves (C, ..., K, T), shape (..., 1, T)."""
    if len(curves) in (4, 6):
        return np.ones((*curves.shape[1:-2], 1, curves.shape[-1]))
    reach = max(2, round(SCALE_SECONDS * fps))
    near = _near_middle(curves, axis=-2)
    box = (np.where(near, curves, -np.inf).max(axis=-2, initial=-np.inf)
           - np.where(near, curves, np.inf).min(axis=-2, initial=np.inf))
    size = curve_lengths(np.where(np.isfinite(box), box, 0.0))
    size = rolling_quantile(size, reach, axis=-1)
    if curves.shape[-2] < 3:
        frames = 2 * reach + 1
        way = maximum_filter1d(curves, frames) - minimum_filter1d(curves, frames)
        size = np.maximum(size, curve_lengths(way).max(axis=-2))
    return np.maximum(size, _TINY)[..., None, :]


def near_middle(coords: np.ndarray) -> np.ndarray:
    """Keypoints at most six times the median distance from the middle of their pose.

    Args:
        coords: Shape (..., K, C), finite.

    Returns:
        Shape (..., K), bool.
    """
    return _near_middle(np.moveaxis(coords, -1, 0), axis=-1)


def _near_middle(curves: np.ndarray, axis: int) -> np.ndarray:
    """The same for channels first, (C, ...), with the keypoints in another axis."""
    middle = np.expand_dims(median_last(np.moveaxis(curves, axis, -1)), axis)
    apart = curve_lengths(curves - middle)
    return apart <= 6 * np.expand_dims(median_last(np.moveaxis(apart, axis, -1)), axis)


def median_size(middle: np.ndarray) -> np.ndarray:
    """Diagonal of the box around median poses (C, ..., K), shape (...); 0 for few keypoints."""
    if len(middle) in (4, 6) or middle.shape[-1] < 5:
        return np.zeros(middle.shape[1:-1])
    return curve_lengths(middle.max(axis=-1) - middle.min(axis=-1))
