"""Samples that an estimator or a frame rate conversion repeats.

A tracker that loses a keypoint often repeats its last position, and a video of 60 frames per second
made from one of 30 shows every image twice. A repeated value is outdated and carries little
information about the frame. Methods with weights give it a low one (:func:`repeated_samples`);
before others it is treated as missing (:func:`outdated_samples`).
"""

from __future__ import annotations

import numpy as np

from .rolling import rolling_sum

#: Seconds on either side that are searched for rounded coordinates.
GRID_SECONDS = 1.0
#: Share of samples with some but not all coordinates repeated, above which values are rounded.
GRID_SHARE = 0.01
#: Share of samples with some but not all coordinates changed among those with any, above which
#: values are rounded: a sixth of the keypoints may have one coordinate at the edge of the image.
PARTLY_SHARE = 1 / 6
#: Seconds for which a value stays before filters that weigh samples know better than a line.
SHORT_SECONDS = 0.1


def repeated_samples(coords: np.ndarray, fps: float) -> np.ndarray:
    """Samples that equal the same keypoint's previous sample bit for bit.

    Estimators that round to a grid repeat values by chance. There one coordinate often stays the
    same while another changes; where that happens, no sample counts as repeated.

    Args:
        coords: Shape (T, ..., K, C), axes between T and K are people; NaN where missing, which
            never counts as repeated.
        fps: Frames per second.

    Returns:
        Shape (T, ..., K), bool.
    """
    repeated = np.zeros(coords.shape[:-1], dtype=bool)
    if len(coords) < 2:
        return repeated
    same = coords[1:] == coords[:-1]
    repeated[1:] = same.all(axis=-1)
    if not same.any():
        return repeated
    partly = np.zeros(coords.shape[:-2])
    partly[1:] = (same.any(axis=-1) & ~repeated[1:]).mean(axis=-1)
    reach = max(1, round(GRID_SECONDS * fps))
    frames = np.ones((len(coords), *[1] * (partly.ndim - 1)))
    rounded = rolling_sum(partly, reach) > GRID_SHARE * rolling_sum(frames, reach)
    return repeated & ~rounded[..., None]


def outdated_samples(coords: np.ndarray, missing: np.ndarray, fps: float, max_gap: int,
                     weighed: bool = False) -> np.ndarray:
    """Repeated samples that count as missing where filters do not weigh samples.

    Only earlier frames decide, so that a live decision is final. Nothing counts before the
    keypoint has moved, nor where the newest frames (:data:`GRID_SECONDS` on either side of their
    middle) show rounded values: among samples that differ from the one before, more than
    :data:`PARTLY_SHARE` with some coordinates the same.

    Args:
        coords: Keypoints of consecutive frames, shape (T, K, C).
        missing: Shape (T, K), bool; missing samples may have any value.
        fps: Frames per second.
        max_gap: Longest gap to interpolate, in frames. Of a value that stays for longer every
            ``max_gap + 1``-th sample counts as measured.
        weighed: A filter gives repeated samples a low weight. What is longer than
            :data:`SHORT_SECONDS`, and the value after it, are left to the filter. Defaults to
            False.

    Returns:
        Shape (T, K), bool.
    """
    nothing = np.zeros(missing.shape, dtype=bool)
    same = coords[1:] == coords[:-1]
    if not max_gap or not same.any():
        return nothing
    repeated, changed, partly = changes(same, ~(missing[1:] | missing[:-1]))
    counts = np.stack([partly.sum(axis=1), changed.sum(axis=1)], axis=1)
    reach = rounding_frames(fps)
    total = np.concatenate([np.zeros((reach, 2), np.int64), np.cumsum(counts, axis=0)])
    recent = total[reach:] - total[:-reach]
    found = nothing.copy()
    found[1:] = (repeated & np.logical_or.accumulate(changed, axis=0)
                 & (recent[:, :1] <= PARTLY_SHARE * recent[:, 1:]))
    if not found.any():
        return found
    frames = np.arange(len(found), dtype=np.int32)[:, None]
    first = np.maximum.accumulate(np.where(found, 0, frames), axis=0)
    age = frames - first
    age_before = np.where(first > 0, np.take_along_axis(age, np.maximum(first - 1, 0), axis=0), 0)
    return found & are_hidden(age, age_before, age % (max_gap + 1), fps, max_gap, weighed)


def changes(same: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What samples are to the ones before.

    Args:
        same: Coordinates that equal those of the sample before, shape (..., C), bool.
        known: Both samples are measured, shape (...), bool.

    Returns:
        Samples that repeat the one before, those that differ from it, and of these the ones with
        some coordinates the same, shape (...), bool.
    """
    repeated = known & same.all(axis=-1)
    changed = known & ~repeated
    return repeated, changed, changed & same.any(axis=-1)


def are_hidden(age: np.ndarray, age_before: np.ndarray, gap: np.ndarray, fps: float, max_gap: int,
               weighed: bool) -> np.ndarray:
    """Which repeated samples count as missing.

    Args:
        age: Frames since the value was new.
        age_before: Frames for which the value before stayed.
        gap: Missing frames between measured ones if the sample counts as missing and the next
            does not; 0 if it must count as measured.
        fps: Frames per second.
        max_gap: See :func:`outdated_samples`.
        weighed: See :func:`outdated_samples`.
    """
    if weighed:
        short = min(max_gap, max(1, round(SHORT_SECONDS * fps)))
        return (age <= short) & (age_before <= short)
    return (gap > 0) & (gap <= max_gap)


def rounding_frames(fps: float) -> int:
    """Newest frames that show whether coordinates are rounded."""
    return max(1, round(2 * GRID_SECONDS * fps))
