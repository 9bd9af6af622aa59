"""Registries of smoothnet_plugin: children of MMEngine's, scope ``smoothnet_plugin``.

A scoped type in any OpenMMLab config (``type='smoothnet_plugin.PoseRefiner'``) makes MMEngine
import this module, so no ``custom_imports`` is needed. The ``locations`` are imported at the first
lookup in a registry. ``SMOOTHERS`` and ``FORMATS`` have no parent in MMEngine and are roots
themselves; their names resolve under any default scope.
"""

from __future__ import annotations

from typing import Any

from mmengine import registry as root
from mmengine.registry import Registry, build_from_cfg

SCOPE = 'smoothnet_plugin'


def _build_smoother(cfg: Any, registry: Registry, default_args: Any = None) -> Any:
    """Build a smoother in the scope of this package, regardless of the host's default scope.

    Otherwise every build under ``default_scope='mmpose'`` warns that mmpose has no registry of
    smoothers.
    """
    cfg = dict(cfg, _scope_=SCOPE)
    return build_from_cfg(cfg, registry, default_args)


SMOOTHERS = Registry(
    'smoother', build_func=_build_smoother, scope=SCOPE,
    locations=['smoothnet_plugin.filters', 'smoothnet_plugin.smoothers'])

FORMATS = Registry('format', scope=SCOPE, locations=['smoothnet_plugin.io'])

MODELS = Registry(
    'model', parent=root.MODELS, scope=SCOPE,
    locations=['smoothnet_plugin.models', 'smoothnet_plugin.engine',
               'smoothnet_plugin.integrations'])
DATASETS = Registry(
    'dataset', parent=root.DATASETS, scope=SCOPE, locations=['smoothnet_plugin.datasets'])
TRANSFORMS = Registry(
    'transform', parent=root.TRANSFORMS, scope=SCOPE, locations=['smoothnet_plugin.datasets'])
METRICS = Registry(
    'metric', parent=root.METRICS, scope=SCOPE,
    locations=['smoothnet_plugin.evaluation', 'smoothnet_plugin.integrations'])
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
