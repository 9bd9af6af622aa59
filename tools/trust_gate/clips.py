"""Clips to train the trust gate on: estimates with the truth."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from smoothnet_plugin.smoothers.exchange_stage import undo_exchanges
from smoothnet_plugin.structures import get_skeleton
from smoothnet_plugin.structures.left_right import left_right_groups
from smoothnet_plugin.utils.arrays import finite_keypoints

from . import motions
from .errors import with_errors

#: Names of COCO's keypoints.
COCO = get_skeleton('coco').keypoint_names
#: MediaPipe's landmarks of COCO's keypoints.
_MEDIAPIPE = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
#: Studio clips whose median error exceeds this share of the body's box are of something else.
_LOST = 0.06


@dataclass
class TrainingClip:
    """An estimate with swapped sides corrected, and the truth.

    Attributes:
        group: Kind of data and error.
        coords: Shape (T, K, C), NaN where missing.
        scores: Shape (T, K), or None.
        truth: Shape (T, K, C), NaN where unknown.
        fps: Frames per second.
        names: Names of the keypoints; empty for unknown ones.
    """

    group: str
    coords: np.ndarray
    scores: np.ndarray | None
    truth: np.ndarray
    fps: float
    names: tuple[str, ...]


def prepared(clip: TrainingClip) -> TrainingClip:
    """The clip with swapped sides corrected, as the package does before any filter."""
    sides = left_right_groups(clip.names) if clip.names else None
    if sides is None or not sides.groups:
        return clip
    measured = np.where(finite_keypoints(clip.coords)[..., None], clip.coords, np.nan)
    arrays = [clip.coords] if clip.scores is None else [clip.coords, clip.scores]
    (clip.coords, *scores), _ = undo_exchanges(measured, clip.scores, clip.fps, sides, *arrays)
    clip.scores = scores[0] if scores else None
    return clip


def drawn(takes: Sequence[tuple[np.ndarray, tuple[str, ...]]], width: int, number: int,
          shares: Mapping[str, Mapping[str, float]], seed: int,
          below: float = np.inf) -> Iterator[TrainingClip]:
    """Clips of CMU takes and made-up things with errors of one kind each.

    Args:
        takes: See :func:`motions.cmu_takes`.
        width: 2 for clips through a random camera, 3 for clips in space.
        number: How many.
        shares: ``motion``, ``error`` and ``change`` with the share of each kind.
        seed: Seed of all draws.
        below: Clips of this frame rate and above are left out. Defaults to none.
    """
    for index in range(number):
        rng = np.random.default_rng([seed, width, index])
        motion, error, change = (_choice(shares[name], rng)
                                 for name in ('motion', 'error', 'change'))
        fps = float(rng.choice([30., 60., np.exp(rng.uniform(np.log(5), np.log(240)))],
                               p=[.4, .2, .4]))
        if fps >= below:
            continue
        seconds = min(rng.uniform(2.5, 5) if fps > 12 else 10., 360 / fps)
        frames = max(8, int(seconds * fps))
        names: tuple[str, ...] = ()
        if motion in ('coco', 'joints', 'few'):
            take, joints = takes[int(rng.integers(len(takes)))]
            names = joints if motion == 'joints' else COCO
            take = take if motion == 'joints' else motions.coco(take, joints)
            truth = motions.piece(take, fps, seconds, rng)
            if motion == 'few':
                chosen = np.sort(rng.permutation(17)[:rng.integers(3, 13)])
                truth, names = truth[:, chosen], ()
            if change == 'fast':
                truth = motions.hurried(truth, fps, rng)
        else:
            made = motions.articulated if motion == 'articulated' else motions.loose
            truth = made(frames, fps, rng) * np.exp(rng.uniform(np.log(.1), np.log(1.5)))
        if change == 'still':
            truth = np.repeat(truth[len(truth) // 2][None], len(truth), axis=0)
        if width == 2:
            truth = motions.filmed(truth, fps, rng, pans=change == 'pan', zooms=change == 'zoom')
        coords, scores = with_errors(error, truth, names, fps, rng)
        group = '/'.join((motion, error, change) if change != 'plain' else (motion, error))
        yield prepared(TrainingClip(group, coords, scores, truth, fps, names))


def kinect(path: Path, width: int, every: int, seed: int,
           altered: bool = False) -> Iterator[TrainingClip]:
    """UI-PRMD: a Kinect's estimates with motion capture, in 2D through random cameras.

    The network has learned from the same clips. ``altered`` makes others of them, so that the gate
    sees how well the network does on clips that are new to it: played faster or slower or
    backwards, and with the errors of another moment or another clip.

    Args:
        path: ``uiprmd_train.npz``.
        width: 2 or 3.
        every: Use every n-th clip.
        seed: Seed of all draws.
        altered: See above. Defaults to False.
    """
    with np.load(path) as file:
        ends = np.cumsum(file['lengths'])[:-1]
        estimates, truths = (np.split(file[name].astype(float), ends)
                             for name in ('estimate', 'ground_truth'))
        names = tuple(str(joint) for joint in file['joints'])
    for index in range(0, len(estimates), every):
        coords, truth = estimates[index], truths[index]
        if len(coords) < 20:
            continue
        rng = np.random.default_rng([seed, index])
        if altered:
            other = int(rng.integers(len(estimates)))
            coords, truth = _altered(coords, truth, estimates[other] - truths[other], rng)
        if width == 2:
            both = motions.filmed(np.concatenate([coords, truth], axis=1), 30., rng, pans=False,
                                  zooms=False)
            coords, truth = both[:, :len(names)], both[:, len(names):]
        group = 'kinect_altered' if altered else 'kinect'
        yield prepared(TrainingClip(group, coords, None, truth, 30., names))


def _altered(coords: np.ndarray, truth: np.ndarray, errors: np.ndarray,
             rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Another clip of the same kind out of a clip and the errors of some other clip."""
    if rng.random() < .6:
        if rng.random() < .5:   # its own errors, of another moment
            errors = np.roll(coords - truth, int(rng.integers(10, len(coords) - 9)), axis=0)
        length = min(len(truth), len(errors))
        truth = truth[:length]
        coords = truth + errors[:length] * np.exp(rng.normal(0, .25))
    if rng.random() < .3:
        coords, truth = coords[::-1], truth[::-1]
    if rng.random() < .6:
        pace = np.exp(rng.uniform(np.log(.6), np.log(2.)))
        times = np.arange(0, len(truth) - 1, pace)
        frames = np.arange(len(truth))
        coords, truth = (CubicSpline(frames, part)(times) for part in (coords, truth))
    return np.ascontiguousarray(coords), np.ascontiguousarray(truth)


