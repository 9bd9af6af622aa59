"""Building a runner from a config file and the flags that all tools share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction
from mmengine.runner import Runner

from ..errors import ConfigError, did_you_mean
from ..registry import DATASETS, HOOKS, METRICS, MODELS
from ..utils.command import run_command
from ..utils.config_file import needs_variant, read_config, split_variant
from ..utils.extensions import add_import_argument, import_extension
from . import compat
from .hooks import SaveBestCheckHook, WeightCheckHook

_REGISTRIES = {registry.name: registry for registry in (DATASETS, HOOKS, METRICS, MODELS)}


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that OpenMMLab's train and test tools share."""
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE',
        help='settings of the config to override, for example data_root=PATH/ for all datasets, '
        'train_dataloader.batch_size=256, or key="[a,b]" for a list')
    add_import_argument(parser)
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='launcher of a distributed run. Defaults to none (one process)')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0,
                        help='set by old launchers; torchrun uses the environment')


def load_config(args: argparse.Namespace) -> Config:
    """Read the config ``args.config`` and merge the common flags into it.

    The work directory is ``--work-dir``, else the config's ``work_dir``, else
    ``work_dirs/<name of the config and of its variant>``.

    Args:
        args: Holds ``config`` (a path, or ``PATH@VARIANT``), ``cfg_options``, ``extensions``
            (modules to import first), ``launcher``, ``local_rank`` and ``work_dir``.

    Returns:
        The merged config.

    Raises:
        ConfigError: The file is absent or cannot be read as a config, an option does not fit, or
            an extension cannot be imported.
    """
    for extension in args.extensions:
        import_extension(extension)
    path, variant = split_variant(args.config)
    if not path.is_file():
        beside = path.parent.name and (sorted(path.parent.glob('*.py'))
                                       or sorted(path.parent.glob('*/*.py')))
        known = [str(p) for p in beside or sorted(Path('configs').rglob('*.py'))]
        raise ConfigError(f"Config '{path}' not found. {did_you_mean(str(path), known)}")
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    try:
        cfg = read_config(args.config)
        merge_options(cfg, args.cfg_options)
    except (SyntaxError, NameError, AttributeError, KeyError, TypeError, OSError) as error:
        raise ConfigError(f"Config '{path}' or a --cfg-options entry cannot be used: "
                          f'{type(error).__name__}: {error}') from error
    if 'model' not in cfg:
        choose = needs_variant(args.config)
        raise ConfigError(f"Config '{path}' has no 'model'." + (
            choose or ' Expected a complete config, not a part of one (as in configs/_base_).'))
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / '_'.join(filter(None, (path.stem, variant))))
    return cfg


def merge_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Merge ``--cfg-options``; a bare ``data_root`` reaches every dataset that has one.

    Args:
        cfg: A config. Changed in place.
        options: Values by dotted keys.
    """
    cfg.merge_from_dict(dict(options))
    if 'data_root' in options:
        for split in ('train', 'val', 'test'):
            loader = cfg.get(f'{split}_dataloader')
            if loader is not None:
                _set_data_root(loader.dataset, options['data_root'])


def _set_data_root(dataset: Any, data_root: str) -> None:
    if 'data_root' in dataset:
        dataset.data_root = data_root
    for inner in dataset.get('datasets', []):
        _set_data_root(inner, data_root)


def build_runner(cfg: Config) -> Runner:
    """Build MMEngine's runner with the fixes of :mod:`.compat` and readable errors.

    Args:
        cfg: A complete config with ``launcher`` and ``work_dir`` set.

    Returns:
        The runner.

    Raises:
        ConfigError: A type name is unknown, or settings are missing.
    """
    if '://' in str(cfg.get('load_from') or ''):
        raise ConfigError(f"load_from is the address '{cfg.load_from}'; this tool does not use the "
                          'network: download the checkpoint and specify the file.')
    compat.apply()
    compat.adapt_config(cfg)
    compat.open_process_group(cfg.get('launcher', 'none'))
    try:
        runner = Runner.from_cfg(cfg)
    except KeyError as error:
        raise _unknown_type(error) from error
    runner.register_hook(WeightCheckHook())
    runner.register_hook(SaveBestCheckHook())
    return runner


def run_stage(stage: Callable[[], Any]) -> Any:
    """Call ``runner.train`` or ``runner.test``, which build datasets and metrics.

    Args:
        stage: The bound method.

    Returns:
        The result of the method.

    Raises:
        ConfigError: The name of a type is unknown.
    """
    try:
        return stage()
    except KeyError as error:
        raise _unknown_type(error) from error


def run_distributed(main: Callable[[], None]) -> int:
    """:func:`~smoothnet_plugin.utils.command.run_command` for tools that may be distributed."""
    def run() -> None:
        main()
        compat.close_process_group()
    return run_command(run)


def _unknown_type(error: KeyError) -> Exception:
    """A ConfigError for MMEngine's KeyError about the name of a type; other errors unchanged."""
    text = str(error.args[0]) if error.args else ''
    name, found, rest = text.partition(' is not in the ')
    if not found:
        return error
    registry = _REGISTRIES.get(rest.partition('::')[2].partition(' ')[0])
    if registry is None:
        return ConfigError(text)
    registry.import_from_location()
    return ConfigError(f'No {registry.name} has the type {name!r}. '
                       f'{did_you_mean(name, registry.module_dict)}')
