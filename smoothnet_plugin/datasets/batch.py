"""Batches of pose windows that transforms work on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import ConfigError
from ..structures.left_right import mirror_indices
from .keypoints import limb_groups


@dataclass
class PoseBatch:
    """B windows of W frames; transforms change it in place or replace its arrays.

    Attributes:
        inputs: The estimate, shape (B, W, K, C), float32, finite.
        target: The ground truth, same shape, or None. In a dataset without estimates it is the
            same array as ``inputs`` until a transform adds noise.
        mask: Where the loss is computed, shape (B, W, K), bool.
        scores: Confidence of the estimate, shape (B, W, K), float32, or None.
        counts: Number of frames of each window without padding, shape (B,).
        fps: Frames per second of each window, shape (B,).
        keypoint_names: K names.
        unit: ``'m'`` or ``'px'``; ``''`` for rotations.
        scale: Factor from coordinates to units, shape (B, C): 1 unless they are normalised.
        frames: W of the finished windows, 0 for whole clips. Transforms before
            :class:`ResampleFps` may get more frames.
    """

    inputs: np.ndarray
    target: np.ndarray | None
    mask: np.ndarray
    scores: np.ndarray | None
    counts: np.ndarray
    fps: np.ndarray
    keypoint_names: tuple[str, ...]
    unit: str
    scale: np.ndarray
    frames: int

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def mirror(self) -> np.ndarray:
        """For each keypoint the index of its mirror image, shape (K,)."""
        return mirror_indices(self.keypoint_names)

    @cached_property
    def limbs(self) -> list[np.ndarray]:
        """Indices of the keypoints that are hidden together."""
        return limb_groups(self.keypoint_names)

    def move(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        """Replace estimate and truth, or both at once if they are the same array.

        Args:
            function: Takes and returns coordinates.
        """
        same = self.inputs is self.target
        self.inputs = function(self.inputs)
        if self.target is not None:
            self.target = self.inputs if same else function(self.target)

    @property
    def reference(self) -> np.ndarray:
        """The truth, or the estimate if there is none, shape (B, W, K, C)."""
        return self.inputs if self.target is None else self.target

    def reach(self) -> np.ndarray:
        """Distance of each keypoint to the body's middle in the first frame, shape (B, K)."""
        size, frames, keypoints, _ = self.reference.shape
        if not frames:
            return np.zeros((size, keypoints), np.float32)
        first = self.reference[:, 0]
        return np.linalg.norm(first - np.median(first, axis=1, keepdims=True), axis=-1)

    def body_size(self) -> np.ndarray:
        """Median distance of the keypoints to the body's middle in the first frame, shape (B,).

        About a quarter of a standing person's height.
        """
        return np.median(self.reach(), axis=1)

    def centre(self) -> np.ndarray:
        """Mean position over each window without its padding, shape (B, C)."""
        size, frames, keypoints, width = self.reference.shape
        inside = (np.arange(frames) < self.counts[:, None]).astype(np.float32)
        weights = (inside / (np.maximum(self.counts, 1) * keypoints)[:, None]).astype(np.float32)
        # A matrix product: NumPy is slow to sum where the last axis is short.
        flat = self.reference.reshape(size, frames * keypoints, width)
        return (np.repeat(weights, keypoints, axis=1)[:, None] @ flat)[:, 0]

    def to_coords(self, unit: str, by: str) -> np.ndarray:
        """Size of a transform's unit in the coordinates of each window.

        Args:
            unit: ``'mm'``, ``'px'``, or ``'body'`` (the body size of :meth:`body_size`).
            by: Name of the transform for messages.

        Returns:
            Factor, shape (B, C).

        Raises:
            ConfigError: The data has another kind of unit.
        """
        if unit == 'body':
            return np.broadcast_to(self.body_size()[:, None], self.scale.shape)
        expected = {'mm': 'm', 'px': 'px'}[unit]
        if self.unit != expected:
            raise ConfigError(
                f"{by} has the unit '{unit}', but its input is in "
                f"'{self.unit or 'rotations'}'; set its unit, or move it before or after "
                'RandomCamera.')
        return (1e-3 if unit == 'mm' else 1.) / self.scale

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of the windows by name, without those that are None, in C order."""
        target = self.inputs.copy() if self.target is self.inputs else self.target
        known = {'inputs': self.inputs, 'target': target, 'mask': self.mask,
                 'scores': self.scores}
        return {name: np.ascontiguousarray(values) for name, values in known.items()
                if values is not None}
