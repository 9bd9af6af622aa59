"""Lines between the keypoints of a body, hand, face or animal, found by the keypoints' names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .left_right import joints_by_name, left_right_pairs

#: Two keypoint names.
Link = tuple[str, str]
#: A side (``'left'``, ``'right'`` or ``''``) and a part of the body.
Part = tuple[str, str]

_SIDES = ('left', 'right')
#: Chains from the trunk outwards; the parts that a skeleton has are linked in this order. The names
#: of motion capture (up_leg, fore_arm) and of animals (front_paw) stand among those of people.
_TRUNK = ('root', 'lower_back', 'spine', 'spine2', 'spine3', 'withers', 'thorax', 'neck', 'head',
          'head_top')
_ARM = ('collar', 'shoulder', 'arm', 'front_elbow', 'elbow', 'fore_arm', 'front_knee', 'wrist',
        'hand', 'hand_tip', 'front_paw')
_LEG = ('hip', 'up_leg', 'back_elbow', 'knee', 'leg', 'back_knee', 'ankle', 'foot', 'back_paw',
        'toe_base')
_EYE = ('eye_inner', 'eye', 'eye_outer', 'ear')
_SYNONYMS = {
    'pelvis': 'root', 'hips': 'root', 'mid_hip': 'root', 'root_of_tail': 'root',
    'tail_base': 'root', 'spine1': 'spine', 'chest': 'thorax', 'spine_shoulder': 'thorax',
    'neck_base': 'neck', 'head_bottom': 'neck', 'throat': 'neck', 'clavicle': 'collar',
    'sho': 'shoulder', 'elb': 'elbow', 'wri': 'wrist', 'ank': 'ankle', 'ear_base': 'ear',
    'hand_root': 'hand_0', 'tailbase': 'root', 'snout': 'nose',
    'f_elbow': 'front_elbow', 'f_knee': 'front_knee', 'f_paw': 'front_paw',
    'b_elbow': 'back_elbow', 'b_knee': 'back_knee', 'b_paw': 'back_paw'}
#: The point of a hand of 21 or of a face of 68 (iBUG) at which each of its lines begins and ends.
_HAND = ((0, 1, 2, 3, 4), *((0, *range(i, i + 4)) for i in (5, 9, 13, 17)))
_FACE = (range(17), range(17, 22), range(22, 27), range(27, 31), range(31, 36),
         (*range(36, 42), 36), (*range(42, 48), 42), (*range(48, 60), 48), (*range(60, 68), 60))
_FINGER = re.compile(r'(thumb|index|forefinger|middle|ring|pinky)(?:_?finger)?_?'
                     r'([0-9]|cmc|mcp|pip|ip|dip|tip)')


def links_between(names: Sequence[str]) -> tuple[Link, ...]:
    """Lines that a drawing of keypoints shows.

    The names may have any spelling of :func:`~.left_right.left_right_pairs`. Parts that a skeleton
    does not have are skipped: without an elbow, the shoulder is linked to the wrist.

    Args:
        names: K different keypoint names.

    Returns:
        Pairs of names; empty for names that are not those of a body.

    Example:
        >>> links_between(['neck', 'LShoulder', 'RShoulder', 'LWrist', 'RWrist'])
        ... # doctest: +NORMALIZE_WHITESPACE
        (('LShoulder', 'LWrist'), ('neck', 'LShoulder'), ('RShoulder', 'RWrist'),
         ('neck', 'RShoulder'))
    """
    parts = _parts(names)
    pairs = dict.fromkeys((parts[a], parts[b]) for a, b in _links(parts)
                          if a in parts and b in parts)
    return tuple(pairs)


def finger_of(name: str) -> int | None:
    """Number of the finger that a keypoint of a hand belongs to.

    Args:
        name: A keypoint's name without a side, ``'hand_7'`` or ``'thumb2'``.

    Returns:
        0 (thumb) to 4 (little finger), or None for the wrist and other keypoints.
    """
    if match := _FINGER.fullmatch(name):
        fingers = ('thumb', 'index', 'middle', 'ring', 'pinky')
        return fingers.index('index' if match[1] == 'forefinger' else match[1])
    match = re.fullmatch(r'hand_([0-9]+)', name)
    return (int(match[1]) - 1) // 4 if match and 1 <= int(match[1]) <= 20 else None


def part_of(names: Sequence[str]) -> list[Part]:
    """Side and part of the body of each keypoint.

    Args:
        names: K different keypoint names.

    Returns:
        (side, part) for each: the side is ``'left'``, ``'right'`` or ``''``; the part is in lower
        case with underscores, in one spelling for the common synonyms.

    Example:
        >>> part_of(['Pelvis', 'LBigToe', 'RBigToe', 'left_hip'])
        [('', 'root'), ('left', 'big_toe'), ('right', 'big_toe'), ('left', 'hip')]
    """
    sides = {i: side for pair in left_right_pairs(names) for i, side in zip(pair, _SIDES)}
    labels = {i: label for label, indices in joints_by_name(names).items() for i in indices}
    found = []
    for i in range(len(names)):
        side, label = sides.get(i, ''), labels[i].rpartition(':')[2]
        label = re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', label)
        label = re.sub(r'[^a-z0-9]+', '_', label.lower()).strip('_')
        for one in _SIDES:  # A side without its counterpart.
            if not side and label.startswith(f'{one}_'):
                side, label = one, label[len(one) + 1:]
        label = 'root' if (side, label) == ('', 'hip') else _SYNONYMS.get(label, label)
        found.append((side, label))
    return found


def _parts(names: Sequence[str]) -> dict[Part, str]:
    return dict(zip(part_of(names), names))


def _links(parts: dict[Part, str]) -> Iterator[tuple[Part, Part]]:
    trunk = _present(parts, '', _TRUNK)
    yield from pairwise(trunk)
    yield from _head(parts)
    for side in _SIDES:
        arm, leg = (_present(parts, side, chain) for chain in (_ARM, _LEG))
        yield from pairwise(arm)
        yield from pairwise(leg)
        yield from _trunk_to_limbs(parts, side, arm[:1], leg[:1])
        yield from _foot(side)
    for side in (*_SIDES, ''):
        yield from _hand(parts, side)
    for line in _FACE:
        points = [('', f'face_{i}') for i in line]
        yield from pairwise(points)


def _present(parts: dict[Part, str], side: str, chain: Sequence[str]) -> list[Part]:
    return [(side, part) for part in chain if (side, part) in parts]


def _trunk_to_limbs(parts: dict[Part, str], side: str, arm: list[Part],
                    leg: list[Part]) -> Iterator[tuple[Part, Part]]:
    """Lines from the trunk to the first parts of the limbs of a side."""
    top = ('spine3', 'thorax', 'neck') if arm and arm[0][1] == 'collar' else ('thorax', 'neck')
    upper, lower = _present(parts, '', top)[:1], _present(parts, '', ('root', ))
    for limb, trunk in ((arm, upper), (leg, lower)):
        if limb and trunk:
            yield trunk[0], limb[0]
        elif limb and side == 'left':
            yield limb[0], ('right', limb[0][1])
    if arm and leg and not lower:
        yield arm[0], leg[0]


def _head(parts: dict[Part, str]) -> Iterator[tuple[Part, Part]]:
    held = bool(_present(parts, '', ('neck', 'head')))
    middle = _present(parts, '', ('nose', 'head'))
    yield ('', 'neck'), ('', 'nose')
    yield ('', 'head'), ('', 'jaw')
    yield ('left', 'mouth'), ('right', 'mouth')
    for side in _SIDES:
        line = [*middle[:1], *_present(parts, side, _EYE)]
        yield from pairwise(line)
        if not held:
            yield (side, 'ear'), (side, 'shoulder')


def _foot(side: str) -> Iterator[tuple[Part, Part]]:
    ankle = (side, 'ankle')
    yield ankle, (side, 'heel')
    yield ankle, (side, 'big_toe')
    yield (side, 'big_toe'), (side, 'small_toe')
    yield (side, 'heel'), (side, 'foot_index')
    yield ankle, (side, 'foot_index')


def _hand(parts: dict[Part, str], side: str) -> Iterator[tuple[Part, Part]]:
    palm = (*_present(parts, side, ('wrist', 'hand_0')), (side, 'wrist'))[0]
    yield (side, 'wrist'), (side, 'hand_0')
    for line in _HAND:
        points = [(side, f'hand_{i}') for i in line]
        yield from pairwise(points)
    for finger in range(5):
        line = [part for part in parts if part[0] == side and _FINGER.fullmatch(part[1])
                and finger_of(part[1]) == finger]
        yield from zip([palm, *line], line)
    for tip in ('thumb', 'index', 'pinky'):  # MediaPipe's and Kinect's hands of a whole body.
        yield palm, (side, tip)
    yield (side, 'index'), (side, 'pinky')
