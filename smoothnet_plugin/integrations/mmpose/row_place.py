"""Video, frame and person of one pose of a data sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class RowPlace(NamedTuple):
    """Video, frame and person of one pose of a data sample.

    Attributes:
        sequence: Name of the video, unique in the data set.
        frame: Frame number.
        track_id: The person, or None if unknown.
        fps: Frames per second of the numbering, or None if unknown.
    """

    sequence: str
    frame: int
    track_id: int | str | None = None
    fps: float | None = None


#: Takes a data sample and the number of its poses; returns the place of each pose.
SequenceParser = Callable[[Mapping[str, Any], int], list[RowPlace]]
