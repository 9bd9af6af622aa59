"""From a ``smoother`` entry to a :class:`PoseSmoother`.

An entry is a dict (one filter, or a ``PoseSmoother``), a list (a chain), a string (the name of a
preset or of a registered filter, or a config file's path) or something already built.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigError, SmoothNetError, UnsafeFileError, did_you_mean
from ..filters.base import BaseFilter
from ..registry import SCOPE, SMOOTHERS
from ..utils.config_file import CONFIG_SUFFIXES, needs_variant, read_config, split_variant
from .pose_smoother import PoseSmoother
from .presets import config_of, known_names

#: Names under which a config file may hold its smoother: ours, MMPose 0.x's and MMHuman3D's.
CONFIG_KEYS = ('smoother', 'filter_cfg', 'smooth_cfg')
#: The configs of the repository as an installed package has them: the path of a config in it, such
#: as ``configs/_base_/filters/gaussian.py``, works in any working directory.
PACKAGED_CONFIGS = Path(__file__).resolve().parents[1] / '.mim'
_SMOOTHER_ARGUMENTS = frozenset(inspect.signature(PoseSmoother).parameters) - {'filters'}

SmootherEntry = (str | Mapping[str, Any] | BaseFilter | PoseSmoother
                 | Sequence[str | Mapping[str, Any] | BaseFilter])


def build_smoother(entry: SmootherEntry, **options: Any) -> PoseSmoother:
    """Build the smoother that an entry describes.

    Args:
        entry: A filter config, a list of them (a chain), the config of a ``PoseSmoother``, the name
            of a preset or filter, the path of a config file, or a built smoother or filter.
        **options: Arguments of :class:`PoseSmoother` (``lookahead``, ``max_gap``, ...), which
            override those of the entry; ``device``, which is passed to every filter that has one;
            and arguments of the filter, if the entry has exactly one. None means "not given".

    Returns:
        The smoother.

    Raises:
        ConfigError: A name, type or argument is unknown or out of range.
    """
    options = {key: value for key, value in options.items() if value is not None}
    if isinstance(entry, PoseSmoother):
        others = [key for key, value in options.items() if getattr(entry, key, None) != value]
        if others:
            raise ConfigError(f"The smoother is already built; give {', '.join(others)} when "
                              'building it, or pass its config.')
        return entry
    filters, arguments = _resolve(entry)
    arguments.update({k: options.pop(k) for k in list(options) if k in _SMOOTHER_ARGUMENTS})
    device = options.pop('device', None)
    if options:
        if len(filters) != 1 or isinstance(filters[0], BaseFilter):
            raise ConfigError(f"Unknown options {', '.join(sorted(options))}: options of a filter "
                              'can be given with its name only for a single filter; write a '
                              'config for a chain.')
        known = {*_parameters(_class_of(filters[0])), *_SMOOTHER_ARGUMENTS}
        if unknown := sorted(set(options) - known):
            raise ConfigError(f"Neither smoothers nor {filters[0]['type']} have an argument "
                              f'{unknown[0]!r}. {did_you_mean(unknown[0], known)}')
        filters = [{**filters[0], **options}]
    if device is not None:
        filters = [_with_device(f, device) for f in filters]
    return PoseSmoother([build_filter(f) for f in filters], **arguments)


def build_filter(config: Mapping[str, Any] | BaseFilter) -> BaseFilter:
    """Build one filter from its config.

    Args:
        config: ``dict(type=..., ...)`` under any of the filter's names, or a built filter.

    Returns:
        The filter.

    Raises:
        ConfigError: The type or an argument is unknown (the known ones are listed).
    """
    if isinstance(config, BaseFilter):
        return config
    cls = _class_of(config)
    arguments = {key: value for key, value in config.items() if key != 'type'}
    known = _parameters(cls)
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        raise ConfigError(f"{config['type']} has no argument {unknown[0]!r}. "
                          f'{did_you_mean(unknown[0], known)}')
    built = SMOOTHERS.build(dict(config))
    if not isinstance(built, BaseFilter):
        raise ConfigError(f"{config['type']} is not a filter and cannot be part of a chain.")
    return built


def _resolve(entry: Any, files: tuple[str, ...] = ()) -> tuple[list[Any], dict[str, Any]]:
    """The entry's filters (configs or built ones) and its PoseSmoother arguments.

    Args:
        entry: The entry.
        files: The config files that name each other and, at last, this entry.
    """
    if isinstance(entry, BaseFilter):
        return [entry], {}
    if isinstance(entry, str):
        return _resolve(*_named(entry, files))
    if isinstance(entry, Mapping):
        if _class_of(entry) is not PoseSmoother:
            return [dict(entry)], {}
        arguments = {key: value for key, value in entry.items() if key != 'type'}
        unknown = sorted(set(arguments) - _SMOOTHER_ARGUMENTS - {'filters'})
        if unknown:
            raise ConfigError(f'PoseSmoother has no argument {unknown[0]!r}. '
                              f'{did_you_mean(unknown[0], [*_SMOOTHER_ARGUMENTS, "filters"])}')
        if 'filters' not in arguments:
            raise ConfigError("dict(type='PoseSmoother') needs filters=[...].")
        return _resolve(arguments.pop('filters'), files)[0], arguments
    if isinstance(entry, Sequence):
        if not entry:
            raise ConfigError('The smoother is an empty list; give at least one filter.')
        parts = [_resolve(part, files) for part in entry]
        arguments: dict[str, Any] = {}
        for _, part_arguments in parts:
            arguments.update(part_arguments)
        return [f for part_filters, _ in parts for f in part_filters], arguments
    what = (f'class {entry.__name__}' if isinstance(entry, type)
            else f'value of type {type(entry).__name__}')
    raise ConfigError(f'The smoother is a {what}; expected a dict, a list, the name of a preset or '
                      'filter, or a path.')


def _named(name: str, files: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The entry that a name or path stands for, and the files that led to it."""
    config = config_of(name)
    if config is not None:
        return config, files
    file, _ = split_variant(name)
    for folder in (Path(), PACKAGED_CONFIGS):
        if (folder / file).is_file():
            path = str(folder / name)
            if path in files:
                raise ConfigError(f"The config file '{path}' names itself as its smoother.")
            if files and file.suffix == '.py' and split_variant(files[-1])[0].suffix != '.py':
                raise UnsafeFileError(
                    f"'{files[-1]}' is plain data and names the Python file '{path}', which would "
                    'be run; give that file as the smoother if you trust it.')
            return _from_file(path), (*files, path)
    if file.suffix in CONFIG_SUFFIXES:
        raise ConfigError(f"The smoother's config file '{name}' does not exist.")
    raise ConfigError(f'Unknown smoother {name!r}. {did_you_mean(name, known_names())} '
                      'Or give the path of a config file.')


