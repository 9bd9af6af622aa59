"""Fixes for MMEngine 0.10.7, its last release, in one place.

Our tools call :func:`apply` once and :func:`adapt_config` on every config. Nothing here runs on
import, so MMEngine stays unchanged in a program that only imports the package.

==========================================  ====================================================
fault                                       fix
==========================================  ====================================================
torch >= 2.6 refuses MMEngine's own          a local loader that reads with a restricted
checkpoints (mmengine issue 1655), older     unpickler and admits the few types a runner writes:
torch runs any code they hold                log histories, NumPy arrays, scalars and dtypes
a kill while a checkpoint is written         checkpoints are written to a temporary file
leaves half a file under the name that       and renamed
``--resume`` reads
``launcher='pytorch'`` calls                 without CUDA the process group is opened here,
``torch.cuda.set_device`` without CUDA       with gloo, before the runner starts
DDP gets ``device_ids=[0]`` on the CPU       ``model_wrapper_cfg`` with ``device_ids=None``
``AmpOptimWrapper`` asserts on the CPU       a warning, and training in float32
a torchvision that does not fit torch        it counts as absent: nothing here uses it
stops every runner, which only reads its
version
a warning for every registry that the        empty registries for these kinds
default scope lacks
==========================================  ====================================================
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from mmengine import registry as root
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.registry import Registry
from mmengine.runner import CheckpointLoader
from mmengine.runner import runner as runner_module

from ..errors import ConfigError
from ..models.checkpoints import check_weights_path, is_safetensors, load_state_dict_file
from ..registry import SCOPE
from ..utils.files import remove_leftovers
from ..utils.restricted_torch import load_torch, save_torch

#: Registries that a runner looks up in the default scope and that this package does not fill.
_KINDS_OF_THE_HOST = (
    root.EVALUATOR, root.LOG_PROCESSORS, root.MODEL_WRAPPERS, root.OPTIMIZERS, root.OPTIM_WRAPPERS,
    root.OPTIM_WRAPPER_CONSTRUCTORS, root.PARAM_SCHEDULERS, root.VISBACKENDS, root.VISUALIZERS,
    root.WEIGHT_INITIALIZERS)
_ONLY_FOR_AMP = ('loss_scale', 'dtype', 'use_fsdp')
_HOST_SAVE = runner_module.save_checkpoint
_SAVE_AGAIN = ('Save it again with tensors, numbers, strings, lists and dicts only, or convert it '
               'with tools/convert_checkpoint.py if you trust it.')


def apply() -> None:
    """Make MMEngine read and write checkpoints safely in this process; may be called again."""
    CheckpointLoader.register_scheme('', loader=load_from_local, force=True)
    runner_module.save_checkpoint = save_checkpoint
    for host in _KINDS_OF_THE_HOST:
        if SCOPE not in host.children:
            Registry(host.name, parent=host, scope=SCOPE)
    try:
        importlib.import_module('torchvision')
    except ImportError:
        pass
    except Exception:  # its own import fails in many ways where it was built for another torch
        sys.modules['torchvision'] = None  # type: ignore[assignment]


def adapt_config(cfg: Config) -> Config:
    """Change the settings of a config that cannot work on this machine.

    Args:
        cfg: A runner's config with its ``launcher`` set. Changed in place.

    Returns:
        The same config.

    Raises:
        ConfigError: A launcher other than ``'none'`` and ``'pytorch'`` without an accelerator.
    """
    if has_accelerator():
        return cfg
    wrapper = cfg.get('optim_wrapper')
    if wrapper is not None and wrapper.get('type') == 'AmpOptimWrapper':
        warnings.warn('The config uses mixed precision, but this machine has no accelerator '
                      'that MMEngine knows; training runs in float32.', stacklevel=2)
        wrapper.type = 'OptimWrapper'
        for key in _ONLY_FOR_AMP:
            wrapper.pop(key, None)
    launcher = cfg.get('launcher', 'none')
    if launcher == 'none':
        return cfg
    if launcher != 'pytorch':
        raise ConfigError(f"launcher is {launcher!r}; without an accelerator only 'none' and "
                          "'pytorch' (torchrun) are possible.")
    cfg.model_wrapper_cfg = {
        'type': 'MMDistributedDataParallel', 'broadcast_buffers': False,
        'find_unused_parameters': cfg.get('find_unused_parameters', False),
        **cfg.get('model_wrapper_cfg', {}), 'device_ids': None}
    return cfg


def has_accelerator() -> bool:
    """Whether MMEngine can train on several devices, or in mixed precision, here."""
    return get_device() not in ('cpu', 'mps')


def open_process_group(launcher: str) -> None:
    """Open the process group of ``launcher='pytorch'`` where MMEngine cannot: without CUDA.

    Args:
        launcher: The launcher of the config; MMEngine handles all but ``'pytorch'``.

    Raises:
        ConfigError: torchrun did not start the processes.
    """
    if launcher != 'pytorch' or has_accelerator() or torch.distributed.is_initialized():
        return
    missing = [name for name in ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT')
               if name not in os.environ]
    if missing:
        raise ConfigError(f"--launcher pytorch: {', '.join(missing)} not set in the environment; "
                          'start the tool with torchrun, as tools/dist_train.sh does.')
    torch.distributed.init_process_group(backend='gloo')


def close_process_group() -> None:
    """Close the process group, if there is one, when all processes have finished.

    Processes that exit one by one may abort one another, and threads of a group that is open when
    the interpreter ends sometimes abort (PyTorch issue 190489).
    """
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def load_from_local(filename: str, map_location: Any) -> dict[str, Any]:
    """Read a local checkpoint without running anything it may hold.

    Args:
        filename: A file written by a runner, or any other that
            :func:`~smoothnet_plugin.models.load_state_dict_file` reads.
        map_location: As in :func:`torch.load`.

    Returns:
        A checkpoint with ``meta`` or the state of a runner, as MMEngine and MMPose save it, as it
        was; of any other file the weights, as ``state_dict``.

    Raises:
        CheckpointError: The file is absent or damaged.
        UnsafeFileError: The file holds other types than a runner writes.
    """
    path = check_weights_path(filename)
    if is_safetensors(path):
        return _weights_of(path)
    content = load_torch(path, map_location, _SAVE_AGAIN)
    is_of_host = isinstance(content, dict) and 'state_dict' in content and isinstance(
        content.get('meta', content.get('message_hub')), dict)
    return content if is_of_host else _weights_of(path)


def _weights_of(path: Path) -> dict[str, Any]:
    return {'state_dict': load_state_dict_file(path).state_dict}


@contextmanager
def restricted_loading() -> Iterator[None]:
    """Let MMEngine read local checkpoints as after :func:`apply` inside the block only."""
    before = dict(CheckpointLoader._schemes)
    CheckpointLoader.register_scheme('', loader=load_from_local, force=True)
    try:
        yield
    finally:
        CheckpointLoader.register_scheme('', loader=before[''], force=True)


def save_checkpoint(checkpoint: Any, filename: str, file_client_args: dict | None = None,
                    backend_args: dict | None = None) -> None:
    """MMEngine's ``save_checkpoint``; on local disks an interrupted call leaves no partial file.

    A killed process may leave a temporary file, which the next call for the same file removes.

    Args:
        checkpoint: The content to write.
        filename: A local path, or an address of one of MMEngine's file backends.
        file_client_args: As in MMEngine. Defaults to None.
        backend_args: As in MMEngine. Defaults to None.
    """
    if file_client_args is not None or backend_args is not None or '://' in filename:
        _HOST_SAVE(checkpoint, filename, file_client_args, backend_args)
        return
    remove_leftovers(filename)
    save_torch(checkpoint, filename)

