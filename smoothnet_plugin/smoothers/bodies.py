"""Body-model parameters: rotations, translation, camera and shape, each in its own way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..processing.robust_mean import robust_mean
from ..structures import BodySequence, PoseSequence, PoseTracks
from ..utils.arrays import finite_keypoints

#: Treatment of the shape of a body: one robust mean per person, or unchanged.
BETAS = ('mean', 'kept')
#: Seconds of past that a live mean of the shape uses.
LIVE_SECONDS = 10.0

Run = Callable[[PoseTracks], PoseTracks]


def have_bodies(tracks: PoseTracks) -> bool:
    """Whether tracks hold parameters of body models."""
    return any(isinstance(sequence, BodySequence) for _, sequence in tracks)


def smooth_bodies(tracks: PoseTracks, rotations: Run, points: Run,
                  betas: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> PoseTracks:
    """Smooth the parts of body-model tracks and put them together again.

    Args:
        tracks: Tracks of :class:`BodySequence`.
        rotations: Smooths tracks of rotations.
        points: Smooths tracks of points; it gets one point or camera of all people at a time, so
            that each has its own band.
        betas: Smooths shapes (T, B) with weights (T,).

    Returns:
        The smoothed tracks. Frames in which a person's rotations were interpolated have an
        interpolated translation and camera, too.
    """
    bodies = {key: sequence for key, sequence in tracks if isinstance(sequence, BodySequence)}
    turned = rotations(tracks.replace(tracks={
        key: bodies[key].rotations() if key in bodies else sequence for key, sequence in tracks}))
    names = list(dict.fromkeys(name for body in bodies.values() for name in body.points))
    moved: dict[Any, dict[str, np.ndarray]] = {key: {} for key in bodies}
    for name in names:
        parts = {key: _as_points(body, body.points[name]) for key, body in bodies.items()
                 if name in body.points}
        smoothed = points(tracks.replace(tracks=parts))
        for key, sequence in smoothed:
            moved[key][name] = _at_frames(sequence, turned[key].frame_ids,
                                          bodies[key].points[name].shape[1])
    result = dict(turned.tracks)
    for key, body in bodies.items():
        shape = None
        if body.betas is not None:
            trust = np.asarray(body.valid.any(axis=1), dtype=np.float64)
            if body.scores is not None:
                trust *= np.nan_to_num(body.scores).max(axis=1)
            shape = _shape_at(body, betas(body.betas, trust), turned[key].frame_ids)
        result[key] = BodySequence.of_rotations(turned[key], shape, moved[key])
    return turned.replace(tracks=result)


def mean_betas(betas: np.ndarray, trust: np.ndarray, strength: float) -> np.ndarray:
    """One shape for all frames.

    Args:
        betas: Shape (T, B).
        trust: Weights, shape (T,), >= 0.
        strength: Share of the effect, 0 to 1.

    Returns:
        Same shape; unchanged where all rows are the same, none counts, or ``strength`` is 0.
    """
    if not len(betas) or (betas == betas[0]).all() or not strength:
        return betas
    mean = robust_mean(betas, trust)
    return betas if not np.isfinite(mean).all() else _towards(betas, mean, strength)


def live_betas(betas: np.ndarray, trust: np.ndarray, strength: float, latency: int,
               fps: float) -> np.ndarray:
    """The mean that is known when each frame comes out of a live smoother.

    Args:
        betas: See :func:`mean_betas`.
        trust: See :func:`mean_betas`.
        strength: See :func:`mean_betas`.
        latency: Frames that a result waits for.
        fps: Frames per second.

    Returns:
        Same shape: row t is the mean of the last seconds up to row t + ``latency``.
    """
    reach = round(LIVE_SECONDS * fps)
    result = np.array(betas)
    for frame in range(len(betas)):
        known = slice(max(0, min(frame, frame + latency - reach)), frame + latency + 1)
        result[frame] = mean_betas(betas[known], trust[known], strength)[frame - known.start]
    return result


def _towards(betas: np.ndarray, mean: np.ndarray, strength: float) -> np.ndarray:
    finite = np.isfinite(betas).all(axis=1, keepdims=True)
    after = betas + strength * (mean - betas) if strength < 1 else np.broadcast_to(
        mean, betas.shape)
    return np.where(finite, after, betas).astype(betas.dtype)


def _as_points(body: BodySequence, values: np.ndarray) -> PoseSequence:
    """A translation or camera as one keypoint, or as two of two values."""
    width = 2 if values.shape[1] == 4 else values.shape[1]
    coords = values.reshape(len(values), values.shape[1] // width, width)
    measured = np.asarray(body.valid.any(axis=1))[:, None] & finite_keypoints(coords)
    scores = None if body.scores is None else np.repeat(
        body.scores.max(axis=1)[:, None], coords.shape[1], axis=1)
    return PoseSequence(coords, scores=scores, valid=measured, frame_ids=body.frame_ids,
                        fps=body.fps, representation=f'keypoints_{width}d', unit='m')


def _at_frames(sequence: PoseSequence, frame_ids: np.ndarray, width: int) -> np.ndarray:
    values = sequence.coords.reshape(len(sequence), width)
    result = np.full((len(frame_ids), width), np.nan, dtype=values.dtype)
    _, here, there = np.intersect1d(frame_ids, sequence.frame_ids, return_indices=True)
    result[here] = values[there]
    return result


def _shape_at(body: BodySequence, betas: np.ndarray, frame_ids: np.ndarray) -> np.ndarray:
    """Shapes of frames; those that the body does not have get that of the frame before."""
    before = np.searchsorted(body.frame_ids, frame_ids, side='right') - 1
    return betas[np.clip(before, 0, max(len(betas) - 1, 0))]
