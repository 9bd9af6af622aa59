"""Conversion between MMPose's data samples and pose frames.

A data sample is a ``PoseDataSample`` or the dict that MMEngine's evaluator makes of it; its
``pred_instances`` hold NumPy arrays or torch tensors, 2D or 3D, of one person (unmerged top-down
results) or of all people (merged results).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmpose.structures import PoseDataSample, split_instances

from ...errors import DataFormatError
from ...structures import PoseFrame, PoseInstance
from ...tracking.similarity import keypoint_box
from ...utils.conversion import to_numpy

#: Margin of a box made from keypoints, as a fraction of its longest side.
_BOX_MARGIN = 0.1


def frame_from_samples(samples: Sequence[Any], frame_id: int, payload: Any = None) -> PoseFrame:
    """Collect the people of one image.

    Args:
        samples: The data samples of the image: a merged one, or one per person.
        frame_id: Frame number.
        payload: Payload of the frame. Defaults to None.

    Returns:
        The people with keypoints (K, C), scores, boxes and, if ``pred_instances`` has them,
        ``track_ids`` and ``filled``. The payload of a person is its (sample, row).

    Raises:
        DataFormatError: Keypoints are not (N, K, C), or (N, 1, K, C) as from lifters.
    """
    instances = []
    for number, sample in enumerate(samples):
        pred = predictions(sample)
        if pred is None or 'keypoints' not in pred:
            continue
        poses, scores, boxes, ids, filled = (_field(pred, name) for name in (
            'keypoints', 'keypoint_scores', 'bboxes', 'track_ids', 'filled'))
        if scores is not None:
            scores = _per_person(scores, 2)
        for row, pose in enumerate(_per_person(poses, 3)):
            instances.append(PoseInstance(
                pose,
                None if scores is None else scores[row],
                None if boxes is None else boxes[row],
                None if ids is None else ids[row],
                filled=filled is not None and bool(filled[row]),
                payload=(number, row)))
    return PoseFrame(frame_id, instances, payload)


def write_back(frame: PoseFrame, samples: Sequence[Any]) -> list[Any]:
    """Write smoothed people back into their data samples.

    Measured people keep their row, scores, boxes and every other field; only their keypoints
    change. Interpolated people become new rows with scores of 0: at the end of the sample if there
    is only one, otherwise in separate samples. Unknown keypoints of an interpolated person
    are at the mean of the known ones and are not visible. ``pred_instances`` gets two more fields:
    ``track_ids`` and ``filled``, shape (N,).

    Args:
        frame: The smoothed frame from :func:`frame_from_samples` of the same samples.
        samples: The samples, changed in place.

    Returns:
        The samples, followed by those of interpolated people.
    """
    rows: list[dict[int, PoseInstance]] = [{} for _ in samples]
    interpolated = []
    for instance in frame.instances:
        if instance.payload is None:
            interpolated.append(instance)
        else:
            number, row = instance.payload
            rows[number][row] = instance
    results = list(samples)
    for number, sample in enumerate(samples):
        pred = predictions(sample)
        if pred is not None and 'keypoints' in pred:
            people = [person for _, person in sorted(rows[number].items())]
            added = interpolated if len(samples) == 1 else []
            _set_predictions(sample, _with_people(pred, people, added))
    if interpolated and len(samples) > 1:
        results += [_sample_of(person, samples[0]) for person in interpolated]
    return results


def predictions(sample: Any) -> Any:
    """``pred_instances`` of a data sample or of a sample's dict, or None."""
    if isinstance(sample, dict):
        return sample.get('pred_instances')
    return sample.pred_instances if 'pred_instances' in sample else None


def instance_records(pred_instances: Any) -> list[dict[str, Any]]:
    """The people of one data sample in MMPose's JSON layout, with ids.

    Args:
        pred_instances: An ``InstanceData``, or None.

    Returns:
        The result of ``mmpose.structures.split_instances``. Smoothed samples also have
        ``track_id`` and, for interpolated people only, ``filled: True``.
    """
    if pred_instances is None:
        return []
    records: list[Any] = split_instances(pred_instances)
    ids, filled = _field(pred_instances, 'track_ids'), _field(pred_instances, 'filled')
    for row, record in enumerate(records):
        if ids is not None:
            record['track_id'] = ids[row].item() if hasattr(ids[row], 'item') else ids[row]
        if filled is not None and filled[row]:
            record['filled'] = True
    return records