def studio(folder: Path, splits: Sequence[str], estimators: Sequence[str],
           seconds: float | None = None) -> Iterator[TrainingClip]:
    """Rendered video with the estimates of real estimators and the exact truth.

    Errors that come from other definitions of the joints do not count. Clips in which the
    estimator is lost are left out.

    Args:
        folder: Where the clips are.
        splits: Splits to read.
        estimators: Estimators to read.
        seconds: Length of the pieces of a clip whose robust cubic of the error of each keypoint
            counts as its definition, as where the truth is from other cameras. Defaults to None,
            the median of the error over the clip.
    """
    for path in sorted(folder.glob('*.npz')):
        with np.load(path) as file:
            meta = json.loads(str(file['meta']))
            if meta['split'] not in splits:
                continue
            fps, image = float(file['fps']), file['truth_2d'][:, :17].astype(float)
            visible = file['visible'][:, :17] > 0
            found = {name: file[name].astype(float) for name in estimators if name in file.files}
        for name, poses in found.items():
            if name.startswith('mp'):
                poses = poses[:, _MEDIAPIPE][..., [0, 1, 3]]
            clip = _studio_clip(name, poses, image, visible, fps, seconds)
            if clip is not None:
                yield clip


def _studio_clip(name: str, poses: np.ndarray, image: np.ndarray, visible: np.ndarray,
                 fps: float, seconds: float | None) -> TrainingClip | None:
    coords = poses[..., :2]
    known = visible & np.isfinite(coords).all(axis=-1)
    if known.mean() < .4:
        return None
    scores = np.nan_to_num(np.clip(poses[..., 2], 0, 1))
    clip = prepared(TrainingClip(f'studio_{name}', coords, scores, image, fps, COCO))
    offset = np.where(known[..., None], clip.coords - image, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', RuntimeWarning)  # Keypoints that are never seen.
        constant = np.nan_to_num(np.nanmedian(offset, axis=0))
    truth = np.where(known[..., None], image + constant, np.nan)
    if seconds is not None:
        truth = truth + _trend(clip.coords - truth, known, max(12, round(seconds * fps)))
        clip.group += '_trend'
    box = np.median(np.linalg.norm(np.ptp(image, axis=1), axis=-1))
    if np.nanmedian(np.linalg.norm(clip.coords - truth, axis=-1)) > _LOST * box:
        return None
    clip.truth = truth
    return clip


def _trend(errors: np.ndarray, known: np.ndarray, frames: int) -> np.ndarray:
    """Robust cubics of errors (T, K, C) over pieces of ``frames`` frames; NaN where too few."""
    trend = np.full(errors.shape, np.nan)
    for start in range(0, len(errors) - frames // 2 + 1, frames):
        piece = slice(start, start + frames)
        length = len(errors[piece])
        powers = np.linspace(-1, 1, length)[:, None] ** np.arange(4)
        for keypoint in np.flatnonzero(known[piece].sum(axis=0) >= 12):
            rows = known[piece, keypoint]
            wanted, base = errors[piece, keypoint][rows], powers[rows]
            weight = np.ones((len(wanted), 1))
            curve = np.zeros_like(wanted)
            for _ in range(10):
                factors = np.linalg.lstsq(base * weight, wanted * weight, rcond=None)[0]
                curve = base @ factors
                off = np.linalg.norm(wanted - curve, axis=1, keepdims=True)
                weight = np.maximum(off, 1)**-0.5
            trend[start:start + length][rows, keypoint] = curve
    return trend


def recordings(path: Path) -> Iterator[TrainingClip]:
    """Real recordings of one video, with the truth from the other cameras, at 60 and 30 fps."""
    with np.load(path) as file:
        for name in sorted({key.split('/')[0] for key in file.files}):
            for fps in (60, 30):
                step = 60 // fps
                yield prepared(TrainingClip(
                    f'recordings_{name}', file[f'{name}/coords'].astype(float)[::step],
                    np.nan_to_num(file[f'{name}/scores'].astype(float)[::step]),
                    file[f'{name}/truth_{fps}'].astype(float), float(fps), COCO))


def _choice(shares: Mapping[str, float], rng: np.random.Generator) -> Any:
    names = list(shares)
    weights = np.array([shares[name] for name in names])
    return names[rng.choice(len(names), p=weights / weights.sum())]
