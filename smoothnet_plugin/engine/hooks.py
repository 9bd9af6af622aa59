"""Hooks that MMEngine lacks: seeds that a resumed run repeats, and weights that must fit."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from ..errors import CheckpointError
from ..models import PoseRefiner
from ..registry import HOOKS

_SHOWN = 4


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Make every epoch's randomness a function of the seed, the epoch and the rank.

    Dropout, noise and shuffling of an epoch then do not depend on what was drawn before it, so a
    run that was killed and resumed at an epoch ends with the weights of an uninterrupted one, on
    any number of ranks and without stored generator states. Validation in between changes
    nothing either.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Any) -> None:
        """Shuffle by the run's seed, which a resumed run without one took from its checkpoint."""
        loader = runner.train_loop.dataloader
        sampler = getattr(loader.batch_sampler, 'sampler', None) or loader.sampler
        if hasattr(sampler, 'seed'):
            sampler.seed = runner.seed

    def before_train_epoch(self, runner: Any) -> None:
        """Set the generators of python, NumPy and torch."""
        sequence = np.random.SeedSequence([runner.seed, runner.epoch, get_rank()])
        for_python, for_numpy, for_torch = (int(s) for s in sequence.generate_state(3))
        random.seed(for_python)
        np.random.seed(for_numpy)  # noqa: NPY002  the generator that datasets and libraries share
        torch.manual_seed(for_torch)


@HOOKS.register_module()
class WeightCheckHook(Hook):
    """Refuse checkpoints that do not fit, where MMEngine would warn and leave weights random."""

    priority = 'HIGHEST'

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Compare names and shapes of the weights with the model.

        Args:
            runner: The runner.
            checkpoint: What was read.

        Raises:
            CheckpointError: Names or shapes differ (both are named), or a run shall be resumed
                from a checkpoint that does not hold its state.
        """
        if runner._resume and not {'meta', 'optimizer'} <= checkpoint.keys():
            raise CheckpointError(
                'A run cannot be resumed from weights alone: the checkpoint holds no state of '
                'the optimizer. Resume from an epoch_*.pth; to start anew from these weights '
                'leave --resume out and set --cfg-options load_from=PATH.')
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        weights = checkpoint['state_dict']
        if not runner._resume and isinstance(model, PoseRefiner):
            weights = {**model.weights_without_effect(), **weights}
        checkpoint['state_dict'] = check_weights(model, weights)


def check_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Check that weights fit a model to the last entry.

    Args:
        model: The model.
        weights: Its weights; names may begin with ``module.``.

    Returns:
        The weights by the model's own names.

    Raises:
        CheckpointError: Names or shapes differ; both are named.
    """
    weights = {name.removeprefix('module.'): value for name, value in weights.items()}
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    faults = [
        *(f'{name} is missing' for name in wanted.keys() - found.keys()),
        *(f'{name} is not in the model' for name in found.keys() - wanted.keys()),
        *(f'{name} has shape {found[name]}, the model has {wanted[name]}'
          for name in wanted.keys() & found.keys() if found[name] != wanted[name])]
    if faults:
        more = f'; and {len(faults) - _SHOWN} more' if len(faults) > _SHOWN else ''
        raise CheckpointError(
            f"The weights do not fit {type(model).__name__} as the config builds it: "
            f"{'; '.join(sorted(faults)[:_SHOWN])}{more}. Take the config that belongs to the "
            'checkpoint (window size, hidden sizes and number of blocks must agree).')
    return weights
