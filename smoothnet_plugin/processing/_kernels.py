"""Steps of the robust track, compiled by Numba.

Each function does what its NumPy counterpart does, in the same order where that decides about the
last bit; the banded systems are solved by another factorisation than LAPACK's, with results that
differ by rounding. See :mod:`smoothnet_plugin.utils.compiled` for when they are used.
"""

from __future__ import annotations

import math

import numpy as np

from ._cutoff_kernels import moment_fit, over_lags, posterior_fit, posterior_means
from ._jit import compiled
from ._penalized_kernels import penalized_fit
from ._rolling_kernels import rolling_columns, rolling_quantile, rolling_rows

__all__ = ['closest', 'lengths', 'moment_fit', 'over_lags', 'penalized_fit', 'posterior_fit',
           'posterior_means', 'rolling_columns', 'rolling_quantile', 'rolling_rows',
           'student_weights']


@compiled('void(f8[:, :, ::1], f8[:, ::1], f8[::1], i8[::1], i8, i8, f8[:, :, ::1])')
def closest(points, trust, furthest, order, step, total, result):
    """See :func:`.medoid._closest`.

    Args:
        points: Shape (C, N, frames).
        trust: Shape (N, frames).
        furthest: Shape (N,).
        order: Shape (W,).
        step: Frames between the samples of a window.
        total: Frames without the ends.
        result: Takes the medoids, shape (C, N, total).
    """
    width, rows, frames = points.shape
    count = len(order)
    last = (frames - total) // 2
    later = np.zeros((count, frames))
    earlier = np.zeros((count, frames))
    distance = np.empty(frames)
    best = np.empty(total)
    place = np.empty(total, np.int64)
    for row in range(rows):
        far = furthest[row]
        own = trust[row]
        for k in range(1, count):
            gap = k * step
            for t in range(frames - gap):
                apart = points[0, row, t + gap] - points[0, row, t]
                distance[t] = apart * apart
            for c in range(1, width):
                for t in range(frames - gap):
                    apart = points[c, row, t + gap] - points[c, row, t]
                    distance[t] += apart * apart
            for t in range(frames - gap):
                apart = math.sqrt(distance[t])
                distance[t] = far if far < apart else apart
            for t in range(frames - gap):
                later[k, t] = later[k - 1, t] + own[t + gap] * distance[t]
            for t in range(frames - gap):
                earlier[k, t] = earlier[k - 1, t + step] + own[t] * distance[t]
        for turn in range(count):
            number = order[turn]
            start = number * step
            for t in range(max(0, last - start), min(total, total + last - start)):
                cost = earlier[number, t] + later[count - 1 - number, t + start]
                if turn == 0 or cost < best[t]:
                    best[t] = cost
                    place[t] = start
        for c in range(width):
            for t in range(total):
                result[c, row, t] = points[c, row, t + place[t]]


@compiled('void(f8[:, :, ::1], f8[:, :, ::1], f8[:, ::1])')
def lengths(curves, track, result):
    """Distance of curves from a track, both of shape (C, N, T), shape (N, T)."""
    width, rows, frames = curves.shape
    for row in range(rows):
        into = result[row]
        for t in range(frames):
            apart = curves[0, row, t] - track[0, row, t]
            into[t] = apart * apart
        for c in range(1, width):
            for t in range(frames):
                apart = curves[c, row, t] - track[c, row, t]
                into[t] += apart * apart
        for t in range(frames):
            into[t] = math.sqrt(into[t])


@compiled('void(f8[::1], f8[::1], f8[::1], f8, f8, f8, f8, f8[::1], f8[::1])')
def student_weights(length, scale, trust, sight, freedom, width, greatest, distance, weights):
    """See :meth:`.robust_track._Rounds.run`; all arrays of one shape, in one axis."""
    for i in range(len(length)):
        apart = sight * length[i] / scale[i]
        apart = greatest if apart > greatest else apart
        distance[i] = apart
        weight = (freedom + width) / (freedom + apart * apart)
        weights[i] = trust[i] * (1.0 if weight > 1.0 else weight)
