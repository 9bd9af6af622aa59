"""Mathematics of linear filters: local polynomial fits, ends, fading memory, weights."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import ndimage

#: Half width of a Gaussian kernel in standard deviations, as in SciPy.
TRUNCATE = 4.0
#: Influence below which a frame counts as forgotten.
FADED = 1e-6
#: Frames per second from which on filters of a fixed number of frames act at full strength.
WHOLE_FPS = 25.0
#: Confidence below which a measurement is not trusted any less, so that fits stay determined.
LEAST_WEIGHT = 0.01


def local_polynomial(coords: np.ndarray, kernel: tuple[float, ...], degree: int) -> np.ndarray:
    """Value at every frame of the weighted polynomial fit to the frames around it.

    Away from the ends this is one symmetric kernel. Near an end the fit uses the existing frames,
    so that polynomials of this degree pass unchanged everywhere: there is no lag and no shrinkage
    at the ends, and the reach stays half a window. Fits to n frames have degree n - 1 at most.

    Args:
        coords: Shape (T, K, C).
        kernel: Weight of each frame by distance, starting at the centre: r + 1 numbers > 0.
        degree: Degree of the polynomial, >= 0.

    Returns:
        The fitted values, shape (T, K, C).
    """
    reach, total = len(kernel) - 1, len(coords)
    flat = coords.reshape(total, -1)
    if total <= 2 * reach:
        return (_fit_matrix(kernel, degree, total, total) @ flat).reshape(coords.shape)
    fitted = ndimage.correlate1d(coords, _fit_row(kernel, degree, reach, reach), axis=0)
    ends = _fit_matrix(kernel, degree, reach, 2 * reach)
    fitted[:reach] = (ends @ flat[:2 * reach]).reshape(reach, *coords.shape[1:])
    # The same matrix on the reversed frames, so that filters are exactly symmetric in time.
    end = (ends @ flat[total - 2 * reach:][::-1]).reshape(reach, *coords.shape[1:])
    fitted[total - reach:] = end[::-1]
    return fitted


@lru_cache(maxsize=256)
def _fit_matrix(kernel: tuple[float, ...], degree: int, rows: int, frames: int) -> np.ndarray:
    """Weights of the first ``frames`` frames in the fitted values of the first ``rows`` ones."""
    matrix = np.zeros((rows, frames))
    for frame in range(rows):
        left, row = _row_at(kernel, degree, frame, frames)
        matrix[frame, frame - left:frame - left + len(row)] = row
    matrix.flags.writeable = False
    return matrix


def fit_rows(kernel: tuple[float, ...], degree: int, total: int) -> np.ndarray:
    """Weights of the frames around every frame in the fit of :func:`local_polynomial`.

    Args:
        kernel: See :func:`local_polynomial`.
        degree: See :func:`local_polynomial`.
        total: Frames T.

    Returns:
        Shape (T, 2 r + 1): column ``r + d`` is the weight of the frame ``d`` later; 0 beyond the
        ends.
    """
    reach = len(kernel) - 1
    rows = np.zeros((total, 2 * reach + 1))
    for frame in range(total):
        left, row = _row_at(kernel, degree, frame, total)
        rows[frame, reach - left:reach - left + len(row)] = row
    return rows


def _row_at(kernel: tuple[float, ...], degree: int, frame: int,
            total: int) -> tuple[int, tuple[float, ...]]:
    """How many earlier frames the fit at a frame of ``total`` has, and the weights of all."""
    reach = len(kernel) - 1
    left = min(frame, reach)
    return left, _fit_row(kernel, degree, left, min(total - 1 - frame, reach))


@lru_cache(maxsize=4096)
def _fit_row(kernel: tuple[float, ...], degree: int, left: int, right: int) -> tuple[float, ...]:
    """Weights of the frames -left .. right in the fitted value at frame 0."""
    if left > right:
        # Mirrored and not recomputed, so that filters are exactly symmetric in time.
        return _fit_row(kernel, degree, right, left)[::-1]
    offsets = np.arange(-left, right + 1)
    root = np.sqrt(np.asarray(kernel))[np.abs(offsets)]
    powers = np.vander(offsets / max(right, 1), min(degree, left + right) + 1, increasing=True)
    row = np.linalg.pinv(powers * root[:, None])[0] * root
    if left == right:
        row = (row + row[::-1]) / 2
    return tuple(row / row.sum())


def gaussian_kernel(sigma: float, reach: int | None = None) -> tuple[float, ...]:
    """Gaussian weights by distance, from the centre to 4 sigma or ``reach``."""
    whole = int(TRUNCATE * sigma + 0.5)
    reach = whole if reach is None else min(whole, reach)
    return tuple(np.exp(-0.5 * (np.arange(reach + 1) / sigma)**2).tolist())


def line_ends(coords: np.ndarray, kernel: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Values of straight lines at the first and last frame, fitted to the frames next to them.

    Args:
        coords: Shape (T, K, C) with T >= 1.
        kernel: Weight of each frame by distance from the end.

    Returns:
        Two arrays of shape (K, C).
    """
    row = np.asarray(_fit_row(kernel, 1, 0, min(len(kernel), len(coords)) - 1))
    return (np.tensordot(row, coords[:len(row)], axes=1),
            np.tensordot(row, coords[::-1][:len(row)], axes=1))


