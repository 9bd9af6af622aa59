"""A last steadying of refined poses, no stronger than what the refinement was worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def steadied(estimates: Sequence[np.ndarray], coords: np.ndarray,
             future: np.ndarray) -> np.ndarray:
    """Mean over neighbouring frames, within a limit.

    What a network says of a joint from window to window wobbles a little, about the same whether
    the joint was seen well or badly. The mean over neighbouring frames takes that out; where the
    joint moves fast it would take motion, too. So no joint is moved by more than half of what the
    refinement has moved it in the frames before (their mean): what was seen well stays.

    Args:
        estimates: Refined poses, 2 H + 1 arrays of shape (T, K, C): the item H + j is what was
            known of each frame when the frame j before it was asked for. One array in all places
            where everything is known from the start.
        coords: The poses as they came, same shape; NaN where missing.
        future: Frames of its future that were known when each frame was asked for, shape (T,),
            >= 0. The mean is over up to half as many frames on either side, and never beyond the
            clip.

    Returns:
        Shape (T, K, C); NaN where the estimate is.
    """
    half_width = len(estimates) // 2
    centre = estimates[half_width]
    if half_width == 0 or len(centre) == 0:
        return centre
    frame = np.arange(len(centre))
    # As many before as after, or the mean would lag.
    reach = np.minimum(half_width, np.minimum(frame, np.asarray(future) // 2))
    total, limit, number = np.zeros_like(centre), 0.0, 0
    for offset in range(-half_width, half_width + 1):
        inside = (reach >= abs(offset))[:, None]
        place = np.clip(frame + offset, 0, len(frame) - 1)
        near = estimates[half_width + offset][place]
        step = near - centre
        total += np.where(inside[..., None] & np.isfinite(step), step, 0.0)
        if offset <= 0:
            moved = np.linalg.norm(coords[place] - near, axis=-1)
            counted = inside & np.isfinite(moved)
            limit = limit + np.where(counted, moved, 0.0)
            number = number + counted
    step = total / (2 * reach + 1)[:, None, None]
    limit = limit / np.maximum(number, 1) / 2
    longest = np.maximum(np.linalg.norm(step, axis=-1), limit)
    share = np.divide(limit, longest, out=np.zeros_like(longest), where=longest > 0)
    return centre + share[..., None] * step
