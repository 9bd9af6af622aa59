"""Prices of left-right exchanges that do not depend on earlier frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..utils.arrays import dot

Groups = Sequence[Sequence[tuple[int, int]]]

#: Integer cost that represents a cost of 1.
UNIT = 4096


@dataclass(frozen=True)
class ExchangePrices:
    """Weights of the evidence. Lengths are in body sizes.

    Attributes:
        spread: Typical error of a keypoint predicted from the previous frame at 30 fps.
        cap: Largest cost of one keypoint in one frame, which limits outliers.
        unknown: Cost of a keypoint without earlier frames.
        damping: Share of the velocity that a prediction uses.
        lag: Extra cost per frame that a prediction skips.
        still: Extra cost of a prediction without velocity.
        start: Price of a group that is exchanged in the first frame.
        enter: Price of the first exchanged frame.
        leave: Price of the first correct frame after an exchange. It is low, so that a wrong
            decision does not last.
        both: Extra price, as a share, of each further group that changes in the same frame.
        hold: Price of an exchanged group per frame at 30 fps.
        torso: Largest cost per frame of hips that face the opposite way to the shoulders.
        trunk: Width of shoulders and hips, seen from the front, at which that cost is reached.
        trusted: Score from which a keypoint has full weight.
        slow: Exponent of the time between frames by which the spread grows, below 30 fps.
        fast: The same above 30 fps.
        pairs: Number of pairs above which the pairs of a group share a fixed total weight.
    """

    spread: float = 0.035
    cap: float = 4.0
    unknown: float = 2.5
    damping: float = 0.8
    lag: float = 0.4
    still: float = 0.35
    start: float = 5.0
    enter: float = 3.4
    leave: float = 2.2
    both: float = 0.2
    hold: float = 0.22
    torso: float = 0.6
    trunk: float = 0.135
    trusted: float = 0.375
    slow: float = 0.95
    fast: float = 0.65
    pairs: float = 5.0


def change_prices(bits: np.ndarray, prices: ExchangePrices) -> np.ndarray:
    """Price of the labels of a frame, given those of the previous frame.

    Args:
        bits: The possible labels of a frame, 0 or 1 per group, (S, G).
        prices: Weights of the evidence.

    Returns:
        Integers in units of 1 / :data:`UNIT`, shape (S, S): row after column.
    """
    enter = ((bits[:, None] == 1) & (bits[None] == 0)).sum(axis=-1)
    leave = ((bits[:, None] == 0) & (bits[None] == 1)).sum(axis=-1)
    first = np.where(enter > 0, prices.enter, np.where(leave > 0, prices.leave, 0.0))
    more = prices.both * (enter * prices.enter + leave * prices.leave - first)
    return np.rint((first + more) * UNIT).astype(np.int64)


def start_prices(bits: np.ndarray, prices: ExchangePrices) -> np.ndarray:
    """Price of the labels of the first frame, shape (S,)."""
    return np.rint(prices.start * UNIT * bits.sum(axis=1)).astype(np.int64)


def hold_prices(weights: np.ndarray, groups: Groups, bits: np.ndarray,
                price: float) -> np.ndarray:
    """Price of the exchanged groups in every frame, lower for keypoints with lower weights.

    Args:
        weights: Weight of each keypoint, 0 to 1, (T, K).
        groups: Pairs of keypoint indices of every group.
        bits: The possible labels of a frame, (S, G).
        price: Price of a group with full weight.

    Returns:
        Integers, shape (T, S).
    """
    trust = np.stack([np.sort(weights[:, np.array(g).ravel()], axis=1)[:, len(g)]
                      for g in groups], axis=1)
    return np.rint(price * UNIT * trust).astype(np.int64) @ bits.T


def torso_prices(coords: np.ndarray, weights: np.ndarray, sizes: np.ndarray, groups: Groups,
                 bits: np.ndarray, prices: ExchangePrices, share: float) -> np.ndarray:
    """Price of hips that face the opposite way to the shoulders under the labels of a frame.

    Args:
        coords: Shape (T, K, C), NaN where missing.
        weights: Weight of each keypoint, 0 to 1, (T, K).
        sizes: Body size, (T,).
        groups: Two groups whose first pairs are the shoulders and the hips.
        bits: The possible labels of a frame, (S, 2).
        prices: Weights of the evidence.
        share: Weight of a frame: 1 at 30 fps.

    Returns:
        Integers, shape (T, S).
    """
    (a, b), (c, d) = groups[0][0], groups[1][0]
    upper, lower = coords[:, a] - coords[:, b], coords[:, c] - coords[:, d]
    turn = np.clip(dot(upper, lower) / (prices.trunk * sizes) ** 2, -1.0, 1.0)
    turn = np.where(np.isfinite(turn), turn, 0.0) * weights[:, [a, b, c, d]].min(axis=1)
    price = np.rint(turn * (share * prices.torso * UNIT)).astype(np.int64)[:, None]
    return np.where(bits[:, 0] != bits[:, 1], np.maximum(0, price), np.maximum(0, -price))
