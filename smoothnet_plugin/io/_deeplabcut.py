"""What DeepLabCut's CSV and HDF5 files have in common: columns with a name of several levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataFormatError
from .write_back import DenseUpdate

AXES = ('x', 'y', 'z')
SCORE = 'likelihood'


@dataclass(frozen=True)
class Header:
    """Columns of every person's body parts.

    Attributes:
        rows: Number of header rows.
        names: Body parts of all people, each once.
        places: By track id and body part, the columns of x, y and perhaps z.
        scores: By track id and body part, the column of the likelihood.
    """

    rows: int
    names: list[str]
    places: dict[int | str, dict[str, list[int]]]
    scores: dict[int | str, dict[str, int]]

    @property
    def width(self) -> int:
        widths = {len(columns) for parts in self.places.values() for columns in parts.values()}
        return widths.pop() if len(widths) == 1 else 0

    def numbers(self, body: Iterable[Sequence[str]]) -> Iterator[str]:
        """The cells of coordinates."""
        places = [place for parts in self.places.values() for columns in parts.values()
                  for place in columns]
        return (row[place] for row in body for place in places)

    def people(self, count: int, column: Callable[[int], Sequence[float] | np.ndarray]
               ) -> tuple[dict[int | str, np.ndarray], dict[int | str, np.ndarray] | None]:
        """Coordinates and likelihoods of all people.

        Args:
            count: Number of rows T.
            column: Returns the T values of a column.

        Returns:
            Coordinates (T, K, C) by track id, NaN where missing, and likelihoods (T, K): 1 for
            known body parts without a column. None if no body part has likelihoods.
        """
        index = {name: k for k, name in enumerate(self.names)}
        people, scores = {}, {}
        for track_id, parts in self.places.items():
            coords = np.full((count, len(index), self.width), np.nan)
            for part, columns in parts.items():
                for c, place in enumerate(columns):
                    coords[:, index[part], c] = column(place)
            certain = np.asarray(np.isfinite(coords).all(axis=-1), dtype=np.float64)
            for part, place in self.scores[track_id].items():
                certain[:, index[part]] = column(place)
            people[track_id], scores[track_id] = coords, certain
        return people, scores if any(self.scores.values()) else None

    def written(self, update: DenseUpdate) -> Iterator[tuple[int, np.ndarray, np.ndarray, bool]]:
        """The columns of coordinates and likelihoods with the values to write.

        Args:
            update: New content, in F frames.

        Yields:
            The column, which frames to write and the values, both of shape (F,), and whether
            these are likelihoods.
        """
        for track_id, parts in self.places.items():
            changed, scores = update.changed[track_id], update.scores[track_id]
            added = changed.any(axis=2) & np.isfinite(scores)
            for part, columns in parts.items():
                k = self.names.index(part)
                for c, column in enumerate(columns):
                    yield column, changed[:, k, c], update.coords[track_id][:, k, c], False
                if part in self.scores[track_id]:
                    yield self.scores[track_id][part], added[:, k], scores[:, k], True


def header_of(rows: Sequence[Sequence[str]], path: Path) -> Header:
    """Columns of a table.

    Args:
        rows: The table or its header rows; the first column has their names.
        path: The file, for messages.

    Returns:
        The columns.

    Raises:
        DataFormatError: The header rows are incomplete or name no parts.
    """
    keys = []
    for row in rows[:4]:
        keys.append(row[0] if row else '')
        if keys[-1] == 'coords':
            break
    if keys not in (['scorer', 'bodyparts', 'coords'],
                    ['scorer', 'individuals', 'bodyparts', 'coords']):
        raise DataFormatError(f"'{path}': the first column begins with {', '.join(keys)}; expected "
                              'scorer, [individuals,] bodyparts, coords.')
    count = len(rows[0])
    if any(len(row) != count for row in rows[:len(keys)]):
        raise DataFormatError(f"'{path}': the header rows have "
                              f'{[len(row) for row in rows[:len(keys)]]} cells; expected the same '
                              'number.')
    found: dict[int | str, dict[str, dict[str, int]]] = {}
    for column in range(1, count):
        track_id = rows[1][column] if len(keys) == 4 else 0
        part, coord = rows[len(keys) - 2][column], rows[len(keys) - 1][column]
        places = found.setdefault(track_id, {}).setdefault(part, {})
        if coord in places:
            raise DataFormatError(f"'{path}': column {column + 1} repeats {part!r}, {coord!r}.")
        places[coord] = column
    whole = {track_id: {part: places for part, places in parts.items() if {'x', 'y'} <= set(places)}
             for track_id, parts in found.items()}
    header = Header(
        len(keys), list(dict.fromkeys(part for parts in whole.values() for part in parts)),
        {track_id: {part: [places[axis] for axis in AXES if axis in places]
                    for part, places in parts.items()} for track_id, parts in whole.items()},
        {track_id: {part: places[SCORE] for part, places in parts.items() if SCORE in places}
         for track_id, parts in whole.items()})
    if header.width == 0:
        raise DataFormatError(f"'{path}': none of the body parts has columns x and y, or only some "
                              'have z.')
    return header