def _field(pred: Any, name: str) -> Any:
    """A field as an array, or None."""
    value = pred.get(name)
    if value is None:
        return None
    # Ids may be strings.
    return np.asarray(value) if name in ('track_ids', 'filled') else to_numpy(value)[0]


def _per_person(values: np.ndarray, ndim: int) -> np.ndarray:
    """Remove the axis of length 1 that lifters add after the axis of people."""
    if values.ndim == ndim + 1 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != ndim:
        raise DataFormatError(
            f"pred_instances hold {'keypoints' if ndim == 3 else 'keypoint_scores'} of shape "
            f"{values.shape}; expected {'(N, K, C)' if ndim == 3 else '(N, K)'}, one pose per "
            'person.')
    return values


def _with_people(pred: Any, people: Sequence[PoseInstance],
                 interpolated: Sequence[PoseInstance]) -> Any:
    """A copy of ``pred_instances`` with new keypoints, and with rows for interpolated people."""
    fields = {name: _extended(value, len(interpolated)) for name, value in pred.items()}
    everyone = [*people, *interpolated]
    poses = [person.keypoints for person in people]
    poses += [_finite(person.keypoints) for person in interpolated]
    if poses:
        fields['keypoints'] = _like(fields['keypoints'], np.stack(poses))
    for row, person in enumerate(interpolated, len(people)):
        if 'bboxes' in fields:
            box = person.bbox
            if box is None:
                box = keypoint_box(person.keypoints, _BOX_MARGIN)
            fields['bboxes'][row] = _like(fields['bboxes'][row], box)
        if 'keypoints_visible' in fields:
            known = np.asarray(np.isfinite(person.keypoints).all(axis=-1))
            fields['keypoints_visible'][row] = _like(fields['keypoints_visible'][row], known)
    ids = [person.track_id for person in everyone]
    numbers = all(isinstance(i, (int, np.integer)) for i in ids)
    fields['track_ids'] = np.array(ids, dtype=np.int64 if numbers else object)
    fields['filled'] = np.array([person.filled for person in everyone], dtype=bool)
    if isinstance(pred, dict):
        return fields
    result = type(pred)(metainfo=pred.metainfo)
    for name, value in fields.items():
        result.set_field(value, name)
    return result


def _extended(value: Any, count: int) -> Any:
    """A field with ``count`` more rows of zeros (None in lists)."""
    if not count:
        return value
    if isinstance(value, (list, tuple)):
        return type(value)([*value, *([None] * count)])
    array, restore = to_numpy(value) if hasattr(value, 'detach') else (value, np.asarray)
    return restore(np.concatenate([array, np.zeros((count, *array.shape[1:]), array.dtype)]))


def _like(value: Any, array: np.ndarray) -> Any:
    """The array in the shape, dtype and class of a field's value."""
    if hasattr(value, 'detach'):
        return to_numpy(value)[1](array).reshape(value.shape)
    return np.asarray(array, dtype=value.dtype).reshape(value.shape)


def _finite(pose: np.ndarray) -> np.ndarray:
    known = np.asarray(np.isfinite(pose).all(axis=-1))
    return np.where(known[:, None], pose, pose[known].mean(axis=0))


def _sample_of(person: PoseInstance, template: Any) -> Any:
    """A data sample of one interpolated person, modelled on another sample of the same image."""
    pred = predictions(template)
    no_rows = {name: value[:0] for name, value in pred.items()}
    if isinstance(template, dict):
        return {**template, 'pred_instances': _with_people(no_rows, [], [person])}
    sample = PoseDataSample(metainfo=template.metainfo)
    empty = type(pred)(metainfo=pred.metainfo)
    for name, value in no_rows.items():
        empty.set_field(value, name)
    sample.pred_instances = _with_people(empty, [], [person])
    return sample


def _set_predictions(sample: Any, pred: Any) -> None:
    if isinstance(sample, dict):
        sample['pred_instances'] = pred
    else:
        sample.pred_instances = pred
