"""What is missing, what is bridged, and where a track is cut.

A value is *missing* if the source marks it so, if it is NaN or infinite, or if its score is under
``keypoint_thr``. Per keypoint, a gap of at most ``max_gap`` missing frames between two measured
ones is *bridged* by linear interpolation; a longer gap, and missing frames before the first or
after the last measurement, stay outside of every *run*. Filters see runs only, so nothing spreads
across a long gap, and what lies outside is left as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    before, after = _neighbours(missing)
    fill = missing & (before >= 0) & (after < len(coords)) & (after - before - 1 <= max_gap)
    bridged = np.array(coords)
    rows, joints = np.nonzero(fill)
    bridged[rows, joints] = _between(coords, rows, joints, before[rows, joints],
                                     after[rows, joints])
    return bridged, ~missing | fill


def interpolate_missing(coords: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Replace unusable values by linear interpolation over time, held at both ends.

    Args:
        coords: Shape (T, K, C), floating point.
        usable: Shape (T, K), bool.

    Returns:
        A copy of the same type, finite wherever a usable value is; a keypoint without any usable
        value keeps its values. What is filled equals :func:`numpy.interp`.
    """
    filled = np.array(coords)
    joints = np.flatnonzero(~usable.all(axis=0) & usable.any(axis=0))
    if not len(joints):
        return filled
    before, after = _neighbours(~usable[:, joints])
    rows, columns = np.nonzero(~usable[:, joints])
    before, after = before[rows, columns], after[rows, columns]
    # At the ends both neighbours are the only one there is.
    start, stop = np.where(before < 0, after, before), np.where(after == len(coords), before, after)
    filled[rows, joints[columns]] = _between(coords, rows, joints[columns], start, stop)
    return filled


def interpolate_at(frame_id: float, seen: Sequence[tuple[int, np.ndarray]]) -> np.ndarray | None:
    """A value between those before and after a frame, such as the box of an interpolated person.

    Args:
        frame_id: The frame.
        seen: Numbers of frames, strictly increasing, and the values there, all of one shape.

    Returns:
        The value, float64, linear in the frame number and held at both ends; None if ``seen`` is
        empty.
    """
    if not seen:
        return None
    later = next((place for place, (number, _) in enumerate(seen) if number > frame_id), len(seen))
    (start, first), (stop, last) = seen[max(later - 1, 0)], seen[min(later, len(seen) - 1)]
    share = (frame_id - start) / (stop - start) if stop > start else 0.0
    return np.asarray(first + share * (np.asarray(last, dtype=np.float64) - first))


def _between(coords: np.ndarray, rows: np.ndarray, joints: np.ndarray, start: np.ndarray,
             stop: np.ndarray) -> np.ndarray:
    """Points of straight lines, shape (n, C), in the order of operations of ``numpy.interp``."""
    first = coords[start, joints].astype(np.float64)
    slope = (coords[stop, joints] - first) / np.maximum(stop - start, 1)[:, None]
    return slope * (rows - start)[:, None] + first


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
    if inside.all():
        if inside.size:
            yield slice(0, inside.shape[0]), np.arange(inside.shape[1])
        return
    alike: dict[bytes, list[int]] = {}
    for joint, pattern in enumerate(np.packbits(inside, axis=0).T):
        alike.setdefault(pattern.tobytes(), []).append(joint)
    for joints in alike.values():
        for start, stop in _true_spans(inside[:, joints[0]]):
            yield slice(start, stop), np.array(joints)


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
