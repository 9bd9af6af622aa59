"""Views that move: the camera follows the people, or turns around them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..structures import PoseTracks
from .camera import upward

#: Share of the points of a frame at each end that does not decide where its centre lies.
_TRIMMED = 0.05
_SMOOTHED_SECONDS = 0.5


def center_path(panels: Mapping[str, PoseTracks], numbers: range, fps: float) -> np.ndarray:
    """Centre of all people over time, steady enough for a camera.

    Args:
        panels: The tracks that are shown side by side.
        numbers: Frame numbers of the drawing.
        fps: Frames per second of the frame numbers.

    Returns:
        Shape (len(numbers), C), finite: frames without people lie between their neighbours.
    """
    people = [sequence for clip in panels.values() for _, sequence in clip]
    width = people[0].coords.shape[-1] if people else 2
    path = np.full((len(numbers), width), np.nan)
    for row, number in enumerate(numbers):
        points = [s.coords[i][s.valid[i] | s.filled[i]] for s in people
                  for i in np.flatnonzero(s.frame_ids == number)]
        points = np.concatenate([np.zeros((0, width)), *points])
        points = points[np.isfinite(points).all(axis=-1)]
        if len(points):
            path[row] = np.quantile(points, [_TRIMMED, 1 - _TRIMMED], axis=0).mean(axis=0)
    known = np.flatnonzero(np.isfinite(path).all(axis=-1))
    if not len(known):
        return np.zeros_like(path)
    rows = np.arange(len(path))
    path = np.stack([np.interp(rows, known, path[known, c]) for c in range(width)], axis=-1)
    return gaussian_filter1d(path, _SMOOTHED_SECONDS * fps / numbers.step, axis=0, mode='nearest')


def centered(clip: PoseTracks, path: np.ndarray, numbers: range) -> PoseTracks:
    """The clip as a camera on the path sees it.

    Args:
        clip: The tracks.
        path: Place of the camera at each of ``numbers``, shape (N, C).
        numbers: Frame numbers.

    Returns:
        The tracks relative to the path.
    """
    return clip.map(lambda sequence: sequence.replace(
        coords=sequence.coords - path[_rows(sequence.frame_ids, numbers)][:, None]))


def turned(clip: PoseTracks, degrees_per_second: float, numbers: range, fps: float) -> PoseTracks:
    """The clip as a camera sees it that circles the origin at an even speed.

    Args:
        clip: Tracks of 3D keypoints around the origin, of :func:`centered`.
        degrees_per_second: Speed of the camera; positive turns the people to their left.
        numbers: Frame numbers; the first has the angle 0.
        fps: Frames per second of the frame numbers.

    Returns:
        The tracks, turned about the vertical axis.
    """
    up = upward([sequence for _, sequence in clip])
    across = np.cross(np.eye(3), up)

    def turn(coords: np.ndarray, frame_ids: np.ndarray) -> np.ndarray:
        angle = np.radians(degrees_per_second) * (frame_ids - numbers.start) / fps
        cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
        along = (coords @ up)[..., None] * up
        return along + cos * (coords - along) + sin * (coords @ across)

    return clip.map(lambda s: s.replace(coords=turn(s.coords, s.frame_ids)))


def _rows(frame_ids: np.ndarray, numbers: range) -> np.ndarray:
    return (frame_ids - numbers.start) // numbers.step
