"""Importing this module makes MMPose's own inferencers use a config's ``smoother`` key.

In an MMPose config::

    custom_imports = dict(imports=['smoothnet_plugin.integrations.mmpose.autopatch'])
    smoother = 'one_euro'

Then ``MMPoseInferencer(pose2d=config)``, ``Pose2DInferencer``, ``Pose3DInferencer`` and MMPose's
``demo/inferencer_demo.py`` smooth. Configs without the key behave exactly as before, and so do
subclasses of the three.

A config is read while its inferencer is being built, when the class is already fixed. Therefore
the calls are wrapped: an inferencer whose config has the key becomes an instance of its smoothing
subclass at its first call.
"""

from __future__ import annotations

import functools
from typing import Any

from mmpose.apis.inferencers import MMPoseInferencer, Pose2DInferencer, Pose3DInferencer

from .mmpose_inferencer import SmoothMMPoseInferencer
from .pose2d_inferencer import SmoothPose2DInferencer
from .pose3d_inferencer import SmoothPose3DInferencer

_KEY = 'smoother'
_PATCHED = (Pose2DInferencer, Pose3DInferencer, MMPoseInferencer)
#: The original ``__call__`` of a class, or None if it inherits the method.
_originals: dict[type, Any] = {}


def patch() -> None:
    """Wrap the calls. Calling this again does nothing."""
    for cls in _PATCHED:
        if cls in _originals:
            continue
        original = cls.__call__
        _originals[cls] = vars(cls).get('__call__')
        cls.__call__ = _adopting(original)  # type: ignore[method-assign]


def unpatch() -> None:
    """Remove the wrappers; inferencers that already smooth continue to do so."""
    for cls, own in _originals.items():
        if own is None:
            del cls.__call__
        else:
            cls.__call__ = own
    _originals.clear()


def _adopting(original: Any) -> Any:
    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _adopt(self)
        return original(self, *args, **kwargs)

    return call


def _adopt(inferencer: Any) -> None:
    """Turn a stock inferencer into a smoothing one if its config has the key."""
    kind = type(inferencer)
    if kind is MMPoseInferencer:
        _adopt(inferencer.inferencer)
        if isinstance(inferencer.inferencer, (SmoothPose2DInferencer, SmoothPose3DInferencer)):
            inferencer.__class__ = SmoothMMPoseInferencer
    elif kind is Pose2DInferencer and _KEY in inferencer.cfg:
        inferencer.__class__ = SmoothPose2DInferencer
        inferencer.set_smoother()
    elif kind is Pose3DInferencer:
        entries = [None if _KEY in cfg else False
                   for cfg in (inferencer.cfg, inferencer.pose2d_model.cfg)]
        if None in entries:
            inferencer.__class__ = SmoothPose3DInferencer
            inferencer.set_smoother(*entries)


patch()
