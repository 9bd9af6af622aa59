"""Sides and limbs from the names of keypoints, in any common spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ..structures.left_right import mirror_indices

_ARM = re.compile(r'sho|elb|wri|hand|thumb|finger|arm|humerus|radius|clav', re.IGNORECASE)
_FACE = re.compile(r'eye|ear|mouth', re.IGNORECASE)


def limb_groups(names: Sequence[str]) -> list[np.ndarray]:
    """Keypoints that are hidden together: left arm, right arm, left leg, right leg.

    Args:
        names: K names.

    Returns:
        Index arrays of the limbs found in the names; one per keypoint if there are none.
    """
    mirror = mirror_indices(names)
    groups: dict[tuple[bool, bool], list[int]] = {}
    for i, name in enumerate(names):
        arm = bool(_ARM.search(name))
        if mirror[i] != i and (arm or not _FACE.search(name)):
            # The first name of a sorted pair is the left one: 'l' < 'r' in every spelling.
            side = name < str(names[mirror[i]])
            groups.setdefault((side, arm), []).append(i)
    if not groups:
        return [np.array([i]) for i in range(len(names))]
    return [np.array(group) for group in groups.values()]
