"""A quick search for samples that may be outliers, so that the robust track runs on few frames.

An outlier, or the first and the last frame of a burst of them, is far from the middle between its
neighbours in time. Clean and evenly noisy frames are not, which a few array operations show.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ..utils.arrays import finite_keypoints, length_of
from .gaps import interpolate_missing

#: Distance from the middle of the neighbours, in body sizes, that is no outlier.
HARMLESS_SIZES = 0.025
#: The same in median distances of the frame's keypoints: even noise stays below.
HARMLESS_MEDIANS = 5.0
#: Seconds around a suspicious frame in which samples are judged.
REACH_SECONDS = 0.5
#: Fewer keypoints say too little about the noise of a frame.
FEWEST_KEYPOINTS = 5


def suspicious_samples(coords: np.ndarray) -> np.ndarray:
    """Samples that are far from the middle of their neighbours in time.

    Args:
        coords: Shape (T, ..., K, C), NaN where missing; every keypoint is measured at least once.
            Axes between T and K are people.

    Returns:
        Shape (T, ..., K), bool. All samples of poses with fewer than five keypoints.
    """
    frames, *people, keypoints, _ = coords.shape
    if keypoints < FEWEST_KEYPOINTS or frames < 3:
        return np.ones(coords.shape[:-1], dtype=bool)
    known = finite_keypoints(coords)
    if not known.all():
        coords = interpolate_missing(coords, known)
    with np.errstate(over='ignore', invalid='ignore'):
        bend = np.zeros((frames, *people, keypoints))
        middle = coords[:-2] + coords[2:]
        middle *= -0.5
        middle += coords[1:-1]
        bend[1:-1] = length_of(middle)
        usual = np.median(bend, axis=-1)
        # The frame itself, since an exchange of half of the keypoints raises its own median.
        usual[1:-1] = np.minimum(np.minimum(usual[:-2], usual[1:-1]), usual[2:])
        size = length_of(coords.max(axis=-2) - coords.min(axis=-2))
        # One far keypoint makes its own frame's box large: take the smallest box around.
        size = minimum_filter1d(size, 9, axis=0, mode='nearest')
        bound = np.maximum(HARMLESS_SIZES * size, HARMLESS_MEDIANS * usual)
        # Overflowing squares are NaN or infinite, and suspicious.
        return ~(bend <= bound[..., None])


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
    edges = np.flatnonzero(np.diff(np.concatenate([[False], judged, [False]]).astype(np.int8)))
    return [(slice(max(0, start - past), min(total, stop + future)), slice(start, stop))
            for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist())]
