"""Writing smoothed tracks back to a document with a place for every person in every frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseTracks
from ._arrays import floating, merged_values
from .rows import Row


@dataclass(frozen=True)
class DenseUpdate:
    """New content of a document, in F frames.

    Attributes:
        frame_ids: Frame number of each row, F entries.
        rows: Row of the old document for each frame, None for a frame that it does not have.
        coords: (F, K, C) by track id; NaN is missing.
        changed: (F, K, C) by track id, bool: values to write. All others do not change; a value
            of NaN here is written as an empty one.
        scores: (F, K) by track id: confidences for poses that are not in the document (0 for
            interpolated ones), NaN elsewhere.
    """

    frame_ids: list[int]
    rows: list[int | None]
    coords: dict[Any, np.ndarray]
    changed: dict[Any, np.ndarray]
    scores: dict[Any, np.ndarray]


def check_people(tracks: PoseTracks, known: Iterable[Any]) -> None:
    """Refuse people for whom a document has no place.

    Raises:
        DataFormatError: There is one.
    """
    known = dict.fromkeys(known)
    for track_id in tracks.tracks:
        if track_id not in known:
            raise DataFormatError(
                f"The document has no place for {track_id!r}; it holds "
                f"{', '.join(map(repr, known)) or 'no people'}. Keep the track ids as they were "
                'read, or write another format.')


def write_back(tracks: PoseTracks, people: Mapping[Any, np.ndarray],
               frame_ids: Sequence[int] | np.ndarray | None = None) -> DenseUpdate:
    """Compare tracks with the document that they were read from.

    Frames that are no longer in the tracks are left out. Additional frames are inserted by number
    if the document is in order of frames, else at its end. A person who is no longer in the tracks
    is missing. A keypoint without a known position in the tracks keeps the document's value.

    Args:
        tracks: The tracks.
        people: The document's coordinates (T, K, C) by track id, as read.
        frame_ids: Frame number of each row of the document, shape (T,). Defaults to None:
            0 .. T-1.

    Returns:
        The values to write.

    Raises:
        DataFormatError: The tracks hold a person for whom the document has no place.

    Example:
        >>> import numpy as np
        >>> from smoothnet_plugin import PoseTracks
        >>> old = {0: np.zeros((3, 1, 2))}
        >>> update = write_back(PoseTracks.from_array(old[0] + [1, 0]), old)
        >>> update.rows, update.changed[0][0].tolist()
        ([0, 1, 2], [[True, False]])
    """
    check_people(tracks, people)
    count = max((len(coords) for coords in people.values()), default=0)
    numbers = list(range(count)) if frame_ids is None else [int(number) for number in frame_ids]
    kept = set(tracks.frame_ids.tolist())
    frames: list[tuple[int, int | None]] = [
        (number, row) for row, number in enumerate(numbers) if number in kept]
    in_order = all(a[0] < b[0] for a, b in pairwise(frames))
    known = set(numbers)
    added = sorted({frame for _, sequence in tracks for frame in sequence.frame_ids.tolist()
                    if frame not in known})
    frames += [(number, None) for number in added]
    if in_order:
        frames.sort(key=lambda frame: frame[0])
    place = {number: at for at, (number, _) in enumerate(frames)}
    source = np.array([-1 if row is None else row for _, row in frames], dtype=int)
    update = DenseUpdate([number for number, _ in frames], [row for _, row in frames], {}, {}, {})
    for track_id, old in people.items():
        before = np.full_like(floating(old[:0]), np.nan, shape=(len(frames), *old.shape[1:]))
        before[source >= 0] = old[source[source >= 0]]
        coords = before.copy()
        scores = np.full(before.shape[:2], np.nan)
        sequence = tracks.tracks.get(track_id)
        present = np.zeros(len(frames), dtype=bool)
        if sequence is not None:
            at = np.array([place[frame] for frame in sequence.frame_ids.tolist()], dtype=int)
            present[at] = True
            coords[at] = merged_values(before[at], sequence.coords)
            for index, row in enumerate(at.tolist()):
                if not np.isfinite(before[row]).any():
                    scores[row] = Row(track_id, sequence, index).scores
        coords[~present] = np.nan
        same = (coords == before) | (np.isnan(coords) & np.isnan(before))
        update.coords[track_id], update.changed[track_id] = coords, ~same
        update.scores[track_id] = scores
    return update
