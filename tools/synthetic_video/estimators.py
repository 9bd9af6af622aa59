"""Pose estimators that the studio runs on its clips, by name.

An estimator is a class with a list of keypoint names and one method, ``estimate``. README.md shows
how to add one.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.registry import Registry

from smoothnet_plugin.errors import ConfigError, check_known
from smoothnet_plugin.integrations.estimators import build_estimator
from smoothnet_plugin.structures import PoseInstance

#: Classes of estimators by the name that ``--estimator`` takes.
ESTIMATORS = Registry('estimator of synthetic video', scope='smoothnet_plugin')


class ClipEstimator(ABC):
    """Finds one person in the pictures of a clip.

    Attributes:
        keypoint_names: K names, known once :meth:`estimate` has returned. Keypoints with the names
            of COCO (``'left_knee'``) are compared with the truth; others are stored only.
    """

    keypoint_names: Sequence[str]

    def close(self) -> None:  # noqa: B027  most have nothing to free
        """Free what the estimator holds; it cannot be called any more."""

    @abstractmethod
    def estimate(self, pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Estimate the poses of a clip.

        The result may depend on nothing but the pictures: what a tracker remembers of one clip
        does not reach the next.

        Args:
            pictures: T pictures in order, each (H, W, 3), uint8, BGR.

        Returns:
            Keypoints (T, K, 2) in pixels, NaN where no person is found, and scores (T, K), 0 there.
        """


class _PackagedEstimator(ClipEstimator):
    """An estimator of :mod:`smoothnet_plugin.integrations.estimators`, on single pictures."""

    name: str

    def __init__(self, **options: Any) -> None:
        self._find = build_estimator(self.name, **options)

    def close(self) -> None:
        """See :class:`ClipEstimator`."""
        self._find.close()

    def estimate(self, pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`ClipEstimator`. Of several people, the one with the best mean score."""
        found = [max(self._find(picture), key=_mean_score, default=None) for picture in pictures]
        skeleton = self._find.skeleton
        if skeleton is None:
            if any(found):
                raise ConfigError(f'The names of the keypoints of {self.name} are unknown; use a '
                                  'model of a common layout.')
            return np.full((len(found), 0, 2), np.nan), np.zeros((len(found), 0))
        self.keypoint_names = skeleton.keypoint_names
        count = len(self.keypoint_names)
        keypoints, scores = np.full((len(found), count, 2), np.nan), np.zeros((len(found), count))
        for row, person in enumerate(found):
            if person is not None:
                keypoints[row] = person.keypoints
                scores[row] = 1 if person.keypoint_scores is None else person.keypoint_scores
        return keypoints, scores


def _mean_score(person: PoseInstance) -> float:
    return 0.0 if person.keypoint_scores is None else float(np.mean(person.keypoint_scores))


@ESTIMATORS.register_module(name='mediapipe')
class MediaPipeClips(_PackagedEstimator):
    """MediaPipe Pose; options: ``model``, a .task file where MediaPipe has none."""

    name = 'mediapipe'


@ESTIMATORS.register_module(name='rtmlib')
class RtmlibClips(_PackagedEstimator):
    """RTMPose with YOLOX by rtmlib; options: ``model``, ``device``, ``download``."""

    name = 'rtmlib'


@ESTIMATORS.register_module(name='mmpose')
class MMPoseClips(_PackagedEstimator):
    """A 2D model of MMPose; options: ``model``, ``weights``, ``det_model``, ``device``."""

    name = 'mmpose'


def parse_estimator(text: str) -> tuple[str, str, dict[str, Any]]:
    """Read an ``--estimator`` argument.

    Args:
        text: ``TYPE``, or ``NAME=TYPE``, followed by options ``,KEY=VALUE``. Values are JSON, or
            text where they are not.

    Returns:
        The name in files, the type and its options.

    Raises:
        ConfigError: The text is of another form.

    Example:
        >>> parse_estimator('small=onnx,model=rtmpose-s.onnx,padding=1.5')
        ('small', 'onnx', {'model': 'rtmpose-s.onnx', 'padding': 1.5})
    """
    head, *pairs = text.split(',')
    name, _, kind = head.rpartition('=')
    if not kind.isidentifier() or not (name or kind).isidentifier() or not all(
            key.isidentifier() and equals for key, equals, _ in (p.partition('=') for p in pairs)):
        raise ConfigError(f"The estimator '{text}' cannot be read; expected TYPE or NAME=TYPE, and "
                          'options ,KEY=VALUE, for example rtmpose=onnx,model=rtmpose-m.onnx.')
    options = {}
    for key, _, value in (pair.partition('=') for pair in pairs):
        try:
            options[key] = json.loads(value)
        except json.JSONDecodeError:
            options[key] = value
    return name or kind, kind, options


def build_estimators(texts: Sequence[str]) -> dict[str, ClipEstimator]:
    """Build the estimators of ``--estimator`` arguments, by their names in files.

    Raises:
        ConfigError: A type or an option is unknown, a name occurs twice, or a package or model is
            missing.
    """
    built: dict[str, ClipEstimator] = {}
    for name, kind, options in map(parse_estimator, texts):
        known = ESTIMATORS.module_dict
        check_known('Unknown estimator', kind, known)
        if name in built:
            raise ConfigError(f"Two estimators have the name '{name}'; write NAME=TYPE to give "
                              'each its own.')
        try:
            built[name] = known[kind](**options)
        except TypeError as error:
            raise ConfigError(f'Estimator {kind!r}: {error}.') from error
    return built
