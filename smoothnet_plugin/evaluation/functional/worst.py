"""The worst share of the frames, whose errors are most visible and vanish in a mean."""

from __future__ import annotations

import numpy as np

from ...errors import DataFormatError


def worst_indices(values: np.ndarray, fraction: float = 0.01) -> np.ndarray:
    """Indices of the largest values.

    These are the positions floor((1 - fraction) n) to n - 1 of n values in ascending order, as in
    SmoothNet's evaluation: at least one for n > 0. NaN are left out first.

    Args:
        values: Shape (n,), for example the error of every frame of a data set.
        fraction: Share of the values, > 0 and <= 1. Defaults to 0.01.

    Returns:
        Indices into ``values`` in ascending order of the values; ties keep their order.

    Raises:
        DataFormatError: ``fraction`` or the shape is not as stated.

    Example:
        >>> worst_indices(np.array([3.0, 9.0, np.nan, 1.0, 7.0]), 0.5).tolist()
        [4, 1]
    """
    values = np.asarray(values)
    if values.ndim != 1 or not 0 < fraction <= 1:
        raise DataFormatError(
            f'Got values of shape {values.shape} and a fraction of {fraction}; expected one '
            'value per frame, shape (n,), and a fraction in (0, 1].')
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind='stable')]
    return order[int(np.floor((1 - fraction) * len(order))):]


def worst_mean(values: np.ndarray, fraction: float = 0.01,
               order_by: np.ndarray | None = None) -> float:
    """Mean of the values of the worst frames.

    Two definitions are in use for SmoothNet's "top 1 %":

    - its supplement uses the worst 1 % of the measured quantity itself:
      ``worst_mean(accel_errors)``;
    - its code uses the frames with the largest MPJPE of the *input* and averages every quantity
      of input and output on them: ``worst_mean(output_errors, order_by=input_errors)``. Selection
      by the input's error favours the output (regression to the mean).

    Args:
        values: Shape (n,); NaN are left out of the mean.
        fraction: Share of the frames, > 0 and <= 1. Defaults to 0.01.
        order_by: Criterion that selects the frames, shape (n,), or None for ``values``. Defaults
            to None.

    Returns:
        The mean; NaN if there is no value.

    Raises:
        DataFormatError: ``fraction`` or a shape is not as stated.

    Example:
        >>> worst_mean(np.arange(200.0))
        198.5
        >>> worst_mean(np.arange(200.0), order_by=-np.arange(200.0))
        0.5
    """
    values = np.asarray(values)
    criterion = values if order_by is None else np.asarray(order_by)
    if criterion.shape != values.shape:
        raise DataFormatError(
            f'order_by has shape {criterion.shape}; expected {values.shape}, the shape of the '
            'values.')
    chosen = values[worst_indices(criterion, fraction)]
    chosen = chosen[~np.isnan(chosen)]
    return float(chosen.mean()) if chosen.size else float('nan')
