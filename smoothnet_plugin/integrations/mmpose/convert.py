"""Between MMPose's data samples and our frames.

A data sample is a ``PoseDataSample`` or the dict that MMEngine's evaluator makes of it; its
``pred_instances`` hold NumPy arrays or torch tensors, 2D or 3D, of one person (unmerged top-down
results) or of all (merged ones).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmpose.structures import PoseDataSample, split_instances

from ...errors import DataFormatError
from ...filters.base import to_numpy
from ...structures import PoseFrame, PoseInstance
from ...tracking.similarity import keypoint_box

#: Widening of a box made from keypoints, as a fraction of its longest side.
_BOX_MARGIN = 0.1


def frame_from_samples(samples: Sequence[Any], frame_id: int, payload: Any = None) -> PoseFrame:
    """Gather the people of one picture.

    Args:
        samples: The picture's data samples: a merged one, or one per person.
        frame_id: Number of the frame.
        payload: Payload of the frame. Defaults to None.

    Returns:
        The people with keypoints (K, C), scores, boxes and, where ``pred_instances`` has
        ``track_ids`` and ``filled``, these; the payload of a person is its (sample, row).

    Raises:
        DataFormatError: Keypoints are not (N, K, C), or (N, 1, K, C) as lifters give them.
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
    """Put smoothed people into the data samples they came from.

    Measured people keep their row, scores, boxes and every other field; only their keypoints
    change. Bridged people become new rows with scores 0: at the end of the sample if there is one
    sample, in a sample of their own if the samples are one per person. Of a bridged person's
    keypoints those that are not known stand at the middle of the others and are not visible.
    ``pred_instances`` gets two more fields: ``track_ids`` and ``filled``, shape (N,).

    Args:
        frame: What smoothing made of :func:`frame_from_samples` of the same samples.
        samples: The samples, changed in place.

    Returns:
        The samples, and those of bridged people.
    """
    rows: list[dict[int, PoseInstance]] = [{} for _ in samples]
    bridged = []
    for instance in frame.instances:
        if instance.payload is None:
            bridged.append(instance)
        else:
            number, row = instance.payload
            rows[number][row] = instance
    results = list(samples)
    for number, sample in enumerate(samples):
        pred = predictions(sample)
        if pred is not None and 'keypoints' in pred:
            people = [person for _, person in sorted(rows[number].items())]
            added = bridged if len(samples) == 1 else []
            _set_predictions(sample, _with_people(pred, people, added))
    if bridged and len(samples) > 1:
        results += [_sample_of(person, samples[0]) for person in bridged]
    return results


def predictions(sample: Any) -> Any:
    """``pred_instances`` of a data sample or of a sample's dict; None where there are none."""
    if isinstance(sample, dict):
        return sample.get('pred_instances')
    return sample.pred_instances if 'pred_instances' in sample else None


def instance_records(pred_instances: Any) -> list[dict[str, Any]]:
    """The people of one data sample as MMPose's JSON has them, with ids.

    Args:
        pred_instances: An ``InstanceData``, or None.

    Returns:
        What ``mmpose.structures.split_instances`` gives, and for smoothed samples ``track_id``
        and, for bridged people only, ``filled: True``.
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
    # Ids may be strings, which are no floating point numbers.
    return np.asarray(value) if name in ('track_ids', 'filled') else to_numpy(value)[0]


def _per_person(values: np.ndarray, ndim: int) -> np.ndarray:
    """Without the axis of length 1 that lifters put behind the people's."""
    if values.ndim == ndim + 1 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != ndim:
        raise DataFormatError(
            f"pred_instances hold {'keypoints' if ndim == 3 else 'keypoint_scores'} of shape "
            f"{values.shape}; expected {'(N, K, C)' if ndim == 3 else '(N, K)'}, one pose per "
            'person.')
    return values


def _with_people(pred: Any, people: Sequence[PoseInstance],
                 bridged: Sequence[PoseInstance]) -> Any:
    """A copy of ``pred_instances`` with the people's keypoints and with rows for the bridged."""
    fields = {name: _extended(value, len(bridged)) for name, value in pred.items()}
    everybody = [*people, *bridged]
    poses = [person.keypoints for person in people]
    poses += [_finite(person.keypoints) for person in bridged]
    if poses:
        fields['keypoints'] = _like(fields['keypoints'], np.stack(poses))
    for row, person in enumerate(bridged, len(people)):
        if 'bboxes' in fields:
            box = person.bbox
            if box is None:
                box = keypoint_box(person.keypoints, _BOX_MARGIN)
            fields['bboxes'][row] = _like(fields['bboxes'][row], box)
        if 'keypoints_visible' in fields:
            known = np.asarray(np.isfinite(person.keypoints).all(axis=-1))
            fields['keypoints_visible'][row] = _like(fields['keypoints_visible'][row], known)
    ids = [person.track_id for person in everybody]
    numbers = all(isinstance(i, (int, np.integer)) for i in ids)
    fields['track_ids'] = np.array(ids, dtype=np.int64 if numbers else object)
    fields['filled'] = np.array([person.filled for person in everybody], dtype=bool)
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
    """The array in the shape, type and kind of a field's value."""
    if hasattr(value, 'detach'):
        return to_numpy(value)[1](array).reshape(value.shape)
    return np.asarray(array, dtype=value.dtype).reshape(value.shape)


def _finite(pose: np.ndarray) -> np.ndarray:
    known = np.asarray(np.isfinite(pose).all(axis=-1))
    return np.where(known[:, None], pose, pose[known].mean(axis=0))


def _sample_of(person: PoseInstance, template: Any) -> Any:
    """A data sample of one bridged person, like another of the same picture."""
    pred = predictions(template)
    nobody = {name: value[:0] for name, value in pred.items()}
    if isinstance(template, dict):
        return {**template, 'pred_instances': _with_people(nobody, [], [person])}
    sample = PoseDataSample(metainfo=template.metainfo)
    empty = type(pred)(metainfo=pred.metainfo)
    for name, value in nobody.items():
        empty.set_field(value, name)
    sample.pred_instances = _with_people(empty, [], [person])
    return sample


def _set_predictions(sample: Any, pred: Any) -> None:
    if isinstance(sample, dict):
        sample['pred_instances'] = pred
    else:
        sample.pred_instances = pred
