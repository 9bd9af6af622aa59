"""Integrations with other frameworks, one folder each.

Importing this package registers the names of the parts and imports no framework; building a part
does. Looking up a network or a metric of this package therefore neither needs MMPose nor waits for
its import.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

from .. import registry
from ..errors import ConfigError
from . import mmpose


def _builder(name: str) -> Callable[..., Any]:
    """A function that represents a class in a registry until the class is imported."""

    def build(*args: Any, **kwargs: Any) -> Any:
        if importlib.util.find_spec('mmpose') is None:
            raise ConfigError(f'{name} needs MMPose, which is not installed: '
                              'pip install "smoothnet_plugin[mmpose]".')
        return getattr(mmpose, name)(*args, **kwargs)

    build.__name__ = build.__qualname__ = name
    return build


for _name, (_registry, _) in mmpose.PARTS.items():
    getattr(registry, _registry).register_module(name=_name, module=_builder(_name))
