"""Frame numbers from file names, names for new frames, skeletons from keypoint names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ..structures import PoseTracks, Skeleton, get_skeleton, root_of, skeleton_names

_DIGITS = re.compile(r'([0-9]+)')
_LONGEST = 15


def frame_numbers(names: Sequence[str]) -> list[int] | None:
    """Frame numbers of files of one clip.

    The names must be the same text around their numbers, and exactly one of the numbers must
    distinguish them: ``clip_000012_keypoints.json`` has frame 12. In a single name it is the last
    number.

    Args:
        names: Different file names, with or without folders and suffixes.

    Returns:
        A number per name, all different, or None if the names do not decide.
    """
    # The parts alternate: text, number, text, number, ...
    parts = [_DIGITS.split(PurePosixPath(name).stem) for name in names]
    if not parts or any(part[::2] != parts[0][::2] for part in parts):
        return None
    columns = list(zip(*(part[1::2] for part in parts)))
    telling = [column for column in columns if len(set(column)) > 1] or columns[-1:]
    if len(telling) != 1:
        return None
    if any(len(number) > _LONGEST for number in telling[0]):
        return None
    numbers = [int(number) for number in telling[0]]
    return numbers if len(set(numbers)) == len(numbers) else None


def name_like(name: str, old: int, new: int) -> str:
    """Name of a new frame after that of a known one.

    Args:
        name: Name of a frame.
        old: The known frame's number.
        new: The new frame's number.

    Returns:
        The name with its last ``old`` replaced by ``new`` in as many digits; a name without the
        number gets the new one before its suffix.
    """
    for match in reversed(list(_DIGITS.finditer(name))):
        if match.group().lstrip('0') == str(old).lstrip('0'):
            digits = str(new).zfill(len(match.group()))
            return name[:match.start()] + digits + name[match.end():]
    path = PurePosixPath(name)
    return str(path.with_name(f'{path.stem}_{new}{path.suffix}'))


def named_skeleton(names: Sequence[str], name: str) -> Skeleton | None:
    """Skeleton of keypoint names in a file: the built-in one with the same names, if any.

    Args:
        names: K names.
        name: Name of a skeleton that is not built in.

    Returns:
        The skeleton, or None if names are missing or occur twice.
    """
    names = tuple(names)
    for known in map(get_skeleton, skeleton_names()):
        if known.keypoint_names == names:
            return known
    if not all(names) or len(set(names)) < len(names):
        return None
    return Skeleton(name, names, root=root_of(names))


def keypoint_names(tracks: PoseTracks) -> list[str]:
    """Names for columns: the skeleton's, else ``keypoint_0``, ``keypoint_1`` ..."""
    for _, sequence in tracks:
        if sequence.skeleton is not None:
            return list(sequence.skeleton.keypoint_names)
    count = next((sequence.num_keypoints for _, sequence in tracks), 0)
    return [f'keypoint_{i}' for i in range(count)]
