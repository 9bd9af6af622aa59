"""Smoothing in MMPose's functions ``inference_*``, after :mod:`.autopatch` is imported.

MMPose's demos take these functions from ``mmpose.apis`` before they read a config, so that a new
function under the old name would come too late. Therefore a function gets the code of another one,
which works for every name that refers to it. The new code has the signature of the old one and
calls a function of this module.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from mmengine.logging import print_log
from mmpose.apis import inference, inference_3d

from ...smoothers import PoseSmoother, build_smoother
from .config_key import KEY, SEQUENCE_KEY, configured, label
from .frame_by_frame import FrameByFrame
from .skeletons import body_skeleton
from .topdown_estimator import SmoothTopdownPoseEstimator

#: The original functions by their names.
_originals: dict[str, FunctionType] = {}
_videos: WeakKeyDictionary[Any, FrameByFrame] = WeakKeyDictionary()
_warned: set[tuple[str, str]] = set()


def reset_smoother(model: Any) -> None:
    """Start a new video: the next call with this model is its first frame.

    Args:
        model: A model of ``init_model`` whose config has the key ``smoother``.
    """
    if model in _videos:
        _videos[model].reset()


def inference_topdown(model: Any, img: Any, bboxes: Any = None,
                      bbox_format: str = 'xyxy') -> list[Any]:
    """MMPose's function of this name, smoothed if the model's config has a smoother."""
    samples = _originals['inference_topdown'](model, img, bboxes, bbox_format)
    frames = _frames_of(model, 'inference_topdown', img)
    if frames is not None and samples:
        # Without boxes MMPose takes the whole image for a person.
        detected = bboxes is None or len(bboxes) > 0
        frames.smooth(samples if detected else [], _size(samples[0]), _place(img))
    return samples


def inference_bottomup(model: Any, img: Any) -> list[Any]:
    """MMPose's function of this name, smoothed if the model's config has a smoother."""
    samples = _originals['inference_bottomup'](model, img)
    frames = _frames_of(model, 'inference_bottomup', img)
    if frames is not None and samples:
        frames.smooth(samples, _size(samples[0]), _place(img))
    return samples


def inference_pose_lifter_model(model: Any, pose_results_2d: Any, with_track_id: bool = True,
                                image_size: Any = None, norm_pose_2d: bool = False) -> list[Any]:
    """MMPose's function of this name, smoothed if the lifter's config has a smoother.

    People without an id (-1) are not changed.
    """
    samples = _originals['inference_pose_lifter_model'](
        model, pose_results_2d, with_track_id, image_size, norm_pose_2d)
    frames = _frames_of(model, 'inference_pose_lifter_model', None)
    if frames is None:
        return samples
    causal = model.cfg.test_dataloader.dataset.get('causal', False)
    people = pose_results_2d[-1 if causal else len(pose_results_2d) // 2]
    ids = [person.track_id for person in people] if with_track_id else list(range(len(samples)))
    named = []
    for number, (sample, key) in enumerate(zip(samples, ids)):
        if key != -1 and key not in ids[:number]:
            named.append((sample, key))
            continue
        # MMPose merges the samples of a frame, which need the same fields.
        pred = sample.pred_instances
        pred.set_field(np.full(len(pred), -1), 'track_ids')
        pred.set_field(np.zeros(len(pred), dtype=bool), 'filled')
    frames.smooth([sample for sample, _ in named], None, ids=[key for _, key in named],
                  place=None if image_size is None else tuple(image_size))
    return samples


def patch_functions() -> None:
    """Let the three functions smooth. Calling this again does nothing."""
    for name, module in _HOMES.items():
        function, replacement = getattr(module, name), _REPLACEMENTS[name]
        if name in _originals:
            continue
        if list(inspect.signature(function).parameters) != list(
                inspect.signature(replacement).parameters):
            print_log(f'mmpose.apis.{name} has other arguments than that of MMPose 1.3; the '
                      "config's smoother has no effect on it.", logger='current',
                      level=logging.WARNING)
            continue
        original = FunctionType(function.__code__, function.__globals__, name,
                                function.__defaults__)
        _originals[name] = original
        function.__code__ = replacement.__code__


def unpatch_functions() -> None:
    """Give the functions their own code back."""
    for name, original in _originals.items():
        getattr(_HOMES[name], name).__code__ = original.__code__
    _originals.clear()
    _videos.clear()
    _warned.clear()


def warn_once(reader: str, text: str) -> None:
    """Log a warning that the config's smoother has no effect, or less than expected.

    Args:
        reader: What does not use it; each warns once.
        text: The warning.
    """
    if (reader, text) not in _warned:
        _warned.add((reader, text))
        print_log(text, logger='current', level=logging.WARNING)


def _frames_of(model: Any, name: str, img: Any) -> FrameByFrame | None:
    """The video of a model, or None if its results are not to be smoothed."""
    cfg = getattr(model, 'cfg', None)
    if cfg is None or KEY not in cfg or isinstance(model, SmoothTopdownPoseEstimator):
        return None
    if isinstance(img, (str, Path)) and not cfg.get(SEQUENCE_KEY, False):
        warn_once(name, f"The config's smoother has no effect on {name} where images are given by "
                  'their paths, since they may be unrelated. If they are the frames of one video '
                  f'in order, write {SEQUENCE_KEY} = True in the config.')
        return None
    if model not in _videos:
        entry = configured(cfg)
        smoother = build_smoother(entry)
        _announce(name, entry, smoother)
        _videos[model] = FrameByFrame(smoother, body_skeleton(getattr(model, 'dataset_meta', None)))
    return _videos[model]


def _announce(name: str, entry: Any, smoother: PoseSmoother) -> None:
    text = (f'{name}: smoothing with {label(entry)} without delay, since every call returns its '
            f'frame at once, at {smoother.fps or 30:g} frames per second. Whole clips are '
            'smoothed better by MMPoseInferencer and demo/inferencer_demo.py.')
    if smoother.lookahead:
        warn_once(name, f'{text} lookahead={smoother.lookahead} has no effect here.')
    else:
        print_log(text, logger='current')


def _size(sample: Any) -> tuple[int, int]:
    height, width = sample.metainfo['ori_shape'][:2]
    return width, height


def _place(img: Any) -> str | None:
    return str(Path(img).parent) if isinstance(img, (str, Path)) else None


# The code of these goes into MMPose's functions, whose globals it then has.

def _topdown(model: Any, img: Any, bboxes: Any = None, bbox_format: str = 'xyxy') -> Any:
    from smoothnet_plugin.integrations.mmpose import calls
    return calls.inference_topdown(model, img, bboxes, bbox_format)


def _bottomup(model: Any, img: Any) -> Any:
    from smoothnet_plugin.integrations.mmpose import calls
    return calls.inference_bottomup(model, img)


def _lifter(model: Any, pose_results_2d: Any, with_track_id: bool = True, image_size: Any = None,
            norm_pose_2d: bool = False) -> Any:
    from smoothnet_plugin.integrations.mmpose import calls
    return calls.inference_pose_lifter_model(model, pose_results_2d, with_track_id, image_size,
                                             norm_pose_2d)


_HOMES = {'inference_topdown': inference, 'inference_bottomup': inference,
          'inference_pose_lifter_model': inference_3d}
_REPLACEMENTS: dict[str, Callable[..., Any]] = {
    'inference_topdown': _topdown, 'inference_bottomup': _bottomup,
    'inference_pose_lifter_model': _lifter}
