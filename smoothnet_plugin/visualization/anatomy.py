"""The parts of a skeleton that drawings distinguish: lines, sides, fingers and fine parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..structures import PoseSequence, PoseTracks, Skeleton
from ..structures.layouts import guess_skeleton
from ..structures.links import finger_of, links_between, part_of

_SIDES = {'left': 0, '': 1, 'right': 2}


@dataclass(frozen=True)
class Anatomy:
    """Lines and colour groups of K keypoints.

    Attributes:
        links: Pairs of keypoint indices; empty for a drawing of points.
        side: 0 (left), 1 (middle) or 2 (right) of each keypoint.
        finger: Number of the finger, 0 to 4, of each keypoint of a single hand, else None.
        fine: Whether each keypoint belongs to a face or a hand and is drawn with thin lines.
    """

    links: tuple[tuple[int, int], ...]
    side: tuple[int, ...]
    finger: tuple[int | None, ...]
    fine: tuple[bool, ...]

    def link_side(self, a: int, b: int) -> int:
        """Side of a line: that of the limb where it joins one to the middle, else the middle."""
        one, other = self.side[a], self.side[b]
        return one if one == other else one + other - 1 if 1 in (one, other) else 1


def anatomy_of(skeleton: Skeleton | None, count: int) -> Anatomy:
    """The lines and groups of a skeleton.

    Args:
        skeleton: Names and links of the keypoints, or None. Names without links get those that
            their meaning implies.
        count: Number of keypoints K.

    Returns:
        The anatomy; without lines where the names are unknown.
    """
    if skeleton is None:
        return Anatomy((), (1, ) * count, (None, ) * count, (False, ) * count)
    return _anatomy(skeleton)


def known_skeleton(sequence: PoseSequence) -> Skeleton | None:
    """The skeleton that a drawing of a person can use.

    Args:
        sequence: The person. Keypoints without names are recognised by their number and geometry;
            21 without any are a hand.

    Returns:
        A skeleton with lines, or None if only points can be drawn.
    """
    skeleton = sequence.skeleton
    if skeleton is None:
        coords = sequence.measured
        skeleton = guess_skeleton(coords)
    return skeleton if skeleton is not None and _anatomy(skeleton).links else None


def known_skeletons(clip: PoseTracks) -> dict[int | str, Skeleton | None]:
    """The skeletons that a drawing of a clip can use, by person.

    Args:
        clip: The tracks. A person with too few frames to recognise the skeleton has that of
            another person.

    Returns:
        As in :func:`known_skeleton`.
    """
    known = {key: known_skeleton(sequence) for key, sequence in clip}
    other = next((skeleton for skeleton in known.values() if skeleton), None)
    return {key: skeleton or (other if clip[key].skeleton is None else None)
            for key, skeleton in known.items()}


@lru_cache(maxsize=64)
def _anatomy(skeleton: Skeleton) -> Anatomy:
    names = skeleton.keypoint_names
    index = {name: i for i, name in enumerate(names)}
    links = skeleton.links or links_between(names)
    parts = part_of(names)
    single = not any(side for side, _ in parts)
    fingers = [finger_of(part) for _, part in parts]
    fine = tuple(not single and (finger is not None or part.startswith(('face_', 'hand_0')))
                 for finger, (_, part) in zip(fingers, parts))
    return Anatomy(tuple((index[a], index[b]) for a, b in links),
                   tuple(_SIDES[side] for side, _ in parts),
                   tuple(finger if single else None for finger in fingers), fine)
