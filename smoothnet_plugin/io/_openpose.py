"""People in OpenPose's JSON: flat arrays of body, face and hands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseInstance, Skeleton, get_skeleton, root_of
from ._values import join_flat, split_flat, track_id_of, updated_flat
from .rows import Row

#: Arrays in addition to the body, and their numbers of keypoints.
_MORE = {'face': 70, 'hand_left': 21, 'hand_right': 21}
_PARTS = ('pose', *_MORE)
_SUFFIXES = {2: ('_keypoints_2d', '_keypoints'), 3: ('_keypoints_3d',)}
_BODY_25B = get_skeleton('body25b').keypoint_names


@dataclass(frozen=True)
class Arrays:
    """The arrays of a person that hold the keypoints, one after the other.

    Attributes:
        dims: 2 or 3.
        suffix: End of their names: ``'_keypoints_2d'``, in old versions ``'_keypoints'``.
        parts: The arrays in addition to the body.
        with_ids: Whether track ids are written where the document has none.
    """

    dims: int
    suffix: str
    parts: tuple[str, ...]
    with_ids: bool = False

    @classmethod
    def of(cls, people: Sequence[Mapping[str, Any]], dims: int | None, every: bool) -> Arrays:
        """The arrays of the people of a document.

        Args:
            people: The people.
            dims: 2 or 3; None for 2D if a person has it, else 3D.
            every: Face and hands, too, where they have OpenPose's numbers of keypoints.
        """
        if dims is None:
            dims = 2 if any(person.get(f'pose{suffix}') for person in people for suffix in
                            _SUFFIXES[2]) or not any(
                person.get(f'pose{suffix}') for person in people for suffix in _SUFFIXES[3]) else 3
        suffix = next((suffix for suffix in _SUFFIXES[dims]
                       if any(f'pose{suffix}' in person for person in people)), _SUFFIXES[dims][0])
        parts = []
        for part, count in _MORE.items() if every else ():
            found = [person[key] for person in people if person.get(key := f'{part}{suffix}')]
            if found and all(isinstance(value, list) and len(value) == count * (dims + 1)
                             for value in found):
                parts.append(part)
        return cls(dims, suffix, tuple(parts))

    @property
    def body(self) -> str:
        """Name of the array of the body."""
        return f'pose{self.suffix}'

    def instance(self, person: Mapping[str, Any], where: str) -> PoseInstance:
        """The person's pose: body, then the other parts."""
        coords, scores = split_flat(person[self.body], self.dims + 1, f'{where}, {self.body}')
        for part in self.parts:
            key = self._name(part)
            more = person.get(key) or [0] * _MORE[part] * (self.dims + 1)
            values, certain = split_flat(more, self.dims + 1, f'{where}, {key}')
            coords, scores = np.concatenate([coords, values]), np.concatenate([scores, certain])
        return PoseInstance(
            coords, scores, track_id=track_id_of(person.get('person_id'), f'{where}, person_id'),
            filled=bool(person.get('filled', False)))

    def _split(self, count: int) -> dict[str, slice]:
        """Rows of every array, of so many keypoints."""
        sizes = [count - sum(_MORE[part] for part in self.parts),
                 *(_MORE[part] for part in self.parts)]
        ends = np.cumsum(sizes).tolist()
        return {self._name(part): slice(end - size, end) for part, size, end in zip(
            ('pose', *self.parts), sizes, ends)}

    def _name(self, part: str) -> str:
        return f'{part}{self.suffix}'

    def updated(self, person: Mapping[str, Any], row: Row) -> dict[str, Any]:
        """Copy of a person with the row's coordinates; empty arrays stay empty."""
        changed = dict(person)
        for key, part in self._split(len(row.coords)).items():
            if person.get(key):
                changed[key] = updated_flat(person[key], self.dims + 1, row.coords[part], key)
        return changed

    def created(self, row: Row, person_id: int, like: Mapping[str, Any]) -> dict[str, Any]:
        """A person who is not in this frame of the document, with the keys of a neighbour."""
        keys = [key for key in like if key.endswith(('_2d', '_3d', self.suffix))] or [
            f'{part}_keypoints_{d}d' for d in (2, 3) for part in _PARTS]
        person: dict[str, Any] = {'person_id': [person_id], **{key: [] for key in keys}}
        for key, part in self._split(len(row.coords)).items():
            if np.isfinite(row.coords[part]).any() or key == self.body:
                person[key] = join_flat(row.coords[part], row.scores[part])
        return {**person, 'filled': True} if row.interpolated else person

    def skeleton(self, count: int, poses: Iterable[np.ndarray]) -> Skeleton | None:
        """Names of so many keypoints where the body has 25 of them: BODY_25 or BODY_25B."""
        if count - sum(_MORE[part] for part in self.parts) != len(_BODY_25B):
            return None
        skeleton = get_skeleton('body25')
        names = _BODY_25B if _is_25b(poses) else skeleton.keypoint_names
        if names == skeleton.keypoint_names and not self.parts:
            return skeleton
        sides = {'face': 'face', 'hand_left': 'left_hand', 'hand_right': 'right_hand'}
        names = (*names, *(f'{sides[part]}_{i}' for part in self.parts for i in range(_MORE[part])))
        links = tuple(link for link in skeleton.links if set(link) <= set(names))
        return Skeleton('body25b' if 'head_top' in names else 'openpose', names, links,
                        root_of(names))


def _is_25b(poses: Iterable[np.ndarray]) -> bool:
    """Whether bodies of 25 keypoints have the order of BODY_25B: its neck is between shoulders."""
    offs = []
    for pose in poses:
        known = np.asarray(pose, dtype=np.float64)
        offs.append([_off(known[1], known[2], known[5]), _off(known[17], known[5], known[6])])
    if not offs:
        return False
    ordered, other = np.median(np.nan_to_num(offs, nan=np.inf), axis=0)
    return bool(other < 0.5 and other < 0.5 * ordered)


def _off(neck: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Distance of a neck from the middle of the shoulders, in widths of the shoulders."""
    width = float(np.linalg.norm(one - other))
    return float(np.linalg.norm(neck - (one + other) / 2)) / width if width > 0 else np.nan


def check_body(people: Sequence[Mapping[str, Any]], where: str) -> None:
    """Refuse people without an array of the body.

    Raises:
        DataFormatError: None of them has one.
    """
    keys = [f'pose{suffix}' for suffixes in _SUFFIXES.values() for suffix in suffixes]
    if people and not any(key in person for person in people for key in keys):
        raise DataFormatError(f"{where}: people have none of {', '.join(keys)}, but "
                              f"{', '.join(people[0])}.")


def whole_id(row: Row) -> int:
    """The track id as OpenPose's ``person_id``.

    Raises:
        DataFormatError: It is text.
    """
    if isinstance(row.track_id, str):
        raise DataFormatError(f'OpenPose numbers people, but a track is called {row.track_id!r}; '
                              'rename it, or save with track_ids=False.')
    return int(row.track_id)

