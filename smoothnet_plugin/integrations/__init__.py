"""Hosts that the smoother plugs into, a folder each.

Importing this registers the names of the parts and imports no host: that happens when a part is
built. So looking up a network or a metric of our own neither needs MMPose nor waits for it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

from .. import registry
from ..errors import ConfigError
from . import mmpose


def _builder(name: str) -> Callable[..., Any]:
    """A function that stands in a registry for a class not imported yet."""

    def build(*args: Any, **kwargs: Any) -> Any:
        if importlib.util.find_spec('mmpose') is None:
            raise ConfigError(f'{name} needs MMPose, which is not installed here: '
                              'pip install "smoothnet_plugin[mmpose]".')
        return getattr(mmpose, name)(*args, **kwargs)

    build.__name__ = build.__qualname__ = name
    return build


for _name, (_registry, _) in mmpose.PARTS.items():
    getattr(registry, _registry).register_module(name=_name, module=_builder(_name))
