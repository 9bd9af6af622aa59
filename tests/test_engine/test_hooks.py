import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from smoothnet_plugin.engine import EpochSeedHook, SaveBestCheckHook, WeightCheckHook
from smoothnet_plugin.errors import CheckpointError, ConfigError
from smoothnet_plugin.evaluation import (
    DoNoHarmMetric,
    OverSmoothingMetric,
    PCKMetric,
    PoseErrorMetric,
    SMPLMetric,
    WorstFramesMetric,
)
from smoothnet_plugin.models import FixedLagRefiner


def runner_at(epoch, seed=7):
    return SimpleNamespace(seed=seed, epoch=epoch)


def drawn():
    return random.random(), float(np.random.random()), float(torch.rand(()))  # noqa: NPY002


def test_an_epoch_draws_the_same_whatever_was_drawn_before():
    hook = EpochSeedHook()
    hook.before_train_epoch(runner_at(3))
    first = drawn()
    torch.rand(5), random.random()
    hook.before_train_epoch(runner_at(3))
    assert drawn() == first
    for other in (runner_at(4), runner_at(3, seed=8)):
        hook.before_train_epoch(other)
        assert not set(drawn()) & set(first)


def test_the_sampler_takes_the_resumed_seed():
    sampler = SimpleNamespace(seed=1)
    loader = SimpleNamespace(sampler=sampler, batch_sampler=SimpleNamespace(sampler=sampler))
    EpochSeedHook().before_train(
        SimpleNamespace(seed=7, train_loop=SimpleNamespace(dataloader=loader)))
    assert sampler.seed == 7


@pytest.mark.parametrize(('weights', 'message'), [
    ({}, 'weight is missing'),
    ({'weight': (2, 3), 'bias': (2,), 'more': (1,)}, 'more is not in the model'),
    ({'weight': (2, 4), 'bias': (2,)}, r'weight has shape \(2, 4\), the model has \(2, 3\)'),
])
def test_weights_that_do_not_fit_are_refused(weights, message):
    runner = SimpleNamespace(model=torch.nn.Linear(3, 2), _resume=False)
    checkpoint = {'state_dict': {name: torch.zeros(shape) for name, shape in weights.items()}}
    with pytest.raises(CheckpointError, match=message):
        WeightCheckHook().after_load_checkpoint(runner, checkpoint)


def test_weights_that_fit_pass():
    model = torch.nn.Linear(3, 2)
    runner = SimpleNamespace(model=model, _resume=False)
    WeightCheckHook().after_load_checkpoint(
        runner, {'state_dict': {f'module.{k}': v for k, v in model.state_dict().items()}})


def refiner(**pairs):
    return FixedLagRefiner(dict(type='TrajectoryTransformer', window_size=8, hidden_size=12,
                                num_blocks=1, num_heads=2, **pairs))


def test_training_may_begin_without_weights_that_begin_without_effect():
    small, large = refiner(), refiner(pair_size=4, num_corrections=1)
    checkpoint = {'state_dict': small.state_dict(), 'meta': {}, 'optimizer': {}}
    WeightCheckHook().after_load_checkpoint(
        SimpleNamespace(model=large, _resume=False), checkpoint)
    large.load_state_dict(checkpoint['state_dict'])
    x = torch.randn(1, 15, 8)
    torch.testing.assert_close(large.network.forward_window(x), small.network.forward_window(x))
    del checkpoint['state_dict']['network.correction_gate.weight']
    with pytest.raises(CheckpointError, match='correction_gate.weight is missing'):
        WeightCheckHook().after_load_checkpoint(
            SimpleNamespace(model=large, _resume=True), checkpoint)


def validating(save_best, metrics):
    return SimpleNamespace(
        hooks=[SimpleNamespace(), SimpleNamespace(save_best=save_best)],
        val_loop=None if metrics is None else SimpleNamespace(
            evaluator=SimpleNamespace(metrics=metrics)))


METRICS = [PoseErrorMetric(metrics=('mpjpe', 'jerk')), WorstFramesMetric(0.05),
           OverSmoothingMetric(prefix='smooth'), DoNoHarmMetric(), PCKMetric((0.1,)), SMPLMetric()]


@pytest.mark.parametrize('key', [
    'mpjpe', 'input_jerk', 'target_jerk', 'improvement_mpjpe', 'mpjpe_top5', 'mpjpe_worst5',
    'smooth/lag_frames', 'worst_ratio', 'pck@0.1', 'mpjae', 'dataset/walk/mpjpe',
    'joint/left_hand/mpjpe', 'smooth/sequence/a/b/lag_frames', 'auto'])
def test_save_best_of_a_known_key_passes(key):
    SaveBestCheckHook().before_train(validating([key], METRICS))


@pytest.mark.parametrize(('key', 'near'), [
    ('mpjp', 'mpjpe'), ('lag_frames', 'smooth/lag_frames'), ('accel_error', 'mpjpe'),
    ('pck@0.2', 'pck@0.1'), ('target_mpjpe', 'mpjpe'), ('dataset/walk/mpjp', 'mpjpe')])
def test_save_best_of_an_unknown_key_is_refused(key, near):
    with pytest.raises(ConfigError, match=f"save_best='{key}'.*{near}"):
        SaveBestCheckHook().before_train(validating(['mpjpe', key], METRICS))


@pytest.mark.parametrize(('save_best', 'metrics'), [
    (['anything'], [PoseErrorMetric(), SimpleNamespace(prefix=None)]), (['anything'], None),
    (None, METRICS)])
def test_save_best_is_not_checked_where_keys_are_not_known(save_best, metrics):
    SaveBestCheckHook().before_train(validating(save_best, metrics))
