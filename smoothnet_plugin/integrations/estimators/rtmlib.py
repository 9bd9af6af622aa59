"""RTMPose, with YOLOX as its detector, from ONNX files by rtmlib."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ConfigError
from ...structures import PoseInstance
from ...utils.files import StrPath
from .base import Estimator, layout_of, required


class RtmlibEstimator(Estimator):
    """RTMPose by rtmlib.

    Args:
        model: Path of the pose model, or of the detector and the pose model. A pose model alone
            takes the whole picture for one person. Defaults to None: rtmlib's own models, which
            it downloads (``download``) or has in its cache.
        people: Greatest number of people, those with the largest boxes. Defaults to None, all.
        device: ``'cpu'``, ``'cuda'`` or ``'mps'``. Defaults to ``'cpu'``.
        download: Whether rtmlib may download its models. Defaults to False.

    Raises:
        ConfigError: rtmlib is not installed, there is no model, or a model is of another kind.
    """

    def __init__(self, model: StrPath | Sequence[str] | None = None, people: int | None = None,
                 device: str = 'cpu', download: bool = False) -> None:
        rtmlib = required('rtmlib', 'rtmlib')
        self.skeleton = None
        self._people = people
        if model is not None:
            paths = [Path(p) for p in ([model] if isinstance(model, (str, os.PathLike)) else model)]
            self._detect, self._pose = _models(rtmlib, paths, device)
        elif download:
            body = rtmlib.Body(backend='onnxruntime', device=device)
            self._detect, self._pose = body.det_model, body.pose_model
        else:
            raise ConfigError(
                "rtmlib needs models: give ONNX files with --model DETECTOR POSE (MMPose's model "
                'zoo has them, https://github.com/Tau-J/rtmlib#model-zoo), or let rtmlib download '
                'its own (about 100 MB) with --allow-download.')

    def __call__(self, picture: np.ndarray) -> list[PoseInstance]:
        """See :class:`~.base.Estimator`."""
        boxes: Any = [[0, 0, picture.shape[1], picture.shape[0]]]
        if self._detect is not None:
            boxes = np.asarray(self._detect(picture), dtype=np.float64).reshape(-1, 4)
            if not len(boxes):
                return []
            if self._people is not None:
                area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
                boxes = boxes[np.sort(np.argsort(-area, kind='stable')[:self._people])]
        keypoints, scores = self._pose(picture, bboxes=list(boxes))
        if self.skeleton is None:
            self.skeleton = layout_of(np.shape(keypoints)[1])
        known = self._detect is not None
        return [PoseInstance(np.asarray(pose, dtype=np.float64),
                             np.clip(np.asarray(score, dtype=np.float64), 0, 1),
                             np.asarray(box, dtype=np.float64) if known else None)
                for pose, score, box in zip(keypoints, scores, boxes)]


def _models(rtmlib: Any, paths: Sequence[Path], device: str) -> tuple[Any, Any]:
    """The detector, or None, and the pose model."""
    if len(paths) > 2:
        raise ConfigError(f'rtmlib got {len(paths)} models; expected POSE, or DETECTOR POSE.')
    for path in paths:
        if not path.is_file():
            raise ConfigError(f"There is no model '{path}'.")
    detector = None
    if len(paths) == 2:
        detector = rtmlib.YOLOX(str(paths[0]), model_input_size=_input_size(paths[0])[::-1],
                                device=device)
    return detector, rtmlib.RTMPose(str(paths[-1]), model_input_size=_input_size(paths[-1]),
                                    device=device)


def _input_size(path: Path) -> tuple[int, int]:
    """(width, height) of the pictures that an ONNX model takes."""
    onnxruntime = required('onnxruntime', 'rtmlib')
    try:
        session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    except Exception as error:  # onnxruntime has a separate type for each kind of failure
        raise ConfigError(f"'{path}' cannot be read as an ONNX model ({error}).") from error
    shape = session.get_inputs()[0].shape
    if len(shape) != 4 or not all(isinstance(side, int) and side > 0 for side in shape[2:]):
        raise ConfigError(f"The model '{path}' takes inputs of shape {shape}; expected "
                          '(1, 3, height, width) with a fixed height and width.')
    return int(shape[3]), int(shape[2])
