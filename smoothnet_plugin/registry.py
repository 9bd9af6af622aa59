"""Registries of smoothnet_plugin: children of MMEngine's, scope ``smoothnet_plugin``.

A scoped type in any OpenMMLab config (``type='smoothnet_plugin.PoseRefiner'``) makes MMEngine
import this module, so no ``custom_imports`` is needed. The ``locations`` are imported at the first
lookup in a registry. ``SMOOTHERS`` and ``FORMATS`` have no parent in MMEngine and are roots
themselves; their names resolve under any default scope.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mmengine import registry as root
from mmengine.registry import Registry, build_from_cfg

SCOPE = 'smoothnet_plugin'


class _QuietRegistry(Registry):
    """A registry that finds its own types without a line in the log.

    MMEngine logs every lookup, and its logger imports torch to learn the rank of the process:
    seconds and 200 MB that a classical filter has no use for.
    """

    def import_from_location(self) -> None:
        """Import the modules that register types."""
        if not self._imported:
            for location in self._locations:
                import_module(location)
            self._imported = True

    def get(self, key: str) -> Any:
        """The type of a name, with or without the scope; None if it is unknown."""
        self.import_from_location()
        known = isinstance(key, str) and self.module_dict.get(key.removeprefix(f'{SCOPE}.'))
        return known or super().get(key)


def _build_smoother(cfg: Any, registry: Registry, default_args: Any = None) -> Any:
    """Build a smoother in the scope of this package, regardless of the host's default scope.

    Otherwise every build under ``default_scope='mmpose'`` warns that mmpose has no registry of
    smoothers. Other types than registered ones are left to MMEngine, errors included.
    """
    arguments = {**(default_args or {}), **cfg, '_scope_': SCOPE}
    kind = arguments.get('type')
    found = registry.get(kind) if isinstance(kind, str) else kind
    if not isinstance(found, type):
        return build_from_cfg(dict(cfg, _scope_=SCOPE), registry, default_args)
    return found(**{name: value for name, value in arguments.items()
                    if name not in ('type', '_scope_')})


SMOOTHERS = _QuietRegistry(
    'smoother', build_func=_build_smoother, scope=SCOPE,
    locations=['smoothnet_plugin.filters', 'smoothnet_plugin.smoothers'])

FORMATS = _QuietRegistry('format', scope=SCOPE, locations=['smoothnet_plugin.io'])

MODELS = Registry(
    'model', parent=root.MODELS, scope=SCOPE,
    locations=['smoothnet_plugin.models', 'smoothnet_plugin.models.pose_refiner',
               'smoothnet_plugin.models.fixed_lag_refiner', 'smoothnet_plugin.engine',
               'smoothnet_plugin.integrations'])
DATASETS = Registry(
    'dataset', parent=root.DATASETS, scope=SCOPE, locations=['smoothnet_plugin.datasets'])
TRANSFORMS = Registry(
    'transform', parent=root.TRANSFORMS, scope=SCOPE, locations=['smoothnet_plugin.datasets'])
METRICS = Registry(
    'metric', parent=root.METRICS, scope=SCOPE,
    locations=['smoothnet_plugin.evaluation.metrics', 'smoothnet_plugin.integrations'])
HOOKS = Registry(
    'hook', parent=root.HOOKS, scope=SCOPE,
    locations=['smoothnet_plugin.engine', 'smoothnet_plugin.integrations'])
LOOPS = Registry(
    'loop', parent=root.LOOPS, scope=SCOPE, locations=['smoothnet_plugin.engine'])
INFERENCERS = Registry(
    'inferencer', parent=root.INFERENCERS, scope=SCOPE,
    locations=['smoothnet_plugin.integrations'])
TASK_UTILS = Registry(
    'task util', parent=root.TASK_UTILS, scope=SCOPE,
    locations=['smoothnet_plugin.tracking', 'smoothnet_plugin.integrations'])
