"""Hooks that MMEngine lacks: seeds that a resumed run repeats, and weights that must fit."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper

from ..errors import CheckpointError
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
    """Refuse weights that do not fit the model, where MMEngine would warn and leave it random.

    Weights of a bare network (upstream's ``encoder.0.weight``) are taken as those of the model's
    ``network``.
    """

    priority = 'HIGHEST'

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Compare names and shapes with the model.

        Args:
            runner: The runner.
            checkpoint: What was read. The names of its ``state_dict`` may be changed.

        Raises:
            CheckpointError: It holds no weights, or names or shapes differ; both are named.
        """
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
        if not isinstance(checkpoint, dict):
            raise CheckpointError(f'The checkpoint holds a {type(checkpoint).__name__}; expected '
                                  'a dict of weights.')
        weights = checkpoint.setdefault('state_dict', checkpoint)
        weights = {name.removeprefix('module.'): value for name, value in weights.items()
                   if isinstance(value, torch.Tensor)}
        if not set(weights) & set(wanted):
            weights = {f'network.{name}': value for name, value in weights.items()}
        found = {name: tuple(value.shape) for name, value in weights.items()}
        faults = [
            *(f'{name} is missing' for name in wanted.keys() - found.keys()),
            *(f'{name} is not in the model' for name in found.keys() - wanted.keys()),
            *(f'{name} has shape {found[name]}, the model has {wanted[name]}'
              for name in sorted(wanted.keys() & found.keys()) if found[name] != wanted[name])]
        if faults:
            more = f'; and {len(faults) - _SHOWN} more' if len(faults) > _SHOWN else ''
            raise CheckpointError(
                f"The weights do not fit {type(model).__name__} as the config builds it: "
                f"{'; '.join(sorted(faults)[:_SHOWN])}{more}. Take the config that belongs to the "
                'checkpoint (window size, hidden sizes and number of blocks must agree).')
        checkpoint['state_dict'] = weights
