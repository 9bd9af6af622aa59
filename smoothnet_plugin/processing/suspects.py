"""A quick search for samples that may be outliers, so that the robust track runs on few frames.

An outlier, or the first and the last frame of a burst of them, is far from the middle between its
neighbours in time. Clean and evenly noisy frames are not, which a few array operations show.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ..utils.arrays import (
    all_true,
    curve_lengths,
    curves_of,
    finite_keypoints,
    median_known,
    median_last,
    true_spans,
)
from .gaps import interpolate_missing

#: Distance from the middle of the neighbours, in body sizes, that is no outlier.
HARMLESS_SIZES = 0.025
#: The same in median distances of the frame's keypoints: even noise stays below.
HARMLESS_MEDIANS = 5.0
#: Seconds around a suspicious frame in which samples are judged.
REACH_SECONDS = 0.5
#: Fewer keypoints say too little about the noise of a frame.
FEWEST_KEYPOINTS = 5
#: Distance from the line between the neighbours, in body sizes, that is rounding.
ON_LINE = 1e-9
#: Number of frames whose smallest box counts.
_BOXES = 9


def suspicious_samples(coords: np.ndarray, first: int = 0) -> np.ndarray:
    """Samples that are far from the middle of their neighbours in time.

    Args:
        coords: Shape (T, ..., K, C), NaN where missing; every keypoint is measured at least once.
            Axes between T and K are people.
        first: First frame that is wanted; earlier ones are returned as harmless. Defaults to 0.

    Returns:
        Shape (T, ..., K), bool. All samples of poses with fewer than five keypoints.
    """
    frames, *_, keypoints, _ = coords.shape
    result = np.zeros(coords.shape[:-1], dtype=bool)
    if keypoints < FEWEST_KEYPOINTS or frames < 3:
        result[first:] = True
        return result
    known = finite_keypoints(coords)
    if not all_true(known):
        coords = interpolate_missing(coords, known)
    # Boxes of some frames around one count, and the noise of its neighbours.
    start = max(0, min(first - _BOXES // 2 - 2, frames - 3))
    curves = curves_of(coords[start:])
    with np.errstate(over='ignore', invalid='ignore'):
        bend = np.zeros(curves.shape[1:])
        middle = curves[..., :-2] + curves[..., 2:]
        middle *= -0.5
        middle += curves[..., 1:-1]
        bend[..., 1:-1] = curve_lengths(middle)
        size = curve_lengths(curves.max(axis=-2) - curves.min(axis=-2))
        # One far keypoint makes its own frame's box large: take the smallest box around.
        size = minimum_filter1d(size, _BOXES, mode='nearest')
        usual = _usual(bend, _interpolated(curves, bend, size))
        usual[..., [0, -1]] = np.inf  # Unknown: they have one neighbour.
        # The frame itself, since an exchange of half of the keypoints raises its own median.
        usual[..., 1:-1] = np.minimum(
            np.minimum(usual[..., :-2], usual[..., 1:-1]), usual[..., 2:])
        bound = np.maximum(HARMLESS_SIZES * size, HARMLESS_MEDIANS * usual)
        # Overflowing squares are NaN or infinite, and suspicious.
        result[first:] = np.moveaxis(~(bend <= bound[..., None, :]), -1, 0)[first - start:]
    return result


def _interpolated(curves: np.ndarray, bend: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Samples on the line between their neighbours, to which they moved: those have no noise.

    Args:
        curves: Shape (C, ..., K, T).
        bend: Distance from the line, shape (..., K, T).
        size: Size of the person, shape (..., T).

    Returns:
        Shape (..., K, T), bool.
    """
    straight = bend <= ON_LINE * size[..., None, :]
    straight[..., [0, -1]] = False
    if straight.any():
        straight[..., 1:] &= (curves[..., 1:] != curves[..., :-1]).any(axis=0)
    return straight


def _usual(bend: np.ndarray, interpolated: np.ndarray) -> np.ndarray:
    """Median over the keypoints (..., K, T) of each frame; infinite if all are interpolated."""
    if not interpolated.any():
        return median_last(bend.swapaxes(-2, -1))
    usual = median_known(np.where(interpolated, np.nan, bend), axis=-2)
    return np.where(interpolated.all(axis=-2), np.inf, usual)


def within_reach(samples: np.ndarray, reach: int) -> np.ndarray:
    """Samples near a marked one of the same keypoint: those to judge.

    An outlier of one keypoint is no reason to judge the others: whether noise on them counts as an
    outlier must not depend on it.

    Args:
        samples: Marked samples, shape (T, K), bool.
        reach: Frames around a marked one to judge.

    Returns:
        Shape (T, K), bool.
    """
    return maximum_filter1d(samples.astype(np.uint8), 2 * reach + 1, axis=0, mode='constant') > 0


def blocks_around(judged: np.ndarray, past: int, future: int) -> list[tuple[slice, slice]]:
    """Blocks of a clip, so that all frames to judge have their full support.

    Args:
        judged: Frames to judge, shape (T,), bool.
        past: Frames of past that a judgement depends on.
        future: Frames of future that it depends on.

    Returns:
        Pairs of a block to judge by and the part of the clip whose judgement counts; the parts do
        not overlap.
    """
    total = len(judged)
    return [(slice(max(0, start - past), min(total, stop + future)), slice(start, stop))
            for start, stop in true_spans(judged)]
