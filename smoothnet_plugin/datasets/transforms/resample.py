"""Changing the frame rate of poses."""

from __future__ import annotations

import math

import numpy as np

from ...registry import TRANSFORMS
from ..batch import PoseBatch
from .base import PoseTransform, Range, as_range, log_uniform


@TRANSFORMS.register_module()
class ResampleFps(PoseTransform):
    """Resample the motion to another frame rate, by cubic interpolation between frames.

    The source windows are longer than the result, so that a lower rate still fills it. If a clip
    is too short for a rate, the window gets the lowest rate that the clip can fill. Frames are
    sampled like those of a camera, without averaging.

    Args:
        fps: A rate, or the range that each window draws its rate from (uniform in the
            logarithm). Defaults to (15, 120).
    """

    def __init__(self, fps: Range = (15., 120.)) -> None:
        self.fps = as_range('ResampleFps.fps', fps, lowest=1e-3)

    def source_frames(self, frames: int, fps: float) -> int:
        """See :meth:`PoseTransform.source_frames`."""
        return max(frames, math.ceil((frames - 1) * fps / self.fps[0]) + 1)

    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """See :meth:`PoseTransform.__call__`."""
        rates = log_uniform(rng, self.fps, len(batch))
        available = np.maximum(batch.counts - 1, 0)
        if batch.frames:
            # Limited to the frames left in the clip, at the slowest rate that fills the window.
            wanted, frames = batch.frames - 1, batch.frames
            fillable = np.divide(batch.fps * wanted, available, where=available > 0,
                                 out=np.full(len(batch), np.inf))
            slowest = np.where(batch.counts >= batch.frames, fillable, batch.fps)
            rates = np.clip(rates, np.minimum(slowest, self.fps[1]), None)
            stride = batch.fps / rates
            counts = np.minimum(np.floor(available / stride + 1e-9).astype(np.int64) + 1, frames)
        else:
            stride = batch.fps / rates
            counts = np.floor(available / stride + 1e-9).astype(np.int64) + 1
            counts = np.where(batch.counts > 0, counts, 0)
            frames = int(counts.max(initial=0))
        if batch.inputs.shape[1] == 0:
            batch.fps = rates
            return batch
        place = np.minimum(np.arange(frames) * stride[:, None], available[:, None])
        left = np.minimum(np.floor(place + 1e-9).astype(np.int64),
                          np.maximum(available - 1, 0)[:, None])
        right = np.minimum(left + 1, available[:, None])
        share = np.clip(place - left, 0, 1)
        weights = _cubic_weights(left, share, available, batch.inputs.shape[1])

        def interpolated(coords: np.ndarray) -> np.ndarray:
            size, _, keypoints, width = coords.shape
            flat = coords.reshape(size, -1, keypoints * width)
            return (weights @ flat).reshape(size, frames, keypoints, width)

        batch.move(interpolated)
        rows = np.arange(len(batch))[:, None]
        on_left, on_right = share[..., None] < 1 - 1e-6, share[..., None] > 1e-6
        inside = np.arange(frames) < counts[:, None]
        batch.mask = ((batch.mask[rows, left] | ~on_left) & (batch.mask[rows, right] | ~on_right)
                      & inside[..., None])
        if batch.scores is not None:
            batch.scores = np.minimum(np.where(on_left, batch.scores[rows, left], np.inf),
                                      np.where(on_right, batch.scores[rows, right], np.inf))
        batch.counts, batch.fps = counts, rates
        return batch


def _cubic_weights(left: np.ndarray, share: np.ndarray, last: np.ndarray,
                   source: int) -> np.ndarray:
    """Catmull-Rom interpolation between frames as a matrix.

    Args:
        left: Frame before each position, shape (B, W).
        share: Fraction of the way to the next frame, 0 .. 1, shape (B, W).
        last: Last frame of each window, shape (B,).
        source: Number of source frames S.

    Returns:
        Shape (B, W, S), float32.
    """
    weights = np.zeros((*left.shape, source), np.float32)
    item, place = np.indices(left.shape)
    squared, cubed = share**2, share**3
    before = (-share + 2 * squared - cubed) / 2
    start = (2 - 5 * squared + 3 * cubed) / 2
    stop = (share + 4 * squared - 3 * cubed) / 2
    after = (cubed - squared) / 2
    right = np.minimum(left + 1, last[:, None])
    # Beyond the ends the neighbour is mirrored through the end point: x[-1] = 2 x[0] - x[1].
    first, final = left == 0, right == last[:, None]
    start = start + np.where(first, 2 * before, 0) - np.where(final, after, 0)
    stop = stop - np.where(first, before, 0) + np.where(final, 2 * after, 0)
    for tap, weight in ((left, start), (right, stop),
                        (np.maximum(left - 1, 0), np.where(first, 0, before)),
                        (np.minimum(left + 2, last[:, None]), np.where(final, 0, after))):
        weights[item, place, tap] += weight
    return weights
