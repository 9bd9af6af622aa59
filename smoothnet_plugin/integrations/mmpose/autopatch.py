"""Importing this module makes MMPose's own inferencers and demos use a config's ``smoother`` key.

In an MMPose config::

    custom_imports = dict(imports=['smoothnet_plugin.integrations.mmpose.autopatch'])
    smoother = 'one_euro'

Then ``MMPoseInferencer(pose2d=config)``, ``Pose2DInferencer``, ``Pose3DInferencer`` and MMPose's
``demo/inferencer_demo.py`` smooth whole clips, and ``inference_topdown``, ``inference_bottomup``
and ``inference_pose_lifter_model``, with the demos that call them, smooth frame by frame without
delay (:mod:`.calls`). What does not use the key warns once: 3D hands, and a test loop without
``SmootherHook``. Configs without the key behave exactly as before, and so do subclasses.

A config is read while its inferencer is being built, when the class is already fixed. Therefore
the calls are wrapped: an inferencer whose config has the key becomes an instance of its smoothing
subclass at its first call.
"""

from __future__ import annotations

import functools
from typing import Any

from mmengine.runner import Runner
from mmpose.apis.inferencers import (
    Hand3DInferencer,
    MMPoseInferencer,
    Pose2DInferencer,
    Pose3DInferencer,
)

from .calls import patch_functions, reset_smoother, unpatch_functions, warn_once
from .config_key import KEY
from .mmpose_inferencer import SmoothMMPoseInferencer
from .pose2d_inferencer import SmoothPose2DInferencer
from .pose3d_inferencer import SmoothPose3DInferencer
from .smoothed_metric import SmoothedMetric
from .smoother_hook import SmootherHook

__all__ = ['patch', 'reset_smoother', 'unpatch']

#: The original methods by class, or None if it inherits the method.
_originals: dict[type, Any] = {}


def patch() -> None:
    """Wrap the calls. Calling this again does nothing."""
    for cls, name, before in _PATCHED:
        if cls in _originals:
            continue
        original = getattr(cls, name)
        _originals[cls] = vars(cls).get(name)
        setattr(cls, name, _preceded(original, before))
    patch_functions()


def unpatch() -> None:
    """Remove the wrappers; inferencers that already smooth continue to do so."""
    for cls, name, _ in _PATCHED:
        if cls not in _originals:
            continue
        own = _originals.pop(cls)
        if own is None:
            delattr(cls, name)
        else:
            setattr(cls, name, own)
    unpatch_functions()


def _preceded(original: Any, before: Any) -> Any:
    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        before(self)
        return original(self, *args, **kwargs)

    return call


def _adopt(inferencer: Any) -> None:
    """Turn a stock inferencer into a smoothing one if its config has the key."""
    kind = type(inferencer)
    if kind is MMPoseInferencer:
        _adopt(inferencer.inferencer)
        if isinstance(inferencer.inferencer, (SmoothPose2DInferencer, SmoothPose3DInferencer)):
            inferencer.__class__ = SmoothMMPoseInferencer
    elif kind is Pose2DInferencer and KEY in inferencer.cfg:
        inferencer.__class__ = SmoothPose2DInferencer
        inferencer.set_smoother()
    elif kind is Pose3DInferencer:
        entries = [None if KEY in cfg else False
                   for cfg in (inferencer.cfg, inferencer.pose2d_model.cfg)]
        if None in entries:
            inferencer.__class__ = SmoothPose3DInferencer
            inferencer.set_smoother(*entries)
    elif kind is Hand3DInferencer and KEY in inferencer.cfg:
        warn_once('Hand3DInferencer', "The config's smoother has no effect: 3D hands are not "
                  'smoothed. Smooth their results file with tools/smooth_results.py.')


def _check_test_loop(runner: Any) -> None:
    """Warn if a runner with the key tests without a component that uses it."""
    hooked = any(isinstance(hook, SmootherHook) for hook in runner.hooks)
    if KEY in runner.cfg and not hooked and SmoothedMetric.__name__ not in str(
            runner.cfg.get('test_evaluator')):
        warn_once('Runner.test', "The config's smoother has no effect on the test loop. Add "
                  "dict(type='smoothnet_plugin.SmootherHook') to custom_hooks to get all metrics "
                  'raw and smoothed.')


#: Class, method, and what comes before each call of it.
_PATCHED = ((Pose2DInferencer, '__call__', _adopt), (Pose3DInferencer, '__call__', _adopt),
            (MMPoseInferencer, '__call__', _adopt), (Hand3DInferencer, '__call__', _adopt),
            (Runner, 'test', _check_test_loop))

patch()
