"""Poses and ground truth of the evaluator's data samples, and samples with replaced poses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...errors import DataFormatError
from ...utils.conversion import to_numpy

#: Fields as large as images, which no metric of MMPose reads.
_HEAVY = frozenset({'inputs', 'gt_fields', 'pred_fields', 'gt_instance_labels'})


class RowPlace(NamedTuple):
    """Video, frame and person of one pose of a data sample.

    Attributes:
        sequence: Name of the video, unique in the data set.
        frame: Frame number.
        track_id: The person, or None if unknown.
        fps: Frames per second of the numbering, or None if unknown.
    """

    sequence: str
    frame: int
    track_id: int | str | None = None
    fps: float | None = None


#: Takes a data sample and the number of its poses; returns the place of each pose.
SequenceParser = Callable[[Mapping[str, Any], int], list[RowPlace]]


@dataclass
class SamplePoses:
    """The fields of one data sample that smoothing and the metrics need.

    Attributes:
        places: Video, frame and person of each of the R poses.
        keypoints: Shape (R, K, C).
        scores: Shape (R, K), or None.
        boxes: Shape (R, 4) in pixels, or None.
        truth: Ground truth, shape (R, K, C), NaN where unknown, or None.
        image_size: (width, height) in pixels, or None.
    """

    places: list[RowPlace]
    keypoints: np.ndarray
    scores: np.ndarray | None
    boxes: np.ndarray | None
    truth: np.ndarray | None
    image_size: tuple[int, int] | None


def light_copy(sample: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a data sample without heatmaps and images, on the CPU."""
    return {key: _on_cpu(value) for key, value in sample.items() if key not in _HEAVY}


def poses_of(sample: Mapping[str, Any], parser: SequenceParser) -> SamplePoses:
    """Read the poses of a data sample.

    Args:
        sample: The data sample as a dict.
        parser: Finds video, frame and person of its poses.

    Returns:
        The poses. Several people in one sample and several frames (lifters with more than one
        target) are both rows.

    Raises:
        DataFormatError: There are no predicted keypoints, or their shape is not (..., K, C).
    """
    pred = sample.get('pred_instances')
    if not isinstance(pred, Mapping) or 'keypoints' not in pred:
        raise DataFormatError("A data sample has no pred_instances['keypoints']; SmoothedMetric "
                              'smooths the poses of estimators in test mode.')
    keypoints = to_numpy(pred['keypoints'])[0]
    if keypoints.ndim not in (3, 4) or keypoints.shape[-1] not in (2, 3):
        raise DataFormatError(
            f"pred_instances['keypoints'] has shape {keypoints.shape}; expected (N, K, C) or, "
            'for several frames, (N, T, K, C), with C = 2 or 3.')
    keypoints = keypoints.reshape(-1, *keypoints.shape[-2:])
    rows = len(keypoints)
    places = parser(sample, rows)
    if len(places) != rows:
        raise DataFormatError(f'The seq_parser gave {len(places)} places for {rows} poses.')
    height_width = sample.get('ori_shape')
    return SamplePoses(
        places, keypoints,
        _rows(pred.get('keypoint_scores'), keypoints.shape[:2]),
        _rows(pred.get('bboxes'), (rows, 4)),
        _truth(sample.get('gt_instances'), keypoints.shape),
        (int(height_width[1]), int(height_width[0])) if height_width is not None else None)


def with_keypoints(sample: Mapping[str, Any], keypoints: np.ndarray) -> dict[str, Any]:
    """A copy of a data sample with other poses and everything else unchanged.

    Args:
        sample: The data sample.
        keypoints: Shape (R, K, C), rows as in :func:`poses_of`.

    Returns:
        The copy; its keypoints keep their class, shape and dtype.
    """
    pred = sample['pred_instances']
    old, restore = to_numpy(pred['keypoints'])
    new = restore(keypoints.reshape(old.shape).astype(old.dtype))
    return {**sample, 'pred_instances': {**pred, 'keypoints': new}}


def _truth(gt: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """Ground truth of the rows, if the assignment is unambiguous."""
    if not isinstance(gt, Mapping):
        return None
    key = 'lifting_target' if shape[-1] == 3 else 'keypoints'
    truth = _rows(gt.get(key), shape)
    # With several people in an image it is unknown which annotation belongs to which prediction.
    if truth is None or (key == 'keypoints' and shape[0] != 1):
        return None
    # Detected boxes have no ground truth; MMPose stores zeros.
    if not truth.any():
        return None
    visible = gt.get(f'{key}_visible')
    if visible is not None:
        visible = to_numpy(visible)[0]
        if visible.ndim == 3 and visible.shape[:2] == shape[:2]:
            visible = visible[..., 0]
        visible = _rows(visible, shape[:2])
    if visible is not None:
        truth = np.where(visible[..., None] > 0, truth, np.nan)
    return truth


def _rows(value: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """The value reshaped, or None if its size does not fit."""
    if value is None:
        return None
    array = to_numpy(value)[0]
    return array.reshape(shape) if array.size == np.prod(shape) else None


def _on_cpu(value: Any) -> Any:
    if hasattr(value, 'detach'):
        return value.detach().cpu()
    if isinstance(value, Mapping):
        return {key: _on_cpu(entry) for key, entry in value.items()}
    return value
