"""Windows of 2D poses around a frame, for lifters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

#: A payload, and the poses of the people by id.
Frame = tuple[Any, dict[Any, np.ndarray]]


@dataclass(frozen=True)
class WindowShape:
    """The frames that a lifter uses.

    Attributes:
        past: Frames before the target.
        future: Frames after it.
        step: Distance between neighbouring frames.
    """

    past: int
    future: int
    step: int

    @classmethod
    def of_dataset(cls, dataset: Any) -> WindowShape:
        """The window of a lifter's test data set, by MMPose's rules.

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


def windows(people: Iterable[Frame], shape: WindowShape,
            wait: bool) -> Iterator[Frame]:
    """Windows of every person in every frame.

    Where the clip ends or the person disappears, the last pose is repeated, as in MMPose's
    ``extract_pose_sequence`` and ``collate_pose_sequence`` (except that these use zeros for a
    person who is about to disappear).

    Args:
        people: A payload and the poses (K, C) by track id, for each frame in order.
        shape: The window.
        wait: Whether a frame waits for its future frames; otherwise it is repeated in their
            place, as in MMPose.

    Yields:
        The payload and the windows (past + 1 + future, K, C) by track id, for each frame.
    """
    kept: list[Frame] = []
    target = 0
    ahead = shape.future * shape.step if wait else 0
    for entry in people:
        kept.append(entry)
        if len(kept) > target + ahead:
            yield _window(kept, target, shape)
            if target == shape.past * shape.step:
                del kept[0]
            else:
                target += 1
    for last in range(target, len(kept)):
        yield _window(kept, last, shape)


def _window(kept: list[Frame], target: int,
            shape: WindowShape) -> Frame:
    payload, poses = kept[target]
    sequences = {}
    for key, pose in poses.items():
        before = _walk(kept, target, -shape.step, shape.past, key, pose)
        after = _walk(kept, target, shape.step, shape.future, key, pose)
        sequences[key] = np.stack([*before[::-1], pose, *after])
    return payload, sequences


def _walk(kept: list[Frame], target: int, step: int, count: int,
          key: Any, pose: np.ndarray) -> list[np.ndarray]:
    """The person's poses away from the target; after the first absence the last is repeated."""
    walked, present = [], True
    for number in range(1, count + 1):
        index = min(max(target + step * number, 0), len(kept) - 1)
        present = present and key in kept[index][1]
        if present:
            pose = kept[index][1][key]
        walked.append(pose)
    return walked
