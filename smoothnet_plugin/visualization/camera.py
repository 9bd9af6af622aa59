"""Projection of keypoints to pixels: one view for a whole clip, the same in every panel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseSequence, PoseTracks
from ..structures.links import part_of

#: Fraction of the coordinates at each end that may lie outside the picture; otherwise single
#: outliers of an estimator would make everything else tiny.
OUTLIER_SHARE = 0.002
MARGIN = 0.08
#: Smallest and largest ratio of width to height of a panel.
ASPECT_RANGE = (0.6, 1.78)
#: Direction of a 3D view in degrees, from the frontal axis and above the ground.
AZIMUTH, ELEVATION = 30.0, 12.0
_HEAD, _FEET = ('head', 'head_top', 'nose', 'neck'), ('ankle', 'foot', 'back_paw', 'front_paw')


@dataclass(frozen=True)
class Camera:
    """Parallel projection of coordinates to the pixels of a panel.

    Attributes:
        axes: Directions of the x axis (right) and y axis (down) of the panel in the coordinates,
            shape (C, 2).
        scale: Pixels per unit of the coordinates.
        offset: Pixel of the origin of the coordinates, shape (2,).
        size: (width, height) of the panel in pixels, both even.
    """

    axes: np.ndarray
    scale: float
    offset: np.ndarray
    size: tuple[int, int]

    def project(self, coords: np.ndarray) -> np.ndarray:
        """Convert coordinates to pixels.

        Args:
            coords: Shape (..., C).

        Returns:
            Shape (..., 2), float64.
        """
        return np.asarray(coords, dtype=np.float64) @ self.axes * self.scale + self.offset

    def project_deep(self, coords: np.ndarray) -> np.ndarray:
        """Convert 3D coordinates to pixels and depth.

        Args:
            coords: Shape (..., 3).

        Returns:
            Shape (..., 3), float64: pixels to the right and down, and the distance away from the
            observer in pixels.
        """
        away = np.cross(*self.axes.T)
        depth = np.asarray(coords, dtype=np.float64) @ away * self.scale
        return np.concatenate([self.project(coords), depth[..., None]], axis=-1)


def fit_camera(clips: Iterable[PoseTracks], max_size: tuple[int, int] = (960, 720),
               min_width: int = 2, outliers: float = OUTLIER_SHARE) -> Camera:
    """A view of all keypoints of all clips.

    Args:
        clips: Tracks to show side by side, of one representation: 2D or 3D keypoints.
        max_size: Largest (width, height) of the panel in pixels. Defaults to (960, 720).
        min_width: Smallest width of the panel in pixels. Defaults to 2.
        outliers: Fraction of the coordinates at each end that may lie outside. Defaults to
            :data:`OUTLIER_SHARE`.

    Returns:
        The camera; its panel has the full size where the clips have no keypoints.

    Raises:
        DataFormatError: The clips hold rotations, or differ in their representation.
    """
    sequences = [sequence for clip in clips for _, sequence in clip]
    axes = _axes(sequences)
    points = [s.coords[s.valid] @ axes for s in sequences]
    flat = np.concatenate([np.zeros((0, 2)), *points])
    flat = flat[np.isfinite(flat).all(axis=-1)]
    if not len(flat):
        return Camera(axes, 1.0, np.asarray(max_size) / 2, even(max_size))
    low, high = np.quantile(flat, [outliers, 1 - outliers], axis=0)
    center = (low + high) / 2
    extent = np.maximum(high - low, 1e-6 * max(1.0, float(np.abs(center).max())))
    extent = extent + 2 * MARGIN * extent.max()
    aspect = float(np.clip(extent[0] / extent[1], *ASPECT_RANGE))
    width = min(max_size[0], max_size[1] * aspect)
    size = even((max(width, min_width), width / aspect))
    scale = float(min(size[0] / extent[0], size[1] / extent[1]))
    return Camera(axes, scale, np.asarray(size) / 2 - center * scale, size)


def image_camera(image_size: tuple[int, int], max_size: tuple[int, int] = (960, 720)) -> Camera:
    """The view in which an image fills the panel, for 2D keypoints over a video.

    Args:
        image_size: (width, height) of the image in pixels.
        max_size: Largest (width, height) of the panel in pixels; smaller images are not enlarged.
            Defaults to (960, 720).

    Returns:
        The camera.
    """
    scale = min(max_size[0] / image_size[0], max_size[1] / image_size[1], 1.0)
    size = even((image_size[0] * scale, image_size[1] * scale))
    return Camera(np.eye(2), size[0] / image_size[0], np.zeros(2), size)


def even(size: tuple[float, float]) -> tuple[int, int]:
    """The nearest even (width, height), at least 2, as H.264 in yuv420p requires."""
    width, height = (max(2, 2 * round(value / 2)) for value in size)
    return width, height


def _axes(sequences: list[PoseSequence]) -> np.ndarray:
    kinds = {s.representation for s in sequences} or {'keypoints_2d'}
    if len(kinds) > 1:
        raise DataFormatError(f'One view cannot show both {sorted(kinds)}; pass clips of one '
                              'representation.')
    [kind] = kinds
    if kind == 'keypoints_2d':
        return np.eye(2)
    if kind == 'keypoints_3d':
        return view_axes(upward(sequences))
    raise DataFormatError(
        f'{kind} cannot be drawn as stick figures; only keypoints_2d and keypoints_3d can. Turn '
        'the rotations into joint positions first.')


def upward(sequences: list[PoseSequence]) -> np.ndarray:
    """Signed coordinate axis of upright people, from the feet to the head.

    Without keypoint names it is -y, as in camera coordinates.
    """
    spans = []
    for sequence in sequences:
        parts = part_of(sequence.keypoint_names)
        head = [i for i, (_, part) in enumerate(parts) if part in _HEAD]
        feet = [i for i, (_, part) in enumerate(parts) if part in _FEET]
        coords = sequence.measured
        if head and feet and len(sequence):
            span = coords[:, head].mean(axis=1) - coords[:, feet].mean(axis=1)
            spans.append(span[np.isfinite(span).all(axis=-1)])
    span = np.concatenate([np.zeros((0, 3)), *spans])
    up = np.zeros(3)
    if not len(span):
        up[1] = -1
        return up
    mean = span.mean(axis=0)
    axis = int(np.abs(mean).argmax())
    up[axis] = 1 if mean[axis] >= 0 else -1
    return up


def view_axes(up: np.ndarray) -> np.ndarray:
    """Directions to the right and down of a view from the front, at an angle.

    Args:
        up: See :func:`upward`.

    Returns:
        Shape (3, 2), as :attr:`Camera.axes`.
    """
    level = np.eye(3)[0 if up[0] == 0 else 1]
    toward = np.cross(level, up)  # right-handed, so people are not mirrored
    azimuth, elevation = np.radians([AZIMUTH, ELEVATION])
    right = np.cos(azimuth) * level + np.sin(azimuth) * toward
    toward = np.cross(right, up)
    down = -np.cos(elevation) * up + np.sin(elevation) * toward
    return np.stack([right, down], axis=-1)
