"""Covariance and variances of two sequences at every lag, for sequences of any length.

The frames are read twice in blocks: for the means and for the products. For few lags, matrix
products are faster and more precise than a Fourier transform.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .arrays import chunks, measured_pair

#: Channels that move less than this share of their largest coordinate count as still.
_STILL = 1e-9
#: Frames of a block, and of a window in :func:`lagged_products`.
_PIECE, _WINDOW = 4096, 64


class _Side(NamedTuple):
    """Statistics of one sequence over all frames: mean, still channels, and the number of frames in
    which a channel is known, each of shape (K, C)."""

    mean: np.ndarray
    still: np.ndarray
    count: np.ndarray


class _Pair(NamedTuple):
    """The two sequences, the mask and the largest lag."""

    pred: np.ndarray
    target: np.ndarray
    mask: np.ndarray | None
    reach: int

    def read(self, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """Some frames of both sequences, NaN where not measured."""
        return measured_pair(self.pred[part], self.target[part],
                             None if self.mask is None else self.mask[part])


def lagged_moments(pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None,
                   reach: int) -> np.ndarray:
    """The statistics of :func:`~.lag.lag_statistics` for the lags -reach to reach.

    Args:
        pred: Shape (T, K, C).
        target: Shape (T, K, C).
        mask: Shape (T, K), bool, or None.
        reach: Largest lag in either direction, 1 to T / 2.

    Returns:
        Shape (3, 2 * reach + 1): the covariance and both variances over the frames with a
        counterpart at the lag, summed over channels.

    Example:
        >>> motion = np.array([0.0, 1.0, 0.0, -1.0]).reshape(4, 1, 1)
        >>> lagged_moments(motion, motion, None, 1)[0].tolist()
        [0.0, 2.0, 0.0]
    """
    pair = _Pair(pred, target, mask, reach)
    sides = _sides(pair)
    whole = (np.minimum(sides[0].count, sides[1].count) == len(pred)).all(axis=1)
    result = np.zeros((3, 2 * reach + 1))
    if whole.any():
        result += _of_whole_channels(pair, sides, whole)
    if not whole.all():
        result += _of_any_channels(pair, sides, ~whole)
    return result


def lagged_products(first: np.ndarray, second: np.ndarray, reach: int) -> np.ndarray:
    r"""Sums of products of two channels at every lag, by matrix products.

    All frames in a window of one channel are multiplied by all of the other and summed over the
    windows; the diagonals of the result are the lags.

    Args:
        first: Shape (D, T + 2 * reach), starting ``reach`` frames before ``second``.
        second: Shape (D, T).
        reach: Largest lag in either direction, in frames, >= 1.

    Returns:
        :math:`\\sum_t first[d, t + reach + lag] \\, second[d, t]` for the lags -reach to reach,
        shape (D, 2 * reach + 1).

    Example:
        >>> lagged_products(np.array([[0.0, 0.0, 1.0, 2.0, 0.0]]), np.array([[0.0, 1, 0]]), 1)
        array([[0., 1., 2.]])
    """
    channels, frames = second.shape
    width, count = 2 * reach + _WINDOW, -(-frames // _WINDOW)
    late = np.pad(first, ((0, 0), (0, count * _WINDOW - frames)))
    early = np.pad(second, ((0, 0), (0, count * _WINDOW - frames)))
    windows = np.lib.stride_tricks.sliding_window_view(late, width, axis=1)[:, ::_WINDOW]
    products = (np.ascontiguousarray(windows).transpose(0, 2, 1)
                @ early.reshape(channels, count, _WINDOW))
    frame = np.arange(_WINDOW)
    return np.stack([products[:, frame + shift, frame].sum(axis=1)
                     for shift in range(2 * reach + 1)], axis=1)


def _of_whole_channels(pair: _Pair, sides: tuple[_Side, _Side],
                       joints: np.ndarray) -> np.ndarray:
    """Moments of joints without gaps: sums over the frames with a counterpart need no products."""
    reach, frames = pair.reach, len(pair.pred)
    lags = np.arange(-reach, reach + 1)
    counts = frames - np.abs(lags)
    cross = np.zeros(len(lags))
    totals = np.zeros((2, 2, int(joints.sum()) * np.shape(pair.pred)[2]))
    for (x, _), (y, _) in _pieces(pair, sides, joints):
        cross += lagged_products(x, y, reach).sum(axis=0)
        totals += np.array([[v.sum(axis=1), np.einsum('dt,dt->d', v, v)]
                            for v in (x[:, reach:-reach], y)])
    variances, sums = [], []
    for number, side in enumerate(sides):
        # The first frames of a late prediction have no counterpart, nor the last of the truth.
        head = np.maximum(lags, 0) if number == 0 else np.maximum(-lags, 0)
        ends = [_channels(pair.read(part)[number], side, joints)[0]
                for part in (slice(reach), slice(-1, -reach - 1, -1))]
        without = [np.pad(np.stack([end, end * end]).cumsum(axis=-1), ((0, 0), (0, 0), (1, 0)))
                   for end in ends]
        total, squares = (totals[number][..., None] - without[0][..., head]
                          - without[1][..., np.abs(lags) - head])
        sums.append(total)
        variances.append((squares - total ** 2 / counts).sum(axis=0))
    return np.stack([cross - (sums[0] * sums[1] / counts).sum(axis=0), *variances])


def _of_any_channels(pair: _Pair, sides: tuple[_Side, _Side], joints: np.ndarray) -> np.ndarray:
    """Moments of joints with gaps: sums over known frames are products with a mask of 0 and 1."""
    total = 0.0
    for (x, x_known), (y, y_known) in _pieces(pair, sides, joints):
        total = total + np.stack([
            lagged_products(late, early, pair.reach) for late, early in (
                (x, y), (x_known, y_known), (x, y_known), (x_known, y),
                (x ** 2, y_known), (x_known, y ** 2))])
    cross, counts, x_sum, y_sum, x_squares, y_squares = np.asarray(total)
    counts = np.maximum(counts, 1)
    return np.stack([(cross - x_sum * y_sum / counts).sum(axis=0),
                     (x_squares - x_sum ** 2 / counts).sum(axis=0),
                     (y_squares - y_sum ** 2 / counts).sum(axis=0)])


def _sides(pair: _Pair) -> tuple[_Side, _Side]:
    """Statistics of both sequences, from one pass over all frames."""
    records: list[list[tuple[np.ndarray, ...]]] = [[], []]
    for part in chunks(len(pair.pred), 0, _PIECE):
        for record, values in zip(records, pair.read(part)):
            known = ~np.isnan(values)
            if known.all():
                record.append((values.sum(axis=0), known.sum(axis=0), values.min(axis=0),
                               values.max(axis=0)))
            else:
                record.append((np.where(known, values, 0).sum(axis=0), known.sum(axis=0),
                               np.where(known, values, np.inf).min(axis=0),
                               np.where(known, values, -np.inf).max(axis=0)))
    return _side(records[0]), _side(records[1])


def _side(record: list[tuple[np.ndarray, ...]]) -> _Side:
    sums, counts, lows, highs = (np.stack(values) for values in zip(*record))
    count = counts.sum(axis=0)
    mean = sums.sum(axis=0) / np.maximum(count, 1)
    low, high = lows.min(axis=0), highs.max(axis=0)
    largest = np.maximum(np.abs(low), np.abs(high))
    still = (count == 0) | (np.maximum(high - mean, mean - low) <= _STILL * largest)
    return _Side(mean, still, count)


def _pieces(pair: _Pair, sides: tuple[_Side, _Side], joints: np.ndarray) -> Iterator[
        tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]]:
    """Successive blocks of both sequences; those of the prediction have a margin of ``reach``.

    Yields:
        Values and masks (1.0 where known) of the prediction, shape (D, L + 2 * reach), and of the
        truth, shape (D, L).
    """
    frames, reach = len(pair.pred), pair.reach
    for part in chunks(frames, 0, _PIECE):
        wide = slice(max(part.start - reach, 0), min(part.stop + reach, frames))
        late, early = pair.read(wide)
        outside = ((0, 0), (wide.start - part.start + reach, part.stop + reach - wide.stop))
        x, x_known = (np.pad(values, outside) for values in _channels(late, sides[0], joints))
        yield (x, x_known), _channels(
            early[part.start - wide.start:part.stop - wide.start], sides[1], joints)


def _channels(coords: np.ndarray, side: _Side, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Channels (D, T) of some joints without their mean and with 0 for NaN, and their mask (1.0
    where known)."""
    values = np.array(coords[:, joints].reshape(len(coords), -1).T, order='C')
    known = ~np.isnan(values)
    values -= side.mean[joints].reshape(-1, 1)
    values[side.still[joints].reshape(-1)] = 0
    values[~known] = 0
    return values, known.astype(np.float64)
