"""Isolated samples: single ones that are further away than a body can move.

A detector that takes a distant spot for a joint in one frame, or a damaged number in a file, says
nothing about the joint. Such a sample is treated as missing before any step that combines frames
or keypoints: swapped sides, body size, noise levels, networks, and filters that do not handle
outliers. Outliers within reach of the body, and bursts of outliers, are left to the filters.

The decision needs one further sample of the keypoint. Until then the newest sample counts as
isolated, so a real jump that persists is followed one sample later. The decision uses a bounded
past, so a live result equals the offline result for the frames so far.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..utils.arrays import length_of
from .exchange_costs import frame_sizes

#: Limits of a keypoint that moves alone: body sizes from one sample to the next, and per second.
LEAST_STEP, SPEED = 1.0, 15.0
#: A far step also exceeds this many median steps of the frame's keypoints: a fast body, a moving
#: camera or a wrong id moves all keypoints.
COMMON_STEPS = 4.0
#: Fewer keypoints show neither the size of a body nor a common motion.
FEWEST_KEYPOINTS = 5
#: Newest frames whose median size is used, so that a single bad frame has no effect.
_SIZES = 3
#: Frames whose steps and sizes are computed at once.
_BLOCK = 1 << 15


class Isolated(NamedTuple):
    """Isolated samples of a run, each of shape (T, K), bool.

    Attributes:
        samples: Samples that are treated as missing.
        doubtful: Samples that were isolated when they arrived: far from both previous samples. For
            decisions that are never revised, such as those about swapped sides.
        tentative: Samples whose status the next frames may change.
    """

    samples: np.ndarray
    doubtful: np.ndarray
    tentative: np.ndarray


def isolated_samples(coords: np.ndarray, missing: np.ndarray, fps: float,
                     max_gap: int) -> Isolated:
    """Find isolated samples.

    The samples of a keypoint are split where a step is too far (:data:`LEAST_STEP`,
    :data:`SPEED`, :data:`COMMON_STEPS`); a part of a single sample is isolated. If the first sample
    of a keypoint and the second are both apart, the one that is nearer to the middle of its pose is
    kept. A newest sample near the second-last one is not isolated; the one between them is.

    Args:
        coords: Keypoints of consecutive frames, shape (T, K, C); missing ones may have any value.
        missing: Shape (T, K), bool.
        fps: Frames per second.
        max_gap: Samples with more missing frames between them are not neighbours.

    Returns:
        The samples; none of fewer than :data:`FEWEST_KEYPOINTS` keypoints.
    """
    known = ~missing
    nothing = np.zeros(known.shape, dtype=bool)
    if known.shape[1] < FEWEST_KEYPOINTS:
        return Isolated(nothing, nothing, nothing)
    # Half of the memory of NumPy's own indices, for which a clip is long before it has 2^31 frames.
    frames = np.arange(len(known), dtype=np.int32)[:, None]
    before = _before(np.where(known, frames, np.int32(-1)))
    linked = known & (before >= 0) & (frames - before - 1 <= max_gap)
    start = known & ~linked
    after, followed = _after(linked, before)
    waiting = ~followed & (len(known) - frames - 1 <= max_gap)
    sizes = usual_sizes(coords, missing)
    far = far_steps(coords, before, linked, sizes, fps)
    if not far.any():
        return Isolated(nothing, nothing, start & waiting)
    joints = np.arange(known.shape[1])
    second = np.where(before >= 0, before[np.maximum(before, 0), joints], -1)
    linked_twice = linked & (second >= 0) & (frames - second - 1 <= max_gap)
    doubtful = far & (far_steps(coords, second, linked_twice, sizes, fps) | ~linked_twice)
    single = (far | start) & (~followed | far[after, joints])
    next_is_single = single[after, joints]
    # The newest sample shows already whether it is the previous one that is wrong.
    samples = (far & single & (followed | doubtful)
               | start & single & followed & ~next_is_single)
    for row, joint in np.argwhere(start & single & followed & next_is_single):
        pair = [row, after[row, joint]]
        if np.diff(_from_middle(coords[pair], known[pair], joint)) < 0:
            samples[pair, joint] = True, False
            doubtful[pair[1], joint] = False
    return Isolated(samples, doubtful, (far | start) & waiting
                    | start & followed & next_is_single & waiting[after, joints])


def far_steps(coords: np.ndarray, before: np.ndarray, linked: np.ndarray, sizes: np.ndarray,
              fps: float) -> np.ndarray:
    """Find samples that are further from an earlier one than a keypoint moves alone.

    Args:
        coords: Shape (T, K, C).
        before: Number of the earlier frame, shape (T, K).
        linked: Samples with an earlier one, shape (T, K), bool.
        sizes: Body size, shape (T,), NaN where not known.
        fps: Frames per second.

    Returns:
        Shape (T, K), bool.
    """
    far = np.zeros(linked.shape, dtype=bool)
    joints = np.arange(coords.shape[1])
    for first in range(0, len(coords), _BLOCK):
        block = slice(first, first + _BLOCK)
        earlier, near = before[block], linked[block]
        frames = np.arange(first, first + len(near))[:, None]
        with np.errstate(over='ignore', invalid='ignore'):
            step = length_of(coords[block] - coords[np.maximum(earlier, 0), joints])
            step = np.where(near, step, np.nan)
            reach = sizes[block, None] * np.maximum(LEAST_STEP, SPEED / fps * (frames - earlier))
            beyond = step > reach
            for row in np.flatnonzero(beyond.any(axis=1)):
                moved = step[row, near[row]]
                beyond[row] &= (len(moved) >= FEWEST_KEYPOINTS) & (
                    step[row] > reach[row] + COMMON_STEPS * np.median(moved))
        far[block] = beyond
    return far


def usual_sizes(coords: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Estimate the body size from the newest frames that show most of the body.

    Args:
        coords: Shape (T, K, C).
        missing: Shape (T, K), bool.

    Returns:
        Shape (T,), > 0, NaN where not known.
    """
    total, keypoints = missing.shape
    seen, sizes = np.zeros(total, dtype=np.intp), np.zeros(total)
    for first in range(0, total, _BLOCK):
        block = slice(first, first + _BLOCK)
        measured = np.where(missing[block, :, None], np.nan, coords[block])
        seen[block] = np.isfinite(measured[..., 0]).sum(axis=1)
        with np.errstate(over='ignore', invalid='ignore'):
            sizes[block] = frame_sizes(measured)
    sizes = np.where((seen >= max(FEWEST_KEYPOINTS, keypoints / 2)) & (sizes > 0), sizes, np.nan)
    padded = np.concatenate([np.full(_SIZES - 1, np.nan), sizes])
    newest = np.sort(np.lib.stride_tricks.sliding_window_view(padded, _SIZES), axis=1)
    count = np.isfinite(newest).sum(axis=1)
    return newest[np.arange(len(sizes)), np.maximum(count - 1, 0) // 2]


def size_of(pose: np.ndarray) -> float:
    """Body size in a single pose, NaN if it does not show one; :func:`usual_sizes` is its median.

    Args:
        pose: Shape (K, C), NaN where missing.
    """
    seen = len(pose) - int(np.count_nonzero(np.isnan(pose[:, 0])))
    if seen < max(FEWEST_KEYPOINTS, len(pose) / 2):
        return math.nan
    # As in frame_sizes, with few calls: live smoothing asks for every person and frame.
    ordered = np.sort(pose, axis=0)
    square = 0.0
    for low, high in zip(ordered[1].tolist(), ordered[seen - 2].tolist()):
        square += (high - low) * (high - low)
    return math.sqrt(square) or math.nan


def _from_middle(coords: np.ndarray, known: np.ndarray, joint: int) -> np.ndarray:
    """Distance of a keypoint from the median of its pose (K, C) in each frame, shape (T,)."""
    middle = np.array([np.median(pose[seen], axis=0) for pose, seen in zip(coords, known)])
    with np.errstate(over='ignore'):
        return length_of(coords[:, joint] - middle)


def _before(frames: np.ndarray) -> np.ndarray:
    """Number of the last known frame before each frame, -1 if none, shape (T, K)."""
    latest = np.maximum.accumulate(frames, axis=0)
    first = np.full((1, frames.shape[1]), -1, dtype=frames.dtype)
    return np.concatenate([first, latest[:-1]])[:len(frames)]


def _after(linked: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of the next sample that is linked to each one, 0 if none, and whether there is one."""
    after = np.zeros(linked.shape, dtype=before.dtype)
    followed = np.zeros(linked.shape, dtype=bool)
    rows, joints = np.nonzero(linked)
    after[before[rows, joints], joints] = rows
    followed[before[rows, joints], joints] = True
    return after, followed
