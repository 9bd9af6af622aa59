"""A last steadying of refined poses: of what wobbles, and of what is revised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def steadied(estimates: Sequence[np.ndarray], coords: np.ndarray,
             future: np.ndarray) -> np.ndarray:
    """Mean over neighbouring frames, within a limit.

    What a network says of a joint from window to window wobbles a little, about the same whether
    the joint was seen well or badly. The mean over neighbouring frames, weighted by a triangle,
    takes that out; where the joint moves fast it would take motion, too. So no joint is moved by
    more than half of what the refinement has moved it in the frames before (their mean): what was
    seen well stays.

    Args:
        estimates: Refined poses, 2 H + 1 arrays of shape (T, K, C): the item H + j is what was
            known of each frame when the frame j before it was asked for. One array in all places
            where everything is known from the start.
        coords: The poses as they came, same shape; NaN where missing.
        future: Frames of its future that were known when each frame was asked for, shape (T,),
            >= 0. The mean is over fewer frames on either side, and never beyond the clip.

    Returns:
        Shape (T, K, C); NaN where the estimate is.
    """
    half_width = len(estimates) // 2
    centre = estimates[half_width]
    if half_width == 0 or len(centre) == 0:
        return centre
    frame = np.arange(len(centre))
    # As many before as after, or the mean would lag.
    reach = np.minimum(half_width, np.minimum(frame, np.maximum(np.asarray(future) - 1, 0)))
    total, limit, number = np.zeros_like(centre), 0.0, 0
    for offset in range(-half_width, half_width + 1):
        weight = np.maximum(reach + 1 - abs(offset), 0)[:, None]
        place = np.clip(frame + offset, 0, len(frame) - 1)
        near = estimates[half_width + offset][place]
        step = near - centre
        total += np.where(np.isfinite(step), step, 0.0) * weight[..., None]
        if offset <= 0:
            moved = np.linalg.norm(coords[place] - near, axis=-1)
            counted = (weight > 0) & np.isfinite(moved)
            limit = limit + np.where(counted, moved, 0.0)
            number = number + counted
    step = total / ((reach + 1)**2)[:, None, None]
    limit = limit / np.maximum(number, 1) / 2
    longest = np.maximum(np.linalg.norm(step, axis=-1), limit)
    share = np.divide(limit, longest, out=np.zeros_like(longest), where=longest > 0)
    return centre + share[..., None] * step


def held_back(said: Sequence[np.ndarray], known: Sequence[np.ndarray],
              future: np.ndarray) -> np.ndarray:
    """How far to hold back what has been revised since the frames before were shown.

    With every frame that comes, what a network says of the frames before it changes a little. Who
    sees each frame once, some frames late, sees these revisions as jitter. Here they come in over
    several frames: each of the frames before says where the frame is, by where it was shown itself
    and by how the joint has moved since, as far as is known now; and the frame is the mean, by
    weights that fall as far back as the frames lie. Motion is not smoothed, only its revisions
    are.

    Args:
        said: What was said of frames when they were shown, K arrays of shape (T, K, C). The item
            k - 1 serves the frames k later: it is what was known k frames before those are asked
            for.
        known: What is known of the same frames when those k later are asked for.
        future: Frames of its future that were known when each frame was asked for, shape (T,),
            >= 0. No more frames before it have a say.

    Returns:
        What to add to what is known of each frame, shape (T, K, C); finite.
    """
    frame = np.arange(len(future))
    reach = np.minimum(len(said), np.minimum(frame, future))
    total = np.zeros_like(said[0]) if said else 0.0
    for before, (shown, now) in enumerate(zip(said, known), start=1):
        weight = np.maximum(reach + 1 - before, 0)[:, None, None]
        place = np.maximum(frame - before, 0)
        step = (shown - now)[place]
        total += np.where(np.isfinite(step), step, 0.0) * weight
    return total / ((reach + 1) * (reach + 2) / 2)[:, None, None]
