"""Steadying of refined poses: damping of small wobble, and gradual revisions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Frames that are steadied at once, so that temporary arrays stay small.
_BLOCK = 2048


def steadied(estimates: Sequence[np.ndarray], coords: np.ndarray,
             future: np.ndarray) -> np.ndarray:
    """Average neighbouring frames, within a limit.

    A network's estimate of a joint wobbles a little from window to window, about equally whether
    the joint was seen well or badly. A triangle-weighted mean over neighbouring frames removes
    that; where the joint moves fast it would remove motion, too. So no joint moves by more than
    half of the mean distance by which the refinement has moved it in this frame and those before:
    what was seen well stays.

    Args:
        estimates: Refined poses, 2 H + 1 arrays of shape (T, K, C): the item H + j is the estimate
            of each frame as it stood when the frame j before it was shown. One array in all
            places where everything is known from the start.
        coords: The input poses, same shape; NaN where missing.
        future: Frames of its future that were known when each frame was shown, shape (T,),
            >= 0. The mean covers fewer frames on both sides there, and never reaches beyond the
            clip.

    Returns:
        Shape (T, K, C); NaN where the estimate is.
    """
    half_width = len(estimates) // 2
    frames = len(coords)
    if half_width == 0 or frames == 0:
        return estimates[half_width]
    # As many before as after, or the mean would lag.
    reach = np.minimum(half_width, np.minimum(
        np.arange(frames), np.maximum(np.asarray(future) - 1, 0)))
    return np.concatenate([
        _steadied_rows(estimates, coords, reach, np.arange(start, min(start + _BLOCK, frames)))
        for start in range(0, frames, _BLOCK)])


def _steadied_rows(estimates: Sequence[np.ndarray], coords: np.ndarray, reach: np.ndarray,
                   rows: np.ndarray) -> np.ndarray:
    half_width = len(estimates) // 2
    centre = estimates[half_width][rows]
    reach = reach[rows]
    total, moved_sum, moved_count = np.zeros_like(centre), 0.0, 0
    for offset in range(-half_width, half_width + 1):
        weight = np.maximum(reach + 1 - abs(offset), 0)[:, None]
        place = np.clip(rows + offset, 0, len(coords) - 1)
        near = estimates[half_width + offset][place]
        step = near - centre
        total += np.where(np.isfinite(step), step, 0.0) * weight[..., None]
        if offset <= 0:
            moved = np.linalg.norm(coords[place] - near, axis=-1)
            counted = (weight > 0) & np.isfinite(moved)
            moved_sum = moved_sum + np.where(counted, moved, 0.0)
            moved_count = moved_count + counted
    step = total / ((reach + 1)**2)[:, None, None]
    limit = moved_sum / np.maximum(moved_count, 1) / 2
    longest = np.maximum(np.linalg.norm(step, axis=-1), limit)
    share = np.divide(limit, longest, out=np.zeros_like(longest), where=longest > 0)
    return centre + share[..., None] * step


def revision_offset(shown: Sequence[np.ndarray], revised: Sequence[np.ndarray],
                    future: np.ndarray) -> np.ndarray:
    """Offset of each frame that makes revisions of earlier frames take effect gradually.

    With every new frame the network revises its estimates of the frames before. A live viewer sees
    each frame once, some frames late, and would see these revisions as jitter. Here they take
    effect over several frames: each earlier frame predicts this one by where it was shown plus the
    joint's motion since, as known now; the result is the mean of these predictions and the frame's
    own estimate, with weights that fall with the distance. Motion is not smoothed, only its
    revisions are.

    Args:
        shown: Estimates of frames as they stood when shown, B arrays of shape (T, K, C). The item
            b - 1 serves the frames b later: it is the estimate as it stood b frames before those
            are shown.
        revised: Estimates of the same frames as they stand when those b later are shown.
        future: Frames of its future that were known when each frame was shown, shape (T,),
            >= 0. At most so many earlier frames count.

    Returns:
        What to add to the estimate of each frame, shape (T, K, C); finite.
    """
    frame = np.arange(len(future))
    reach = np.minimum(len(shown), np.minimum(frame, future))
    total = np.zeros_like(shown[0]) if shown else 0.0
    for before, (then, now) in enumerate(zip(shown, revised), start=1):
        weight = np.maximum(reach + 1 - before, 0)[:, None, None]
        place = np.maximum(frame - before, 0)
        step = (then - now)[place]
        total += np.where(np.isfinite(step), step, 0.0) * weight
    return total / ((reach + 1) * (reach + 2) / 2)[:, None, None]
