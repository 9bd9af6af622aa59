"""Detection of left-right exchanges, frame by frame (:mod:`.exchanges` explains them)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..utils.arrays import finite_keypoints, median_known
from .exchange_costs import ExchangeCosts, frame_sizes, recent_sizes
from .exchange_prices import (
    ExchangePrices,
    Groups,
    change_prices,
    hold_prices,
    start_prices,
    torso_prices,
)
from .viterbi import ViterbiPath

#: Frames that predict a frame with two groups; the number of states is 2 ** (groups * frames).
_MEMORY = 4
_LARGEST_STATE = 9
#: Frames whose costs are computed at once.
_BLOCK = 128


class ExchangeDetector:
    """Finds left-right exchanges in one person's frames as they arrive.

    Args:
        fps: Frames per second.
        groups: Pairs (left, right) of keypoint indices that are exchanged together, for example
            those of the arms and those of the legs; at most four groups. With two groups, their
            first pairs are the shoulders and the hips (see ``torso``).
        num_keypoints: K.
        history: Number of newest frames for which :meth:`labels` can return labels. Memory grows
            with it.
        torso: Whether the first pairs of two groups are at the two ends of the trunk. Hips that
            face the opposite way to the shoulders are then evidence for an exchange.
        prices: Weights of the evidence.

    Raises:
        ConfigError: There is no group or too many, a pair is outside the keypoints, a keypoint is
            in two pairs, or ``fps`` or ``history`` is not positive.
    """

    def __init__(self, fps: float, groups: Groups, num_keypoints: int, history: int = 256,
                 torso: bool = True, prices: ExchangePrices | None = None) -> None:
        _check(fps, groups, num_keypoints, history)
        self._prices = prices = prices or ExchangePrices()
        self._groups, self._keypoints, self._history = groups, num_keypoints, history
        self._torso = torso and len(groups) == 2
        self._rate = 30 / fps
        memory = min(_MEMORY, _LARGEST_STATE // len(groups))
        self._costs = ExchangeCosts(groups, num_keypoints, fps, memory, prices)
        self._window = int(np.clip(round(fps), 8, 64))
        self._bits = np.array(list(itertools.product((0, 1), repeat=len(groups))))
        count = len(self._bits)
        past = np.array(list(itertools.product(range(count), repeat=memory)))
        powers = 2 ** np.arange(memory)[::-1]
        codes = np.moveaxis(self._bits[past], 2, 0) @ powers
        flipped = 2 ** memory - 1 - codes
        newest = self._bits.T[:, :, None]
        self._history_codes = np.where(newest == 1, flipped[:, None], codes[:, None])
        self._change = change_prices(self._bits, prices)[:, past[:, 0]]
        self._start = start_prices(self._bits, prices)
        self._memory = memory
        self._path = ViterbiPath(count, memory, history)
        self._coords: np.ndarray | None = None
        self._sizes = np.full(self._window - 1, np.nan)

    @property
    def frames(self) -> int:
        """Number of frames so far."""
        return self._path.frames

    def extend(self, coords: np.ndarray, scores: np.ndarray | None = None) -> None:
        """Add frames; several at once are faster than one by one, and give the same labels.

        Args:
            coords: Shape (T, K, C); NaN or infinite where a keypoint is missing.
            scores: Confidence of each keypoint, 0 to 1, (T, K), or None for full confidence.

        Raises:
            DataFormatError: Wrong shapes.
        """
        extend_together([self], [coords], [scores])

    def labels(self, last: int) -> np.ndarray:
        """Which groups are exchanged in the newest frames, given all frames so far.

        Args:
            last: Number of frames.

        Returns:
            True where exchanged, shape (last, G).

        Raises:
            ConfigError: ``last`` exceeds the number of frames so far, or ``history``.
        """
        if not 0 <= last <= min(self.frames, self._history):
            raise ConfigError(f'labels({last}) requests more frames than are available: '
                              f'{self.frames} frames so far, history={self._history}.')
        if not last:
            return np.zeros((0, self._bits.shape[1]), dtype=bool)
        return self._bits[self._path.newest(last)].astype(bool)

    def _check(self, coords: np.ndarray, scores: np.ndarray | None) -> None:
        width = coords.shape[-1] if self._coords is None else self._coords.shape[-1]
        if coords.ndim != 3 or coords.shape[1:] != (self._keypoints, width):
            raise DataFormatError(f'coords have shape {coords.shape}; expected (T, K, C) with '
                                  f'K={self._keypoints} and the same C in every frame.')
        if scores is not None and scores.shape != coords.shape[:2]:
            raise DataFormatError(f'scores have shape {scores.shape}; expected {coords.shape[:2]}, '
                                  'one score per frame and keypoint.')

    def _block(self, others: Sequence[ExchangeDetector], coords: np.ndarray,
               weights: np.ndarray) -> None:
        """Add frames (T, P, K, C) of people: to this detector and others like it."""
        everybody, memory = [self, *others], self._memory
        fresh, people, keypoints, width = coords.shape
        for own in everybody:
            if own._coords is None:
                own._coords = np.full((memory, keypoints, width), np.nan)
                own._weights = np.zeros((memory, keypoints))
                own._moved = np.zeros((memory, width))
        joined = np.concatenate([_beside([own._coords for own in everybody]), coords])
        trust = np.concatenate([_beside([own._weights for own in everybody]), weights])
        steady = self._costs.steady_points(joined[memory - 1:])
        flat, sure = coords.reshape(-1, keypoints, width), weights.reshape(-1, keypoints)
        with np.errstate(over='ignore', invalid='ignore', divide='ignore'):
            # The median motion is that of the camera, or of the body.
            moved = np.concatenate([_beside([own._moved for own in everybody]), median_known(
                (steady[1:] - steady[:-1]).reshape(flat.shape)).reshape(fresh, people, width)])
            sizes = np.concatenate([_beside([own._sizes for own in everybody]),
                                    frame_sizes(flat).reshape(fresh, people)])
            recent = recent_sizes(sizes, self._window)
            motion = self._costs.motion(joined, trust, moved, recent)
            alone = hold_prices(sure, self._groups, self._bits, self._rate * self._prices.hold)
            if self._torso:
                alone += torso_prices(flat, sure, recent.ravel(), self._groups, self._bits,
                                      self._prices, self._rate)
        cost = self._change + sum(motion[:, g][:, codes]
                                  for g, codes in enumerate(self._history_codes))
        cost += alone[:, :, None]
        for place, own in enumerate(everybody):
            own._coords, own._weights = joined[-memory:, place], trust[-memory:, place]
            own._moved, own._sizes = moved[-memory:, place], sizes[fresh:, place]
            own._path.reserve(fresh)
        for row, price in zip(cost.reshape(fresh, people, *cost.shape[1:]),
                              alone.reshape(fresh, people, -1)):
            ViterbiPath.advance([own._path for own in everybody], row, price + self._start)


def extend_together(detectors: Sequence[ExchangeDetector], coords: Sequence[np.ndarray],
                    scores: Sequence[np.ndarray | None]) -> None:
    """Add the same number of frames to the detectors of several people at once.

    Args:
        detectors: Detectors with the same settings, apart from their history.
        coords: As in :meth:`ExchangeDetector.extend`, per person.
        scores: The same; None for none or all of them.

    Raises:
        DataFormatError: Wrong shapes.
    """
    coords = [np.asarray(part, dtype=np.float64) for part in coords]
    given = [np.asarray(part, dtype=np.float64) for part in scores if part is not None]
    for detector, part, score in zip(detectors, coords, given or [None] * len(coords)):
        detector._check(part, score)
    by_age: dict[bool, list[int]] = {}
    for number, detector in enumerate(detectors):
        by_age.setdefault(detector.frames > 0, []).append(number)
    for numbers in by_age.values():
        lead, *others = (detectors[i] for i in numbers)
        # Block by block from here on: copies of a long clip would fill the memory.
        for start in range(0, len(coords[numbers[0]]), _BLOCK):
            block = slice(start, start + _BLOCK)
            values = _beside([coords[i][block] for i in numbers])
            known = finite_keypoints(values)
            values = np.where(known[..., None], values, np.nan)
            weights = known.astype(np.float64)
            if given:
                trust = np.nan_to_num(_beside([given[i][block] for i in numbers]))
                weights = np.where(known, np.clip(trust / lead._prices.trusted, 0.0, 1.0), 0.0)
            lead._block(others, values, weights)


def _beside(parts: Sequence[Any]) -> np.ndarray:
    """Arrays (T, ...) of P people as one, (T, P, ...)."""
    return parts[0][:, None] if len(parts) == 1 else np.stack(parts, axis=1)


def _check(fps: float, groups: Groups, num_keypoints: int, history: int) -> None:
    if not (np.isfinite(fps) and fps > 0):
        raise ConfigError(f'fps is {fps}; expected a positive number of frames per second.')
    if history < 1:
        raise ConfigError(f'history is {history}; expected 1 frame or more.')
    if not 1 <= len(groups) <= 4 or not all(len(g) for g in groups):
        raise ConfigError(f'There are {len(groups)} groups of pairs; expected 1 to 4, none empty.')
    indices = [int(i) for group in groups for pair in group for i in pair]
    if min(indices) < 0 or max(indices) >= num_keypoints or len(set(indices)) < len(indices):
        raise ConfigError(f'The pairs are {groups} for {num_keypoints} keypoints; expected '
                          f'indices from 0 to {num_keypoints - 1}, each in one pair only.')
