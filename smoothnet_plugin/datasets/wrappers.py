"""Combining datasets: mixed in every batch, or alternating batch by batch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import ConcatDataset, Sampler

from ..errors import ConfigError, DataFormatError
from ..registry import DATASETS, SCOPE
from .host_registries import DATA_SAMPLERS, register_both
from .pose_dataset import PoseDataset
from .window_batch import WindowBatch


@DATASETS.register_module()
class ConcatPoseDataset(ConcatDataset):
    """Concatenation of several pose datasets.

    Unlike MMEngine's ``ConcatDataset`` it fetches a batch at once, and the datasets may differ in
    their metainfo: common entries are kept.

    Args:
        datasets: The datasets or their configs.

    Raises:
        ConfigError: There is no dataset, or their window sizes differ.
    """

    def __init__(self, datasets: Sequence[PoseDataset | Mapping[str, Any]]) -> None:
        built: list[PoseDataset] = [
            DATASETS.build({'_scope_': SCOPE, **dataset}) if isinstance(dataset, Mapping)
            else dataset for dataset in datasets]
        if not built:
            raise ConfigError('ConcatPoseDataset needs at least one dataset.')
        if len({dataset.window_size for dataset in built}) > 1:
            raise ConfigError(
                'The datasets of ConcatPoseDataset have the window sizes '
                f'{[dataset.window_size for dataset in built]}; give all the same one.')
        super().__init__(built)
        self.window_size = built[0].window_size

    @property
    def metainfo(self) -> dict[str, Any]:
        """Entries common to all datasets; ``dataset_name`` joins their names."""
        infos = [dataset.metainfo for dataset in self._datasets]
        shared = {key: value for key, value in infos[0].items()
                  if all(key in info and info[key] == value for info in infos)}
        return {**shared, 'dataset_name': '+'.join(str(info['dataset_name']) for info in infos)}

    @property
    def _datasets(self) -> list[PoseDataset]:
        return list(self.datasets)  # type: ignore[arg-type]

    def full_init(self) -> None:
        """Does nothing, since everything is loaded; MMEngine calls this method."""

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict[str, Any]]:
        """Fetch many items at once; see :meth:`PoseDataset.__getitems__`."""
        chosen = np.asarray(indices, dtype=np.int64)
        chosen = np.where(chosen < 0, chosen + len(self), chosen)
        owner = np.searchsorted(self.cumulative_sizes, chosen, side='right')
        first = np.concatenate([[0], self.cumulative_sizes[:-1]])
        parts = {int(i): np.flatnonzero(owner == i) for i in np.unique(owner)}
        fetched = {i: self._datasets[i].__getitems__(chosen[places] - first[i])
                   for i, places in parts.items()}
        if len(fetched) == 1:
            return next(iter(fetched.values()))
        if all(isinstance(part, WindowBatch) for part in fetched.values()):
            return _merged(fetched, parts, len(chosen))
        items: list[Any] = [None] * len(chosen)
        for i, places in parts.items():
            for place, item in zip(places, fetched[i]):
                items[place] = item
        return items


def _merged(fetched: Mapping[int, Any], parts: Mapping[int, np.ndarray], size: int) -> WindowBatch:
    """Windows of several datasets in the requested order."""
    shapes = {i: part.arrays['inputs'].shape[1:] for i, part in fetched.items()}
    if len(set(shapes.values())) > 1:
        raise DataFormatError(
            f'A batch has windows of the shapes {sorted(set(shapes.values()))} (frames, '
            'keypoints, values). Choose common keypoints, or let the datasets alternate: '
            "batch_sampler=dict(type='RoundRobinBatchSampler').")
    names = set().union(*(part.arrays for part in fetched.values()))
    merged = {}
    for name in sorted(names):
        example = next(part.arrays[name] for part in fetched.values() if name in part.arrays)
        # Datasets without scores have a confidence of 1.
        merged[name] = np.ones((size, *example.shape[1:]), example.dtype)
        for i, places in parts.items():
            if name in fetched[i].arrays:
                merged[name][places] = fetched[i].arrays[name]
    return WindowBatch(merged)


@register_both(DATA_SAMPLERS)
class RoundRobinBatchSampler(Sampler):
    """Batches of each dataset in turn, as in SmoothNet's training on several datasets.

    The dataset with the fewest batches determines the number of rounds of an epoch; larger ones
    contribute a new random subset each epoch. This allows datasets with different keypoints. All
    processes of a distributed run have the same number of batches.

    Args:
        sampler: MMEngine's ``DefaultSampler`` over a :class:`ConcatPoseDataset` (or any
            concatenation); provides the dataset, ``shuffle``, seed, epoch and rank.
        batch_size: Items of a batch, per process.
        drop_last: Whether to drop incomplete batches. Defaults to False.

    Raises:
        ConfigError: The dataset is not a concatenation, or an epoch has no batch.
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        sizes = getattr(getattr(sampler, 'dataset', None), 'cumulative_sizes', None)
        if sizes is None or not hasattr(sampler, 'epoch'):
            raise ConfigError(
                'RoundRobinBatchSampler needs sampler=dict(type="DefaultSampler") over a '
                f'ConcatPoseDataset; got a {type(sampler).__name__}.')
        if batch_size < 1:
            raise ConfigError(f'batch_size is {batch_size}; expected 1 or more.')
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last
        self._bounds = [0, *sizes]
        batches = []
        for length in np.diff(self._bounds):
            own = math.ceil(length / sampler.world_size)
            batches.append(own // batch_size if drop_last else math.ceil(own / batch_size))
        self.rounds = min(batches)
        if self.rounds < 1:
            raise ConfigError(
                f'The datasets have {np.diff(self._bounds).tolist()} windows; the smallest has '
                f'no batch of {batch_size}. Choose a smaller batch_size or drop_last=False.')

    def __len__(self) -> int:
        return self.rounds * (len(self._bounds) - 1)

    def __iter__(self) -> Iterator[list[int]]:
        orders = [self._order(start, stop)
                  for start, stop in zip(self._bounds[:-1], self._bounds[1:])]
        for turn in range(self.rounds):
            part = slice(turn * self.batch_size, (turn + 1) * self.batch_size)
            for order in orders:
                yield order[part].tolist()

    def _order(self, start: int, stop: int) -> torch.Tensor:
        """This process's items of a dataset in this epoch's order."""
        length = stop - start
        if self.sampler.shuffle:
            generator = torch.Generator()
            generator.manual_seed(self.sampler.seed + self.sampler.epoch)
            order = torch.randperm(length, generator=generator)
        else:
            order = torch.arange(length)
        # All processes get the same number; the first items are repeated to fill up.
        world = self.sampler.world_size
        order = order.repeat(math.ceil(world / length) + 1)[:math.ceil(length / world) * world]
        return start + order[self.sampler.rank::world]
