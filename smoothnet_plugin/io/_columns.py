"""The meaning of the columns of a table of poses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import check_known
from ._times import time_unit

_FRAME = ('frame', 'frame_id', 'frame_idx', 'frame_index', 'frame_number')
_TRACK = ('track_id', 'track', 'person_id', 'person', 'individual', 'id')
_NAME = ('keypoint', 'joint', 'bodypart', 'landmark', 'keypoint_name', 'keypoint_id', 'joint_id',
         'landmark_id')
_SCORE = ('score', 'confidence', 'conf', 'likelihood', 'visibility', 'keypoint_score',
          'probability', 'prob')
_GROUPS = ('model', 'trajectory')
_AXES = ('x', 'y', 'z')
_BOXES = ('bbox', 'box', 'instance')
_WIDE = re.compile(rf"(.+)[_. ]({'|'.join([*_AXES, *_SCORE])})", re.IGNORECASE)
#: ``x0, y0, v0``: the numbers are the keypoints.
_NUMBERED = re.compile(rf"({'|'.join([*_AXES, *_SCORE, 'v'])})_?([0-9]{{1,4}})")


@dataclass
class Columns:
    """Columns of the values of a row.

    Attributes:
        frame: Column of the frame number, or None.
        track: Column of the track id, or None.
        name: Column of the keypoint's name if there is a row per keypoint, else None.
        axes: Columns of x, y and maybe z, of every keypoint; of tidy tables under the name ''.
        scores: Column of the confidence, likewise.
        groups: Columns of tidy tables that distinguish keypoints of the same name (FreeMoCap's
            model and trajectory).
        time: Column of the time stamp and seconds of one unit of it, or None.
    """

    frame: int | None = None
    track: int | None = None
    name: int | None = None
    axes: dict[str, list[int]] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    time: tuple[int, float] | None = None

    @property
    def width(self) -> int:
        """Coordinates per keypoint: 2, 3, or 0 if there are none or the keypoints disagree."""
        widths = {len(places) for places in self.axes.values()}
        return widths.pop() if len(widths) == 1 else 0

    def name_of(self, row: Sequence[str]) -> str:
        """Name of the keypoint in a line of a tidy table."""
        places = [*self.groups, self.name or 0]
        return '/'.join(row[place] for place in places)

    def left_out(self, header: Sequence[str]) -> list[str]:
        """Columns of a wide table that look like values of keypoints, and are not read."""
        if self.name is not None:
            return []
        used = {place for axes in self.axes.values() for place in axes} | set(self.scores.values())
        kept = {place for place in (self.frame, self.track) if place is not None}
        kept |= {self.time[0]} if self.time else set()
        starts = tuple(f'{name}{separator}' for name in self.axes for separator in '_. ')
        return [name for place, name in enumerate(map(str.strip, header))
                if place not in used | kept and (
                    name.startswith(starts) or ((match := _WIDE.fullmatch(name)) and (
                        match.group(1).lower() not in _BOXES)))]

    def keep_groups(self, body: Iterable[Sequence[str]]) -> None:
        """Keep those columns of groups that differ between lines."""
        rows = [row for row in body if row]
        self.groups = [place for place in self.groups if len({row[place] for row in rows}) > 1]

    def numbers(self, body: Iterable[Sequence[str]]) -> Iterator[str]:
        """The cells of coordinates."""
        places = [place for axes in self.axes.values() for place in axes]
        return (row[place] for row in body if row for place in places)

    def set_name(self, row: list[str], name: str) -> None:
        """Write a name by :meth:`name_of` to a line of a tidy table."""
        for place, part in zip([*self.groups, self.name or 0],
                               name.split('/', len(self.groups))):
            row[place] = part

    @classmethod
    def of(cls, header: Sequence[str]) -> Columns:
        """Columns that a header names."""
        plain = [name.strip().lower() for name in header]

        def first(names: Sequence[str]) -> int | None:
            return next((plain.index(name) for name in names if name in plain), None)

        columns = cls(first(_FRAME), first(_TRACK))
        columns.time = next(((place, unit) for place, name in enumerate(plain)
                             if (unit := time_unit(name)) is not None), None)
        if first(_NAME) is not None and 'x' in plain and 'y' in plain:
            columns.name = first(_NAME)
            columns.groups = [plain.index(name) for name in _GROUPS if name in plain]
            columns.axes[''] = [plain.index(axis) for axis in _AXES if axis in plain]
            score = first(_SCORE)
            if score is not None:
                columns.scores[''] = score
            return columns
        found: dict[str, dict[str, int]] = {}
        for place, name in enumerate(header):
            match = _WIDE.fullmatch(name.strip())
            if match:
                found.setdefault(match.group(1), {})[match.group(2).lower()] = place
            elif match := _NUMBERED.fullmatch(name.strip().lower()):
                part = 'visibility' if match.group(1) == 'v' else match.group(1)
                found.setdefault(f'keypoint_{match.group(2)}', {})[part] = place
        for name, parts in found.items():
            if 'x' in parts and 'y' in parts and name.lower() not in _BOXES:
                columns.axes[name] = [parts[axis] for axis in _AXES if axis in parts]
                for score in _SCORE:
                    if score in parts:
                        columns.scores.setdefault(name, parts[score])
        return columns


def mapped_header(header: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Header in which only the columns of a map have names.

    Args:
        header: Names of the columns in the file.
        names: Column of the file by meaning: ``frame``, ``track_id``, ``keypoint``, ``x``, ``y``,
            ``z``, ``score``, ``timestamp_ms``; or ``<keypoint>.x`` and so on.

    Returns:
        The header for :meth:`Columns.of`.

    Raises:
        ConfigError: The file does not have a column.
    """
    result = [''] * len(header)
    plain = [name.strip() for name in header]
    for meaning, name in names.items():
        check_known('columns: the file has no column', str(name), plain)
        result[plain.index(str(name))] = str(meaning)
    return result
