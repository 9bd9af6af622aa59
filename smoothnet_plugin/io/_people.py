"""People read from a document: shapes and ids."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseInstance


def record_id(track_id: int | str) -> int | str:
    """The id as JSON can hold it."""
    return track_id if isinstance(track_id, str) else int(track_id)


class ShapeCheck:
    """Checks that all people have the keypoints of the first one.

    Args:
        path: The file, for messages.
    """

    def __init__(self, path: Any) -> None:
        self.path = path
        self.shape: tuple[int, ...] | None = None
        self.first = ''

    def __call__(self, instance: PoseInstance, where: str) -> PoseInstance:
        """The instance itself.

        Raises:
            DataFormatError: Its keypoints are not (K, 2) or (K, 3), its scores not (K,), or K
                or C differ from those of the first person.
        """
        shape = np.shape(instance.keypoints)
        if len(shape) != 2 or shape[1] not in (2, 3):
            raise DataFormatError(
                f"'{self.path}', {where}: keypoints have shape {shape}; expected (K, 2) or "
                '(K, 3).')
        scores = instance.keypoint_scores
        if scores is not None and np.shape(scores) != shape[:1]:
            raise DataFormatError(
                f"'{self.path}', {where}: {np.size(scores)} keypoint scores for {shape[0]} "
                'keypoints.')
        if self.shape is None:
            self.shape, self.first = shape, where
        elif shape != self.shape:
            raise DataFormatError(
                f"'{self.path}', {where}: keypoints have shape {shape}, but {self.first} has "
                f'{self.shape}; all people in a file need the same keypoints.')
        return instance

    @property
    def representation(self) -> str:
        """``'keypoints_3d'`` if the keypoints are, else ``'keypoints_2d'``."""
        return 'keypoints_3d' if self.shape is not None and self.shape[1] == 3 else 'keypoints_2d'
