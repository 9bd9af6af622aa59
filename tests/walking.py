"""A made-up person who walks, for tests of what needs the motion of a body."""

from __future__ import annotations

import numpy as np


def walking_person(frames: int, fps: float, dims: int = 3, turn: float = 0.7,
                   speed: float = 1.2, phase: float = 0.0) -> np.ndarray:
    """COCO-17 keypoints of a walking person, 1.7 m tall.

    Args:
        frames: Number of frames T.
        fps: Frames per second.
        dims: 3 for metres with y up; 2 for pixels with y down, 500 to the metre.
        turn: Direction of the view in radians; 0 sees the walk from the side.
        speed: Metres per second.
        phase: Where in the cycle the walk starts, in radians.

    Returns:
        Shape (T, 17, dims).
    """
    t = np.arange(frames) / fps
    swing = 2 * np.pi * 0.9 * t + phase
    parts: list[np.ndarray] = []

    def put(ahead: np.ndarray | float, up: np.ndarray | float, side: float) -> np.ndarray:
        point = np.stack([speed * t + ahead, up + 0 * t, side + 0 * t], axis=-1)
        parts.append(point)
        return point

    bob = 0.02 * np.cos(2 * swing)
    put(0.1, 1.6 + bob, 0)
    for up, ahead, side in ((1.64, 0.07, 0.03), (1.62, 0.0, 0.08)):
        for sign in (1, -1):
            put(ahead, up + bob, sign * side)
    for sign in (1, -1):
        put(0.0, 1.42 + bob, 0.19 * sign)
    arms = [0.4 * sign * np.sin(swing) for sign in (-1, 1)]
    for sign, angle in zip((1, -1), arms):
        put(0.28 * np.sin(angle), 1.42 + bob - 0.28 * np.cos(angle), 0.22 * sign)
    for sign, angle in zip((1, -1), arms):
        bent = angle + 0.4
        put(0.28 * np.sin(angle) + 0.25 * np.sin(bent),
            1.42 + bob - 0.28 * np.cos(angle) - 0.25 * np.cos(bent), 0.22 * sign)
    for sign in (1, -1):
        put(0.0, 0.92 + bob, 0.12 * sign)
    legs = [0.45 * sign * np.sin(swing) for sign in (1, -1)]
    for sign, angle in zip((1, -1), legs):
        put(0.42 * np.sin(angle), 0.92 + bob - 0.42 * np.cos(angle), 0.12 * sign)
    for sign, angle in zip((1, -1), legs):
        bent = angle - 0.3 * (1 + sign * np.cos(swing))
        put(0.42 * np.sin(angle) + 0.42 * np.sin(bent),
            0.92 + bob - 0.42 * np.cos(angle) - 0.42 * np.cos(bent), 0.12 * sign)
    body = np.stack(parts, axis=1)
    if dims == 3:
        return body
    across = np.cos(turn) * body[..., 0] + np.sin(turn) * body[..., 2]
    return 500 * np.stack([across, 2 - body[..., 1]], axis=-1)
