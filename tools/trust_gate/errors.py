"""Errors of many kinds for true motions, drawn anew for every clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from smoothnet_plugin.datasets.batch import PoseBatch
from smoothnet_plugin.datasets.transforms import DetectorNoise
from smoothnet_plugin.processing.robust_track import body_size

Made = tuple[np.ndarray, np.ndarray | None]


def with_errors(kind: str, truth: np.ndarray, names: tuple[str, ...], fps: float,
                rng: np.random.Generator) -> Made:
    """The truth as an estimator with one kind of error would give it.

    Args:
        kind: A key of :data:`KINDS`.
        truth: Shape (T, K, C).
        names: K names; sides that are named may be exchanged.
        fps: Frames per second.
        rng: The random numbers.

    Returns:
        Coordinates, shape (T, K, C), NaN where missing, and scores (T, K) or None.
    """
    size = float(np.median(body_size(truth, fps)))
    coords, scores = KINDS[kind](truth, names, fps, size, rng)
    if rng.random() < .1:
        coords = coords.copy()
        for start, stop, keypoint in _runs(coords, fps, rng, 4, .05, .3):
            coords[start:stop, keypoint] = np.nan
    return coords, scores


def _level(rng: np.random.Generator, low: float = .0006, high: float = .03) -> float:
    """Standard deviation of the errors in body sizes."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _correlated(shape: tuple[int, ...], phi: float, rng: np.random.Generator) -> np.ndarray:
    noise = rng.normal(size=shape)
    for frame in range(1, len(noise)):
        noise[frame] = phi * noise[frame - 1] + np.sqrt(1 - phi**2) * noise[frame]
    return noise


def _white(truth: np.ndarray, names: Any, fps: float, size: float,
           rng: np.random.Generator) -> Made:
    return truth + _level(rng) * size * rng.normal(size=truth.shape), None


def _coloured(truth: np.ndarray, names: Any, fps: float, size: float,
              rng: np.random.Generator) -> Made:
    phi = rng.uniform(.2, .8)
    return truth + _level(rng, .002) * size * _correlated(truth.shape, phi, rng), None


def _grid(truth: np.ndarray, names: Any, fps: float, size: float,
          rng: np.random.Generator) -> Made:
    step = _level(rng, .004, .03) * size
    noisy = truth + step * rng.uniform(.05, .4) * rng.normal(size=truth.shape)
    return np.round(noisy / step) * step, None


def _periodic(truth: np.ndarray, names: Any, fps: float, size: float,
              rng: np.random.Generator) -> Made:
    time, level = np.arange(len(truth))[:, None, None] / fps, _level(rng, .002, .02) * size
    hertz = rng.uniform(min(6., .25 * fps), min(14., .48 * fps))
    wave = np.sin(2 * np.pi * (hertz * time + rng.random((1, *truth.shape[1:]))))
    return truth + level * wave + .1 * level * rng.normal(size=truth.shape), None


def _frozen(truth: np.ndarray, names: Any, fps: float, size: float,
            rng: np.random.Generator) -> Made:
    coords, scores = _coloured(truth, names, fps, size, rng)
    for start, stop, keypoint in _runs(truth, fps, rng, 4, .2, 1.3):
        coords[start:stop, keypoint] = coords[start, keypoint]
    return coords, scores


def _bursts(truth: np.ndarray, names: Any, fps: float, size: float,
            rng: np.random.Generator) -> Made:
    coords, _ = _coloured(truth, names, fps, size, rng)
    scores = rng.uniform(.7, .98, truth.shape[:2])
    for start, stop, keypoint in _runs(truth, fps, rng, 10, .1, .6):
        shape = coords[start:stop, keypoint].shape
        away = rng.normal(size=truth.shape[2]) * rng.uniform(.03, .15) * size
        coords[start:stop, keypoint] += away + .02 * size * rng.normal(size=shape)
        scores[start:stop, keypoint] = rng.uniform(.05, .5, stop - start)
    return coords, scores if rng.random() < .7 else None


def _spikes(truth: np.ndarray, names: Any, fps: float, size: float,
            rng: np.random.Generator) -> Made:
    coords, _ = _coloured(truth, names, fps, size, rng)
    wrong = rng.random(truth.shape[:2]) < rng.uniform(.005, .06)
    coords[wrong] += rng.uniform(.05, 1.) * size * rng.normal(size=(int(wrong.sum()),
                                                                      truth.shape[2]))
    return coords, None


def _exchanged(truth: np.ndarray, names: tuple[str, ...], fps: float, size: float,
               rng: np.random.Generator) -> Made:
    from smoothnet_plugin.structures.left_right import left_right_groups
    coords, _ = _coloured(truth, names, fps, size, rng)
    groups = left_right_groups(names).groups if names else ()
    for _ in range(2 if groups else 0):
        length = int(rng.uniform(.15, 1.) * fps) + 1
        start = int(rng.integers(0, max(1, len(coords) - length)))
        for left, right in groups[rng.integers(len(groups))]:
            coords[start:start + length, [left, right]] = coords[start:start + length,
                                                                 [right, left]]
    return coords, None


def _detector(truth: np.ndarray, names: tuple[str, ...], fps: float, size: float,
              rng: np.random.Generator) -> Made:
    width = truth.shape[2]
    unit = 'body' if not names else 'px' if width == 2 else 'mm'
    ranges: dict[str, Any] = {}
    if unit == 'body':
        ranges = dict(std=(.002, .03), drift_std=(.001, .03))
    with_scores = bool(rng.random() < .4)
    noise = DetectorNoise(f'detector_{width}d', unit=unit, with_scores=with_scores, **ranges)
    coords = truth.astype(np.float32)[None]
    batch = PoseBatch(
        coords, coords, np.ones(coords.shape[:3], dtype=bool), None, np.array([len(truth)]),
        np.array([fps]), names or tuple(f'point_{i}' for i in range(truth.shape[1])),
        'px' if width == 2 else 'm', np.ones((1, width), np.float32), 0)
    batch = noise(batch, rng)
    return (batch.inputs[0].astype(float),
            None if batch.scores is None else batch.scores[0].astype(float))


def _clean(truth: np.ndarray, names: Any, fps: float, size: float,
           rng: np.random.Generator) -> Made:
    return truth.copy(), None


def _runs(coords: np.ndarray, fps: float, rng: np.random.Generator, number: int, low: float,
          high: float) -> list[tuple[int, int, int]]:
    """Random spells (start, stop, keypoint) of so many seconds."""
    spells = []
    for _ in range(number):
        length = max(2, int(rng.uniform(low, high) * fps))
        start = int(rng.integers(0, max(1, len(coords) - length)))
        spells.append((start, min(len(coords), start + length), int(rng.integers(coords.shape[1]))))
    return spells


#: What makes the errors of each kind.
KINDS: dict[str, Callable[[np.ndarray, tuple[str, ...], float, float, np.random.Generator],
                          Made]] = {
    'white': _white, 'coloured': _coloured, 'grid': _grid, 'periodic': _periodic,
    'frozen': _frozen, 'bursts': _bursts, 'spikes': _spikes, 'exchanged': _exchanged,
    'detector': _detector, 'clean': _clean,
}
