"""How a smoother follows its input: the speed it keeps, and the samples it does not follow.

Neither needs a truth. With one, :func:`speed_energies` of the truth replaces that of the input.
"""

from __future__ import annotations

import numpy as np

from ...processing.robust_track import median_length
from .arrays import lengths

#: Seconds over which a speed is measured: jitter averages out, the swing of a limb does not.
SPEED_SECONDS = 0.2
#: Largest share of jitter in the energy of a speed; above it a keypoint hardly moves.
LARGEST_NOISE = 0.25
#: A sample is not followed if it is this many usual distances from the smoothed path ...
FAR_DISTANCES = 4.0
#: ... and this share of the size of the body.
FAR_SIZES = 0.03
#: Seconds of the smoothed path around a sample, so that a mere delay does not count.
PATH_SECONDS = 0.1


def speed_energies(coords: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Energy of the speed of each keypoint, and how much of it is jitter.

    A speed is the slope of the straight line through 0.2 s of samples. The share of jitter is that
    of white noise, whose size follows from the median third difference.

    Args:
        coords: Shape (T, K, C) on evenly spaced frames, NaN where not measured.
        fps: Frames per second.

    Returns:
        Sum of the squared speeds over frames, and its part by jitter, each of shape (K,), in
        squared units per frame squared; 0 where nothing is measured.

    Example:
        >>> line = np.arange(20.0).reshape(20, 1, 1)
        >>> [round(float(e[0]), 6) for e in speed_energies(2 * line, fps=30)]
        [56.0, 0.0]
    """
    reach = _reach(SPEED_SECONDS, fps)
    frames, keypoints, width = coords.shape
    if frames < max(2 * reach + 1, 4):
        return np.zeros(keypoints), np.zeros(keypoints)
    norm = 2 * sum(step * step for step in range(1, reach + 1))
    slope = np.zeros((frames - 2 * reach, keypoints, width))
    for step in range(1, reach + 1):
        ahead = coords[reach + step:frames - reach + step]
        slope += step / norm * (ahead - coords[reach - step:frames - reach - step])
    # A line over a window needs its middle as well.
    squares = np.where(np.isfinite(coords[reach:frames - reach]), slope, np.nan)
    squares = np.einsum('tkc,tkc->tk', squares, squares)
    third = lengths(np.diff(coords, 3, axis=0))
    noise = np.zeros(keypoints)
    for k in range(keypoints):
        known = third[:, k][np.isfinite(third[:, k])]
        if len(known):
            noise[k] = (np.median(known) / median_length(width)) ** 2 / 20
    count = np.isfinite(squares).sum(axis=0)
    return np.nansum(squares, axis=0), count * width * noise / norm


def moving(before: np.ndarray, fps: float, truth: np.ndarray | None = None) -> np.ndarray:
    """Keypoints that move by more than their errors; of the others no speed or lag is known.

    Args:
        before: The input, shape (T, K, C), NaN where not measured.
        fps: Frames per second.
        truth: The truth, same shape; it gives the errors, which are otherwise assumed to be white
            noise. Defaults to None.

    Returns:
        Shape (K,), bool: the energy of the errors' speed is under a quarter of that of the motion.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> before = rng.normal(0, 1, (90, 2, 2))
        >>> before[:, 1] += 30 * np.sin(np.arange(90) / 8)[:, None]
        >>> moving(before, fps=30).tolist()
        [False, True]
    """
    if truth is None:
        motion, noise = speed_energies(before, fps)
    else:
        motion, _ = speed_energies(truth, fps)
        noise, _ = speed_energies(before - truth, fps)
    return (motion > 0) & (noise < LARGEST_NOISE * motion)


def speed_kept(before: np.ndarray, after: np.ndarray, fps: float) -> tuple[float, float]:
    """Energies of the speed after and before smoothing, which may be summed over clips.

    The square root of their ratio is the share of the speed that is kept, fast motion counting
    most.

    Args:
        before: The input or the truth, shape (T, K, C), NaN where not measured.
        after: The result, same shape.
        fps: Frames per second.

    Returns:
        Both energies without the part of jitter.

    Example:
        >>> wave = np.sin(np.arange(60) / 5).reshape(60, 1, 1)
        >>> after, before = speed_kept(wave, 0.8 * wave, fps=30)
        >>> round((after / before) ** 0.5, 6)
        0.8
    """
    known = np.isfinite(before) & np.isfinite(after)
    old, old_noise = speed_energies(np.where(known, before, np.nan), fps)
    new, new_noise = speed_energies(np.where(known, after, np.nan), fps)
    return (float(np.maximum(new - new_noise, 0).sum()),
            float(np.maximum(old - old_noise, 0).sum()))


def not_followed(before: np.ndarray, after: np.ndarray, fps: float) -> np.ndarray:
    """Samples of the input that the result leaves aside: what the smoother distrusts.

    The distance of a sample from the smoothed path within 0.1 s is compared with the median of the
    keypoint and with the size of the body, so that neither jitter nor a delay count.

    Args:
        before: The input, all keypoints of a person, shape (T, K, C), NaN where not measured.
        after: The result, same shape.
        fps: Frames per second.

    Returns:
        Shape (T, K), bool; False where not measured.

    Example:
        >>> before = np.zeros((30, 3, 2)) + [[0, 0], [5, 0], [0, 9]]
        >>> after = before.copy()
        >>> before[7, 1] += 4
        >>> np.argwhere(not_followed(before, after, fps=30)).tolist()
        [[7, 1]]
    """
    frames = len(before)
    reach = min(_reach(PATH_SECONDS, fps), frames - 1)
    away = np.full(before.shape[:2], np.inf)
    for step in range(-reach, reach + 1):
        start, stop = max(0, -step), min(frames, frames - step)
        away[start:stop] = np.fmin(
            away[start:stop], lengths(before[start:stop] - after[start + step:stop + step]))
    known = np.isfinite(before).all(axis=-1) & np.isfinite(away)
    result = np.zeros(before.shape[:2], dtype=bool)
    size = _size(after)
    for k in range(before.shape[1]):
        if known[:, k].any():
            usual = np.median(away[known[:, k], k])
            result[:, k] = known[:, k] & (away[:, k] > max(FAR_DISTANCES * usual, FAR_SIZES * size))
    return result


def _reach(seconds: float, fps: float) -> int:
    """Frames on either side of the middle of a span."""
    return max(1, round(seconds * fps / 2))


def _size(coords: np.ndarray) -> float:
    """Median diagonal of the box around the keypoints; 0 where no frame has any."""
    finite = np.isfinite(coords)
    box = (np.where(finite, coords, -np.inf).max(axis=1, initial=-np.inf)
           - np.where(finite, coords, np.inf).min(axis=1, initial=np.inf))
    box = box[np.isfinite(box).all(axis=-1)]
    return float(np.median(lengths(box))) if len(box) else 0.0
