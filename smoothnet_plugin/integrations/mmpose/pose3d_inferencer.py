"""MMPose's 3D inferencer, smoothed before and after lifting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from mmengine.structures import InstanceData
from mmpose.apis.inferencers import Pose2DInferencer, Pose3DInferencer
from mmpose.structures import PoseDataSample

from ...engine.compat import restricted_loading
from ...structures import PoseFrame
from .convert import frame_from_samples, write_back
from .lifting import WindowShape, windows
from .mixin import ClipMixin
from .pose2d_inferencer import estimate, stage_of, without_originals
from .stage import Shot


class SmoothPose3DInferencer(ClipMixin, Pose3DInferencer):
    """:class:`mmpose.apis.inferencers.Pose3DInferencer`, smoothed before and after lifting.

    The 2D poses are smoothed before lifting, the 3D poses after it. Ids, interpolated people,
    JSON, files and images are handled as in :class:`SmoothPose2DInferencer`. Further differences
    from MMPose:

    - Ids are assigned by the tracker and persist; MMPose assigns new ones in every frame
      (mmpose pull request 3200). ``use_oks_tracking`` and ``tracking_thr`` have no effect.
    - Lifters that look ahead get the actual future frames when a whole clip is smoothed, instead
      of the current frame repeated.
    - Keypoints are rebased (the lowest one of every person and frame moved to height 0) after
      smoothing. The lowest of the smoothed keypoints moves without jumps; before smoothing, its
      jitter would be added to all keypoints.

    Args:
        *args: See MMPose: ``model``, ``weights``, ``pose2d_model``, ``pose2d_weights``,
            ``device``, ``scope``, ``det_model``, ``det_weights``, ``det_cat_ids``,
            ``show_progress``.
        smoother: Smoother of the 3D poses, or False for none. Defaults to None: the key
            ``smoother`` of the lifter's config, else the preset that fits its keypoints.
        pose2d_smoother: Smoother of the 2D poses, or False for none. Defaults to None: the key
            ``smoother`` of the 2D model's config, else the preset that fits its keypoints.
        tracker: Assigns the track ids. Defaults to None, the tracker of ``pose2d_smoother``.
        lookahead: Smooth in one pass with this total delay in frames, half for each smoother.
            Defaults to None: the smoothers' own if their configs set it, else whole clips.
        **kwargs: As ``*args``.
    """

    preprocess_kwargs: set = Pose3DInferencer.preprocess_kwargs | {
        'image_sequence', 'smoother', 'pose2d_smoother', 'lookahead'}
    _stage_options = ('pose2d_smoother', 'smoother')

    def __init__(self, *args: Any, smoother: Any = None, pose2d_smoother: Any = None,
                 tracker: Any = None, lookahead: int | None = None, **kwargs: Any) -> None:
        with restricted_loading():
            super().__init__(*args, **kwargs)
        self.set_smoother(smoother, pose2d_smoother, tracker, lookahead)

    def set_smoother(self, smoother: Any = None, pose2d_smoother: Any = None,
                     tracker: Any = None, lookahead: int | None = None) -> None:
        """Replace the smoothers; the arguments are those of the class."""
        flat = self.pose2d_model
        self._set_stages(
            [stage_of(flat.cfg, flat.model.dataset_meta, pose2d_smoother, tracker),
             stage_of(self.cfg, self.model.dataset_meta, smoother)], lookahead)

    def preprocess(self, inputs: Iterable[Any], batch_size: int = 1,
                   image_sequence: bool | None = None, disable_norm_pose_2d: bool = False,
                   smoother: Any = None, pose2d_smoother: Any = None,
                   lookahead: int | None = None,
                   **kwargs: Any) -> Iterator[tuple[Any, list[Any]]]:
        """Estimate, smooth, lift and smooth again.

        Args:
            inputs: Images or their paths.
            batch_size: Not used, as in MMPose.
            image_sequence: Whether the images are the frames of one video in order. Defaults to
                None, the key of that name in the lifter's config, else False.
            disable_norm_pose_2d: Whether to lift 2D poses unchanged instead of moving and scaling
                them to the average box of the lifter's data set. Defaults to False.
            smoother: Smoother of the 3D poses of this call; as ``pose2d_smoother`` and
                ``lookahead`` it was chosen when the call began. Defaults to None, that of the
                inferencer.
            pose2d_smoother: Smoother of the 2D poses of this call. Defaults to None.
            lookahead: Delay of this call in frames. Defaults to None.
            **kwargs: ``bbox_thr``, ``nms_thr``, ``bboxes``; others have no effect.

        Yields:
            Every frame once and in order: its data samples, and a list with its image.

        Raises:
            ConfigError: See :meth:`SmoothPose2DInferencer.preprocess`.
        """
        self._buffer.clear()
        self._drawn_people = 0
        options = {k: v for k, v in kwargs.items() if k in Pose2DInferencer.preprocess_kwargs}
        estimated = estimate(self.pose2d_model, inputs, **options)
        normalize = not disable_norm_pose_2d
        if not self._is_clip(inputs, image_sequence):
            for frame in estimated:
                [lifted] = self._lifted(_numbered([frame]), normalize, wait=False)
                yield self._finished(lifted), [lifted.payload.original]
            return
        fps, (before, after) = self._fps(), self._stages
        if self._lookaheads is not None:
            early, late = self._lookaheads
            frames = self._lifted(before.live(estimated, fps, early), normalize, wait=False)
            for frame in after.live(frames, fps, late):
                yield self._finished(frame), [frame.payload.original]
            return
        smoothed = before.whole(without_originals(estimated), fps)
        lifted = after.whole(list(self._lifted(smoothed, normalize, wait=True)), fps)
        yield from self._read_again(inputs, lifted, lambda frame, _: self._finished(frame))

    def visualize(self, inputs: list[Any], preds: list[Any], num_instances: int = 1,
                  **kwargs: Any) -> Any:
        """Draw a frame; see MMPose.

        ``num_instances < 0`` means the number of people in the first frame that has any, for the
        whole video, since all frames of a video must have the same size.
        """
        if num_instances < 0:
            self._drawn_people = self._drawn_people or len(preds[0].pred_instances)
            num_instances = max(self._drawn_people, 1)
        return super().visualize(inputs, preds, num_instances=num_instances, **kwargs)

    def _lifted(self, frames: Iterable[PoseFrame], normalize: bool,
                wait: bool) -> Iterator[PoseFrame]:
        """Frames of 3D poses, not yet rebased, from finished frames of 2D poses."""
        shape = WindowShape.of_dataset(self.cfg.test_dataloader.dataset)
        people = (self._prepared(frame, normalize) for frame in frames)
        for frame, sequences in windows(people, shape, wait):
            shot = frame.payload
            [pose2d] = shot.samples
            sample: Any = self._lift(pose2d, list(sequences.values()), shot.image_size)
            pred = sample.pred_instances
            pred.set_field(pose2d.pred_instances.track_ids, 'track_ids')
            pred.set_field(pose2d.pred_instances.filled, 'filled')
            pred.keypoint_scores[pred.filled] = 0
            yield frame_from_samples([sample], frame.frame_id, Shot(
                [sample], shot.original, shot.image_size, pose2d))

    def _prepared(self, frame: PoseFrame,
                  normalize: bool) -> tuple[PoseFrame, dict[Any, np.ndarray]]:
        """The frame with its 2D sample sorted by ids, and the lifter's input for each person."""
        [sample] = write_back(frame, frame.payload.samples)
        pred = sample.pred_instances
        # Drawings match 2D and 3D people by their order.
        sample.pred_instances = pred = pred[np.argsort(pred.track_ids)]
        frame.payload.samples = [sample]
        poses = self._keypoint_converter(np.asarray(pred.keypoints)[..., :2]) if len(pred) else []
        stats = self.model.dataset_meta.get('stats_info', {})
        if normalize and 'bbox_center' in stats:
            poses = [_normalized(pose, box, stats) for pose, box in zip(poses, pred.bboxes)]
        return frame, dict(zip(pred.track_ids.tolist(), poses))

    def _lift(self, pose2d: Any, sequences: list[np.ndarray],
              image_size: tuple[int, int]) -> PoseDataSample:
        """The 3D data sample of a frame, one person per sequence."""
        img_path = pose2d.metainfo['img_path']
        if not sequences:
            keypoints = self.model.dataset_meta['num_keypoints']
            empty = PoseDataSample(metainfo=dict(img_path=img_path))
            empty.pred_instances = InstanceData(
                keypoints=np.zeros((0, keypoints, 3), np.float32),
                keypoint_scores=np.zeros((0, keypoints), np.float32))
            return empty
        data = []
        for sequence in sequences:
            frames, keypoints, _ = sequence.shape
            entry = self.pipeline(dict(
                self.model.dataset_meta,
                keypoints=sequence.astype(np.float32),
                keypoints_visible=np.ones((frames, keypoints), np.float32),
                lifting_target=np.zeros((1, keypoints, 3), np.float32),
                lifting_target_visible=np.ones((1, keypoints, 1), np.float32),
                factor=np.zeros(frames, np.float32),
                camera_param=dict(w=image_size[0], h=image_size[1])))
            entry['data_samples'].set_field(img_path, 'img_path', field_type='metainfo')
            data.append(entry)
        # MMPose's forward sorts people by these ids and uses nothing else from its buffer.
        self._buffer['pose_est_results_list'] = [[{'track_id': i} for i in range(len(data))]]
        [sample] = Pose3DInferencer.forward(
            self, self.collate_fn(data), disable_rebase_keypoint=True)
        return sample

    def _finished(self, frame: PoseFrame) -> list[Any]:
        samples = write_back(frame, frame.payload.samples)
        keypoints = samples[0].pred_instances.keypoints
        if len(keypoints) and not self._call_options.get('disable_rebase_keypoint', False):
            keypoints[..., 2] -= np.nanmin(keypoints[..., 2], axis=-1, keepdims=True)
        self._buffer['pose2d_results'] = frame.payload.pose2d
        return samples


def _normalized(pose: np.ndarray, box: np.ndarray, stats: dict[str, Any]) -> np.ndarray:
    """The 2D pose, moved and scaled so that its box is the data set's average box."""
    center = (box[:2] + box[2:]) / 2
    scale = max(box[2] - box[0], box[3] - box[1])
    return (pose - center) / scale * stats['bbox_scale'] + np.reshape(stats['bbox_center'], (1, 2))


def _numbered(frames: Iterable[PoseFrame]) -> Iterator[PoseFrame]:
    """Frames of single images: people are numbered in the order of the estimator."""
    for frame in frames:
        for number, person in enumerate(frame.instances):
            person.track_id = number
        yield frame
