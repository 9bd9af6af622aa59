"""Windows of 2D poses around a frame, for lifters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class WindowShape:
    """Which frames a lifter looks at.

    Attributes:
        past: Frames before the target.
        future: Frames after it.
        step: Distance of neighbouring frames.
    """

    past: int
    future: int
    step: int

    @classmethod
    def of_dataset(cls, dataset: Any) -> WindowShape:
        """The window of a lifter's test dataset, by MMPose's rules.

        Args:
            dataset: The config, with ``seq_len``, ``seq_step`` and ``causal``.

        Returns:
            The window.
        """
        length = dataset.get('seq_len', 1)
        causal = dataset.get('causal', False)
        side = (length - 1) // 2
        return cls(length - 1 if causal else side, 0 if causal else side,
                   dataset.get('seq_step', 1))


def windows(people: Iterable[tuple[Any, dict[Any, np.ndarray]]], shape: WindowShape,
            wait: bool) -> Iterator[tuple[Any, dict[Any, np.ndarray]]]:
    """Windows of everybody in every frame.

    Where the clip or the presence of a person ends, the last pose is repeated, as in MMPose's
    ``extract_pose_sequence`` and ``collate_pose_sequence`` (but for a person who is about to leave,
    in whose place these put zeros).

    Args:
        people: For every frame in order something to hand on, and poses (K, C) by track id.
        shape: The window.
        wait: Whether a frame waits for its future; otherwise the future is the frame repeated,
            as in MMPose.

    Yields:
        For every frame what came with it, and windows (past + 1 + future, K, C) by track id.
    """
    held: list[tuple[Any, dict[Any, np.ndarray]]] = []
    target = 0
    ahead = shape.future * shape.step if wait else 0
    for entry in people:
        held.append(entry)
        if len(held) > target + ahead:
            yield _window(held, target, shape)
            if target == shape.past * shape.step:
                del held[0]
            else:
                target += 1
    for last in range(target, len(held)):
        yield _window(held, last, shape)


def _window(held: list[tuple[Any, dict[Any, np.ndarray]]], target: int,
            shape: WindowShape) -> tuple[Any, dict[Any, np.ndarray]]:
    payload, poses = held[target]
    sequences = {}
    for key, pose in poses.items():
        before = _walk(held, target, -shape.step, shape.past, key, pose)
        after = _walk(held, target, shape.step, shape.future, key, pose)
        sequences[key] = np.stack([*before[::-1], pose, *after])
    return payload, sequences


def _walk(held: list[tuple[Any, dict[Any, np.ndarray]]], target: int, step: int, count: int,
          key: Any, pose: np.ndarray) -> list[np.ndarray]:
    """The person's poses away from the target; from the first absence on the last is repeated."""
    walked, present = [], True
    for number in range(1, count + 1):
        index = min(max(target + step * number, 0), len(held) - 1)
        present = present and key in held[index][1]
        if present:
            pose = held[index][1][key]
        walked.append(pose)
    return walked
