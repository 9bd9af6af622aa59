from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine import registry as root
from mmengine.model import ExponentialMovingAverage
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import PoseRefiner, refine_sequence
from smoothnet_plugin.models.window_inference import refine_as_reference
from smoothnet_plugin.registry import MODELS

NETWORK = dict(type='SmoothNet', window_size=8, hidden_size=12, res_hidden_size=6, num_blocks=1)


@pytest.fixture
def refiner():
    torch.manual_seed(0)
    return MODELS.build(dict(type='PoseRefiner', network=NETWORK))


def batch_of(generator, frames=8):
    inputs, target = torch.randn(2, 4, frames, 5, 3, generator=generator)
    return dict(inputs=inputs, target=target, mask=torch.ones(4, frames, 5, dtype=torch.bool),
                scores=torch.ones(4, frames, 5))


def clip(frames, rng, **meta):
    return dict(inputs=torch.tensor(rng.normal(size=(frames, 5, 2)), dtype=torch.float32),
                target=torch.tensor(rng.normal(size=(frames, 5, 2)), dtype=torch.float32),
                mask=torch.ones(frames, 5, dtype=torch.bool), meta=dict(name='a', **meta))


def test_channels_are_joint_major(refiner, generator):
    batch = batch_of(generator)
    refined = refiner.eval()(mode='tensor', **batch)
    alone = refiner.network(batch['inputs'][:, :, 3, 1][:, None])
    torch.testing.assert_close(refined[:, :, 3, 1], alone[:, 0])


def test_loss_is_the_criterion_on_refined_windows(refiner, generator):
    batch = batch_of(generator)
    batch['mask'][:, 5:] = False
    losses = refiner.eval()(mode='loss', **batch)
    refined = refiner(mode='tensor', **batch)
    expected = (refined - batch['target'])[:, :5].abs().mean()
    torch.testing.assert_close(losses['loss_pos'], expected)
    assert set(losses) == {'loss_pos', 'loss_accel'}


def test_missing_estimates_take_no_loss(refiner, generator):
    batch = batch_of(generator)
    expected = {**batch, 'mask': batch['mask'].clone()}
    expected['mask'][1, :, 2] = False
    batch['inputs'][1, 3, 2, 0] = float('nan')
    for key, value in refiner.eval()(mode='loss', **batch).items():
        torch.testing.assert_close(value, refiner(mode='loss', **expected)[key])


def test_short_output_is_compared_with_the_first_frames(generator):
    refiner = PoseRefiner({**NETWORK, 'output_size': 3}).eval()
    batch = batch_of(generator)
    refined = refiner(mode='tensor', **batch)
    assert refined.shape == (4, 3, 5, 3)
    torch.testing.assert_close(refiner(mode='loss', **batch)['loss_pos'],
                               (refined - batch['target'][:, :3]).abs().mean())


def test_training_steps_reduce_the_loss(refiner, generator):
    batch = batch_of(generator)
    batch['target'] = batch['inputs']
    wrapper = OptimWrapper(torch.optim.Adam(refiner.parameters(), 0.01))
    history = [float(refiner.train_step(batch, wrapper)['loss'].detach()) for _ in range(30)]
    assert history[-1] < 0.7 * history[0]


@pytest.mark.parametrize('frames', [0, 1, 7, 8, 9, 30])
def test_predict(refiner, frames, rng):
    item = clip(frames, rng, fps=30.0,
                denormalise=dict(scale=np.array([2.0, 4.0]), offset=np.array([10.0, 20.0])))
    result, = refiner.eval().val_step([item])
    refined = refine_sequence(refiner.network, item['inputs'].flatten(1)).reshape(frames, 5, 2)
    scale, offset = np.float32([2, 4]), np.float32([10, 20])
    np.testing.assert_allclose(result['pred'], refined.detach() * scale + offset, rtol=1e-6)
    np.testing.assert_allclose(result['inputs'], item['inputs'].numpy() * scale + offset)
    np.testing.assert_allclose(result['target'], item['target'].numpy() * scale + offset)
    assert result['pred'].dtype == np.float32
    assert result['mask'].all() and result['mask'].shape == (frames, 5)
    assert result['meta']['fps'] == 30.0


