"""Many windows of a dataset at once, and the collation of batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from ..errors import DataFormatError
from .host_registries import FUNCTIONS, register_both


class WindowBatch(Sequence):
    """Windows in common arrays; also a sequence of single items.

    Args:
        arrays: By name, shape (B, ...).
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays['inputs'])

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:  # type: ignore[override]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return {name: values[index] for name, values in self.arrays.items()}

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        return (self[i] for i in range(len(self)))


@register_both(FUNCTIONS)
def pose_collate(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor] | list[dict]:
    """Collate items of a pose dataset to a batch.

    Args:
        items: Windows, or whole clips (which have a ``meta``).

    Returns:
        For windows a dict of tensors: ``inputs`` and ``target`` (N, W, K, C), ``mask``
        (N, W, K), and ``scores`` (N, W, K) if any of them has scores (1 for the others). For
        clips a list of the items with tensors.

    Raises:
        DataFormatError: The windows have different shapes.
    """
    if isinstance(items, WindowBatch):
        return {name: torch.from_numpy(values) for name, values in items.arrays.items()}
    if 'meta' in items[0]:
        return [{name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
                 for name, value in item.items()} for item in items]
    shapes = {item['inputs'].shape for item in items}
    if len(shapes) > 1:
        raise DataFormatError(
            f'A batch has windows of the shapes {sorted(shapes)} (frames, keypoints, values). '
            'Set the same window_size for all datasets, and let datasets with different '
            'keypoints alternate: batch_sampler=dict(type="RoundRobinBatchSampler").')
    names = sorted(set().union(*items))
    if 'scores' in names:
        sure = np.ones(items[0]['inputs'].shape[:2], np.float32)
        items = [{'scores': sure, **item} for item in items]
    return {name: torch.from_numpy(np.stack([item[name] for item in items])) for name in names}
