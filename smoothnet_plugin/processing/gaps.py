"""Missing values and their interpolation.

A value is *missing* if the source marks it as missing, if it is NaN or infinite, or if its score
is below ``keypoint_thr``. Per keypoint, a gap of at most ``max_gap`` missing frames between two
measured frames is *interpolated* linearly (rotations: along the shortest turn); longer gaps, and
missing frames before the first or after the last measurement, lie outside of every *run*
(:mod:`smoothnet_plugin.processing.runs`). Filters see runs only, so nothing spreads across a long
gap, and values outside of runs do not change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..utils.arrays import finite_keypoints, has_true
from . import so3


def missing_mask(coords: np.ndarray, scores: np.ndarray | None, valid: np.ndarray | None,
                 keypoint_thr: float) -> np.ndarray:
    """Which keypoints are missing.

    Args:
        coords: Shape (..., K, C).
        scores: Shape (..., K), or None.
        valid: Whether the source marks a keypoint as measured, shape (..., K), or None for all.
        keypoint_thr: Keypoints with a lower score, or a NaN score, count as missing.

    Returns:
        True where missing, shape (..., K).
    """
    missing = ~finite_keypoints(coords)
    if valid is not None:
        missing |= ~valid
    if scores is not None:
        missing |= ~(scores >= keypoint_thr)
    return missing


def bridge_gaps(coords: np.ndarray, missing: np.ndarray,
                max_gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Fill short gaps of every keypoint by linear interpolation over time.

    Args:
        coords: Consecutive frames, shape (T, K, C).
        missing: Shape (T, K), bool.
        max_gap: Longest gap to fill, in frames; 0 fills none.

    Returns:
        ``filled``: copy of ``coords`` with finite values wherever ``inside`` is True, and
        ``inside``: True where a keypoint is measured or interpolated, shape (T, K).
    """
    before, after = _neighbours(missing)
    fill = missing & (before >= 0) & (after < len(coords)) & (after - before - 1 <= max_gap)
    filled = np.array(coords)
    rows, joints = np.nonzero(fill)
    filled[rows, joints] = _between(coords, rows, joints, before[rows, joints],
                                    after[rows, joints])
    return filled, ~missing | fill


