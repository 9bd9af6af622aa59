from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler
from mmengine.runner import Runner

from smoothnet_plugin.datasets import ConcatPoseDataset, RoundRobinBatchSampler
from smoothnet_plugin.errors import ConfigError, DataFormatError

from .conftest import NAMES


@pytest.fixture
def files(tmp_path, rng):
    paths = []
    for number, (keypoints, frames) in enumerate(((4, 30), (4, 50), (6, 20))):
        truth = rng.normal(size=(frames, keypoints, 3))
        paths.append(str(tmp_path / f'{number}.npz'))
        np.savez(paths[-1], estimate=truth + 1, ground_truth=truth, fps=30.,
                 joints=np.array(NAMES[:keypoints]))
    return paths


def config(path, **kwargs):
    return {'type': 'smoothnet_plugin.PairedPoseDataset', 'ann_file': path, 'window_size': 8,
            **kwargs}


def loader_config(dataset, **kwargs):
    return {'batch_size': 16, 'num_workers': 0, 'dataset': dataset,
            'sampler': {'type': 'DefaultSampler', 'shuffle': True},
            'collate_fn': {'type': 'pose_collate'}, **kwargs}


def test_concatenation_fetches_in_order(files):
    both = ConcatPoseDataset([config(files[0]), config(files[1])])
    assert len(both) == 23 + 43
    order = [30, 2, 65, 22, 23, -1]
    for index, item in zip(order, both.__getitems__(order)):
        for name, values in both[index].items():
            np.testing.assert_array_equal(item[name], values)
    assert both.metainfo['dataset_name'] == '0+1'
    assert both.metainfo['keypoint_names'] == NAMES[:4]


def test_concatenated_clips(files):
    clips = ConcatPoseDataset([config(path, window_size=None) for path in files])
    assert [len(item['inputs']) for item in clips.__getitems__([2, 0, 1])] == [20, 30, 50]
    assert 'keypoint_names' not in clips.metainfo


def test_bad_concatenations(files):
    with pytest.raises(ConfigError, match=r'window sizes \[8, None\]'):
        ConcatPoseDataset([config(files[0]), config(files[1], window_size=None)])
    with pytest.raises(ConfigError, match='at least one'):
        ConcatPoseDataset([])
    with pytest.raises(DataFormatError, match=r'alternate.*RoundRobinBatchSampler'):
        ConcatPoseDataset([config(files[0]), config(files[2])]).__getitems__([0, 30])


@pytest.mark.parametrize('kind', ['ConcatDataset', 'smoothnet_plugin.ConcatPoseDataset'])
def test_concatenations_in_a_runner(files, kind):
    dataset = {'type': kind, 'datasets': [config(files[0]), config(files[1])]}
    if kind == 'ConcatDataset':
        dataset['ignore_keys'] = ['dataset_name']
    batches = list(Runner.build_dataloader(loader_config(dataset), seed=0))
    assert sum(len(batch['inputs']) for batch in batches) == 23 + 43
    assert batches[0]['inputs'].shape == (16, 8, 4, 3)


def test_clips_in_a_runner(files):
    loader = Runner.build_dataloader(loader_config(
        config(files[0], window_size=None), batch_size=1,
        collate_fn={'type': 'smoothnet_plugin.pose_collate'},
        sampler={'type': 'DefaultSampler', 'shuffle': False}))
    batch = next(iter(loader))
    assert isinstance(batch, list) and batch[0]['inputs'].shape == (30, 4, 3)
    assert loader.dataset.metainfo['keypoint_names'] == NAMES[:4]


def round_robin(files, **kwargs):
    dataset = {'type': 'smoothnet_plugin.ConcatPoseDataset', 'datasets': [
        config(path) for path in files]}
    return Runner.build_dataloader(loader_config(
        dataset, batch_size=5, batch_sampler={'type': 'RoundRobinBatchSampler', **kwargs}), seed=3)


def test_round_robin_takes_turns(files):
    loader = round_robin(files)
    keypoints = [batch['inputs'].shape[2] for batch in loader]
    # 23, 43 and 13 windows in batches of 5: as many rounds as the smallest has batches.
    assert keypoints == [4, 4, 6] * 3 and len(loader) == 9
    sizes = [len(batch['inputs']) for batch in loader]
    assert sizes == [5, 5, 5] * 2 + [5, 5, 3]
    assert len(round_robin(files, drop_last=True)) == 6
    assert len(round_robin(files, type='smoothnet_plugin.RoundRobinBatchSampler')) == 9


def test_round_robin_shuffles_every_epoch(files):
    sampler = round_robin(files).batch_sampler
    first = list(sampler)
    assert list(sampler) == first
    sampler.sampler.set_epoch(1)
    second = list(sampler)
    assert first != second
    assert sorted(chain(*first[2::3])) == sorted(chain(*second[2::3])) == list(range(66, 79))


def test_round_robin_on_several_processes(files):
    dataset = ConcatPoseDataset([config(path) for path in files])
    parts = []
    for rank in range(3):
        sampler = DefaultSampler(dataset, seed=0)
        sampler.rank, sampler.world_size = rank, 3
        parts.append(list(RoundRobinBatchSampler(sampler, 4)))
    assert [[len(batch) for batch in part] for part in parts] == [[len(b) for b in parts[0]]] * 3
    smallest = [list(chain(*part[2::3])) for part in parts]
    assert set().union(*map(set, smallest)) == set(range(66, 79))
    assert sum(map(len, smallest)) == 15


def test_bad_round_robin(files):
    with pytest.raises(ConfigError, match=r'DefaultSampler.*got a RandomSampler'):
        RoundRobinBatchSampler(torch.utils.data.RandomSampler(range(3)), 4)
    dataset = ConcatPoseDataset([config(path) for path in files])
    with pytest.raises(ConfigError, match='has no batch of 14'):
        RoundRobinBatchSampler(DefaultSampler(dataset, seed=0), 14, drop_last=True)
    with pytest.raises(ConfigError, match='batch_size is 0'):
        RoundRobinBatchSampler(DefaultSampler(dataset, seed=0), 0)
