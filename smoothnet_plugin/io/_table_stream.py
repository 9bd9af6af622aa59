"""Base of tables that are read and written frame by frame.

Every frame is a small table of its own, which the format updates as it does a whole file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..structures import PoseFrame, PoseInstance, PoseTracks, Skeleton
from ..structures.representation import default_unit
from ..tracking import tracks_from_frames
from ._decimals import Decimals, common_decimals, decimals_for
from ._dialect import Dialect, Rows
from ._text import decimals_of


class FrameLines(NamedTuple):
    """The lines of a frame, the number of the first one, and what the writer needs."""

    rows: Rows
    first: int
    details: Mapping[str, Any] = {}


class TableStream(ABC):
    """Base of such tables.

    Args:
        header: The rows of the header.
        rows: All further rows, with their line numbers.
        dialect: The dialect. Unless it tells the decimal sign, the first number with decimals
            does.
        path: The file, for messages.

    Attributes:
        head: What precedes the frames in the output.
        skeleton: Skeleton of the columns, or None.
        width: Coordinates per keypoint.
    """

    skeleton: Skeleton | None
    width: int

    def __init__(self, header: Rows, rows: Iterator[tuple[int, list[str]]], dialect: Dialect,
                 path: Path) -> None:
        self.header, self.path = header, path
        self._dialect = dialect
        self._rows = self._with_points(rows)
        #: Decimals of the numbers so far.
        self._decimals: int | None = 0
        mark = '\ufeff' if dialect.mark else ''
        self.head = f'{mark}{dialect.text_of(header)}'.encode()

    def _with_points(self, rows: Iterator[tuple[int, list[str]]]
                     ) -> Iterator[tuple[int, list[str]]]:
        for line, row in rows:
            self._dialect = self._dialect.after([row])
            yield line, self._dialect.with_points(row)

    @abstractmethod
    def _frames(self) -> Iterator[tuple[int, FrameLines]]:
        """The lines of the frames, as soon as a frame is complete."""

    @abstractmethod
    def _people(self, lines: FrameLines) -> list[PoseInstance]:
        """The people in the lines of a frame."""

    @abstractmethod
    def _updated(self, lines: FrameLines, tracks: PoseTracks, decimals: Decimals | None) -> Rows:
        """The lines with the poses of tracks."""

    def frames(self) -> Iterator[PoseFrame]:
        """The frames of the table.

        Raises:
            DataFormatError: A line is not what it should be.
        """
        for number, lines in self._frames():
            people = self._people(lines)
            decimals = decimals_for([person.keypoints for person in people], self._decimals,
                                    default_unit(f'keypoints_{self.width}d'))
            yield PoseFrame(number, people, payload=(lines, decimals))

    def _count(self, numbers: Iterable[str]) -> None:
        """Take the numbers of further lines into account."""
        self._decimals = common_decimals((self._decimals, decimals_of(numbers)))

    def text_of(self, frame: PoseFrame) -> bytes:
        """The lines of a smoothed frame. New coordinates get the decimals of the file so far."""
        lines, decimals = frame.payload
        tracks = tracks_from_frames([frame], representation=f'keypoints_{self.width}d')
        rows = self._updated(lines, tracks, decimals)
        # A table has one decimal sign: commas in later lines are refused.
        self._dialect = self._dialect.after(rows)
        return self._dialect.text_of(rows).encode()
