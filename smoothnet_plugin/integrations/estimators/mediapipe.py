"""MediaPipe Pose: 33 keypoints.

Versions up to 0.10.21 have their model in the wheel. Newer ones need a file, which
:mod:`.mediapipe_model` makes of an old wheel.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ConfigError
from ...structures import PoseInstance
from ...utils.files import StrPath
from .base import Estimator, layout_of, required
from .mediapipe_model import download_wheel, model_place, write_model

#: Environment variable with the path of a model.
MODEL_VARIABLE = 'MEDIAPIPE_POSE_MODEL'
_SOURCE = ('https://storage.googleapis.com/mediapipe-models/pose_landmarker/'
           'pose_landmarker_full/float16/latest/pose_landmarker_full.task')


class MediaPipeEstimator(Estimator):
    """MediaPipe Pose on single pictures, without its own smoothing.

    Args:
        model: Path of a ``.task`` file. Defaults to None: that in ``MEDIAPIPE_POSE_MODEL``, else
            the one in MediaPipe's own folder.
        people: Greatest number of people. Defaults to 1.
        download: Whether a missing model may be taken from PyPI. Defaults to False.

    Raises:
        ConfigError: MediaPipe is not installed, or there is no model.
    """

    def __init__(self, model: StrPath | None = None, people: int = 1,
                 download: bool = False) -> None:
        mediapipe = required('mediapipe', 'mediapipe')
        self.skeleton = layout_of(33)
        found = _model_file(model)
        if found is None and hasattr(mediapipe, 'solutions'):
            if people != 1:
                raise ConfigError("MediaPipe's built-in model finds one person; for more people, "
                                  f'specify a model file with --model, from {_SOURCE}.')
            self._find, self._free = _solution(mediapipe)
            return
        if found is None and download:
            with tempfile.TemporaryDirectory() as folder:
                found = write_model(download_wheel(folder), model_place())
        if found is None:
            raise ConfigError(
                'This version of MediaPipe contains no model. Convert one from an older wheel on '
                "PyPI (36 MB, once) with --allow-download or 'python tools/mediapipe_model.py "
                f"--download'; or download {_SOURCE} and specify its path with --model or in the "
                f'environment variable {MODEL_VARIABLE}.')
        self._find, self._free = _task(mediapipe, found, people)

    def __call__(self, picture: np.ndarray) -> list[PoseInstance]:
        """See :class:`~.base.Estimator`. Scores are MediaPipe's visibility."""
        size = np.array([picture.shape[1], picture.shape[0]], dtype=np.float64)
        people = []
        for landmarks in self._find(np.ascontiguousarray(picture[..., ::-1])):
            keypoints = np.array([(point.x, point.y) for point in landmarks]) * size
            scores = np.array([point.visibility for point in landmarks], dtype=np.float64)
            people.append(PoseInstance(keypoints, np.clip(scores, 0, 1)))
        return people

    def close(self) -> None:
        """Free MediaPipe's threads; it fails if they still run when the interpreter ends."""
        self._free()


def _model_file(given: StrPath | None) -> Path | None:
    given = given or os.environ.get(MODEL_VARIABLE)
    if given:
        path = Path(given).expanduser()
        if not path.is_file():
            raise ConfigError(f"There is no MediaPipe model '{path}'. Models are at {_SOURCE}.")
        return path
    place = model_place()
    return place if place.is_file() else None


def _solution(mediapipe: Any) -> tuple[Any, Any]:
    pose = mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1)

    def find(rgb: np.ndarray) -> list[Any]:
        found = pose.process(rgb).pose_landmarks
        return [] if found is None else [found.landmark]

    return find, pose.close


def _task(mediapipe: Any, model: Path, people: int) -> tuple[Any, Any]:
    vision = mediapipe.tasks.vision
    try:
        landmarker = vision.PoseLandmarker.create_from_options(vision.PoseLandmarkerOptions(
            base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.IMAGE, num_poses=people))
    except (RuntimeError, ValueError) as error:
        raise ConfigError(f"MediaPipe cannot read the model '{model}' ({error}). Models are at "
                          f'{_SOURCE}.') from error

    def find(rgb: np.ndarray) -> list[Any]:
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
        return landmarker.detect(image).pose_landmarks

    return find, landmarker.close
