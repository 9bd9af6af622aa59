"""MMPose's unified inferencer with smoothing."""

from __future__ import annotations

from typing import Any

from mmpose.apis.inferencers import MMPoseInferencer

from ...errors import ConfigError
from .mixin import PostprocessMixin
from .pose2d_inferencer import SmoothPose2DInferencer
from .pose3d_inferencer import SmoothPose3DInferencer


class SmoothMMPoseInferencer(PostprocessMixin, MMPoseInferencer):
    """:class:`mmpose.apis.MMPoseInferencer` whose people are tracked and smoothed over time.

    See :class:`SmoothPose2DInferencer` and, with ``pose3d``, :class:`SmoothPose3DInferencer`.

    Args:
        pose2d: See MMPose, as all arguments up to ``show_progress``. Defaults to None.
        pose2d_weights: Defaults to None.
        pose3d: Defaults to None.
        pose3d_weights: Defaults to None.
        device: Defaults to None.
        scope: Defaults to ``'mmpose'``.
        det_model: Defaults to None.
        det_weights: Defaults to None.
        det_cat_ids: Defaults to None.
        show_progress: Defaults to False.
        smoother: Smoother of the result, 2D or 3D. Defaults to None, see the two classes.
        pose2d_smoother: With ``pose3d``, smoother of the 2D poses before lifting. Defaults to
            None.
        tracker: Assigns the track ids. Defaults to None.
        lookahead: Allowed delay of the results, in frames. Defaults to None, whole clips.

    Raises:
        ConfigError: ``pose3d`` is a 3D hand estimator; these are not smoothed.
        ValueError: Neither ``pose2d`` nor ``pose3d`` is given.
    """

    preprocess_kwargs: set = MMPoseInferencer.preprocess_kwargs | {
        'image_sequence', 'smoother', 'pose2d_smoother', 'lookahead'}

    def __init__(self,
                 pose2d: Any = None,
                 pose2d_weights: str | None = None,
                 pose3d: Any = None,
                 pose3d_weights: str | None = None,
                 device: str | None = None,
                 scope: str = 'mmpose',
                 det_model: Any = None,
                 det_weights: str | None = None,
                 det_cat_ids: Any = None,
                 show_progress: bool = False,
                 *,
                 smoother: Any = None,
                 pose2d_smoother: Any = None,
                 tracker: Any = None,
                 lookahead: int | None = None) -> None:
        self.visualizer = None
        self.show_progress = show_progress
        common = (device, scope, det_model, det_weights, det_cat_ids, show_progress)
        options = dict(smoother=smoother, tracker=tracker, lookahead=lookahead)
        if isinstance(pose3d, str) and 'hand3d' in pose3d:
            raise ConfigError(f'pose3d={pose3d!r}: 3D hands are not smoothed; use '
                              'mmpose.apis.MMPoseInferencer for them.')
        if pose3d is not None:
            self.inferencer = SmoothPose3DInferencer(
                pose3d, pose3d_weights, pose2d, pose2d_weights, *common,
                pose2d_smoother=pose2d_smoother, **options)
        elif pose2d is not None:
            self.inferencer = SmoothPose2DInferencer(pose2d, pose2d_weights, *common, **options)
        else:
            raise ValueError('Neither pose2d nor pose3d is given; specify the config or the name '
                             'of at least one estimator.')
