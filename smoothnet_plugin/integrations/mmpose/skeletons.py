"""Which keypoints a model of MMPose gives, by its data set's metainfo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...structures import Skeleton, root_of

#: Keypoints that every human body of MMPose's data sets has.
_BODY = frozenset(f'{side}_{name}' for side in ('left', 'right')
                  for name in ('shoulder', 'elbow', 'hip', 'knee'))
#: Animals whose keypoints are named like those of people.
_ANIMALS = frozenset({'macaque', 'atrw'})
#: A body has fewer keypoints than this; the whole-body sets add 68 of the face and 42 of the hands.
_MOST_OF_A_BODY = 50


def skeleton_of(meta: Mapping[str, Any] | None, num_keypoints: int) -> Skeleton | None:
    """Names and root of a data set's keypoints, from MMPose's metainfo.

    Args:
        meta: The metainfo, or None.
        num_keypoints: Number of keypoints K of the poses.

    Returns:
        The skeleton, or None if the metainfo describes another number of keypoints.
    """
    names = tuple((meta or {}).get('keypoint_id2name', {}).values())
    if len(names) != num_keypoints or len(set(names)) != num_keypoints:
        return None
    return Skeleton((meta or {}).get('dataset_name', ''), names, root=root_of(names))


def body_skeleton(meta: Mapping[str, Any] | None) -> Skeleton | None:
    """The skeleton of a data set of human bodies.

    Args:
        meta: The metainfo, or None.

    Returns:
        The skeleton, or None for hands, faces, animals and clothes.
    """
    names = set((meta or {}).get('keypoint_id2name', {}).values())
    if not names >= _BODY or (meta or {}).get('dataset_name') in _ANIMALS:
        return None
    return skeleton_of(meta, len(names))


def fitting_smoother(meta: Mapping[str, Any] | None) -> str:
    """The preset that fits a model's keypoints, where a config names none.

    Args:
        meta: The metainfo of the model's data set, or None if it is unknown.

    Returns:
        ``'default'`` for human bodies, and where nothing is known; ``'robust'`` for everything
        that the networks of ``default`` were not trained on: hands, faces, animals, clothes, and
        whole bodies, most of whose keypoints are of hands and face.
    """
    if not meta:
        return 'default'
    body = body_skeleton(meta)
    return 'default' if body and len(body.keypoint_names) < _MOST_OF_A_BODY else 'robust'
