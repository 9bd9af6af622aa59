"""Reading config files: Python files, plain data files, and variants of one file.

A ``.py`` config is a program that MMEngine runs. A ``.json`` or ``.yaml`` config is data: MMEngine
would let its YAML tags, base files and ``custom_imports`` run code, so this module reads it.

A config may hold similar configs as ``variants``, a dict of settings that replace its own. The
path selects a variant: ``readme_rows.py@NAME``. A file whose own settings are incomplete is a table
of variants, and its path needs a variant.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, UnsafeFileError, did_you_mean

if TYPE_CHECKING:
    from mmengine.config import Config

#: Endings of config files.
CONFIG_SUFFIXES = ('.py', '.json', '.yaml', '.yml')
#: Values of a data file; the largest configs have some hundreds.
_MOST_VALUES = 100_000
#: Registered names, with or without the scope of an OpenMMLab project.
_REGISTERED = re.compile(r'\w+|(?:smoothnet_plugin|mm[a-z0-9]+)\.(?:[A-Z]\w*|\w+_collate)')
_RUNS_CODE = ('_base_', 'custom_imports')


def split_variant(path: str | Path) -> tuple[Path, str | None]:
    """Split ``CONFIG@VARIANT``.

    Args:
        path: The path of a config, with or without the name of a variant.

    Returns:
        The file and the variant's name, or None without one. An ``@`` elsewhere in a path has no
        special meaning.

    Example:
        >>> split_variant('configs/filters/cmu_3d.py@gaussian')[1]
        'gaussian'
    """
    file, at, variant = str(path).rpartition('@')
    if at and file.endswith(CONFIG_SUFFIXES) and not Path(path).is_file():
        return Path(file), variant
    return Path(path), None


def read_config(path: str | Path) -> Config:
    """Read a config, or one of its variants.

    Args:
        path: The file, or ``FILE@VARIANT``.

    Returns:
        The config, without its ``variants``.

    Raises:
        ConfigError: There is no such file or variant, or a data file is not a mapping.
        UnsafeFileError: A data file could run code.
    """
    file, variant = split_variant(path)
    config, variants = _read(file)
    if variant is not None:
        if variant not in variants:
            hint = did_you_mean(variant, variants) if variants else 'It has no variants.'
            raise ConfigError(f"Config '{file}' has no variant {variant!r}. {hint}")
        config.merge_from_dict(variants[variant])
    return config


def network_of_config(path: str | Path) -> dict[str, Any]:
    """The config of the network that a training config describes.

    Args:
        path: The file, or ``FILE@VARIANT``.

    Returns:
        ``dict(type=..., ...)``.

    Raises:
        ConfigError: The file cannot be read or has no ``model.network``.
    """
    try:
        return read_config(path).model.network.to_dict()
    except Exception as error:  # a config is a program
        raise ConfigError(f"--config '{path}': no network found in it ({error}); expected a "
                          'training config with model = dict(network=dict(type=...)).') from None


def variant_paths(path: str | Path) -> list[str]:
    """The paths of all variants of a config.

    Args:
        path: The file.

    Returns:
        ``FILE@VARIANT`` of each, in the file's order; empty for a file without variants.
    """
    return [f'{path}@{name}' for name in _read(Path(path))[1]]


def needs_variant(path: str | Path) -> str:
    """Sentence that asks for a variant if a config is a table of variants, else ''.

    Args:
        path: Path of the config.
    """
    paths = variant_paths(path) if split_variant(path)[1] is None else []
    if not paths:
        return ''
    names = ', '.join(str(split_variant(each)[1]) for each in paths)
    return f" Choose a variant, such as '{paths[0]}': {names}."


def _read(file: Path) -> tuple[Config, dict[str, Any]]:
    from mmengine.config import Config
    if not file.is_file():
        raise ConfigError(f"Config '{file}' not found.")
    if file.suffix == '.py':
        config = Config.fromfile(file)
    else:
        try:
            config = Config(_read_data(file), filename=str(file))
        except RecursionError as error:
            raise ConfigError(f"'{file}' is nested too deeply for a config.") from error
    variants = config.pop('variants', None) or {}
    if not isinstance(variants, Mapping) or not all(
            isinstance(settings, Mapping) for settings in variants.values()):
        raise ConfigError(f"Config '{file}': variants is not a dict of settings by name.")
    return config, {name: settings.to_dict() for name, settings in variants.items()}


def _read_data(file: Path) -> dict[str, Any]:
    if file.suffix not in CONFIG_SUFFIXES:
        raise ConfigError(f"'{file}' is not a config file ({', '.join(CONFIG_SUFFIXES)}).")
    try:
        text = file.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise ConfigError(f"'{file}' is not UTF-8 text: {error}.") from error
    data = _parsed_json(text, file) if file.suffix == '.json' else _parsed_yaml(text, file)
    if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
        raise ConfigError(f"'{file}' holds {type(data).__name__}; expected settings by name.")
    _check_plain(data, file)
    return dict(data)


def _parsed_json(text: str, file: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(f"'{file}' is not JSON: {error}.") from error


def _parsed_yaml(text: str, file: Path) -> Any:
    import yaml
    try:
        rest: list[yaml.Node | None] = [yaml.compose(text, Loader=yaml.SafeLoader)]
        # A few aliases of aliases stand for billions of values; an alias may also hold itself.
        for count in itertools.count():
            if not rest:
                break
            if count > _MOST_VALUES:
                raise ConfigError(f"'{file}' has more than {_MOST_VALUES} values, with those that "
                                  'aliases repeat; expected a config.')
            node = rest.pop()
            if isinstance(node, yaml.SequenceNode):
                rest += node.value
            elif isinstance(node, yaml.MappingNode):
                rest += itertools.chain.from_iterable(node.value)
        return yaml.safe_load(text)
    except yaml.constructor.ConstructorError as error:
        raise UnsafeFileError(f"'{file}' has a YAML tag that creates an object, or a key that is "
                              f'not text ({error.problem}); use plain values only.') from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"'{file}' is not YAML: {error}.") from error


def _check_plain(data: Mapping[str, Any], file: Path) -> None:
    """Refuse what runs code: MMEngine's keys, and types, which may be any object of Python."""
    advice = f'a {file.suffix} config is plain data; write it as a .py config.'
    rest: list[Any] = [data]
    while rest:
        value = rest.pop()
        if isinstance(value, Mapping):
            for key in _RUNS_CODE:
                if key in value:
                    raise UnsafeFileError(f"'{file}' has {key!r}, which could run code, and "
                                          f'{advice}')
            name = value.get('type')
            if isinstance(name, str) and not _REGISTERED.fullmatch(name):
                raise UnsafeFileError(f"'{file}' has the type {name!r}, which is not the name of a "
                                      f'registered class, and {advice}')
            rest += value.values()
        elif isinstance(value, (list, tuple)):
            rest += value