def odd_extension(coords: np.ndarray, frames: int,
                  pivots: tuple[np.ndarray, np.ndarray] | None = None) -> np.ndarray:
    """Extend a run at both ends by point reflection.

    Ramps and constants continue unchanged for any number of frames: short runs are reflected
    repeatedly.

    Args:
        coords: Shape (T, K, C) with T >= 1.
        frames: Frames to add on either side.
        pivots: Points of reflection, two arrays of shape (K, C). Defaults to None, the first and
            last value. A filter that is symmetric in time does not change these two, including
            their noise; fitted pivots avoid this.

    Returns:
        Shape (T + 2 * frames, K, C).
    """
    if len(coords) == 1:
        return np.repeat(coords, 2 * frames + 1, axis=0)
    start, end = (coords[0], coords[-1]) if pivots is None else pivots
    last = len(coords) - 1
    outer = np.concatenate([np.arange(-frames, 0), np.arange(last + 1, last + 1 + frames)])
    turns, place = np.divmod(outer, last)
    turns = turns[:, None, None]
    even = coords[place] + turns * (end - start)
    odd = start * (1 - turns) + end * (turns + 1) - coords[last - place]
    added = np.where(turns % 2 == 0, even, odd)
    # The mean where two reflections meet, so that the result is symmetric in time.
    added = np.where(place[:, None, None] == 0, start + turns * (end - start), added)
    return np.concatenate([added[:frames], coords, added[frames:]])


def fading_frames(radius: float) -> int:
    """Frames until a memory that shrinks by ``radius`` per frame has faded to 1e-6.

    Args:
        radius: Largest modulus of the filter's poles, in [0, 1).

    Returns:
        The number of frames.
    """
    if radius < FADED:
        return 1
    return math.ceil(math.log(FADED) / math.log(radius))


def half_amplitude_sigma(cutoff: float) -> float:
    """Width in 1 / Hz of the Gaussian that halves the amplitude at a cut-off.

    Its transfer function is exp(-(2 pi f sigma)^2 / 2).
    """
    return math.sqrt(2 * math.log(2)) / (2 * math.pi * cutoff)


def passes_all(cutoff: float, fps: float) -> bool:
    """Whether a cut-off is at or above half the frame rate, so that there is nothing to remove.

    One config is thus valid for videos of any frame rate: a clip whose frame rate is too low for
    jitter above the cut-off does not change.
    """
    return cutoff >= fps / 2


def share_above(fps: float, least: float) -> float:
    """Share of a filter's effect: 1 from 25 frames per second on, 0 at ``least`` and below.

    Linear between. Measured on motion capture with noise of 8 and 20 mm, at 4 to 25 frames per
    second: with these shares no filter is worse than its input on average.

    Args:
        fps: Frames per second.
        least: Frames per second at which the filter distorts more than it smooths.

    Returns:
        The share, 0 to 1.
    """
    return min(1.0, max(0.0, (fps - least) / (WHOLE_FPS - least)))


def usable_weights(weights: np.ndarray) -> np.ndarray:
    """Confidences as weights of a fit, at least 0.01."""
    return np.maximum(weights, LEAST_WEIGHT)
