"""Config files: ``.py`` runs by design, ``.json`` and ``.yaml`` never do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import ConfigError

_DATA = ('.json', '.yaml', '.yml')
_RUNS = ('custom_imports', '_base_')


def load_config(path: str | os.PathLike[str]) -> Any:
    """Load a config file.

    Args:
        path: An MMEngine config ``.py``, which is Python that runs, or ``.json``, ``.yaml``,
            ``.yml``, which are data.

    Returns:
        The :class:`mmengine.config.Config`.

    Raises:
        ConfigError: The file cannot be read, has another suffix, raises an error, or is data that
            asks for code (YAML's Python tags, ``custom_imports``, ``_base_``).
    """
    from mmengine.config import Config
    path = Path(path)
    if path.suffix not in ('.py', *_DATA):
        raise ConfigError(f"'{path}' is not a config file (.py, .json, .yaml).")
    if path.suffix == '.py':
        try:
            return Config.fromfile(path)
        except Exception as error:  # It is a program of the user.
            raise ConfigError(f"The config file '{path}' cannot be read ({type(error).__name__}: "
                              f'{error}).') from error
    content = _data(path)
    if not isinstance(content, dict):
        raise ConfigError(f"The config file '{path}' holds a {type(content).__name__}; expected "
                          'keys with values.')
    for key in _RUNS:
        if key in content:
            raise ConfigError(f"The config file '{path}' has {key!r}, which runs code; that is "
                              'for .py configs only.')
    return Config(content, filename=path)


def _data(path: Path) -> Any:
    try:
        text = path.read_text(encoding='utf-8')
        if path.suffix == '.json':
            return json.loads(text)
        import yaml
        return yaml.safe_load(text)
    except Exception as error:  # Neither parser says what it raises on damaged files.
        reason = ' '.join(str(error).split())
        raise ConfigError(f"The config file '{path}' cannot be read as data ({reason}).") from error
