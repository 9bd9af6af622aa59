"""Names that MMEngine's data loader looks up, with or without this package's scope.

A loader resolves ``collate_fn`` and ``batch_sampler`` in MMEngine's own registries, which ignore
the default scope: a bare name is found in the root only, a scoped name in a child only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mmengine import registry as root
from mmengine.registry import Registry

from ..registry import SCOPE

FUNCTIONS = Registry('function', parent=root.FUNCTIONS, scope=SCOPE)
DATA_SAMPLERS = Registry('data sampler', parent=root.DATA_SAMPLERS, scope=SCOPE)

_T = TypeVar('_T')


def register_both(registry: Registry) -> Callable[[_T], _T]:
    """Register under ``name`` in the root and under ``smoothnet_plugin.name``.

    Args:
        registry: :data:`FUNCTIONS` or :data:`DATA_SAMPLERS`.

    Returns:
        The decorator.
    """

    def decorate(entry: _T) -> _T:
        registry.register_module(module=entry)  # type: ignore[arg-type]
        registry.parent.register_module(module=entry)  # type: ignore[arg-type]
        return entry

    return decorate
