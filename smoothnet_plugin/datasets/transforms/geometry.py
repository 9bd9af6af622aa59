"""Transforms that move poses in space: rotation, mirroring, projection."""

from __future__ import annotations

import numpy as np

from ...errors import ConfigError
from ...registry import TRANSFORMS
from ..batch import PoseBatch
from .base import (
    PoseTransform,
    Range,
    as_range,
    check_choice,
    check_probability,
    log_uniform,
    uniform,
)

_AXES = 'xyz'


@TRANSFORMS.register_module()
class RandomRotation(PoseTransform):
    """Rotate each window about the vertical axis through the origin by a random angle.

    Args:
        angle: Range of the angle in degrees. Defaults to (-180, 180).
        up: Vertical axis of the data. Defaults to ``'y'``.
    """

    def __init__(self, angle: Range = (-180., 180.), up: str = 'y') -> None:
        self.angle = as_range('RandomRotation.angle', angle, lowest=-360.)
        self.up = check_choice('RandomRotation.up', up, _AXES)

    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """See :meth:`PoseTransform.__call__`."""
        _need_3d(batch, 'RandomRotation')
        rotation = _rotation(np.deg2rad(uniform(rng, self.angle, len(batch))),
                             _AXES.index(self.up))
        batch.move(lambda coords: _rotated(coords, rotation))
        return batch


@TRANSFORMS.register_module()
class LeftRightFlip(PoseTransform):
    """Mirror windows: the horizontal coordinate about the window's middle, and left and right
    keypoints if their names contain the side.

    Args:
        prob: Probability that a window is mirrored. Defaults to 0.5.
        axis: Coordinate that is mirrored. Defaults to ``'x'``.
    """

    def __init__(self, prob: float = 0.5, axis: str = 'x') -> None:
        self.prob = check_probability('LeftRightFlip.prob', prob)
        self.axis = _AXES.index(check_choice('LeftRightFlip.axis', axis, _AXES))

    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """See :meth:`PoseTransform.__call__`."""
        if not batch.unit or self.axis >= batch.inputs.shape[-1]:
            raise ConfigError(
                f"LeftRightFlip mirrors the {_AXES[self.axis]} coordinate of positions; its input "
                f"has {batch.inputs.shape[-1]} values per joint in "
                f"'{batch.unit or 'rotations'}'.")
        chosen = np.flatnonzero(rng.random(len(batch)) < self.prob)
        if not len(chosen):
            return batch
        twice_middle = 2 * batch.centre()[chosen, self.axis, None, None]

        def mirrored(coords: np.ndarray) -> np.ndarray:
            part = coords[chosen][:, :, batch.mirror]
            part[..., self.axis] = twice_middle - part[..., self.axis]
            coords[chosen] = part
            return coords

        batch.move(mirrored)
        batch.mask[chosen] = batch.mask[chosen][..., batch.mirror]
        if batch.scores is not None:
            batch.scores[chosen] = batch.scores[chosen][..., batch.mirror]
        return batch


