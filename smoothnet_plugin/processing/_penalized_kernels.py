"""The penalised least squares of the robust track, compiled by Numba (see :mod:`._kernels`)."""

from __future__ import annotations

import numpy as np

from ._jit import compiled

#: Rows that are solved side by side: some vectors of the CPU, so that one result need not wait for
#: another, and few enough for its cache.
LANES = 24


@compiled('boolean(f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8, f8[:, :, ::1])')
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
