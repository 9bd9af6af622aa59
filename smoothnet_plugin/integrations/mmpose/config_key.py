"""The key ``smoother`` at the top level of an MMPose config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...smoothers import PoseSmoother
from ...smoothers.presets import config_of
from ...utils.config_file import split_variant

KEY = 'smoother'
#: Whether images are the frames of one video in order; a key of the config, and an argument.
SEQUENCE_KEY = 'image_sequence'


def configured(cfg: Any, otherwise: Any = None) -> Any:
    """The config's ``smoother``.

    Args:
        cfg: The config of a model or of a runner.
        otherwise: The result for a config without the key. Defaults to None.

    Returns:
        The entry, ready for :func:`smoothnet_plugin.smoothers.build_smoother`.
    """
    return with_paths(cfg.get(KEY, otherwise), cfg)


def with_paths(entry: Any, cfg: Any) -> Any:
    """The entry with files in the folder of the config as whole paths.

    A path is looked for in the working directory first, as everywhere, then in the folder of the
    config; :func:`~smoothnet_plugin.smoothers.build_smoother` looks among the configs of the
    package last.

    Args:
        entry: Any smoother entry, or None.
        cfg: The config that contains it, or that of its model.

    Returns:
        The entry, of plain dicts and lists.
    """
    entry = plain(entry)
    if isinstance(entry, str):
        return _path(entry, getattr(cfg, 'filename', None))
    if isinstance(entry, (list, tuple)):
        return [with_paths(part, cfg) for part in entry]
    if isinstance(entry, Mapping) and 'filters' in entry:
        return {**entry, 'filters': with_paths(entry['filters'], cfg)}
    return entry


def plain(entry: Any) -> Any:
    """An entry of a config as plain values."""
    return entry.to_dict() if hasattr(entry, 'to_dict') else entry


def label(entry: Any) -> str:
    """A short name of an entry, for messages."""
    if isinstance(entry, str):
        return repr(entry)
    if isinstance(entry, PoseSmoother):
        return repr(entry)
    kinds = [part.get('type', part) if isinstance(part, Mapping) else part
             for part in (entry if isinstance(entry, list) else [entry])]
    return ', '.join(map(str, kinds))


def _path(name: str, config_file: str | None) -> str:
    file, variant = split_variant(name)
    if config_file is None or config_of(name) is not None or file.is_file():
        return name
    near = Path(config_file).parent / file
    return '@'.join(filter(None, (str(near), variant))) if near.is_file() else name
