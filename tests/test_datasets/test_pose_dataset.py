from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from smoothnet_plugin.datasets import PairedPoseDataset, PoseTransform, pose_collate
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.processing.windows import training_windows


def starts(dataset):
    return [(int(item['target'][0, 0, 0]), int(item['target'][0, 0, 1])) for item in dataset]


def test_every_window_is_drawn_once_short_clips_too(make_dataset):
    dataset = make_dataset((9, 3, 12, 0, 5), window_size=5)
    assert len(dataset) == 5 + 1 + 8 + 1
    assert starts(dataset) == [*((0, i) for i in range(5)), (1, 0),
                               *((2, i) for i in range(8)), (4, 0)]


def test_padding_is_masked(make_dataset):
    item = make_dataset((3, 6), window_size=5)[0]
    assert item['mask'].all(axis=1).tolist() == [True] * 3 + [False] * 2
    assert (item['inputs'][3:] == 0).all() and (item['target'][3:] == 0).all()
    item = make_dataset((3, 6), window_size=5, padding='edge')[0]
    assert item['target'][:, 0, 1].tolist() == [0, 1, 2, 2, 2]
    item = make_dataset((3, 6), window_size=5, padding='reflect')[0]
    assert item['target'][:, 0, 1].tolist() == [0, 1, 2, 1, 0]
    assert item['mask'].all(axis=1).tolist() == [True] * 3 + [False] * 2


@pytest.mark.parametrize('protocol', ['reference', 'reference_pw3d'])
def test_reference_protocol(make_dataset, protocol):
    lengths = (40, 20, 8, 5, 30)
    dataset = make_dataset(lengths, window_size=8, protocol=protocol)
    assert len(dataset) == {'reference': 103, 'reference_pw3d': 66}[protocol]
    clip, offset = training_windows(lengths, 8, protocol)
    assert starts(dataset) == list(zip(clip.tolist(), offset.tolist()))


def test_reference_counts_the_padding_of_the_last_clip(make_dataset):
    dataset = make_dataset((20, 4), window_size=8, protocol='reference', padding='edge')
    last = dataset[-1]
    assert (last['inputs'][4:] == 0).all() and last['mask'].all()


def test_fetching_together_equals_one_by_one(make_dataset):
    dataset = make_dataset(window_size=5)
    order = [4, 0, 13, 5, -1, 4]
    together = dataset.__getitems__(order)
    for index, item in zip(order, together):
        for name, values in dataset[index].items():
            np.testing.assert_array_equal(item[name], values)
    assert {name: values.dtype for name, values in together[0].items()} == {
        'inputs': np.float32, 'target': np.float32, 'mask': bool}
    with pytest.raises(IndexError):
        dataset[len(dataset)]


def test_clips(make_dataset):
    dataset = make_dataset((4, 0, 7))
    items = list(dataset)
    assert [len(item['inputs']) for item in items] == [4, 0, 7]
    assert items[2]['target'][:, 0, 1].tolist() == list(range(7))
    assert items[2]['meta'] == {'name': 'c2', 'dataset': 'toy', 'fps': 30., 'root_indices': [0],
                                'unit': 'm', 'representation': 'keypoints_3d'}
    assert items[1]['mask'].shape == (0, 2)


def test_missing_values_never_spread(make_dataset):
    dataset = make_dataset((9, 12))
    dataset.clips.truth[3, 0] = np.nan
    dataset.clips.estimate[5, 1, 2] = np.inf
    item = dataset[0]
    assert all(np.isfinite(item[name]).all() for name in ('inputs', 'target'))
    assert np.argwhere(~item['mask']).tolist() == [[3, 0], [5, 1]]
    assert item['target'][3, 0, 1] == 3
    assert np.isnan(dataset.clips.truth[3, 0]).all()


def test_no_truth_at_all_is_an_error(make_dataset):
    with pytest.raises(DataFormatError, match=r"truth of the dataset 'toy' has no finite pose"):
        make_dataset((4,), truth=np.full((4, 2, 3), np.nan))


@pytest.mark.parametrize(('kwargs', 'message'), [
    ({'window_size': 13}, r"window_size 13 is longer than every clip.*'c2' with 12"),
    ({'window_size': 0}, 'window_size is 0'),
    ({'window_size': 5, 'protocol': 'refrence'}, "Did you mean 'reference'"),
    ({'window_size': 12, 'protocol': 'reference_pw3d'}, 'draws no window of 12'),
    ({'window_size': 5, 'padding': 'wrap'}, 'padding is .wrap.; expected one of: reflect'),
    ({'window_size': 5, 'truth': None}, 'has no ground truth.*omit window_size'),
])
def test_bad_arguments(make_dataset, kwargs, message):
    with pytest.raises(ConfigError, match=message):
        make_dataset((9, 3, 12), **kwargs)


