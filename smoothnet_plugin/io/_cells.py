"""People from the lines of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseInstance
from ._columns import Columns
from ._text import checked_number, number_of
from ._times import frames_of_stamps
from ._values import track_id_of, whole_number

#: People by frame, track id and number in the frame, with the places of their lines.
People = dict[tuple[int, int | str | None, int], list[int]]


def people_of(body: Sequence[Sequence[str]], columns: Columns, path: Path) -> People:
    """Lines of every person in every frame; people without ids are distinguished by order."""
    stamps = stamps_of(body, columns, path) if columns.frame is None else []
    numbers = frames_of_stamps(stamp for stamp in stamps if stamp is not None)
    frames: list[int | None] = []
    for line, row in enumerate(body):
        where = f"'{path}', line {line + 2}"
        if not row:
            frames.append(None)
        elif columns.frame is not None:
            frames.append(frame_of(row, columns.frame, where))
        elif not numbers:
            frames.append(line)
        elif (stamp := stamps[line]) is None:
            raise DataFormatError(f"{where}: the time stamp is missing; expected a number in every "
                                  "line, or a column 'frame'.")
        else:
            frames.append(numbers[stamp])
    return people_in(body, frames, columns, path)


def people_in(body: Sequence[Sequence[str]], frames: Sequence[int | None], columns: Columns,
              path: Path, first: int = 2) -> People:
    """:func:`people_of` where the frame of every line is known, None of an empty one.

    ``first`` is the number of the first line in the file.
    """
    people: People = {}
    for line, (row, frame) in enumerate(zip(body, frames)):
        if frame is None:
            continue
        track_id = (None if columns.track is None
                    else _track(row[columns.track], f"'{path}', line {line + first}"))
        nth = 0
        if columns.name is None:
            while (frame, track_id, nth) in people:
                nth += 1
        people.setdefault((frame, track_id, nth), []).append(line)
    return people


def stamps_of(body: Sequence[Sequence[str]], columns: Columns,
              path: Path) -> list[float | None]:
    """Seconds of every line, None without one; empty if no line has any, or if they are text."""
    if columns.time is None:
        return []
    place, unit = columns.time
    numbers = [number_of(row[place]) if row else math.nan for row in body]
    if None in numbers and (columns.frame is not None or columns.name is columns.track is None):
        return []
    if None in numbers:
        line = numbers.index(None)
        raise DataFormatError(f"'{path}', line {line + 2}: the time stamp {body[line][place]!r} is "
                              "no number; expected seconds, or milliseconds in a column "
                              "'timestamp_ms'.")
    return [number * unit if number is not None and math.isfinite(number) else None
            for number in numbers]


def frame_of(row: Sequence[str], place: int, where: str) -> int:
    """Frame number in a line."""
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


def names_of(body: Sequence[Sequence[str]], columns: Columns) -> list[str]:
    if columns.name is None:
        return list(columns.axes)
    return list(dict.fromkeys(columns.name_of(row) for row in body if row))


def places_of(body: Sequence[Sequence[str]], columns: Columns, names: Sequence[str],
            lines: Sequence[int], path: Path, first: int = 2) -> dict[str, tuple[int, str]]:
    """Line of every keypoint of a person, and its name among the columns."""
    if columns.name is None:
        return {name: (lines[0], name) for name in names}
    places: dict[str, tuple[int, str]] = {}
    for line in lines:
        name = columns.name_of(body[line])
        if name in places:
            raise DataFormatError(f"'{path}', line {line + first}: keypoint {name!r} occurs twice "
                                  'in this frame; several people need a column track_id.')
        places[name] = (line, '')
    return places


def instance_of(body: Sequence[Sequence[str]], columns: Columns, names: Sequence[str],
                lines: Sequence[int], path: Path, first: int = 2) -> PoseInstance:
    """A person from its lines; the lines are its payload."""
    def cell(line: int, place: int) -> float:
        return checked_number(body[line][place],
                              f"'{path}', line {line + first}, column {place + 1}")

    places = places_of(body, columns, names, lines, path, first)
    coords, scores = [], []
    for name in names:
        line, column = places.get(name, (-1, ''))
        if line < 0:
            coords.append([math.nan] * columns.width)
            scores.append(0.0)
            continue
        position = [cell(line, place) for place in columns.axes[column]]
        coords.append(position)
        if column in columns.scores:
            scores.append(cell(line, columns.scores[column]))
        else:
            scores.append(float(all(map(math.isfinite, position))))
    return PoseInstance(
        np.array(coords, dtype=np.float64).reshape(len(names), columns.width),
        np.nan_to_num(np.array(scores, dtype=np.float64)) if columns.scores else None,
        payload=tuple(lines))
