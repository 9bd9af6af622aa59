"""Steps of the cut-off of the robust track, compiled by Numba; see :mod:`._kernels`.

Each function is a part of :mod:`.cutoff_likelihood`.
"""

from __future__ import annotations

import numpy as np

from ._jit import compiled


@compiled('void(f8[:, :, :, ::1], f8[:, :, :, ::1], f8[:, :, :, ::1])')
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


@compiled('void(f8[:, :, :, ::1], f8[:, :, :, ::1], f8[:, :, ::1], f8[::1], f8, f8[:, :, :, ::1])')
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


@compiled('void(f8[:, ::1], f8[:, ::1], f8[::1], f8[::1], f8[::1])')
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


@compiled('void(f8[:, ::1], f8[::1], f8[::1], f8)')
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