def test_predict_without_truth(refiner, rng):
    inputs = clip(12, rng)['inputs']
    result, = refiner.eval()(dict(inputs=inputs), mode='predict')
    assert result['target'] is None
    assert result['mask'].all()


def test_predict_several_clips(refiner, rng):
    items = [clip(n, rng) for n in (5, 20)]
    both = refiner.eval()(*items, mode='predict')
    for item, result in zip(items, both):
        np.testing.assert_array_equal(refiner(item, mode='predict')[0]['pred'], result['pred'])


def test_reference_protocol_appends_zeros_that_count(rng):
    refiner = PoseRefiner(NETWORK, protocol='reference').eval()
    item = clip(5, rng, bbox=np.ones((5, 4)), root_indices=[0],
                denormalise=dict(scale=np.array([400.0, 400.0]), offset=np.array([500.0, 500.0])))
    result, = refiner(item, mode='predict')
    refined = refine_as_reference(refiner.network, item['inputs'].flatten(1)).reshape(8, 5, 2)
    np.testing.assert_allclose(result['pred'], refined.detach() * 400 + 500, rtol=1e-6)
    assert (result['inputs'][5:] == 500).all() and (result['target'][5:] == 500).all()
    assert result['mask'].all()
    assert result['meta']['bbox'].tolist() == [[1.0] * 4] * 5 + [[0.0] * 4] * 3
    assert item['meta']['bbox'].shape == (5, 4)


def test_reference_protocol_drops_frames_after_the_last_window(rng):
    refiner = PoseRefiner(NETWORK, protocol='reference', window_stride=5).eval()
    result, = refiner(clip(20, rng, bbox=np.ones((20, 4))), mode='predict')
    shapes = [len(result[key]) for key in ('pred', 'inputs', 'target', 'mask')]
    assert shapes == [18] * 4 and len(result['meta']['bbox']) == 18


def test_moving_average(refiner, generator):
    average = ExponentialMovingAverage(refiner, momentum=0.5)
    average.update_parameters(refiner)
    before = refiner.network.decoder.bias.detach().clone()
    with torch.no_grad():
        refiner.network.decoder.bias += 1
    average.update_parameters(refiner)
    torch.testing.assert_close(average.module.network.decoder.bias, before + 0.5)
    assert set(average.module(mode='loss', **batch_of(generator))) == {'loss_pos', 'loss_accel'}


def test_built_under_another_default_scope():
    with DefaultScope.overwrite_default_scope('mmengine'):
        built = root.MODELS.build(dict(type='smoothnet_plugin.PoseRefiner', network=NETWORK))
    assert isinstance(built, PoseRefiner)


def test_weights_start_with_network(refiner):
    assert all(name.startswith('network.') for name in refiner.state_dict())


@pytest.mark.parametrize('arguments, message', [
    (dict(network=dict(type='ResNet')), "'ResNet' is not a network"),
    (dict(window_stride=9), 'window_stride is 9'),
    (dict(window_stride=0), 'window_stride is 0'),
    (dict(protocol='old'), "protocol is 'old'"),
    (dict(network={**NETWORK, 'output_size': 4}, protocol='reference'), 'output_size'),
    (dict(batch_size=-1), 'batch_size is -1'),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(ConfigError, match=message):
        PoseRefiner(**{'network': NETWORK, **arguments})


def test_bad_batches(refiner, generator, rng):
    with pytest.raises(DataFormatError, match='W = 8'):
        refiner(mode='loss', **batch_of(generator, frames=16))
    with pytest.raises(DataFormatError, match=r'are a list.*pose_collate'):
        refiner(mode='loss', **{**batch_of(generator), 'inputs': [torch.zeros(8, 5, 3)]})
    with pytest.raises(DataFormatError, match='set window_size in the dataset'):
        refiner(clip(9, rng), mode='loss')
    with pytest.raises(DataFormatError, match=r"Clip 'a'.*expected a tensor \(T, K, C\)"):
        refiner({**clip(9, rng), 'inputs': torch.zeros(9, 10)}, mode='predict')
    with pytest.raises(ConfigError, match="mode is 'train'"):
        refiner(mode='train', **batch_of(generator))
