"""Robust mean of a quantity that is the same in all frames, such as the shape of a body."""

from __future__ import annotations

import numpy as np

#: Degrees of freedom of the errors, as in :mod:`smoothnet_plugin.processing.robust_track`.
FREEDOM = 4.0
_ROUNDS = 20


def robust_mean(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Most likely constant under Student-t errors, by iteratively reweighted means.

    Lange, Little, Taylor: "Robust Statistical Modeling Using the t Distribution", JASA 84 (1989).

    Args:
        values: Shape (T, C); rows that are not finite do not count.
        weights: Shape (T,), >= 0. Defaults to None, 1.

    Returns:
        Shape (C,), NaN if no row counts.

    Example:
        >>> import numpy as np
        >>> robust_mean(np.array([[1.0], [1.1], [0.9], [1.0], [50.0]])).round(2).tolist()
        [1.0]
    """
    finite = np.asarray(np.isfinite(values).all(axis=1))
    trust = finite * (np.ones(len(values)) if weights is None else np.asarray(weights))
    values = np.asarray(values[trust > 0], dtype=np.float64)
    trust = trust[trust > 0]
    if not len(values):
        return np.full(values.shape[1], np.nan)
    mean = np.median(values, axis=0)
    scale = 1.4826 * np.median(np.abs(values - mean), axis=0)
    for _ in range(_ROUNDS):
        known = scale > 1e-12 * (1 + np.abs(mean))
        if not known.any():
            break
        distance = (((values - mean)[:, known] / scale[known])**2).sum(axis=1)
        share = trust * (FREEDOM + known.sum()) / (FREEDOM + distance)
        mean = share @ values / share.sum()
        scale = np.sqrt(share @ (values - mean)**2 / trust.sum())
    return mean
