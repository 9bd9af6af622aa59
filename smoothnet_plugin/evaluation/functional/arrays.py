"""What the metrics share: arrays whose unmeasured entries are NaN.

Every metric of this package has a ``*_per_joint`` function that returns one value a frame and
keypoint, NaN where nothing could be measured, and a function that returns the mean of the
measured values. Sums and counts over many sequences come from the former.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DataFormatError


def measured(coords: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """Copy the coordinates in float64, with NaN where a keypoint is not measured.

    Args:
        coords: Shape (T, K, C): frames, keypoints, coordinates.
        mask: What to measure, shape (T, K), bool, or None for every finite keypoint. Defaults to
            None.

    Returns:
        Shape (T, K, C). A keypoint with any coordinate NaN or infinite is NaN as a whole.

    Raises:
        DataFormatError: A shape is not as stated.

    Example:
        >>> measured(np.array([[[1.0, np.inf], [3.0, 4.0]]])).tolist()
        [[[nan, nan], [3.0, 4.0]]]
    """
    array = np.array(coords, dtype=np.float64)
    if array.ndim != 3:
        raise DataFormatError(
            f'Coordinates have shape {array.shape}; expected (T, K, C): frames, keypoints, values.')
    missing = ~np.isfinite(array).all(axis=-1)
    if mask is not None:
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != array.shape[:2]:
            raise DataFormatError(
                f'The mask has shape {mask.shape}; expected {array.shape[:2]}, the frames and '
                'keypoints of the coordinates.')
        missing |= ~mask
    array[missing] = np.nan
    return array


def measured_pair(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                  root_indices: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and truth as by :func:`measured`, root-aligned on request.

    Args:
        pred: Shape (T, K, C).
        target: Shape (T, K, C), same unit.
        mask: What to measure, shape (T, K), bool, or None. Defaults to None.
        root_indices: See :func:`root_align`; None leaves the coordinates as they are. Defaults
            to None.

    Returns:
        Both in float64.

    Raises:
        DataFormatError: The shapes differ, or are not as stated.

    Example:
        >>> pred, target = measured_pair(np.ones((1, 2, 2)), np.zeros((1, 2, 2)), None, [0])
        >>> float(np.abs(pred - target).sum())
        0.0
    """
    if np.shape(pred) != np.shape(target):
        raise DataFormatError(
            f'The prediction has shape {np.shape(pred)} and the truth {np.shape(target)}; '
            'expected the same shape (T, K, C) for both.')
    first, second = measured(pred, mask), measured(target, mask)
    if root_indices is not None:
        first, second = root_align(first, root_indices), root_align(second, root_indices)
    return first, second


def root_align(coords: np.ndarray, root_indices: Sequence[int]) -> np.ndarray:
    """Subtract from every frame the mean of its root keypoints.

    A frame in which a root keypoint is NaN has no root, and becomes NaN as a whole.

    Args:
        coords: Shape (T, K, C).
        root_indices: Keypoints whose mean is the root, for example ``[0]`` (pelvis) or
            ``[2, 3]`` (both hips).

    Returns:
        Root-relative coordinates, shape (T, K, C), same type.

    Raises:
        DataFormatError: No index is given or one is not a keypoint of the array.

    Example:
        >>> root_align(np.array([[[1.0, 1.0], [3.0, 5.0]]]), [0]).tolist()
        [[[0.0, 0.0], [2.0, 4.0]]]
    """
    indices = list(root_indices)
    if not indices or not all(0 <= i < coords.shape[1] for i in indices):
        raise DataFormatError(
            f'root_indices are {indices}; expected one or more indices of the '
            f'{coords.shape[1]} keypoints, 0 to {coords.shape[1] - 1}.')
    return coords - coords[:, indices].mean(axis=1, keepdims=True)


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Euclidean distance of keypoints, shape (T, K), in the unit of the coordinates.

    Example:
        >>> distances(np.zeros((1, 1, 2)), np.array([[[3.0, 4.0]]])).tolist()
        [[5.0]]
    """
    return lengths(first - second)


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Euclidean length of vectors along the last axis, shape (..., C) to (...).

    Example:
        >>> lengths(np.array([[3.0, 4.0], [0.0, 2.0]])).tolist()
        [5.0, 2.0]
    """
    # Several times faster than numpy.linalg.norm for two or three components.
    return np.sqrt(np.einsum('...c,...c->...', vectors, vectors))


def mean_of_measured(values: np.ndarray) -> float:
    """Mean of the entries that are not NaN; NaN if there is none.

    Example:
        >>> mean_of_measured(np.array([[1.0, np.nan], [3.0, 5.0]]))
        3.0
    """
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float('nan')


def frame_means(values: np.ndarray) -> np.ndarray:
    """Mean over the measured keypoints of each frame: what a ``*_per_joint`` function tells.

    Args:
        values: Shape (T, K), NaN where not measured.

    Returns:
        Shape (T,), NaN for frames without any measured keypoint.

    Example:
        >>> frame_means(np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, np.nan]])).tolist()
        [1.0, 4.0, nan]
    """
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    sums = np.where(known, values, 0).sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
