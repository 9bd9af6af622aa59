"""People from the lines of a table."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseInstance
from ._columns import Columns
from ._text import checked_number, number_of
from ._times import frames_of_stamps, seconds_of
from ._values import track_id_of, whole_number

#: People by frame, track id and number in the frame, with the places of their lines.
People = dict[tuple[int, int | str | None, int], list[int]]


@dataclass
class Lines:
    """Lines of a table.

    Attributes:
        rows: The cells of each line; empty for an empty line.
        columns: The meaning of the columns.
        path: The file, for messages.
        first: Number of the first line in the file. Defaults to 2, after a header.
    """

    rows: Sequence[Sequence[str]]
    columns: Columns
    path: Path
    first: int = 2

    def where(self, line: int) -> str:
        """File and line number for messages."""
        return f"'{self.path}', line {line + self.first}"

    def frames(self) -> list[int | None]:
        """Frame number of every line, None of an empty one.

        Raises:
            DataFormatError: A frame number is not whole, or a time stamp that numbers the frames is
                missing or goes back.
        """
        place = self.columns.frame
        if place is not None:
            return [frame_of(row, place, self.where(line)) if row else None
                    for line, row in enumerate(self.rows)]
        stamps = self.stamps()
        numbers = frames_of_stamps(stamp for stamp in stamps if stamp is not None)
        if numbers:
            self._refuse_going_back(stamps)
        frames: list[int | None] = []
        for line, row in enumerate(self.rows):
            if not row:
                frames.append(None)
            elif not numbers:
                frames.append(line)
            elif (stamp := stamps[line]) is None:
                raise DataFormatError(f'{self.where(line)}: the time stamp is missing; expected a '
                                      "number in every line, or a column 'frame'.")
            else:
                frames.append(numbers[stamp])
        return frames

    def _refuse_going_back(self, stamps: Sequence[float | None]) -> None:
        """Refuse lines of a person, or of its keypoint, that are not in the order of time."""
        columns = self.columns
        last: dict[tuple[str, str], float] = {}
        for line, (row, stamp) in enumerate(zip(self.rows, stamps)):
            if stamp is None:
                continue
            key = ('' if columns.track is None else row[columns.track],
                   '' if columns.name is None else columns.name_of(row))
            if stamp < last.get(key, stamp):
                raise went_back(self.where(line), stamp, last[key])
            last[key] = stamp

    def people(self, frames: Sequence[int | None]) -> People:
        """Lines of every person in every frame; people without ids are distinguished by order.

        Args:
            frames: Frame number of every line, see :meth:`frames`.

        Raises:
            DataFormatError: A track id is not valid.
        """
        people: People = {}
        for line, (row, frame) in enumerate(zip(self.rows, frames)):
            if frame is None:
                continue
            track_id = (None if self.columns.track is None
                        else _track(row[self.columns.track], self.where(line)))
            nth = 0
            if self.columns.name is None:
                while (frame, track_id, nth) in people:
                    nth += 1
            people.setdefault((frame, track_id, nth), []).append(line)
        return people

    def stamps(self) -> list[float | None]:
        """Seconds of every line, None without one; empty if no line has any, or if they are text.

        Dates and times of day in ISO 8601 count in seconds, whatever the unit of the column.

        Raises:
            DataFormatError: One is text, and the table needs them in place of frame numbers.
        """
        columns = self.columns
        if columns.time is None:
            return []
        place, unit = columns.time
        numbers = [number_of(row[place]) if row else math.nan for row in self.rows]
        if None in numbers:
            numbers, unit = [seconds_of(row[place]) if row else math.nan for row in self.rows], 1.0
        if None in numbers and (columns.frame is not None
                                or columns.name is columns.track is None):
            line = numbers.index(None)
            warnings.warn(f'{self.where(line)}: the time stamp {self.rows[line][place]!r} is '
                          'neither a number nor an ISO 8601 time; time stamps are not used, and '
                          'frames count as evenly spaced.', stacklevel=6)
            return []
        if None in numbers:
            line = numbers.index(None)
            raise DataFormatError(f'{self.where(line)}: the time stamp {self.rows[line][place]!r} '
                                  'is neither a number nor an ISO 8601 time; expected seconds, or '
                                  'milliseconds in a column '
                                  "'timestamp_ms'.")
        return [number * unit if number is not None and math.isfinite(number) else None
                for number in numbers]

    def names(self) -> list[str]:
        """Names of the keypoints."""
        if self.columns.name is None:
            return list(self.columns.axes)
        return list(dict.fromkeys(self.columns.name_of(row) for row in self.rows if row))

    def places(self, names: Sequence[str], lines: Sequence[int]) -> dict[str, tuple[int, str]]:
        """Line of every keypoint of a person, and its name among the columns.

        Raises:
            DataFormatError: A keypoint occurs twice.
        """
        if self.columns.name is None:
            return {name: (lines[0], name) for name in names}
        places: dict[str, tuple[int, str]] = {}
        for line in lines:
            name = self.columns.name_of(self.rows[line])
            if name in places:
                raise DataFormatError(f'{self.where(line)}: keypoint {name!r} occurs twice in this '
                                      'frame; several people need a column track_id.')
            places[name] = (line, '')
        return places

    def instance(self, names: Sequence[str], lines: Sequence[int],
                 track_id: int | str | None = None) -> PoseInstance:
        """A person from its lines, which are its payload.

        Raises:
            DataFormatError: A cell is not a number, or a keypoint occurs twice.
        """
        places = self.places(names, lines)
        coords, scores = [], []
        for name in names:
            line, column = places.get(name, (-1, ''))
            if line < 0:
                coords.append([math.nan] * self.columns.width)
                scores.append(0.0)
                continue
            position = [self._number(line, place) for place in self.columns.axes[column]]
            coords.append(position)
            score = self.columns.scores.get(column)
            scores.append(float(all(map(math.isfinite, position))) if score is None
                          else self._number(line, score))
        return PoseInstance(
            np.array(coords, dtype=np.float64).reshape(len(names), self.columns.width),
            np.nan_to_num(np.array(scores, dtype=np.float64)) if self.columns.scores else None,
            track_id=track_id, payload=tuple(lines))

    def _number(self, line: int, place: int) -> float:
        return checked_number(self.rows[line][place], f'{self.where(line)}, column {place + 1}')


def went_back(where: str, stamp: float, before: float) -> DataFormatError:
    """The error of a time stamp before that of an earlier line."""
    return DataFormatError(
        f'{where}: the time stamp {stamp:g} s follows {before:g} s; expected increasing ones, as '
        "they number the frames. Sort the lines, or number the frames in a column 'frame' and give "
        '--fps (fps); several people need a column track_id.')


def frame_of(row: Sequence[str], place: int, where: str) -> int:
    """Frame number in a line.

    Raises:
        DataFormatError: It is not a whole number.
    """
    number = number_of(row[place])
    return whole_number(row[place] if number is None or math.isnan(number) else number,
                        f'{where}, frame')


def _track(cell: str, where: str) -> int | str | None:
    number = number_of(cell)
    if number is None:
        return cell
    if math.isnan(number):
        return None
    return track_id_of(number if number.is_integer() else cell, where)
