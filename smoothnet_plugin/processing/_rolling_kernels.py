"""Rolling means and quantiles, compiled by Numba; see :mod:`._kernels`.

Each function is a part of :mod:`.rolling`.
"""

from __future__ import annotations

import math

import numpy as np

from ._jit import compiled


@compiled('void(f8[:, ::1], f8, i8, i8, i8[:, ::1], f8[:, ::1])')
def rolling_quantile(values, share, count, step, pairs, result):
    """See :func:`.rolling.rolling_quantile`: a sorting network over all frames of a row at once.

    Args:
        values: Shape (N, T); what is not finite is missing.
        share: The quantile.
        count: Samples of a window, an odd number.
        step: Frames between them.
        pairs: The network: pairs of places to put in order, shape (S, 2).
        result: Takes the quantiles, shape (N, T).
    """
    rows, total = values.shape
    window = np.empty((count, total))
    number = np.empty(total, np.int64)
    for row in range(rows):
        number[:] = 0
        for column in range(count):
            shift = (column - count // 2) * step
            for t in range(total):
                value = np.inf
                if 0 <= t + shift < total:
                    value = values[row, t + shift]
                    if math.isfinite(value):
                        number[t] += 1
                    else:
                        value = np.inf
                window[column, t] = value
        for s in range(len(pairs)):
            low, high = window[pairs[s, 0]], window[pairs[s, 1]]
            for t in range(total):
                one, other = low[t], high[t]
                low[t] = one if one < other else other
                high[t] = other if one < other else one
        for t in range(total):
            if number[t] == 0:
                result[row, t] = np.nan
                continue
            place = share * (number[t] - 1)
            below = int(place)
            one = window[below, t]
            other = window[min(below + 1, number[t] - 1), t]
            result[row, t] = one + (place - below) * (other - one)


@compiled('void(f8[:, ::1], i8, f8[::1], f8[:, ::1])')
def rolling_rows(values, reach, counts, result):
    """See :func:`.rolling.rolling_sum`; frames are rows.

    Args:
        values: Shape (T, N).
        reach: Frames on either side.
        counts: What the sum of each frame is divided by, shape (T,).
        result: Takes the result, shape (T, N).
    """
    frames, columns = values.shape
    total = np.zeros(columns)
    for t in range(min(reach, frames)):
        row = values[t]
        for i in range(columns):
            total[i] += row[i]
    for t in range(frames):
        into, share = result[t], 1.0 / counts[t]
        new, old = t + reach, t - reach - 1
        if new < frames and old >= 0:
            entering, leaving = values[new], values[old]
            for i in range(columns):
                total[i] += entering[i] - leaving[i]
        elif new < frames:
            entering = values[new]
            for i in range(columns):
                total[i] += entering[i]
        elif old >= 0:
            leaving = values[old]
            for i in range(columns):
                total[i] -= leaving[i]
        for i in range(columns):
            into[i] = total[i] * share


@compiled('void(f8[:, ::1], i8, f8[::1], f8[:, ::1])')
def rolling_columns(values, reach, counts, result):
    """The same for frames in the last axis: arrays of shape (N, T)."""
    rows, frames = values.shape
    share = 1.0 / counts
    for row in range(rows):
        own, into = values[row], result[row]
        total = 0.0
        for t in range(min(reach, frames)):
            total += own[t]
        for t in range(frames):
            entering = own[t + reach] if t + reach < frames else 0.0
            leaving = own[t - reach - 1] if t > reach else 0.0
            total += entering - leaving
            into[t] = total * share[t]
