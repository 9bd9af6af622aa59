"""Costs of left-right exchanges, frame by frame, given the previous frames.

Every value depends on the newest frames only, never on the rest of the clip. Costs are integers, so
that sums do not depend on their order: a block of frames gives the same result, bit for bit, as the
same frames one at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ..utils.arrays import finite_keypoints, length_of
from .exchange_prices import UNIT, ExchangePrices


def frame_sizes(coords: np.ndarray) -> np.ndarray:
    """Diagonal of the box around a frame's keypoints, without the outermost one on each side.

    Args:
        coords: Shape (T, K, C), NaN where missing.

    Returns:
        Shape (T,), NaN for frames with fewer than four keypoints.
    """
    count = np.isfinite(coords[..., 0]).sum(axis=1)
    ordered = np.sort(coords, axis=1)
    rows = np.arange(len(coords))
    side = np.zeros((len(coords), coords.shape[2]))
    known = count >= 4
    if known.any():  # A person of one keypoint has no second one to look up.
        side[known] = (ordered[rows[known], count[known] - 2] - ordered[rows[known], 1])
    return np.where(known, length_of(side), np.nan)


def recent_sizes(sizes: np.ndarray, window: int) -> np.ndarray:
    """Upper quartile of the newest sizes, so that a crouch does not shrink the body.

    Args:
        sizes: Shape (window - 1 + T, P): earlier frames, then the T frames, of P people. NaN
            where unknown.
        window: Number of frames.

    Returns:
        Shape (T, P), NaN where no frame in the window has a size.
    """
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(sizes, window, axis=0), axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)
    place = np.maximum(0, (3 * (count - 1)) // 4)
    chosen = np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0]
    return np.where(count > 0, chosen, np.nan)


class ExchangeCosts:
    """Costs of the labels of a frame and of the previous frames, for given groups of pairs.

    Args:
        groups: Pairs (left, right) of keypoint indices of every group.
        num_keypoints: K.
        fps: Frames per second.
        memory: Number of earlier frames that predict a frame.
        prices: Weights of the evidence.
    """

    def __init__(self, groups: Sequence[Sequence[tuple[int, int]]], num_keypoints: int,
                 fps: float, memory: int, prices: ExchangePrices) -> None:
        self.memory, self.prices = memory, prices
        ends = [(np.array([p[0] for p in g]), np.array([p[1] for p in g])) for g in groups]
        self._own = np.concatenate([np.concatenate([a, b]) for a, b in ends])
        self._other = np.concatenate([np.concatenate([b, a]) for a, b in ends])
        self._starts = np.cumsum([0] + [2 * len(g) for g in groups])[:-1]
        self._share = np.concatenate([np.full(2 * len(g), min(1.0, prices.pairs / len(g)))
                                      for g in groups])
        self._mirror = np.arange(num_keypoints)
        self._mirror[self._own] = self._other
        self._spread = prices.spread * (30 / fps) ** (prices.slow if fps < 30 else prices.fast)
        lags = [(i, i) for i in range(1, memory + 1)]
        lags += list(itertools.combinations(range(1, memory + 1), 2))
        kinds = [(i, j, a, b) for i, j in lags
                 for a, b in itertools.product((0, 1), repeat=2) if i != j or a == b]
        self._near, self._far, self._near_bit, self._far_bit = np.array(kinds).T
        moving = self._near != self._far
        gap = np.where(moving, self._far - self._near, 1)
        self._carry = np.where(moving, prices.damping * self._near / gap, 0.0)
        skipped = self._near - 1
        self._extra = prices.lag * skipped + np.where(moving, 0.0, prices.still)
        self._wide = np.where(moving, 1 + 0.5 * skipped, 1.5 * (1 + 0.7 * skipped))
        patterns = list(itertools.product((0, 1), repeat=memory))
        self._chosen = np.array([[k for k, (i, j, a, b) in enumerate(kinds)
                                  if p[i - 1] == a and p[j - 1] == b] for p in patterns])

    def steady_points(self, coords: np.ndarray) -> np.ndarray:
        """Midpoints of the pairs, and the other keypoints: an exchange does not move them."""
        return 0.5 * (coords + coords[..., self._mirror, :])

    def motion(self, coords: np.ndarray, weights: np.ndarray, moved: np.ndarray,
               sizes: np.ndarray) -> np.ndarray:
        """Cost of every history of labels of every group, with the newest label 'correct'.

        An exchanged newest frame costs the same as a correct one with all earlier labels inverted.
        The cost of a keypoint is the error of the best of a few predictions, with and without
        velocity, from any of the earlier frames, so that one bad frame has no lasting effect.

        Args:
            coords: ``memory`` earlier frames, then T frames, of P people, (memory + T, P, K, C),
                NaN where missing.
            weights: Weight of each keypoint, 0 to 1, (memory + T, P, K).
            moved: Common motion into each of these frames, (memory + T, P, C).
            sizes: Body size in each of the T frames, (T, P).

        Returns:
            Integers, shape (T * P, G, 2**memory). The newest label is the highest bit of the
            number of a history.
        """
        memory, prices, frames = self.memory, self.prices, len(sizes)

        def rows(values: np.ndarray, lag: int) -> np.ndarray:
            """The T frames as they were ``lag`` frames before, (T * P, ...)."""
            part = values[memory - lag:memory - lag + frames]
            return part.reshape(-1, *part.shape[2:])

        now, trust = rows(coords, 0)[:, self._own], rows(weights, 0)[:, self._own]
        shift = np.zeros((len(now), coords.shape[-1]))
        past, known = [], []
        for lag in range(1, memory + 1):
            shift = shift + rows(moved, lag - 1)
            before, weight = rows(coords, lag), rows(weights, lag)
            orders = (self._own, self._other)
            past.append([before[:, order] + shift[:, None] for order in orders])
            known.append([weight[:, order] for order in orders])
        at, sure = np.array(past), np.array(known)
        near = at[self._near - 1, self._near_bit]
        square = np.zeros(near.shape[:-1])
        carry = self._carry[:, None, None]
        for axis in range(coords.shape[-1]):
            velocity = near[..., axis] - at[self._far - 1, self._far_bit, ..., axis]
            left = now[..., axis] - near[..., axis] - carry * velocity
            square = square + left * left
        scale = (self._spread * self._wide[:, None] * sizes.ravel()) ** 2
        ratio = square / scale[..., None]
        cost = prices.cap * ratio / (ratio + prices.cap)
        cost = np.minimum(cost + self._extra[:, None, None], prices.cap)
        sure = np.minimum(sure[self._near - 1, self._near_bit], sure[self._far - 1, self._far_bit])
        cost = sure * cost + (1 - sure) * prices.unknown
        cost = np.where(np.isfinite(cost), cost, prices.unknown)
        best = cost[self._chosen].min(axis=1)
        trust = np.where(finite_keypoints(now), trust, 0.0) * self._share
        whole = np.rint(best * trust * UNIT).astype(np.int64)
        return np.moveaxis(np.add.reduceat(whole, self._starts, axis=2), 0, 2)
