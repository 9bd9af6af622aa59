"""What a run shows about whether a network or a robust track is nearer to the truth.

A network that has learned human motion takes slow, correlated errors away, and steadies what
stands still; a robust track keeps fast motion and is best under white noise. Six measures, taken
over the second around each frame, separate the two cases.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..utils.arrays import dot, length_of, squared_length
from .robust_track import RobustTrack, median_length
from .rolling import rolling_quantile, triangle_mean

#: Seconds on either side over which the noise and its colour, the distances of keypoints, how far
#: the two results are apart, and the speed are measured.
NOISE_SECONDS, BONE_SECONDS, APART_SECONDS, SPEED_SECONDS = 0.8, 1.0, 0.3, 0.2
#: The same for the local mean that separates motion from place, and for its correlation.
MEAN_SECONDS, FLATTENING_SECONDS = 0.25, 0.5
#: Seconds on either side within which results of the network change the evidence.
NETWORK_SECONDS = FLATTENING_SECONDS
#: Seconds on either side within which the track changes the evidence.
TRACK_SECONDS = 2 * NOISE_SECONDS
#: Least noise in body sizes.
LEAST_NOISE = 1e-4
#: Motion in body sizes below which no keypoint counts as moving.
LEAST_MOTION = 0.01
#: Other keypoints that may be the far end of a bone; those with near numbers are looked at.
MOST_BONES = 40
#: Closer than this, in body sizes, two keypoints are one rather than a bone.
LEAST_BONE = 0.02
#: Looseness (logarithm) of a skeleton whose every third bone is rigid within noise.
RIGID = -4.0


class Evidence(NamedTuple):
    """Measures per frame and keypoint, each of shape (T, ..., K).

    Attributes:
        noise: Scale of the noise in body sizes (:func:`local_noise`).
        apart: Logarithm of the distance between network and track in units of the noise.
        cutoff: Logarithm of the cut-off of the track in Hz: how fast the motion is that can be
            seen above the noise.
        colour: Correlation of the noise from frame to frame, of the whole person, -1 to 1.
        speed: Logarithm of the speed in body sizes per second.
        flattening: Correlation, -1 to 1, of the network's change with the motion. -1 where the
            network makes every movement smaller.
        looseness: 0 for a skeleton of rigid bones, and the greater the more the distances between
            its keypoints vary, of the whole person, >= 0.
    """

    noise: np.ndarray
    apart: np.ndarray
    cutoff: np.ndarray
    colour: np.ndarray
    speed: np.ndarray
    flattening: np.ndarray
    looseness: np.ndarray


def evidence_of(gated: np.ndarray, track: RobustTrack, change: np.ndarray, fps: float,
                is_body: bool, first: int = 0) -> Evidence:
    """Measure a run.

    Args:
        gated: Coordinates with outliers replaced by the track, shape (T, ..., K, C), NaN where
            missing; axes between T and K are people.
        track: The robust track of the run.
        change: What the network's result differs from the track by, same shape, finite.
        fps: Frames per second.
        is_body: The keypoints are known to be a human body: its bones are not looked at.
        first: First frame whose evidence is wanted. Defaults to 0.

    Returns:
        The evidence of T - first frames. A frame depends on the network within
        :data:`NETWORK_SECONDS`, and on samples and track within :data:`TRACK_SECONDS`.
    """
    coords, size = track.coords, track.size
    width = coords.shape[-1]
    # Each measure is taken of the frames that it reaches from those that are wanted.
    before = max(0, first - _frames(NOISE_SECONDS * fps) - 1)
    noises = local_noise(gated, track, fps, before) / size[before:]
    residual = np.nan_to_num(gated[before:] - coords[before:]) / size[before:, ..., None]
    colour = _colour(residual / noises[..., None], fps, first - before)
    noise = noises[first - before:]
    change = change / size[..., None]
    apart = _mean_square(change, APART_SECONDS * fps, first) / (width * noise**2)
    step = np.zeros_like(coords)
    step[1:] = np.diff(coords, axis=0) * fps / size[1:, ..., None]
    before = max(0, first - _frames(FLATTENING_SECONDS * fps))
    motion = (coords[before:] - triangle_mean(coords, _frames(MEAN_SECONDS * fps), before)
              ) / size[before:, ..., None]
    looseness = (np.zeros(noise.shape[:-1]) if is_body
                 else np.maximum(_looseness(coords, size, noise, fps, first) - RIGID, 0))
    return Evidence(
        noise=noise,
        apart=0.5 * np.log(apart + 1e-4),
        cutoff=triangle_mean(np.log(track.cutoff), _frames(APART_SECONDS * fps), first),
        colour=np.broadcast_to(colour[..., None], noise.shape),
        speed=0.5 * np.log(_mean_square(step, SPEED_SECONDS * fps, first) + 1e-6),
        flattening=_correlation(change[before:], motion, FLATTENING_SECONDS * fps,
                                first - before),
        looseness=np.broadcast_to(looseness[..., None], noise.shape))


def local_noise(gated: np.ndarray, track: RobustTrack, fps: float,
                first: int = 0) -> np.ndarray:
    """Scale of what the track takes away from the samples around each frame.

    Unlike :attr:`RobustTrack.scale` it goes down to a ten-thousandth of the body size, so that
    clean data show as such.

    Args:
        gated: Coordinates, outliers replaced, shape (T, ..., K, C), NaN where missing.
        track: The robust track.
        fps: Frames per second.
        first: First frame whose noise is wanted. Defaults to 0.

    Returns:
        Standard deviation per coordinate, shape (T - first, ..., K), in the unit of the
        coordinates.
    """
    length = length_of(gated - track.coords)
    usual = rolling_quantile(length, _frames(NOISE_SECONDS * fps), first=first)
    return np.fmax(usual / median_length(gated.shape[-1]), LEAST_NOISE * track.size[first:])


def _colour(residual: np.ndarray, fps: float, first: int) -> np.ndarray:
    """Correlation of neighbouring residuals, shape (T, ...), from those in units of the noise."""
    length = length_of(residual)[..., None]
    residual = residual * np.minimum(1, 4 / np.maximum(length, 1e-9))
    square = squared_length(residual)
    product = np.zeros_like(square)
    product[1:] = dot(residual[1:], residual[:-1])
    reach = _frames(NOISE_SECONDS * fps)
    return triangle_mean(product.mean(axis=-1), reach, first) / (
        triangle_mean(square.mean(axis=-1), reach, first) + 1e-6)


def _looseness(coords: np.ndarray, size: np.ndarray, noise: np.ndarray, fps: float,
               first: int) -> np.ndarray:
    """Logarithm of how much bones change their length, against how much keypoints move.

    The bone of a keypoint is the other keypoint whose distance varies least. The third of the
    bones that are most rigid counts. Shape (T - first, ...), as the noise.
    """
    reach, keypoints = _frames(BONE_SECONDS * fps), coords.shape[-2]
    rigid = np.full(noise.shape, np.inf)
    # Each pair once: its other end is reached by the same offset backwards.
    for offset in range(1, min(MOST_BONES, keypoints) // 2 + 1):
        length = length_of(coords - np.roll(coords, offset, axis=-2)) / size
        mean = triangle_mean(length, reach, first)
        variance = triangle_mean(length**2, reach, first) - mean**2
        variance[~(mean > LEAST_BONE)] = np.inf
        rigid = np.minimum(rigid, variance)
        rigid = np.minimum(rigid, np.roll(variance, -offset, axis=-1))
    rigid = np.maximum(np.where(np.isfinite(rigid), rigid, 0), 0)
    place = (coords - np.median(coords, axis=-2, keepdims=True)) / size[..., None]
    moved = triangle_mean(squared_length(place), reach, first) - squared_length(
        triangle_mean(place, reach, first))
    moved = np.maximum(moved, 0) + 10 * noise**2 + LEAST_MOTION**2
    return np.log((np.quantile(rigid, 0.3, axis=-1) + 1e-12) / moved.mean(axis=-1))


def _correlation(one: np.ndarray, other: np.ndarray, reach: float, first: int) -> np.ndarray:
    product = triangle_mean(dot(one, other), _frames(reach), first)
    return product / np.sqrt(
        _mean_square(one, reach, first) * _mean_square(other, reach, first) + 1e-12)


def _mean_square(values: np.ndarray, reach: float, first: int) -> np.ndarray:
    """Mean of the squared lengths around each frame, (T - first, ..., K), >= 0 after rounding."""
    return np.maximum(triangle_mean(squared_length(values), _frames(reach), first), 0)


def _frames(reach: float) -> int:
    return max(2, round(reach))