def interpolate_missing(coords: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Replace unusable values by linear interpolation over time, constant beyond both ends.

    Args:
        coords: Shape (T, ..., K, C), floating point.
        usable: Shape (T, ..., K), bool.

    Returns:
        A copy of the same dtype, finite for every keypoint with a usable value; a keypoint
        without any does not change. Interpolated values equal those of :func:`numpy.interp`.
    """
    # In one order in memory where people are joined to one axis, which must not copy.
    filled = np.array(coords, order='K' if coords.ndim == 3 else 'C')
    flat = (len(coords), -1, coords.shape[-1])
    if filled.size:
        fill_missing(filled.reshape(flat), usable.reshape(flat[:2]))
    return filled


def fill_missing(coords: np.ndarray, usable: np.ndarray) -> None:
    """:func:`interpolate_missing` in place, which saves the copy of a long clip.

    Args:
        coords: Shape (T, K, C), floating point.
        usable: Shape (T, K), bool.
    """
    joints = np.flatnonzero(~usable.all(axis=0) & usable.any(axis=0))
    if not len(joints):
        return
    before, after = _neighbours(~usable[:, joints])
    rows, columns = np.nonzero(~usable[:, joints])
    before, after = before[rows, columns], after[rows, columns]
    # At the ends both neighbours are the single one that exists.
    start, stop = np.where(before < 0, after, before), np.where(after == len(coords), before, after)
    coords[rows, joints[columns]] = _between(coords, rows, joints[columns], start, stop)


def interpolate_at(frame_id: float, seen: Sequence[tuple[int, np.ndarray]]) -> np.ndarray | None:
    """Interpolate a value at a frame, such as the box of an interpolated person.

    Args:
        frame_id: The frame.
        seen: Frame numbers, strictly increasing, and the values there, all of one shape.

    Returns:
        The value, float64, linear in the frame number and constant beyond both ends; None if
        ``seen`` is empty.
    """
    if not seen:
        return None
    later = next((place for place, (number, _) in enumerate(seen) if number > frame_id), len(seen))
    (start, first), (stop, last) = seen[max(later - 1, 0)], seen[min(later, len(seen) - 1)]
    share = (frame_id - start) / (stop - start) if stop > start else 0.0
    return np.asarray(first + share * (np.asarray(last, dtype=np.float64) - first))


def _between(coords: np.ndarray, rows: np.ndarray, joints: np.ndarray, start: np.ndarray,
             stop: np.ndarray) -> np.ndarray:
    """Points on straight lines, shape (n, C), in the order of operations of ``numpy.interp``.

    Rotations in 6D, C = 6, lie on the shortest turn instead, at constant angular speed.
    """
    if coords.shape[-1] == 6:
        share = ((rows - start) / np.maximum(stop - start, 1))[:, None]
        return so3.quaternions_to_6d(so3.slerp(
            so3.quaternions_of_6d(coords[start, joints].astype(np.float64)),
            so3.quaternions_of_6d(coords[stop, joints].astype(np.float64)), share))
    first = coords[start, joints].astype(np.float64)
    slope = (coords[stop, joints] - first) / np.maximum(stop - start, 1)[:, None]
    return slope * (rows - start)[:, None] + first


def hold_outside(filled: np.ndarray, inside: np.ndarray,
                 held: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Give keypoints outside of their runs a value, for filters that need whole skeletons.

    A keypoint keeps its last value inside a run; before its first run it is at the mean of the
    other keypoints. Only earlier frames are used, so live and offline results agree.

    Args:
        filled: Shape (T, K, C), finite where ``inside``.
        inside: Shape (T, K), bool.
        held: Last values before the first frame, shape (K, C), NaN for keypoints not seen yet.
            Defaults to None, no keypoint has been seen.

    Returns:
        Finite coordinates, shape (T, K, C), and the last value inside a run at every frame, NaN
        before the first, shape (T, K, C). They may be ``filled``, or one array.
    """
    if held is None:
        held = np.full(filled.shape[1:], np.nan)
    joints = np.flatnonzero(~inside.all(axis=0))
    if not len(joints):
        return filled, filled
    last = np.array(filled)
    rows, columns = np.nonzero(~inside[:, joints])
    before = _last_measured(~inside[:, joints])[rows, columns]
    joints = joints[columns]
    last[rows, joints] = np.where((before >= 0)[:, None],
                                  filled[np.maximum(before, 0), joints], held[joints])
    early = np.unique(rows[~np.isfinite(last[rows, joints]).all(axis=-1)])
    if not len(early):
        return last, last
    result = last.copy()
    values = last[early]
    known = np.isfinite(values)
    middle = np.where(known, values, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    result[early] = np.where(known, values, middle[:, None])
    return result, last


def hold_ends(values: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Extend keypoints to the ends of their track by their first and last known values.

    Args:
        values: Shape (T, K, C).
        known: Shape (T, K), bool.

    Returns:
        A copy with these values, and where they are, shape (T, K), bool. Keypoints that are never
        known do not change.

    Examples:
        >>> import numpy as np
        >>> values = np.array([np.nan, 1, 2, np.nan, 4, np.nan]).reshape(-1, 1, 1)
        >>> held, ends = hold_ends(values, np.isfinite(values[..., 0]))
        >>> held[:, 0, 0].tolist()
        [1.0, 1.0, 2.0, nan, 4.0, 4.0]
    """
    result, ends = values.copy(), np.zeros(known.shape, dtype=bool)
    seen = known.any(axis=0)
    first = known.argmax(axis=0)
    last = len(known) - 1 - known[::-1].argmax(axis=0)
    for joint in np.flatnonzero(seen):
        for end, row in ((slice(0, first[joint]), first[joint]),
                         (slice(last[joint] + 1, None), last[joint])):
            result[end, joint], ends[end, joint] = values[row, joint], True
    return result, ends


def first_unsettled(missing: np.ndarray, max_gap: int) -> int:
    """First frame that later frames may still turn into an interpolated one.

    Args:
        missing: The frames known so far, shape (T, K), bool.
        max_gap: Longest gap to interpolate, in frames.

    Returns:
        The frame's number, or T if all frames are final.
    """
    total = len(missing)
    if not has_true(missing[-1:]):
        return total
    before, after = _neighbours(missing)
    open_gap = missing & (after == total) & (before >= 0) & (total - 1 - before <= max_gap)
    rows = np.flatnonzero(open_gap.any(axis=1))
    return int(rows[0]) if len(rows) else total


def _neighbours(missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest measured frame at or before, and at or after each frame (-1 and T if none)."""
    total = len(missing)
    after = np.where(missing, np.int32(total), _numbers(total))[::-1]
    np.minimum.accumulate(after, axis=0, out=after)
    return _last_measured(missing), after[::-1]


def _last_measured(missing: np.ndarray) -> np.ndarray:
    """Nearest measured frame at or before each frame, -1 if none."""
    before = np.where(missing, np.int32(-1), _numbers(len(missing)))
    return np.maximum.accumulate(before, axis=0, out=before)


def _numbers(total: int) -> np.ndarray:
    """Numbers of frames, shape (total, 1); of long clips they take half of the usual memory."""
    return np.arange(total, dtype=np.int32)[:, None]
