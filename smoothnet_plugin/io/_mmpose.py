"""The people in MMPose's JSON files: the same in its three dialects.

What :func:`mmpose.structures.split_instances` writes: ``keypoints`` [K][2 or 3],
``keypoint_scores`` [K], and where boxes are known ``bbox`` [[x1, y1, x2, y2]] and ``bbox_score``.
This package's own inferencers add ``track_id``; interpolated poses have ``filled``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseFrame, PoseInstance, Skeleton, root_of
from ._people import ShapeCheck, record_id
from ._values import (
    box_array,
    checked,
    described,
    known_scores,
    nested_numbers,
    number_array,
    track_id_of,
    updated_nested,
)
from .rows import Row


def read_people(instances: Any, frame_id: int, position: int, check: ShapeCheck) -> PoseFrame:
    """Frame of a list of instances; an instance's ref is (position, index).

    Raises:
        DataFormatError: The list or one of its instances is not what it should be.
    """
    where = f'frame {frame_id}'
    instances = [] if instances is None else instances
    checked(instances, list, f"'{check.path}', {where}", 'a list of instances')
    frame = PoseFrame(frame_id)
    for index, instance in enumerate(instances):
        label = f'{where}, instance {index}'
        if not isinstance(instance, dict) or 'keypoints' not in instance:
            raise DataFormatError(f"'{check.path}', {label}: expected an object with "
                                  f"'keypoints', got {described(instance)}.")
        if has_pose(instance):
            frame.instances.append(
                check(_instance(instance, (position, index), f"'{check.path}', {label}"), label))
    return frame


def has_pose(instance: Mapping[str, Any]) -> bool:
    """Whether an instance has keypoints; others do not change."""
    return bool(instance.get('keypoints'))


def _instance(instance: Mapping[str, Any], ref: Any, where: str) -> PoseInstance:
    scores = instance.get('keypoint_scores')
    return PoseInstance(
        keypoints=number_array(instance['keypoints'], f'{where}, keypoints'),
        keypoint_scores=None if scores is None else known_scores(
            scores, f'{where}, keypoint_scores'),
        bbox=box_array(instance.get('bbox'), f'{where}, bbox'),
        track_id=track_id_of(instance.get('track_id'), f'{where}, track_id'),
        filled=bool(instance.get('filled', False)),
        payload=ref)


def updated_person(instance: dict[str, Any], row: Row, track_ids: bool) -> dict[str, Any]:
    """Copy of an instance with the row's coordinates."""
    keypoints = updated_nested(instance['keypoints'], row.coords, 'keypoints')
    person = {**instance, 'keypoints': keypoints}
    return {**person, 'track_id': record_id(row.track_id)} if track_ids else person


def new_person(row: Row, track_ids: bool, like: Mapping[str, Any] | None = None,
               box: np.ndarray | None = None) -> dict[str, Any]:
    """Instance for a person who is not in this frame of the document.

    Args:
        row: The person.
        track_ids: Whether to write the id even if the person's other instances do not.
        like: The person's nearest instance. Defaults to None.
        box: Box (x1, y1, x2, y2) that is interpolated from the neighbours. Defaults to None.

    Returns:
        The instance, with scores of 0 and ``filled`` if it is interpolated.
    """
    person: dict[str, Any] = {
        'keypoints': nested_numbers(row.coords),
        'keypoint_scores': row.scores.tolist(),
    }
    like = like or {}
    if box is not None:
        nested = isinstance((like.get('bbox') or [[]])[0], list)
        person['bbox'] = [box.tolist()] if nested else box.tolist()
        if 'bbox_score' in like:
            person['bbox_score'] = 0.0
    if track_ids or 'track_id' in like:
        person['track_id'] = record_id(row.track_id)
    if row.interpolated:
        person['filled'] = True
    return person


def skeleton_of(meta: Any, path: Any) -> Skeleton | None:
    """Skeleton of an MMPose ``dataset_meta`` as written to JSON, or None if it names no keypoints.

    Raises:
        DataFormatError: The names are not those of keypoints 0 .. K-1.
    """
    names = meta.get('keypoint_id2name') if isinstance(meta, dict) else None
    if not isinstance(names, dict) or not names:
        return None
    try:
        ordered = tuple(str(names[str(i)]) for i in range(len(names)))
    except KeyError as error:
        raise DataFormatError(f"'{path}', meta_info: keypoint_id2name lacks keypoint "
                              f'{error}; expected 0 to {len(names) - 1}.') from error
    pairs = meta.get('skeleton_links')
    links = tuple(
        (ordered[link[0]], ordered[link[1]]) for link in (pairs if isinstance(pairs, list) else [])
        if isinstance(link, list) and len(link) == 2
        and all(isinstance(end, int) and 0 <= end < len(ordered) for end in link))
    sigmas = meta.get('sigmas') or ()
    if isinstance(sigmas, dict):  # json_tricks writes NumPy arrays so.
        sigmas = sigmas.get('__ndarray__') or ()
    sigmas = number_array(sigmas, f"'{path}', meta_info, sigmas").ravel()
    if len(sigmas) != len(ordered) or not (sigmas > 0).all():
        sigmas = ()
    return Skeleton(str(meta.get('dataset_name', '')), ordered, links, root_of(ordered),
                    tuple(float(sigma) for sigma in sigmas))


def meta_of(skeleton: Skeleton | None, num_keypoints: int) -> dict[str, Any]:
    """The part of MMPose's ``dataset_meta`` that a skeleton provides."""
    if skeleton is None:
        return {'num_keypoints': num_keypoints}
    names = skeleton.keypoint_names
    return {
        'dataset_name': skeleton.name,
        'num_keypoints': num_keypoints,
        'keypoint_id2name': {str(i): name for i, name in enumerate(names)},
        'keypoint_name2id': {name: i for i, name in enumerate(names)},
        'skeleton_links': [list(link) for link in skeleton.link_indices],
        'sigmas': list(skeleton.sigmas),
    }
