"""Cameras that film a person: on a stand, following, circling, handheld."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

#: Height that the size of a person in the picture is reckoned with, metres.
_STATURE = 1.75
#: The camera never sinks below this height, metres.
_LOWEST = 0.12


@dataclass(frozen=True)
class Camera:
    """A pinhole camera over T frames: ``camera = rotation @ (world - centre)``.

    Attributes:
        kind: ``'static'``, ``'follow'``, ``'orbit'`` or ``'handheld'``.
        rotations: World to camera (x right, y down, z forward), shape (T, 3, 3).
        centres: Place, shape (T, 3), metres.
        focal: Focal length, pixels.
        width: Width of the picture, pixels.
        height: Height of the picture, pixels.
    """

    kind: str
    rotations: np.ndarray
    centres: np.ndarray
    focal: float
    width: int
    height: int

    def project(self, points: np.ndarray, frame: int) -> np.ndarray:
        """x and y in pixels and depth in metres of points (N, 3) of the world."""
        x, y, depth = ((points - self.centres[frame]) @ self.rotations[frame].T).T
        with np.errstate(divide='ignore', invalid='ignore'):
            return np.stack([self.focal * x / depth + self.width / 2,
                             self.focal * y / depth + self.height / 2, depth], axis=1)


def draw_camera(rng: np.random.Generator, path: np.ndarray, size: tuple[int, int],
                fps: float) -> Camera:
    """Draw a camera for a person's path.

    The field of view is 38 to 75 degrees along the longer side. Of the cameras, 45 % see the
    person at 0.22 to 1.25 of the picture's height (log-uniform), the others at 0.5 to 0.95; 15 %
    look down steeply.

    Args:
        rng: Source of chance.
        path: Places of the hips, shape (T, 3), metres, y up.
        size: Width and height of the picture.
        fps: Frames per second.

    Returns:
        The camera.
    """
    frames, (width, height) = len(path), size
    focal = 0.5 * max(size) / np.tan(np.radians(rng.uniform(38, 75)) / 2)
    share = (np.exp(rng.uniform(np.log(0.22), np.log(1.25))) if rng.random() < 0.45
             else rng.uniform(0.5, 0.95))
    distance = focal * _STATURE / (share * height)
    kind = str(rng.choice(['static', 'follow', 'orbit', 'handheld'], p=[0.4, 0.2, 0.2, 0.2]))
    if kind == 'static' and np.ptp(path[:, [0, 2]], axis=0).max() > 0.8 * width / focal * distance:
        kind = 'follow'
    elevation = np.radians(rng.uniform(25, 65) if rng.random() < 0.15 else rng.uniform(-8, 18))
    middle = np.tile((path.max(axis=0) + path.min(axis=0)) / 2, (frames, 1))
    aim = middle if kind == 'static' else _slow(path, fps * rng.uniform(0.2, 0.8))
    # A close camera sees the upper or the lower body.
    lift = rng.uniform(-0.5, 0.5) if share > 0.9 else 0.0
    aim = aim + [rng.normal(0, 0.1), lift + rng.normal(0, 0.06), rng.normal(0, 0.1)]

    azimuth, distances = np.full(frames, rng.uniform(0, 2 * np.pi)), np.full(frames, distance)
    if kind == 'orbit':
        azimuth = azimuth + np.linspace(0, rng.normal(0, 1.0), frames)
        distances = distances * np.linspace(1, 1 + rng.uniform(-0.3, 0.5), frames)
    stays = kind in ('static', 'handheld') or (kind == 'follow' and rng.random() < 0.5)
    around = middle if stays else _slow(aim, fps)
    offset = np.stack([np.cos(azimuth) * np.cos(elevation), np.full(frames, np.sin(elevation)),
                       np.sin(azimuth) * np.cos(elevation)], axis=1)
    centres = around + offset * distances[:, None]
    centres[:, 1] = np.maximum(centres[:, 1], _LOWEST)
    if kind == 'handheld':
        centres = centres + 0.05 * _slow(rng.normal(0, 1, (frames, 3)), fps * 0.15)
        aim = aim + 0.06 * _slow(rng.normal(0, 1, (frames, 3)), fps * 0.08)
    roll = rng.normal(0, 0.03)
    rotations = np.stack([look_at(centre, target, roll) for centre, target in zip(centres, aim)])
    return Camera(kind, rotations, centres, float(focal), width, height)


def look_at(centre: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """Rotation of a camera that looks at a point, with the world's y axis up in the picture.

    Args:
        centre: Place of the camera, shape (3,).
        target: The point, shape (3,); not straight above or below.
        roll: Turn about the line of sight, radians. Defaults to 0.

    Returns:
        World to camera, shape (3, 3).

    Example:
        >>> (look_at(np.zeros(3), np.array([0, 0, 5.0])) @ [1, 2, 3]).tolist()
        [-1.0, -2.0, 3.0]
    """
    forward = (target - centre) / np.linalg.norm(target - centre)
    right = np.cross(forward, [0, 1.0, 0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cosine, sine = np.cos(roll), np.sin(roll)
    turn = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
    return turn @ np.stack([right, down, forward])


def _slow(values: np.ndarray, frames: float) -> np.ndarray:
    return gaussian_filter1d(values, frames, axis=0, mode='nearest')
