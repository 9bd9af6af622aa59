"""Left and right keypoints of a skeleton, found by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Pair = tuple[int, int]

#: Spellings of a side in names: (pattern of 'left', its mirror image). Tried in this order; a
#: spelling counts only if the mirrored name exists: 'lfemur' has a side, 'lowerback' does not.
_SPELLINGS = (
    (re.compile('left', re.IGNORECASE), 'right'),
    (re.compile(r'^l(?=[^a-z0-9]|$)', re.IGNORECASE), 'r'),
    (re.compile(r'(?<=[^A-Za-z0-9])l(?=[^A-Za-z0-9]|$)', re.IGNORECASE), 'r'),
    (re.compile(r'^L(?=[A-Z])'), 'R'),
    (re.compile(r'(?<=[a-z0-9])L(?=[^a-z]|$)'), 'R'),
    (re.compile('^l', re.IGNORECASE), 'r'),
)
_LEGS = ('hip', 'upleg', 'leg', 'thigh', 'femur', 'knee', 'shin', 'calf', 'tibia', 'ank', 'foot',
         'feet', 'toe', 'heel', 'pelvis', 'asis', 'psis', 'iliac', 'buttock')
_HEAD = ('eye', 'ear', 'mouth', 'brow', 'cheek', 'jaw')
#: Names of the joints at the ends of the trunk, preferred first.
_SHOULDERS = ('upperarm', 'arm', 'shoulder', 'sho', 'clavicle', 'collar')
_HIPS = ('hip', 'upleg', 'upperleg', 'thigh', 'hipjoint')


@dataclass(frozen=True)
class LeftRight:
    """Pairs of left and right keypoints in groups that an estimator exchanges together.

    Attributes:
        names: ``'arms'`` (with the hands) and ``'legs'`` (with the feet), if the skeleton has
            them.
        groups: The pairs (left index, right index) of each group, the one nearest to the trunk
            first.
        torso: Whether the first pairs are the shoulders and the hips.
        head: The pairs of the head: eyes, ears, mouth.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[Pair, ...], ...]
    torso: bool
    head: tuple[Pair, ...] = ()


def left_right_pairs(names: Sequence[str]) -> list[Pair]:
    """Pairs of keypoints whose names differ only in the side.

    Sides may be words (``left_knee``, ``KneeLeft``, ``LeftUpLeg``) or letters (``LKnee``,
    ``l_knee``, ``knee.L``, ``lfemur``).

    Args:
        names: K different keypoint names.

    Returns:
        Pairs (left index, right index), sorted by the left index. Names without a counterpart are
        left out.
    """
    index = {name.lower(): i for i, name in enumerate(names)}
    pairs: dict[int, int] = {}
    for spelling, mirror in _SPELLINGS:
        for i, name in enumerate(names):
            j = index.get(spelling.sub(mirror, name, count=1).lower(), i)
            taken = {*pairs, *pairs.values()}
            if j != i and i not in taken and j not in taken:
                pairs[i] = j
    return sorted(pairs.items())


def mirror_indices(names: Sequence[str]) -> np.ndarray:
    """For each keypoint the index of its mirror image, or its own index if there is none.

    Args:
        names: K names.

    Returns:
        Shape (K,), int64.

    Examples:
        >>> mirror_indices(['Head', 'LSho', 'RSho', 'wrist_l', 'wrist_r']).tolist()
        [0, 2, 1, 4, 3]
    """
    mirror = np.arange(len(names))
    for left, right in left_right_pairs(names):
        mirror[left], mirror[right] = right, left
    return mirror


def left_right_groups(names: Sequence[str]) -> LeftRight:
    """Pairs of left and right keypoints, grouped into arms, legs and head.

    Args:
        names: K different keypoint names.

    Returns:
        The groups; empty for names without sides.
    """
    arms, legs, head = [], [], []
    for pair in left_right_pairs(names):
        name = _plain(names[pair[0]])
        group = (head if name.startswith(_HEAD) else
                 legs if any(word in name for word in _LEGS) else arms)
        group.append(pair)
    first, last = _ranked(arms, names, _SHOULDERS), _ranked(legs, names, _HIPS)
    chosen = [(name, tuple(pair for _, pair in ranked))
              for name, ranked in (('arms', first), ('legs', last)) if ranked]
    torso = bool(first and last and first[0][0] < len(_SHOULDERS) and last[0][0] < len(_HIPS))
    return LeftRight(tuple(name for name, _ in chosen), tuple(pairs for _, pairs in chosen), torso,
                     tuple(head))


def joints_by_name(names: Sequence[str]) -> dict[str, list[int]]:
    """Keypoints grouped by joint, left and right together.

    Args:
        names: K different keypoint names.

    Returns:
        Indices of the keypoints of each joint, in the order of the names. The name of a joint is
        the name of its keypoints without the side.

    Example:
        >>> joints_by_name(['Head', 'left_ankle', 'right_ankle', 'RKnee'])
        {'Head': [0], 'ankle': [1, 2], 'RKnee': [3]}
    """
    labels = list(names)
    for left, right in left_right_pairs(names):
        for spelling, mirror in _SPELLINGS:
            if spelling.sub(mirror, names[left], count=1).lower() == names[right].lower():
                labels[left] = labels[right] = spelling.sub('', names[left], count=1).strip('_. -')
                break
    joints: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        joints.setdefault(label, []).append(i)
    return joints


def _plain(name: str) -> str:
    """The name without its side and separators, in lower case."""
    for spelling, _ in _SPELLINGS:
        if spelling.search(name):
            name = spelling.sub('', name, count=1)
            break
    return re.sub('[^a-z]', '', name.rpartition(':')[2].lower())


def _ranked(pairs: Sequence[Pair], names: Sequence[str],
            ends: Sequence[str]) -> list[tuple[int, Pair]]:
    """Pairs with their rank among the joints at an end of the trunk, the nearest first."""
    plain = {pair: _plain(names[pair[0]]) for pair in pairs}
    return sorted((ends.index(plain[pair]) if plain[pair] in ends else len(ends), pair)
                  for pair in pairs)
