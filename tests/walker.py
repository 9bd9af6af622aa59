"""A drawn body for tests: bones keep their lengths."""

from __future__ import annotations

import numpy as np


def walker() -> np.ndarray:
    """Somebody who walks past a camera, 17 COCO keypoints in pixels, shape (120, 17, 2)."""
    phase = 2 * np.pi * 0.8 * np.arange(120) / 30
    hip = np.stack([300 + 1.3 * np.arange(120), 400 + 6 * np.sin(2 * phase)], axis=-1)
    neck = hip - [0, 120]

    def end(start, angle, length):
        return start + length * np.stack([np.sin(angle), np.cos(angle)], axis=-1)

    joints = {i: neck + offset for i, offset in enumerate(
        [(0, -35), (-6, -41), (6, -41), (-12, -37), (12, -37)])}
    for side, shift in ((0, 0.0), (1, np.pi)):
        place, swing = 14 * (2 * side - 1), np.sin(phase + shift)
        joints[5 + side], joints[11 + side] = neck + [1.4 * place, 8], hip + [place, 0]
        joints[7 + side] = end(joints[5 + side], 0.5 * swing, 60)
        joints[9 + side] = end(joints[7 + side], 0.5 * swing + 0.5, 55)
        joints[13 + side] = end(joints[11 + side], -0.45 * swing, 90)
        joints[15 + side] = end(joints[13 + side], -0.45 * swing - 0.35 * (1 + swing), 85)
    return np.stack([joints[i] for i in range(17)], axis=1)
