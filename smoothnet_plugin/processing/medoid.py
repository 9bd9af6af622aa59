"""The running medoid: a median over time for points."""

from __future__ import annotations

import numpy as np

from ..utils.arrays import curve_lengths, median_known
from .compiled_steps import kernels
from .rolling import spaced_offsets

#: Distances of more than so many sizes of a person, or median steps, are equal for a medoid.
_SIZES, _STEPS = 2.0, 1e6
#: Samples (keypoints x frames) whose costs are compared at once: they fit into a CPU's second-level
#: cache.
_SAMPLES_AT_ONCE = 4000


def running_medoid(curves: np.ndarray, weights: np.ndarray, reach: int, most: int = 9,
                   size: np.ndarray | None = None) -> np.ndarray:
    """The sample closest to all others within ``reach`` frames, for each keypoint.

    A median for points: up to half of a window may be wrong, straight motion passes unchanged,
    and the result does not depend on the axes.

    Args:
        curves: Coordinates with time last, shape (C, ..., K, T), finite, with squares that do not
            overflow; axes between C and K are people.
        weights: Weight of each sample, shape (..., K, T), > 0.
        reach: Frames on either side, >= 0.
        most: Largest number of frames in a window. Defaults to 9.
        size: Size of each person, shape (...), 0 where unknown: distances of more than twice the
            size count as equal, so that it does not matter how far an outlier is or on which
            side. Defaults to None, unknown.

    Returns:
        Shape (C, ..., K, T).
    """
    width, total = curves.shape[0], curves.shape[-1]
    offsets = spaced_offsets(reach, most)
    last, count = int(offsets[-1]), len(offsets)
    if count == 1:
        return curves.copy()
    step, frames = int(offsets[1] - offsets[0]), total + 2 * last
    columns = weights.size // max(1, total)
    points = np.zeros((width, columns, frames))
    points[..., last:last + total] = curves.reshape(width, columns, total)
    trust = np.zeros((columns, frames))
    trust[:, last:last + total] = weights.reshape(columns, total)
    furthest = _furthest(
        curve_lengths(points[..., step:] - points[..., :frames - step]), curves.shape[-2], size)
    result = np.empty((width, columns, total))
    order = np.argsort(np.abs(offsets), kind='stable').tolist()
    compiled = kernels()
    if compiled is not None:
        compiled.closest(points, trust, furthest, np.array(order), step, total, result)
        return result.reshape(curves.shape)
    at_once = max(1, _SAMPLES_AT_ONCE // frames)
    for start in range(0, columns, at_once):
        part = slice(start, start + at_once)
        result[:, part] = _closest(points[:, part], trust[part], furthest[part], order, step, total)
    return result.reshape(curves.shape)


def _closest(points: np.ndarray, trust: np.ndarray, furthest: np.ndarray, order: list[int],
             step: int, total: int) -> np.ndarray:
    """The medoids of some keypoints, shape (C, N, total).

    Args:
        points: Their samples, padded by half a window at both ends, shape (C, N, frames).
        trust: Weights, shape (N, frames), 0 beyond the ends.
        furthest: Largest distance that counts, shape (N,).
        order: Numbers of the samples of a window; the first of those with equal costs is chosen.
        step: Frames between the samples of a window.
        total: Frames without the ends.
    """
    frames = points.shape[-1]
    last = (frames - total) // 2
    apart = [np.minimum(curve_lengths(points[..., k * step:] - points[..., :frames - k * step]),
                        furthest[:, None]) for k in range(1, len(order))]
    costs = _Costs(apart, trust, step)
    # With equal costs, as at rest, the frame's own sample is chosen.
    best, place = costs.of(order[0], last, total), np.full((len(trust), total), order[0] * step)
    for number in order[1:]:
        cost = costs.of(number, last, total)
        better = cost < best
        np.copyto(best, cost, where=better)
        np.copyto(place, number * step, where=better)
    place += np.arange(total)
    return points[:, np.arange(len(trust))[:, None], place]


class _Costs:
    """Weighted distances of a sample from the others of a window.

    Sums over the later samples and over the earlier ones grow by one distance at a time, and those
    of one candidate are those of the next candidate of a shorter window.

    Args:
        apart: Distance of each sample from the k-th later one, k = 1, 2 ..., each (N, frames - k
            steps).
        trust: Weights, shape (N, frames), 0 beyond the ends.
        step: Frames between the samples of a window.
    """

    def __init__(self, apart: list[np.ndarray], trust: np.ndarray, step: int) -> None:
        self._step = step
        self._later, self._earlier = [np.zeros_like(trust)], [np.zeros_like(trust)]
        for k, distance in enumerate(apart, 1):
            frames = distance.shape[-1]
            self._later.append(self._later[-1][:, :frames] + trust[:, k * step:] * distance)
            self._earlier.append(self._earlier[-1][:, step:] + trust[:, :frames] * distance)

    def of(self, number: int, last: int, total: int) -> np.ndarray:
        """Costs of the windows' sample ``number``, shape (N, total); infinite beyond the ends."""
        start = number * self._step
        cost = self._earlier[number][:, :total] + self._later[-1 - number][:, start:start + total]
        cost[:, :max(0, last - start)] = np.inf
        cost[:, max(0, total + last - start):] = np.inf
        return cost


def _furthest(steps: np.ndarray, keypoints: int, size: np.ndarray | None) -> np.ndarray:
    """The largest distance that counts, shape (keypoints of all people,).

    Twice the size of a person, or a million median steps where that is unknown: one huge distance
    must not cancel the digits of the others.
    """
    people = steps.reshape(-1, keypoints * steps.shape[-1])
    sizes = np.zeros(len(people)) if size is None else size.ravel()
    step = median_known(np.where(people > 0, people, np.nan))
    furthest = np.where(sizes > step, _SIZES * sizes, _STEPS * step)
    return np.repeat(np.where(step > 0, furthest, np.inf), keypoints)
