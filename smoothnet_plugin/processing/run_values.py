"""Values for what a run lacks: missing keypoints, and samples that are isolated or repeated."""

from __future__ import annotations

import numpy as np

from .gaps import bridge_gaps, hold_outside

#: Seconds, and fewest frames, of the line that gives an isolated sample at an end its value.
_LINE_SECONDS, _LINE_FRAMES = 0.1, 3


def line_frames(fps: float) -> int:
    """Frames with the samples that the value of a replaced one at an end of its run depends on."""
    return max(_LINE_FRAMES, round(_LINE_SECONDS * fps))


def bridge_and_hold(coords: np.ndarray, missing: np.ndarray, replaced: np.ndarray | None,
                    max_gap: int, fps: float, held: np.ndarray | None = None,
                    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fill missing, isolated and repeated samples.

    Short gaps are interpolated (:func:`~smoothnet_plugin.processing.gaps.bridge_gaps`), and other
    missing keypoints held (:func:`~smoothnet_plugin.processing.gaps.hold_outside`). Isolated and
    repeated samples always belong to their run: at its end they are extrapolated by a frame on the
    line through the newest samples, at its start on the line through the next ones
    (:func:`line_frames`), because the value of a neighbour would look like a person who stands
    still. The line is the Theil-Sen estimate: the median of the slopes between samples, and the
    median of what remains.

    Args:
        coords: Consecutive frames, shape (T, K, C).
        missing: Shape (T, K), bool; replaced samples count as missing.
        replaced: Isolated and repeated samples, shape (T, K), bool, or None for none.
        max_gap: Longest gap to interpolate, in frames.
        fps: Frames per second.
        held: See :func:`~smoothnet_plugin.processing.gaps.hold_outside`.

    Returns:
        Finite coordinates (T, K, C), where they are measured or interpolated (T, K), and the last
        values inside a run at every frame.
    """
    interpolated, inside = bridge_gaps(coords, missing, max_gap)
    values, last = hold_outside(interpolated, inside, held)
    ends = np.argwhere(replaced & ~inside) if replaced is not None else ()
    if not len(ends):
        return values, inside, last
    values, measured, reach = values.copy(), inside, line_frames(fps)
    inside = inside | replaced
    for row, joint in ends:
        known = np.flatnonzero(measured[:, joint])
        place = int(np.searchsorted(known, row))
        before, after = known[:place], known[place:]
        if len(before) and row - before[-1] <= max_gap + 1:
            near = before[before > before[-1] - reach]
            values[row, joint] = _on_line(near - near[-1] - 1, interpolated[near, joint])
        elif len(after) and after[0] <= row + reach:
            near = after[after <= row + reach]
            values[row, joint] = _on_line(near - near[0] + 1, interpolated[near, joint])
        elif len(after) and not np.isfinite(last[row, joint]).all():
            values[row, joint] = interpolated[after[0], joint]
    return values, inside, last


def _on_line(frames: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Value at frame 0 of the line of Theil and Sen through values (N, C) of other frames."""
    if len(frames) < 2:
        return values[0]
    first, second = np.triu_indices(len(frames), 1)
    steps = frames[second] - frames[first]
    with np.errstate(over='ignore', invalid='ignore'):
        slope = np.median((values[second] - values[first]) / steps[:, None], axis=0)
        found = np.median(values - frames[:, None] * slope, axis=0)
    return np.where(np.isfinite(found), found, values[0])
