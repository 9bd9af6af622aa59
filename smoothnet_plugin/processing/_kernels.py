"""Steps of the robust track, compiled by Numba.

Each function does what its NumPy counterpart does, in the same order where that decides about the
last bit; the banded systems are solved by another factorisation than LAPACK's, with results that
differ by rounding. See :mod:`smoothnet_plugin.utils.compiled` for when they are used.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


def _compiled(signature):
    return njit(signature, cache=True, nogil=True, error_model='numpy')


#: Rows that are solved side by side: some vectors of the CPU, so that one result need not wait for
#: another, and few enough for its cache.
LANES = 24


@_compiled('boolean(f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8, f8[:, :, ::1])')
def penalized_fit(curves, penalties, weights, least, solution):
    """See :meth:`.penalized.PenalizedFit.solve`: LDL' factorisation of some rows side by side.

    In the working arrays frames are rows and systems are columns, and each inner loop writes one
    array: so LLVM vectorises over the systems.

    Args:
        curves: Shape (C, N, T).
        penalties: Shape (N, T - 3).
        weights: Shape (N, T).
        least: Smallest weight.
        solution: Takes the result, shape (C, N, T).

    Returns:
        Whether all systems are definite; the solution is of no use if one is not.
    """
    width, rows, total = curves.shape
    # Rows of zeros beyond the ends: frames that do not exist have no effect. Columns beyond the
    # last system hold another one or, at first, the identity.
    penalty, weight = np.zeros((total + 3, LANES)), np.ones((total, LANES))
    inverse, values = np.zeros((total, LANES)), np.zeros((total + 6, LANES))
    # The factors one, two and three rows below the diagonal, and the first two times the pivot; the
    # third times the pivot is the penalty, negative.
    one, two, three = (np.zeros((total + 3, LANES)), np.zeros((total + 3, LANES)),
                       np.zeros((total + 3, LANES)))
    u1, u2 = np.zeros((total + 3, LANES)), np.zeros((total + 3, LANES))
    for start in range(0, rows, LANES):
        count = min(LANES, rows - start)
        for lane in range(count):
            for t in range(total - 3):
                penalty[t + 3, lane] = penalties[start + lane, t]
            for t in range(total):
                given = weights[start + lane, t]
                weight[t, lane] = given if given > least else least
        for t in range(total):
            p0, p1, p2, p3 = penalty[t + 3], penalty[t + 2], penalty[t + 1], penalty[t]
            w, pivot = weight[t], inverse[t]
            a1, b2, c3 = one[t + 2], two[t + 1], three[t]
            ua1, ua2, ub2 = u1[t + 2], u2[t + 2], u2[t + 1]
            now1, now2 = u1[t + 3], u2[t + 3]
            for i in range(LANES):
                pivot[i] = p0[i] + 9.0 * p1[i] + 9.0 * p2[i] + p3[i] + w[i]
            for i in range(LANES):
                pivot[i] = pivot[i] - ua1[i] * a1[i] - ub2[i] * b2[i] + p3[i] * c3[i]
            for i in range(LANES):
                pivot[i] = 1.0 / pivot[i]
            for i in range(LANES):
                now1[i] = (-3.0 * p0[i] - 9.0 * p1[i] - 3.0 * p2[i]) - ua2[i] * a1[i] + (
                    p2[i] * b2[i])
            for i in range(LANES):
                now2[i] = (3.0 * p0[i] + 3.0 * p1[i]) + p1[i] * a1[i]
            into1, into2, into3 = one[t + 3], two[t + 3], three[t + 3]
            for i in range(LANES):
                into1[i] = now1[i] * pivot[i]
            for i in range(LANES):
                into2[i] = now2[i] * pivot[i]
            for i in range(LANES):
                into3[i] = -p0[i] * pivot[i]
        for t in range(total):
            for lane in range(count):
                if not 0.0 < inverse[t, lane] < np.inf:
                    return False
        for c in range(width):
            for lane in range(count):
                own = curves[c, start + lane]
                for t in range(total):
                    values[t + 3, lane] = weight[t, lane] * own[t]
            for t in range(total):
                y, y1, y2, y3 = values[t + 3], values[t + 2], values[t + 1], values[t]
                a1, b2, c3 = one[t + 2], two[t + 1], three[t]
                for i in range(LANES):
                    y[i] = y[i] - a1[i] * y1[i] - b2[i] * y2[i] - c3[i] * y3[i]
            for t in range(total - 1, -1, -1):
                y, y1, y2, y3 = values[t + 3], values[t + 4], values[t + 5], values[t + 6]
                a1, a2, a3, pivot = one[t + 3], two[t + 3], three[t + 3], inverse[t]
                for i in range(LANES):
                    y[i] = y[i] * pivot[i] - a1[i] * y1[i] - a2[i] * y2[i] - a3[i] * y3[i]
            for lane in range(count):
                into = solution[c, start + lane]
                for t in range(total):
                    into[t] = values[t + 3, lane]
    return True


@_compiled('void(f8[:, ::1], f8, i8, i8, i8[:, ::1], f8[:, ::1])')
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


@_compiled('void(f8[:, :, ::1], f8[:, ::1], f8[::1], i8[::1], i8, i8, f8[:, :, ::1])')
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


@_compiled('void(f8[:, :, :, ::1], f8[:, :, :, ::1], f8[:, :, :, ::1])')
def over_lags(factors, values, total):
    """See :func:`.cutoff_likelihood._over_lags`; in place of ``total``.

    Args:
        factors: Shape (M, F, people, T).
        values: Shape (M, people or 1, K or 1, T).
        total: Takes the sums, shape (F, people, K, T).
    """
    lags = len(values)
    candidates, people, keypoints, frames = total.shape
    for f in range(candidates):
        for p in range(people):
            own = p if values.shape[1] > 1 else 0
            for k in range(keypoints):
                row = k if values.shape[2] > 1 else 0
                into = total[f, p, k]
                for m in range(lags):
                    factor, value = factors[m, f, p], values[m, own, row]
                    if m == 0:
                        for t in range(frames):
                            into[t] = factor[t] * value[t]
                    else:
                        for t in range(frames):
                            into[t] += factor[t] * value[t]


@_compiled('void(f8[:, :, :, ::1], f8[:, :, :, ::1], f8[:, :, ::1], f8[::1], f8, f8[:, :, :, ::1])')
def posterior_fit(noise, base, total, prior, pooled, fit):
    """See :func:`.cutoff_likelihood._posterior`: the logarithms of the shares, at most 0.

    Args:
        noise: Shape (F, people, K, T).
        base: Shape (F, people, K or 1, T).
        total: Shape (people or 1, K or 1, T).
        prior: Shape (F,).
        pooled: Share of the evidence that the keypoints of a person pool.
        fit: Takes the result, shape (F, people, K, T).
    """
    candidates, people, keypoints, frames = noise.shape
    mean = np.empty(frames)
    most = np.empty((keypoints, frames))
    for p in range(people):
        own = p if len(total) > 1 else 0
        most[:] = -np.inf
        for f in range(candidates):
            mean[:] = 0.0
            for k in range(keypoints):
                level, into = noise[f, p, k], fit[f, p, k]
                values = total[own, k if total.shape[1] > 1 else 0]
                expected = base[f, p, k if base.shape[2] > 1 else 0]
                for t in range(frames):
                    into[t] = (level[t] * (-0.5 * values[t])
                               + (prior[f] - 0.5 * expected[t]))
                for t in range(frames):
                    mean[t] += into[t]
            for t in range(frames):
                mean[t] = pooled * (mean[t] / keypoints)
            for k in range(keypoints):
                into, highest = fit[f, p, k], most[k]
                for t in range(frames):
                    into[t] = into[t] * (1 - pooled) + mean[t]
                for t in range(frames):
                    highest[t] = into[t] if into[t] > highest[t] else highest[t]
        for f in range(candidates):
            for k in range(keypoints):
                into, highest = fit[f, p, k], most[k]
                for t in range(frames):
                    into[t] -= highest[t]


@_compiled('void(f8[:, ::1], f8[:, ::1], f8[::1], f8[::1], f8[::1])')
def posterior_means(share, noise, logs, mean, level):
    """See :func:`.cutoff_likelihood._posterior`: mean logarithms of cut-off and noise.

    Args:
        share: Shape (F, N): people, keypoints and frames in one axis.
        noise: Same shape.
        logs: Shape (F,).
        mean: Takes the mean logarithm of the cut-off, shape (N,).
        level: The same of the noise.
    """
    sums = share[0].copy()
    mean[:] = share[0] * logs[0]
    level[:] = share[0] * noise[0]
    for f in range(1, len(share)):
        for i in range(len(sums)):
            sums[i] += share[f, i]
        for i in range(len(sums)):
            mean[i] += share[f, i] * logs[f]
        for i in range(len(sums)):
            level[i] += share[f, i] * noise[f, i]
    for i in range(len(sums)):
        mean[i] /= sums[i]
    for i in range(len(sums)):
        level[i] /= sums[i]


@_compiled('void(f8[:, ::1], f8[::1], f8[::1], f8)')
def moment_fit(fit, mean, logs, spread):
    """Logarithms of the shares of a moment, at most 0, in place of its squares.

    Args:
        fit: Sums over the lags of squares, and of the logarithms of what a cut-off expects, shape
            (F, N); takes the result.
        mean: Mean logarithm of the cut-off around it, shape (N,).
        logs: Shape (F,).
        spread: Spread of single frames about the mean.
    """
    most = np.full(fit.shape[1], -np.inf)
    for f in range(len(fit)):
        own = fit[f]
        for i in range(len(own)):
            apart = (logs[f] - mean[i]) / spread
            own[i] = own[i] * -0.5 - 0.5 * (apart * apart)
        for i in range(len(own)):
            most[i] = own[i] if own[i] > most[i] else most[i]
    for f in range(len(fit)):
        for i in range(len(most)):
            fit[f, i] -= most[i]


@_compiled('void(f8[:, ::1], i8, f8[::1], f8[:, ::1])')
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


@_compiled('void(f8[:, ::1], i8, f8[::1], f8[:, ::1])')
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


@_compiled('void(f8[:, :, ::1], f8[:, :, ::1], f8[:, ::1])')
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


@_compiled('void(f8[::1], f8[::1], f8[::1], f8, f8, f8, f8, f8[::1], f8[::1])')
def student_weights(length, scale, trust, sight, freedom, width, greatest, distance, weights):
    """See :meth:`.robust_track._Rounds.run`; all arrays of one shape, in one axis."""
    for i in range(len(length)):
        apart = sight * length[i] / scale[i]
        apart = greatest if apart > greatest else apart
        distance[i] = apart
        weight = (freedom + width) / (freedom + apart * apart)
        weights[i] = trust[i] * (1.0 if weight > 1.0 else weight)
