"""Errors of many kinds for true motions, random for every clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from smoothnet_plugin.datasets.batch import PoseBatch
from smoothnet_plugin.datasets.transforms import DetectorNoise
from smoothnet_plugin.processing.body_size import body_size
from smoothnet_plugin.structures.left_right import left_right_groups

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
    motion = _Motion(truth, names, fps, float(np.median(body_size(truth, fps))), rng)
    coords, scores = KINDS[kind](motion)
    if rng.random() < .1:
        coords = coords.copy()
        for start, stop, keypoint in motion.spells(4, .05, .3):
            coords[start:stop, keypoint] = np.nan
    return coords, scores


@dataclass(frozen=True)
class _Motion:
    """A true motion and the random numbers of its errors.

    Attributes:
        truth: Shape (T, K, C).
        names: K names; empty where they are not known.
        fps: Frames per second.
        size: Size of the body in the unit of the coordinates.
        rng: The random numbers.
    """

    truth: np.ndarray
    names: tuple[str, ...]
    fps: float
    size: float
    rng: np.random.Generator

    def level(self, low: float = .0006, high: float = .03) -> float:
        """Standard deviation of the errors, drawn between two shares of the body size."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high)))) * self.size

    def noise(self) -> np.ndarray:
        """White noise of the standard deviation 1, shape (T, K, C)."""
        return self.rng.normal(size=self.truth.shape)

    def spells(self, number: int, low: float, high: float) -> list[tuple[int, int, int]]:
        """Random periods (start, stop, keypoint) of ``low`` to ``high`` seconds."""
        frames, keypoints = self.truth.shape[:2]
        spells = []
        for _ in range(number):
            length = max(2, int(self.rng.uniform(low, high) * self.fps))
            start = int(self.rng.integers(0, max(1, frames - length)))
            spells.append((start, min(frames, start + length), int(self.rng.integers(keypoints))))
        return spells


def _white(motion: _Motion) -> Made:
    return motion.truth + motion.level() * motion.noise(), None


def _coloured(motion: _Motion) -> Made:
    phi = motion.rng.uniform(.2, .8)
    level, noise = motion.level(.002), motion.noise()
    for frame in range(1, len(noise)):
        noise[frame] = phi * noise[frame - 1] + np.sqrt(1 - phi**2) * noise[frame]
    return motion.truth + level * noise, None


def _grid(motion: _Motion) -> Made:
    step = motion.level(.004, .03)
    noisy = motion.truth + step * motion.rng.uniform(.05, .4) * motion.noise()
    return np.round(noisy / step) * step, None


def _periodic(motion: _Motion) -> Made:
    truth, fps, rng = motion.truth, motion.fps, motion.rng
    time, level = np.arange(len(truth))[:, None, None] / fps, motion.level(.002, .02)
    hertz = rng.uniform(min(6., .25 * fps), min(14., .48 * fps))
    wave = np.sin(2 * np.pi * (hertz * time + rng.random((1, *truth.shape[1:]))))
    return truth + level * wave + .1 * level * motion.noise(), None


def _frozen(motion: _Motion) -> Made:
    coords, scores = _coloured(motion)
    for start, stop, keypoint in motion.spells(4, .2, 1.3):
        coords[start:stop, keypoint] = coords[start, keypoint]
    return coords, scores


def _bursts(motion: _Motion) -> Made:
    size, rng = motion.size, motion.rng
    coords, _ = _coloured(motion)
    scores = rng.uniform(.7, .98, coords.shape[:2])
    for start, stop, keypoint in motion.spells(10, .1, .6):
        shape = coords[start:stop, keypoint].shape
        away = rng.normal(size=shape[1]) * rng.uniform(.03, .15) * size
        coords[start:stop, keypoint] += away + .02 * size * rng.normal(size=shape)
        scores[start:stop, keypoint] = rng.uniform(.05, .5, stop - start)
    return coords, scores if rng.random() < .7 else None


def _spikes(motion: _Motion) -> Made:
    rng = motion.rng
    coords, _ = _coloured(motion)
    wrong = rng.random(coords.shape[:2]) < rng.uniform(.005, .06)
    coords[wrong] += rng.uniform(.05, 1.) * motion.size * rng.normal(size=coords[wrong].shape)
    return coords, None


def _exchanged(motion: _Motion) -> Made:
    rng = motion.rng
    coords, _ = _coloured(motion)
    groups = left_right_groups(motion.names).groups if motion.names else ()
    for _ in range(2 if groups else 0):
        length = int(rng.uniform(.15, 1.) * motion.fps) + 1
        start = int(rng.integers(0, max(1, len(coords) - length)))
        for left, right in groups[rng.integers(len(groups))]:
            coords[start:start + length, [left, right]] = coords[start:start + length,
                                                                 [right, left]]
    return coords, None


def _detector(motion: _Motion) -> Made:
    frames, keypoints, width = motion.truth.shape
    unit = 'body' if not motion.names else 'px' if width == 2 else 'mm'
    ranges: dict[str, Any] = {}
    if unit == 'body':
        ranges = dict(std=(.002, .03), drift_std=(.001, .03))
    with_scores = bool(motion.rng.random() < .4)
    noise = DetectorNoise(f'detector_{width}d', unit=unit, with_scores=with_scores, **ranges)
    coords = motion.truth.astype(np.float32)[None]
    batch = PoseBatch(
        coords, coords, np.ones(coords.shape[:3], dtype=bool), None, np.array([frames]),
        np.array([motion.fps]), motion.names or tuple(f'point_{i}' for i in range(keypoints)),
        'px' if width == 2 else 'm', np.ones((1, width), np.float32), 0)
    batch = noise(batch, motion.rng)
    return (batch.inputs[0].astype(float),
            None if batch.scores is None else batch.scores[0].astype(float))


def _clean(motion: _Motion) -> Made:
    return motion.truth.copy(), None


#: What makes the errors of each kind.
KINDS: dict[str, Callable[[_Motion], Made]] = {
    'white': _white, 'coloured': _coloured, 'grid': _grid, 'periodic': _periodic,
    'frozen': _frozen, 'bursts': _bursts, 'spikes': _spikes, 'exchanged': _exchanged,
    'detector': _detector, 'clean': _clean,
}
