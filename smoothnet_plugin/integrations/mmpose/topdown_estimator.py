"""A top-down pose estimator that smooths its predictions."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator

from ...smoothers import build_smoother
from ...smoothers.build import SmootherEntry
from .config_key import plain
from .frame_by_frame import FrameByFrame


class SmoothTopdownPoseEstimator(TopdownPoseEstimator):
    """:class:`mmpose.models.TopdownPoseEstimator` with smoothing at zero look-ahead.

    For scripts that call ``inference_topdown`` frame by frame. Change one line of their config:
    ``model.type='smoothnet_plugin.SmoothTopdownPoseEstimator'``. Each call is the next frame of a
    video; its people are tracked and get ``pred_instances.track_ids``. Their number, order,
    scores and boxes do not change. The smoother adds nothing to the ``state_dict``: checkpoints
    of the plain estimator load as before. Training is not affected. To evaluate on a data set,
    use ``SmoothedMetric``, which knows which images belong to the same video.

    A new video starts after :meth:`reset_smoother`, and wherever the image size or, for images
    given as paths, the folder changes. Call :meth:`reset_smoother` between videos that share both.

    Args:
        *args: See MMPose.
        smoother: The smoother, see :mod:`smoothnet_plugin.smoothers.build`. Filters that look
            ahead see no future frames and smooth the newest frame less. Defaults to
            ``'one_euro'``.
        tracker: Assigns the track ids. Defaults to None, the smoother's tracker.
        fps: Frames per second of the videos. Defaults to None: the smoother's frame rate, else 30.
        **kwargs: As ``*args``.
    """

    def __init__(self, *args: Any, smoother: SmootherEntry = 'one_euro', tracker: Any = None,
                 fps: float | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.smoother = build_smoother(plain(smoother), tracker=tracker, fps=fps)
        self._frames = FrameByFrame(self.smoother)

    def reset_smoother(self) -> None:
        """Start a new video; the next prediction is its first frame."""
        self._frames.reset()

    def predict(self, inputs: torch.Tensor, data_samples: list[Any]) -> list[Any]:
        """Predict and smooth the people of one image, or of several images in order.

        Args:
            inputs: Image crops of people, shape (N, C, H, W).
            data_samples: Their data samples; successive ones with the same ``img_path`` are
                people in one image.

        Returns:
            The same data samples with predictions.
        """
        samples = super().predict(inputs, data_samples)
        for _, people in groupby(samples, key=lambda s: s.metainfo.get('img_path')):
            self._smooth(list(people))
        return samples

    def _smooth(self, samples: list[Any]) -> None:
        meta = samples[0].metainfo
        height, width = meta['ori_shape'][:2]
        path = meta.get('img_path')
        self._frames.smooth(samples, (width, height), str(Path(path).parent) if path else None)
