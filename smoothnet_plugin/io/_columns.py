"""The meaning of the columns of a table of poses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_FRAME = ('frame', 'frame_id', 'frame_idx', 'frame_index', 'frame_number')
_TRACK = ('track_id', 'track', 'person_id', 'person', 'individual', 'id')
_NAME = ('keypoint', 'joint', 'bodypart', 'landmark', 'keypoint_name', 'keypoint_id', 'joint_id',
         'landmark_id')
_SCORE = ('score', 'confidence', 'conf', 'likelihood', 'visibility', 'keypoint_score')
_AXES = ('x', 'y', 'z')
_BOXES = ('bbox', 'box')
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
    """

    frame: int | None = None
    track: int | None = None
    name: int | None = None
    axes: dict[str, list[int]] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Coordinates per keypoint: 2, 3, or 0 if there are none or the keypoints disagree."""
        widths = {len(places) for places in self.axes.values()}
        return widths.pop() if len(widths) == 1 else 0

    @classmethod
    def of(cls, header: Sequence[str]) -> Columns:
        """Columns that a header names."""
        plain = [name.strip().lower() for name in header]

        def first(names: Sequence[str]) -> int | None:
            return next((plain.index(name) for name in names if name in plain), None)

        columns = cls(first(_FRAME), first(_TRACK))
        if first(_NAME) is not None and 'x' in plain and 'y' in plain:
            columns.name = first(_NAME)
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
