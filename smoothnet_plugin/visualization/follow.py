"""Views that move: the camera follows the people, or turns around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..structures import PoseTracks

#: Share of the points of a frame at each end that does not count for its centre.
_TRIMMED = 0.05
_SMOOTHED_SECONDS = 0.5


def main_people(clip: PoseTracks) -> PoseTracks:
    """The people that a camera follows: those with at least half of the most frames.

    Short tracks are mostly wrong detections or people who pass by.
    """
    frames = {key: len(sequence) for key, sequence in clip}
    enough = max(frames.values(), default=0) / 2
    return clip.replace(tracks={key: s for key, s in clip if frames[key] >= enough})


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
    points = np.full((len(numbers), sum(s.num_keypoints for s in people), width), np.nan)
    start = 0
    for sequence in people:
        seen = (sequence.valid | sequence.filled)[..., None]
        stop = start + sequence.num_keypoints
        points[_rows(sequence.frame_ids, numbers), start:stop] = np.where(
            seen, sequence.coords, np.nan)
        start = stop
    points = np.where(np.isfinite(points).all(axis=-1, keepdims=True), points, np.nan)
    some = np.isfinite(points[..., 0]).any(axis=1)
    if not some.any():
        return np.zeros_like(path)
    path[some] = np.nanquantile(points[some], [_TRIMMED, 1 - _TRIMMED], axis=1).mean(axis=0)
    known = np.flatnonzero(np.isfinite(path).all(axis=-1))
    rows = np.arange(len(path))
    path = np.stack([np.interp(rows, known, path[known, c]) for c in range(width)], axis=-1)
    # Point reflection continues the path of a walking person at both ends.
    sigma = _SMOOTHED_SECONDS * fps / numbers.step
    ends = min(round(4 * sigma), len(path) - 1)
    padded = np.pad(path, ((ends, ends), (0, 0)), 'reflect', reflect_type='odd')
    smooth = gaussian_filter1d(padded, sigma, axis=0, mode='nearest')
    return smooth[ends:len(smooth) - ends]


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


@dataclass(frozen=True)
class Orbit:
    """A camera that circles the origin at an even speed.

    Attributes:
        up: Signed axis about which it circles, shape (3,).
        degrees_per_second: Speed; positive turns the people to their left.
        numbers: Frame numbers; the first has the angle 0.
        fps: Frames per second of the frame numbers.
    """

    up: np.ndarray
    degrees_per_second: float
    numbers: range
    fps: float

    def around(self, clip: PoseTracks) -> PoseTracks:
        """The clip as the camera sees it: tracks of 3D keypoints of :func:`centered`."""
        return clip.map(lambda s: s.replace(coords=self.turned(s.coords, s.frame_ids)))

    def turned(self, coords: np.ndarray, frame_ids: np.ndarray) -> np.ndarray:
        """Coordinates as the camera sees them.

        Args:
            coords: Around the origin, shape (T, K, 3).
            frame_ids: Frame number of each of them, shape (T,).

        Returns:
            Shape (T, K, 3).
        """
        angle = np.radians(self.degrees_per_second) * (frame_ids - self.numbers.start) / self.fps
        cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
        along = (coords @ self.up)[..., None] * self.up
        across = coords @ np.cross(np.eye(3), self.up)
        return along + cos * (coords - along) + sin * across


def _rows(frame_ids: np.ndarray, numbers: range) -> np.ndarray:
    return (frame_ids - numbers.start) // numbers.step
