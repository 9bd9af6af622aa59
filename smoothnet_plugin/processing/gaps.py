"""What is missing, what is bridged, and where a track is cut.

A value is *missing* if the source marks it so, if it is NaN or infinite, or if its score is under
``keypoint_thr``. Per keypoint, a gap of at most ``max_gap`` missing frames between two measured
ones is *bridged* by linear interpolation; a longer gap, and missing frames before the first or
after the last measurement, stay outside of every *run*. Filters see runs only, so nothing spreads
across a long gap, and what lies outside is left as it came.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..utils.arrays import finite_keypoints


def missing_mask(coords: np.ndarray, scores: np.ndarray | None, valid: np.ndarray | None,
                 keypoint_thr: float) -> np.ndarray:
    """Which keypoints cannot be trusted.

    Args:
        coords: Shape (..., K, C).
        scores: Shape (..., K), or None.
        valid: What the source calls measured, shape (..., K), or None for everything.
        keypoint_thr: Keypoints with a lower score count as missing. NaN scores always do.

    Returns:
        True where missing, shape (..., K).
    """
    missing = ~finite_keypoints(coords)
    if valid is not None:
        missing |= ~valid
    if scores is not None:
        missing |= ~(scores >= keypoint_thr)
    return missing


#: Frames that lie further apart, in seconds, are no neighbours but say nothing of one another.
_LONGEST_STEP = 0.5


def frame_stride(frame_ids: np.ndarray, fps: float) -> int:
    """Distance of neighbouring frames of a clip that was sampled or labelled every n-th frame.

    Args:
        frame_ids: The clip's frames, strictly increasing, shape (F,).
        fps: Frames per second of their numbering.

    Returns:
        The greatest common divisor of all distances; 1 for fewer than two frames, and where
        neighbours would lie more than half a second apart.
    """
    stride = int(np.gcd.reduce(np.diff(frame_ids))) if len(frame_ids) > 1 else 1
    return stride if stride <= _LONGEST_STEP * fps else 1


def bridge_gaps(coords: np.ndarray, missing: np.ndarray,
                max_gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Bridge short gaps of every keypoint by linear interpolation over time.

    Args:
        coords: Consecutive frames, shape (T, K, C).
        missing: Shape (T, K), bool.
        max_gap: Longest gap to bridge, in frames; 0 bridges nothing.

    Returns:
        ``bridged``: copy of ``coords`` with finite values wherever ``inside`` is True, and
        ``inside``: True where a keypoint is measured or bridged, shape (T, K).
    """
    frames = np.arange(len(coords))[:, None]
    before, after = _neighbours(missing)
    fill = missing & (before >= 0) & (after < len(coords)) & (after - before - 1 <= max_gap)
    bridged = np.array(coords)
    rows, joints = np.nonzero(fill)
    if len(rows):
        a, b = before[rows, joints], after[rows, joints]
        share = ((frames[rows, 0] - a) / (b - a))[:, None]
        bridged[rows, joints] = ((1 - share) * coords[a, joints] + share * coords[b, joints])
    return bridged, ~missing | fill


def hold_outside(bridged: np.ndarray, inside: np.ndarray,
                 held: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Give keypoints outside of their runs a value, for filters that look at whole skeletons.

    A keypoint stays where it was last inside; one that was not there yet stands at the mean of
    the others. Only earlier frames are looked at, so live and offline agree.

    Args:
        bridged: Shape (T, K, C), finite where ``inside``.
        inside: Shape (T, K), bool.
        held: Last values before the first frame, shape (K, C), NaN for "not there yet". Defaults
            to None, nobody was there.

    Returns:
        Finite coordinates, shape (T, K, C), and the last value inside at every frame, NaN before
        the first, shape (T, K, C).
    """
    if held is None:
        held = np.full(bridged.shape[1:], np.nan)
    before, _ = _neighbours(~inside)
    last = np.take_along_axis(bridged, np.maximum(before, 0)[..., None], axis=0)
    last = np.where((before >= 0)[..., None], last, held)
    known = np.isfinite(last)
    middle = np.where(known, last, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known, last, middle[:, None]), last


def first_unsettled(missing: np.ndarray, max_gap: int) -> int:
    """First frame about which a later frame may still decide whether it is bridged.

    Args:
        missing: The frames known so far, shape (T, K), bool.
        max_gap: Longest gap that will be bridged, in frames.

    Returns:
        The frame's number, or T if everything is settled.
    """
    total = len(missing)
    before, after = _neighbours(missing)
    open_gap = missing & (after == total) & (before >= 0) & (total - 1 - before <= max_gap)
    rows = np.flatnonzero(open_gap.any(axis=1))
    return int(rows[0]) if len(rows) else total


def _neighbours(missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest measured frame at or before, and at or after each frame (-1 and T for none)."""
    total = len(missing)
    frames = np.arange(total)[:, None]
    before = np.maximum.accumulate(np.where(missing, -1, frames), axis=0)
    after = np.minimum.accumulate(np.where(missing, total, frames)[::-1], axis=0)[::-1]
    return before, after


def runs(inside: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Cut a track into uninterrupted runs, keypoints with the same runs together.

    Args:
        inside: Where keypoints are measured or bridged, shape (T, K), bool.

    Yields:
        Pairs of a slice of frames and the indices of the keypoints that run over all of it.
    """
    patterns, group = np.unique(inside, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        joints = np.flatnonzero(group.reshape(-1) == number)
        for start, stop in _true_spans(patterns[:, number]):
            yield slice(start, stop), joints


def split_rows(frame_ids: np.ndarray, present: np.ndarray, max_gap: int,
               stride: int = 1) -> list[np.ndarray]:
    """Cut a track where the person is away for more than ``max_gap`` frames.

    Args:
        frame_ids: Strictly increasing, shape (T,).
        present: Rows with at least one measured keypoint, shape (T,), bool.
        max_gap: Longest absence inside a segment, in frames of the grid.
        stride: Distance of neighbouring frames of the grid in ``frame_ids``. Defaults to 1.

    Returns:
        Row numbers of each segment, from its first to its last present row.
    """
    rows = np.flatnonzero(present)
    if not len(rows):
        return []
    absent = np.diff(frame_ids[rows]) // stride - 1
    cuts = np.flatnonzero(absent > max_gap) + 1
    return [np.arange(part[0], part[-1] + 1) for part in np.split(rows, cuts)]


def _true_spans(mask: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))
