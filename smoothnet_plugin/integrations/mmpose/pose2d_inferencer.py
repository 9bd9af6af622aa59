"""MMPose's 2D inferencer with smoothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from mmpose.apis.inferencers import Pose2DInferencer

from ...engine.compat import restricted_loading
from ...structures import PoseFrame
from .config_key import configured, with_paths
from .convert import frame_from_samples, write_back
from .mixin import ClipMixin
from .skeletons import body_skeleton, fitting_smoother
from .stage import Shot, SmoothingStage


class SmoothPose2DInferencer(ClipMixin, Pose2DInferencer):
    """:class:`mmpose.apis.Pose2DInferencer` whose people are tracked and smoothed over time.

    The arguments are those of MMPose. The predictions, the JSON files and the drawn video all
    hold the smoothed poses. Scores and boxes do not change. People get ids:
    ``pred_instances.track_ids`` in data samples, ``track_id`` in JSON. People missing for a few
    frames are interpolated; they are last in a frame, with scores of 0 and ``filled``
    (``"filled": true`` in JSON). If a detector finds no person, MMPose inserts one as large as
    the image; that one is removed.

    A video file is read twice, for the estimator and for the results, so no frames are stored.
    A folder or list of images raises an error unless the call has ``image_sequence=True``, or the
    config ``image_sequence = True``. A single image is not smoothed. A call may name another
    ``smoother`` or ``lookahead``.

    Args:
        *args: See MMPose: ``model``, ``weights``, ``device``, ``scope``, ``det_model``,
            ``det_weights``, ``det_cat_ids``, ``show_progress``.
        smoother: A preset's name, the path of a config, a config dict, a list of them or a built
            smoother; a path may start at the folder of the model's config. Defaults to None: the
            key ``smoother`` of that config, else the preset that
            :func:`~.skeletons.fitting_smoother` finds for the model's keypoints.
        tracker: Assigns the track ids, see :class:`~smoothnet_plugin.tracking.PoseTracker`.
            Defaults to None, the smoother's tracker.
        lookahead: Smooth in one pass with this delay in frames, as webcams and iterators need.
            Defaults to None: the smoother's own if its config sets it, else whole clips.
        **kwargs: As ``*args``.

    Examples:
        >>> from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer
        >>> inferencer = SmoothPose2DInferencer('human', smoother='gaussian')  # doctest: +SKIP
        >>> results = list(inferencer('video.mp4', out_dir='out'))  # doctest: +SKIP
    """

    preprocess_kwargs: set = Pose2DInferencer.preprocess_kwargs | {
        'image_sequence', 'smoother', 'lookahead'}
    _stage_options = ('smoother', )

    def __init__(self, *args: Any, smoother: Any = None, tracker: Any = None,
                 lookahead: int | None = None, **kwargs: Any) -> None:
        with restricted_loading():
            super().__init__(*args, **kwargs)
        self.set_smoother(smoother, tracker, lookahead)

    def set_smoother(self, smoother: Any = None, tracker: Any = None,
                     lookahead: int | None = None) -> None:
        """Replace the smoother; the arguments are those of the class."""
        self._set_stages([stage_of(self.cfg, self.model.dataset_meta, smoother, tracker)],
                         lookahead)

    def preprocess(self, inputs: Iterable[Any], batch_size: int = 1,
                   image_sequence: bool | None = None, smoother: Any = None,
                   lookahead: int | None = None,
                   **kwargs: Any) -> Iterator[tuple[Any, list[Any]]]:
        """Run the model and the smoother.

        Args:
            inputs: Images or their paths.
            batch_size: Not used, as in MMPose.
            image_sequence: Whether the images are the frames of one video in order. Defaults to
                None, the key of that name in the config, else False.
            smoother: Smoother of this call; it was chosen when the call began. Defaults to None,
                that of the inferencer.
            lookahead: Delay of this call in frames, likewise. Defaults to None.
            **kwargs: ``bbox_thr``, ``nms_thr``, ``bboxes``.

        Yields:
            Every frame once and in order: its data samples, and a list with its image.

        Raises:
            ConfigError: The inputs are images that may be unrelated, or a stream without a
                look-ahead.
        """
        if not self._is_clip(inputs, image_sequence):
            for frame in self._estimated(inputs, **kwargs):
                yield frame.payload.samples, [frame.payload.original]
            return
        fps, [stage] = self._fps(), self._stages
        if self._lookaheads is not None:
            frames = self._estimated(inputs, **kwargs)
            for frame in stage.live(frames, fps, self._lookaheads[0]):
                yield write_back(frame, frame.payload.samples), [frame.payload.original]
            return
        with_heatmaps = self.model.test_cfg.get('output_heatmaps', False)
        # Heatmaps of all frames would not fit in memory; they are recomputed for drawing.
        self.model.test_cfg['output_heatmaps'] = False
        frames = without_originals(self._estimated(inputs, **kwargs))
        self.model.test_cfg['output_heatmaps'] = with_heatmaps

        def finish(frame: PoseFrame, original: Any) -> list[Any]:
            samples = write_back(frame, frame.payload.samples)
            if with_heatmaps:
                options = {k: v for k, v in kwargs.items() if k != 'bboxes'}
                for again in self._estimated([original], **options):
                    for sample, fresh in zip(samples, again.payload.samples):
                        if 'pred_fields' in fresh:
                            sample.pred_fields = fresh.pred_fields
            return samples

        yield from self._read_again(inputs, stage.whole(frames, fps), finish)

    def _estimated(self, inputs: Iterable[Any], **kwargs: Any) -> Iterator[PoseFrame]:
        options = {key: value for key, value in self._call_options.items()
                   if key in Pose2DInferencer.forward_kwargs}
        return estimate(self, inputs, options, **kwargs)


def stage_of(cfg: Any, meta: Any, smoother: Any = None, tracker: Any = None) -> SmoothingStage:
    """The smoothing stage of a model.

    Args:
        cfg: The model's config.
        meta: Metainfo of the model's data set.
        smoother: The smoother, or False for none. Defaults to None: that of the config, else the
            one that fits the keypoints.
        tracker: As in :class:`SmoothPose2DInferencer`. Defaults to None.

    Returns:
        The stage.
    """
    entry = (configured(cfg, fitting_smoother(meta)) if smoother is None
             else with_paths(smoother, cfg))
    return SmoothingStage(entry, tracker, body_skeleton(meta))


def estimate(inferencer: Pose2DInferencer, inputs: Any,
             forward_options: dict[str, Any] | None = None, **kwargs: Any) -> Iterator[PoseFrame]:
    """Run MMPose's own 2D inferencer, one image at a time.

    Args:
        inferencer: The inferencer, of any subclass.
        inputs: Images or their paths.
        forward_options: Arguments of its ``forward``. Defaults to None.
        **kwargs: Arguments of its ``preprocess``.

    Yields:
        The people in each image, with a :class:`~.stage.Shot` as payload.
    """
    batches = Pose2DInferencer.preprocess(inferencer, inputs, **kwargs)
    for number, (batch, [original]) in enumerate(batches):
        samples = Pose2DInferencer.forward(inferencer, batch, **(forward_options or {}))
        height, width = samples[0].metainfo['ori_shape'][:2]
        if getattr(inferencer, 'detector', None) is not None:
            for sample in samples:
                _drop_phantom(sample, (width, height))
        yield frame_from_samples(samples, number, Shot(samples, original, (width, height)))


def without_originals(frames: Iterable[PoseFrame]) -> list[PoseFrame]:
    """All frames, without their images."""
    collected = []
    for frame in frames:
        frame.payload.original = None
        collected.append(frame)
    return collected


def _drop_phantom(sample: Any, image_size: tuple[int, int]) -> None:
    """Remove the whole-image person of score 1 that MMPose inserts if none is detected."""
    pred = sample.pred_instances
    if len(pred) != 1 or 'bboxes' not in pred or 'bbox_scores' not in pred:
        return
    if np.array_equal(pred.bboxes[0], (0, 0, *image_size)) and pred.bbox_scores[0] == 1:
        sample.pred_instances = pred[np.zeros(1, dtype=bool)]
        if 'pred_fields' in sample:
            # Kept, since all frames of the drawn video must have the same height.
            sample.pred_fields.heatmaps = sample.pred_fields.heatmaps * 0
