"""Common code of the metrics: arrays with NaN where a keypoint is not measured.

Every metric of this package has a ``*_per_joint`` function that returns one value per frame and
keypoint, NaN where not measured, and a function that returns the mean of the measured values. The
former gives sums and counts over many sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ...errors import DataFormatError
from ...utils.arrays import mean_known

#: Frames of a block whose intermediate arrays fit in a core's cache, which is several times faster.
_BLOCK = 2048


def measured(coords: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """Copy the coordinates in float64, with NaN where a keypoint is not measured.

    Args:
        coords: Shape (T, K, C): frames, keypoints, coordinates.
        mask: Keypoints to measure, shape (T, K), bool, or None for all finite ones. Defaults to
            None.

    Returns:
        Shape (T, K, C). A keypoint with a NaN or infinite coordinate is NaN in all coordinates.

    Raises:
        DataFormatError: A shape is not as stated.

    Example:
        >>> measured(np.array([[[1.0, np.inf], [3.0, 4.0]]])).tolist()
        [[[nan, nan], [3.0, 4.0]]]
    """
    array = np.array(coords, dtype=np.float64)
    check_pair(array, array, mask)
    with np.errstate(over='ignore', invalid='ignore'):
        if mask is None and np.isfinite(array.sum()):  # finite only if everything is
            return array
    missing = ~np.isfinite(array).all(axis=-1)
    if mask is not None:
        missing |= ~np.asarray(mask, dtype=bool)
    array[missing] = np.nan
    return array


def measured_pair(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None,
                  root_indices: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and truth after :func:`measured`, optionally root-aligned.

    Args:
        pred: Shape (T, K, C).
        target: Shape (T, K, C), same unit.
        mask: Keypoints to measure, shape (T, K), bool, or None. Defaults to None.
        root_indices: See :func:`root_align`; None for no alignment. Defaults to None.

    Returns:
        Both in float64.

    Raises:
        DataFormatError: The shapes differ, or are not as stated.

    Example:
        >>> pred, target = measured_pair(np.ones((1, 2, 2)), np.zeros((1, 2, 2)), None, [0])
        >>> float(np.abs(pred - target).sum())
        0.0
    """
    check_pair(pred, target, mask)
    first, second = measured(pred, mask), measured(target, mask)
    if root_indices is not None:
        first, second = root_align(first, root_indices), root_align(second, root_indices)
    return first, second


def chunks(frames: int, overlap: int = 0, size: int = 16384) -> Iterator[slice]:
    """Split a long clip so that the float64 copies of the metrics stay small.

    Args:
        frames: Number of frames of the clip.
        overlap: Frames that a chunk shares with the next: the order of a difference, so that
            every difference is in one chunk. Defaults to 0.
        size: Number of frames of a chunk without the overlap. Defaults to 16384.

    Yields:
        The frames of each chunk.

    Example:
        >>> [(part.start, part.stop) for part in chunks(10, overlap=2, size=4)]
        [(0, 6), (4, 10)]
    """
    for start in range(0, max(frames - overlap, 1), size):
        yield slice(start, min(start + size + overlap, frames))


def in_blocks(function: Callable[..., np.ndarray], *arrays: np.ndarray | None,
              order: int = 0) -> np.ndarray:
    """Evaluate a function of few neighbouring frames block by block.

    Args:
        function: Takes the arrays and returns one row per frame, minus ``order``.
        *arrays: Arrays with the same number of frames along the first axis; None is passed
            through.
        order: Number of frames by which a result is shorter than its arrays. Defaults to 0.

    Returns:
        ``function(*arrays)``. Arrays of different lengths are passed to it as a whole, so that it
        raises its own error.

    Example:
        >>> in_blocks(lambda x: np.diff(x, axis=0), np.arange(5000.0), order=1).shape
        (4999,)
    """
    lengths_ = {np.shape(array)[:1] for array in arrays if array is not None}
    frames = next(iter(lengths_))[0] if len(lengths_) == 1 and () not in lengths_ else 0
    if frames <= _BLOCK + order:
        return function(*arrays)
    return np.concatenate([
        function(*(None if array is None else array[part] for array in arrays))
        for part in chunks(frames, order, _BLOCK)])


def check_pair(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None) -> None:
    """Check the shapes that :func:`measured_pair` takes.

    Raises:
        DataFormatError: The shapes differ, or are not as stated.

    Example:
        >>> check_pair(np.ones((1, 2, 2)), np.ones((1, 2, 2)), np.ones((1, 2)))
    """
    shape = np.shape(pred)
    if shape != np.shape(target):
        raise DataFormatError(
            f'The prediction has shape {shape} and the truth {np.shape(target)}; expected the '
            'same shape (T, K, C) for both.')
    if len(shape) != 3:
        raise DataFormatError(
            f'Coordinates have shape {shape}; expected (T, K, C): frames, keypoints, values.')
    if mask is not None and np.shape(mask) != shape[:2]:
        raise DataFormatError(
            f'The mask has shape {np.shape(mask)}; expected {shape[:2]}, the frames and '
            'keypoints of the coordinates.')


def root_align(coords: np.ndarray, root_indices: Sequence[int]) -> np.ndarray:
    """Subtract from every frame the mean of its root keypoints.

    All keypoints of a frame are NaN if one of its root keypoints is NaN.

    Args:
        coords: Shape (T, K, C).
        root_indices: Keypoints whose mean is the root, for example ``[0]`` (pelvis) or
            ``[2, 3]`` (both hips).

    Returns:
        Root-relative coordinates, shape (T, K, C), same dtype.

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
    mean = float(values.mean()) if values.size else float('nan')
    if not np.isnan(mean):  # all entries are measured
        return mean
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float('nan')


def frame_means(values: np.ndarray) -> np.ndarray:
    """Mean over the measured keypoints of each frame, for the result of a ``*_per_joint`` function.

    Args:
        values: Shape (T, K), NaN where not measured.

    Returns:
        Shape (T,), NaN for frames without any measured keypoint.

    Example:
        >>> frame_means(np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, np.nan]])).tolist()
        [1.0, 4.0, nan]
    """
    return mean_known(values, axis=1)
