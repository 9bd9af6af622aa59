"""What a real camera does to a picture: blur, noise, exposure, compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Flaws:
    """The flaws of one camera.

    Attributes:
        exposure: Share of a frame's time in which the shutter is open: motion blur.
        scale: Resolution of the sensor as a share of that of the picture.
        defocus: Standard deviation of the lens's blur, pixels.
        gain: Factor of brightness.
        contrast: Factor of contrast.
        noise: Standard deviation of the sensor's noise, of 255.
        coarse_noise: Whether the noise is correlated between neighbouring pixels.
        jpeg: Quality of the compression, 0 to 100.
    """

    exposure: float
    scale: float
    defocus: float
    gain: float
    contrast: float
    noise: float
    coarse_noise: bool
    jpeg: int


def draw_flaws(rng: np.random.Generator) -> Flaws:
    """Draw a camera's flaws; each is absent in a share of the cameras."""
    def sometimes(probability: float, low: float, high: float, otherwise: float) -> float:
        value = rng.uniform(low, high)
        return value if rng.random() < probability else otherwise

    return Flaws(
        exposure=sometimes(0.75, 0.1, 1.0, 0.0), scale=sometimes(0.3, 0.4, 1.0, 1.0),
        defocus=sometimes(0.4, 0.3, 1.6, 0.0), gain=rng.uniform(0.65, 1.25),
        contrast=rng.uniform(0.75, 1.2), noise=sometimes(0.75, 1.0, 14.0, 0.0),
        coarse_noise=bool(rng.random() < 0.5), jpeg=int(rng.integers(25, 96)))


def photograph(rng: np.random.Generator, picture: np.ndarray, flaws: Flaws) -> np.ndarray:
    """A picture as the camera gives it.

    Args:
        rng: Source of the noise.
        picture: Shape (H, W, 3), float32, RGB from 0 to 255.
        flaws: The camera's flaws.

    Returns:
        Shape (H, W, 3), uint8, BGR.
    """
    height, width = picture.shape[:2]
    if flaws.scale < 1:
        small = cv2.resize(picture, None, fx=flaws.scale, fy=flaws.scale,
                           interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if flaws.defocus:
        picture = cv2.GaussianBlur(picture, (0, 0), flaws.defocus)
    picture = 127 + (picture * flaws.gain - 127) * flaws.contrast
    if flaws.noise:
        grain = rng.standard_normal((height, width, 3), np.float32)
        if flaws.coarse_noise:  # 2.2 makes up for what the blur takes from the deviation.
            grain = 2.2 * cv2.GaussianBlur(grain, (0, 0), 0.8)
        picture = picture + flaws.noise * grain
    sensed = np.ascontiguousarray(np.clip(picture, 0, 255)[..., ::-1].astype(np.uint8))
    _, file = cv2.imencode('.jpg', sensed, [cv2.IMWRITE_JPEG_QUALITY, flaws.jpeg])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)