@pytest.mark.parametrize(('field', 'values', 'message'), [
    ('truth', np.zeros((20, 2, 3)), 'has 20 frames, but the lengths of its 3 clips add up to 24'),
    ('truth', np.zeros((24, 3, 3)), r"'truth'.* has the shape \(24, 3, 3\)"),
    ('scores', np.zeros((24, 5)), r"'scores'.* has the shape \(24, 5\)"),
])
def test_content_that_does_not_fit(make_dataset, field, values, message):
    with pytest.raises(DataFormatError, match=message):
        make_dataset(**{field: values})


class Noise(PoseTransform):

    def __call__(self, batch, rng):
        batch.inputs = batch.inputs + rng.normal(size=batch.inputs.shape).astype(np.float32)
        return batch


def test_noise_is_seeded_by_what_is_asked_for(make_dataset):
    dataset = make_dataset(window_size=5, transforms=[Noise()])
    first, again = dataset.__getitems__([1, 2, 3]), dataset.__getitems__([1, 2, 3])
    other = dataset.__getitems__([2, 1, 3])
    np.testing.assert_array_equal(first.arrays['inputs'], again.arrays['inputs'])
    assert not np.allclose(first.arrays['inputs'][2], other.arrays['inputs'][2])
    np.testing.assert_array_equal(first.arrays['target'][2], other.arrays['target'][2])
    reseeded = make_dataset(window_size=5, transforms=[Noise()], seed=1).__getitems__([1, 2, 3])
    assert not np.allclose(first.arrays['inputs'], reseeded.arrays['inputs'])
    clips = make_dataset(transforms=[Noise()])
    np.testing.assert_array_equal(clips[2]['inputs'], clips.__getitems__([0, 2])[1]['inputs'])


def test_padding_stays_zero_after_noise(make_dataset):
    item = make_dataset((3, 6), window_size=5, transforms=[Noise()])[0]
    assert (item['inputs'][3:] == 0).all() and (item['inputs'][:3] != 0).any()


def test_transforms_by_config(make_dataset):
    dataset = make_dataset(window_size=5,
                           transforms=[{'type': 'GaussianPoseNoise', 'std': 100.}])
    assert (dataset[0]['inputs'] != make_dataset(window_size=5)[0]['inputs']).any()


def test_collate(make_dataset):
    dataset = make_dataset(window_size=5)
    batch = pose_collate(dataset.__getitems__([0, 7, 3]))
    by_item = pose_collate([dataset[i] for i in (0, 7, 3)])
    assert isinstance(batch, dict) and isinstance(by_item, dict)
    assert batch['inputs'].shape == (3, 5, 2, 3) and batch['mask'].dtype == torch.bool
    assert batch.keys() == by_item.keys()
    for name in batch:
        assert torch.equal(batch[name], by_item[name])
    clips = pose_collate([make_dataset()[0], make_dataset()[1]])
    assert isinstance(clips, list) and isinstance(clips[1]['inputs'], torch.Tensor)
    assert clips[1]['meta']['name'] == 'c1'
    with pytest.raises(DataFormatError, match='RoundRobinBatchSampler'):
        pose_collate([make_dataset(window_size=5)[0], make_dataset(window_size=5, keypoints=3)[0]])


def test_scores_travel(make_dataset, rng):
    scores = rng.random((24, 2)).astype(np.float32)
    dataset = make_dataset(window_size=5, scores=scores)
    np.testing.assert_array_equal(dataset[1]['scores'], scores[1:6])
    mixed = pose_collate([dataset[0], make_dataset(window_size=5)[0]])
    assert isinstance(mixed, dict)
    np.testing.assert_array_equal(mixed['scores'][0], scores[:5])
    assert (mixed['scores'][1] == 1).all()


def test_workers_give_the_same_and_get_no_copy(tmp_path, rng):
    truth = rng.normal(size=(4000, 5, 3)).astype(np.float32)
    np.savez(tmp_path / 'a.npz', estimate=truth + 1, ground_truth=truth, fps=30.)
    dataset = PairedPoseDataset(tmp_path / 'a.npz', window_size=8, transforms=[Noise()])
    assert len(pickle.dumps(dataset)) < truth.nbytes / 2
    kwargs = {'batch_size': 64, 'collate_fn': pose_collate, 'shuffle': False}
    alone = next(iter(torch.utils.data.DataLoader(dataset, **kwargs)))
    spawned = next(iter(torch.utils.data.DataLoader(
        pickle.loads(pickle.dumps(dataset)), num_workers=1, **kwargs)))
    for name in alone:
        assert torch.equal(alone[name], spawned[name])
