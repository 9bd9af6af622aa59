"""Any 2D model of MMPose, by its config or alias."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...structures import PoseInstance
from .base import Estimator, required


class MMPoseEstimator(Estimator):
    """A 2D model of MMPose with its detector.

    Args:
        model: Config file, name of a model or alias (``'human'``).
        weights: Checkpoint. Defaults to None: that of the alias, which MMPose downloads; a config
            file alone has random weights.
        det_model: Detector, see MMPose. Defaults to None, that of the model's data set.
        det_weights: Its checkpoint. Defaults to None.
        device: Defaults to None, a GPU if there is one.
        people: Greatest number of people, those with the best scores. Defaults to None, all.

    Attributes:
        smoother: The smoother that the model's config names, or the preset that fits its
            keypoints.

    Raises:
        ConfigError: MMPose is not installed.
    """

    def __init__(self, model: str, weights: str | None = None, det_model: str | None = None,
                 det_weights: str | None = None, device: str | None = None,
                 people: int | None = None) -> None:
        required('mmpose', 'mmpose')
        inferencers = required('mmpose.apis.inferencers', 'mmpose')
        from ...engine.compat import restricted_loading
        from ..mmpose.config_key import configured
        from ..mmpose.skeletons import fitting_smoother, skeleton_of
        with restricted_loading():
            self._inferencer: Any = inferencers.Pose2DInferencer(
                model, weights, device, det_model=det_model, det_weights=det_weights)
        meta = self._inferencer.model.dataset_meta
        self.skeleton = skeleton_of(meta, meta['num_keypoints'])
        self.smoother = configured(self._inferencer.cfg, fitting_smoother(meta))
        self._people = people

    def __call__(self, picture: np.ndarray) -> list[PoseInstance]:
        """See :class:`~.base.Estimator`."""
        from ..mmpose.pose2d_inferencer import estimate
        # One image at a time has no path, so the inferencer counts it as an array.
        self._inferencer._video_input = False
        [frame] = estimate(self._inferencer, [picture])
        people = frame.instances
        if self._people is not None and len(people) > self._people:
            people = sorted(people, key=_certainty, reverse=True)[:self._people]
        return [PoseInstance(np.asarray(p.keypoints, dtype=np.float64), p.keypoint_scores, p.bbox)
                for p in people]


def _certainty(person: PoseInstance) -> float:
    scores = person.keypoint_scores
    return 0.0 if scores is None else float(scores.mean())