def _from_file(path: str) -> Any:
    try:
        config = read_config(path)
    except SmoothNetError:
        raise
    except Exception as error:
        raise ConfigError(f"The config file '{path}' cannot be read: {type(error).__name__}: "
                          f'{error}') from error
    for key in CONFIG_KEYS:
        if key in config:
            value = config[key]
            return value.to_dict() if hasattr(value, 'to_dict') else value
    raise ConfigError(f"The config file '{path}' has no {' or '.join(CONFIG_KEYS)}; it has "
                      f"{', '.join(config.keys()) or 'nothing'}.{needs_variant(path)}")


def _class_of(config: Mapping[str, Any]) -> type:
    name = config.get('type')
    if isinstance(name, type):
        return name
    if not isinstance(name, str):
        raise ConfigError(f"A filter's config needs a type, for example "
                          f"dict(type='OneEuroFilter'); given: {dict(config)}.")
    SMOOTHERS.import_from_location()
    short = name.removeprefix(f'{SCOPE}.')
    if short not in SMOOTHERS.module_dict:
        raise ConfigError(f'Unknown filter type {name!r}. '
                          f'{did_you_mean(short, SMOOTHERS.module_dict)}')
    return SMOOTHERS.module_dict[short]


def _parameters(cls: type) -> list[str]:
    """Argument names of a constructor, through the ``**kwargs`` it hands on to its bases."""
    names: list[str] = []
    for base in cls.__mro__:
        if '__init__' not in vars(base):
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        names += [p.name for p in parameters
                  if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return names


def _with_device(entry: Any, device: str) -> Any:
    if isinstance(entry, BaseFilter) or 'device' not in _parameters(_class_of(entry)):
        return entry
    return {**entry, 'device': device}