@TRANSFORMS.register_module()
class RandomCamera(PoseTransform):
    """Project 3D poses into the image of a pinhole camera, with one random camera per window.

    The camera looks at the window's middle from a random direction, height and distance; the
    middle is near the image's centre. Both estimate and truth are projected. A camera that is so
    close that keypoints are behind it is moved away.

    Args:
        azimuth: Direction around the vertical axis in degrees. Defaults to (-180, 180).
        elevation: Height above the horizon in degrees. Defaults to (-10, 35).
        distance: Metres from the window's middle. Defaults to (2, 8).
        focal: Focal length in image widths. Defaults to (0.7, 1.6), fields of view of 71 to 35
            degrees.
        image_width: Width of the image in pixels; the height is 9/16 of it. Defaults to
            (640, 1920).
        shift: Largest distance of the middle from the image's centre, as a share of the image's
            width and height. Defaults to 0.2.
        up: Vertical axis of the data. Defaults to ``'y'``.
    """

    changes = {'representation': 'keypoints_2d', 'unit': 'px', 'root_indices': None}

    def __init__(self, azimuth: Range = (-180., 180.), elevation: Range = (-10., 35.),
                 distance: Range = (2., 8.), focal: Range = (0.7, 1.6),
                 image_width: Range = (640., 1920.), shift: float = 0.2, up: str = 'y') -> None:
        self.azimuth = as_range('RandomCamera.azimuth', azimuth, lowest=-360.)
        self.elevation = as_range('RandomCamera.elevation', elevation, lowest=-90.)
        self.distance = as_range('RandomCamera.distance', distance)
        self.focal = as_range('RandomCamera.focal', focal)
        self.image_width = as_range('RandomCamera.image_width', image_width)
        self.shift = as_range('RandomCamera.shift', shift)[1]
        self.up = _AXES.index(check_choice('RandomCamera.up', up, _AXES))

    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """See :meth:`PoseTransform.__call__`."""
        _need_3d(batch, 'RandomCamera')
        size = len(batch)
        # Axes of the data in the order right, up, towards the camera.
        order = [(self.up + 2) % 3, self.up, (self.up + 1) % 3]
        turn = _rotation(np.deg2rad(uniform(rng, self.azimuth, size)), 1)
        tilt = _rotation(np.deg2rad(uniform(rng, self.elevation, size)), 0)
        view = (tilt @ turn) @ np.eye(3, dtype=np.float32)[order]
        distance = log_uniform(rng, self.distance, size).astype(np.float32)
        width = log_uniform(rng, self.image_width, size).astype(np.float32)
        focal = (uniform(rng, self.focal, size) * width)[:, None, None].astype(np.float32)
        half = np.stack([width, width * 9 / 16], axis=1) / 2
        middle = half * (1 + 2 * self.shift * (2 * rng.random((size, 2), dtype=np.float32) - 1))
        centre = (view @ batch.centre()[..., None])[:, :, :, None]
        batch.move(lambda coords: _rotated(coords, view))
        # The third coordinate grows towards the camera.
        away = distance
        for coords in {id(coords): coords for coords in (batch.inputs, batch.reference)}.values():
            nearest = coords[..., 2].reshape(size, -1).max(axis=1, initial=-np.inf)
            away = np.maximum(away, nearest - centre[:, 2, 0, 0] + _CLEARANCE)
        away = away[:, None, None]

        def projected(coords: np.ndarray) -> np.ndarray:
            # By coordinate: NumPy is slow where it walks along an axis of two or three.
            image = np.empty((*coords.shape[:-1], 2), np.float32)
            magnification = focal / (away + (centre[:, 2] - coords[..., 2]))
            for axis, sign in ((0, 1), (1, -1)):
                image[..., axis] = (middle[:, axis, None, None] + sign * magnification
                                    * (coords[..., axis] - centre[:, axis]))
            return image

        batch.move(projected)
        batch.unit = 'px'
        batch.scale = np.ones((size, 2), np.float32)
        return batch


#: Smallest distance in metres between a camera and the nearest keypoint.
_CLEARANCE = 0.5


def _need_3d(batch: PoseBatch, by: str) -> None:
    if batch.unit != 'm' or batch.inputs.shape[-1] != 3:
        raise ConfigError(f"{by} takes 3D positions in metres; its input has "
                          f"{batch.inputs.shape[-1]} values per joint in "
                          f"'{batch.unit or 'rotations'}'.")


def _rotation(angle: np.ndarray, axis: int) -> np.ndarray:
    """Rotation matrices about an axis of the data: (B,) radians to (B, 3, 3) float32."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((len(angle), 3, 3), np.float32)
    matrix[:, axis, axis] = 1
    matrix[:, a, a] = matrix[:, b, b] = np.cos(angle)
    matrix[:, b, a] = np.sin(angle)
    matrix[:, a, b] = -matrix[:, b, a]
    return matrix


def _rotated(coords: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Apply (B, 3, 3) to (B, W, K, 3)."""
    size, frames, keypoints, _ = coords.shape
    flat = coords.reshape(size, frames * keypoints, 3)
    return (flat @ rotation.transpose(0, 2, 1)).reshape(coords.shape)
