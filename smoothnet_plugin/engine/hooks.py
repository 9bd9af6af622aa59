"""Hooks for reproducible epochs, and for weights and keys that must fit."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from ..errors import CheckpointError, ConfigError, did_you_mean
from ..evaluation.sequence_metric import SequenceMetric
from ..models import PoseRefiner
from ..models.build import weight_faults
from ..models.checkpoints import unwrapped
from ..registry import HOOKS

_SHOWN = 4


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Make every epoch's randomness a function of the seed, the epoch and the rank.

    Dropout, noise and shuffling of an epoch then do not depend on earlier random numbers. A run
    that is killed and resumed at an epoch ends with the weights of an uninterrupted run, on any
    number of ranks and without stored generator states. Validation between epochs has no
    influence.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Any) -> None:
        """Shuffle by the seed of the run; a resumed run takes it from its checkpoint."""
        loader = runner.train_loop.dataloader
        sampler = getattr(loader.batch_sampler, 'sampler', None) or loader.sampler
        if hasattr(sampler, 'seed'):
            sampler.seed = runner.seed

    def before_train_epoch(self, runner: Any) -> None:
        """Seed the generators of Python, NumPy and torch."""
        sequence = np.random.SeedSequence([runner.seed, runner.epoch, get_rank()])
        for_python, for_numpy, for_torch = (int(s) for s in sequence.generate_state(3))
        random.seed(for_python)
        np.random.seed(for_numpy)  # noqa: NPY002  the generator that datasets and libraries share
        torch.manual_seed(for_torch)


@HOOKS.register_module()
class WeightCheckHook(Hook):
    """Refuse checkpoints that do not fit; MMEngine only warns and leaves random weights.

    MMPose's models may have fewer or more weights than their published checkpoints. For these, a
    checkpoint is refused if it has none of the model's weights.
    """

    priority = 'HIGHEST'

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Compare names and shapes of the weights with the model.

        Args:
            runner: The runner.
            checkpoint: The content of the checkpoint.

        Raises:
            CheckpointError: Names or shapes differ (the message names both), or a run is to be
                resumed from a checkpoint without its state.
        """
        if runner._resume and not {'meta', 'optimizer'} <= checkpoint.keys():
            raise CheckpointError(
                'A run cannot be resumed from weights alone: the checkpoint holds no state of '
                'the optimizer. Resume from an epoch_*.pth; to start a new run from these weights '
                'leave out --resume and set --cfg-options load_from=PATH.')
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        weights = checkpoint['state_dict']
        if any(kind.__module__.startswith('mmpose.') for kind in type(model).__mro__):
            _refuse_other_model(model, weights)
            return
        if not runner._resume and isinstance(model, PoseRefiner):
            weights = {**model.weights_without_effect(), **_named_for(model, weights)}
        checkpoint['state_dict'] = check_weights(model, weights)


@HOOKS.register_module()
class SaveBestCheckHook(Hook):
    """Refuse a ``save_best`` that no metric gives; MMEngine would fail after the first epoch."""

    priority = 'HIGHEST'

    def before_train(self, runner: Any) -> None:
        """Compare the keys of ``CheckpointHook`` with those of the validation's metrics.

        Nothing is checked where a metric does not name its keys, as those of other packages.

        Args:
            runner: The runner.

        Raises:
            ConfigError: A key is unknown; the message lists the known ones.
        """
        wanted = {key for hook in runner.hooks for key in getattr(hook, 'save_best', None) or ()}
        if runner.val_loop is None or not wanted - {'auto'}:
            return
        known: set[str] = set()
        for metric in runner.val_loop.evaluator.metrics:
            keys = metric.keys() if isinstance(metric, SequenceMetric) else ()
            if not keys:
                return
            known.update(f'{metric.prefix}/{key}' if metric.prefix else key for key in keys)
        for key in sorted(wanted - {'auto'}):
            # Numbers of one data set, clip or keypoint end with the key of the metric.
            grouped = re.search(r'(?:^|/)(?:dataset|sequence|joint)/.+/(.+)$', key)
            if key not in known and not (
                    grouped and any(grouped[1] == name.rpartition('/')[2] for name in known)):
                raise ConfigError(f'CheckpointHook has save_best={key!r}, which no metric of the '
                                  f'val_evaluator gives. {did_you_mean(key, known)}')


def _refuse_other_model(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Refuse weights of another model; MMEngine lists in the log which ones do not fit."""
    names = {name.removeprefix('module.') for name in weights}
    if model.state_dict() and not names & model.state_dict().keys():
        raise CheckpointError(
            f'The checkpoint has no weight of {type(model).__name__} as the config builds it; its '
            f"weights are {', '.join(sorted(names)[:_SHOWN])} and more. Use the checkpoint that "
            'belongs to the config.')


def _named_for(model: nn.Module, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Weights by the names of the model: those of a bare network get its prefix."""
    if not isinstance(model, PoseRefiner) or any(
            name.startswith(('network.', 'module.network.')) for name in weights):
        return weights
    return {f'network.{name}': value for name, value in unwrapped(weights).items()}


def check_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Check that all weights fit a model.

    Args:
        model: The model.
        weights: Its weights; names may begin with ``module.``, or be those of a bare network.

    Returns:
        The weights by the model's own names.

    Raises:
        CheckpointError: Names or shapes differ; the message names both.
    """
    weights = {name.removeprefix('module.'): value
               for name, value in _named_for(model, weights).items()}
    faults = weight_faults(model, weights)
    if faults:
        raise CheckpointError(
            f"The weights do not fit {type(model).__name__} as the config builds it: {faults}. Use "
            'the config that belongs to the checkpoint (window size, hidden sizes and number of '
            'blocks must agree).')
    return weights
