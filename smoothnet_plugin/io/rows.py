"""Rows for writers: people in frames, and their positions in the source document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from ..processing.gaps import interpolate_at
from ..structures import PoseSequence, PoseTracks
from ..utils.deprecation import warn_renamed

T = TypeVar('T')

#: Frame numbers that span more than so many times their count are not frame numbers (they may be
#: time stamps): the frames between are not filled in where such numbers are read ...
_MAX_SPAN_READ = 20
#: ... and not written.
MAX_SPAN_WRITTEN = 100


@dataclass(frozen=True)
class Row:
    """One person in one frame."""

    track_id: int | str
    sequence: PoseSequence
    index: int

    @property
    def frame_id(self) -> int:
        return int(self.sequence.frame_ids[self.index])

    @property
    def coords(self) -> np.ndarray:
        """Shape (K, C)."""
        return self.sequence.coords[self.index]

    @property
    def ref(self) -> Any:
        """Position in the source document, or None."""
        return None if self.sequence.refs is None else self.sequence.refs[self.index]

    @property
    def interpolated(self) -> bool:
        """Whether a smoother added the pose: the source does not have this person in this frame."""
        return self.ref is None and bool(self.sequence.filled[self.index].all())

    @property
    def bridged(self) -> bool:
        """Old name of :attr:`interpolated`."""
        warn_renamed('Row.bridged', 'Row.interpolated', removed_in='0.3.0')
        return self.interpolated

    @property
    def scores(self) -> np.ndarray:
        """Confidences for a new record, shape (K,), finite.

        Zero for interpolated poses, which are not measurements; without scores 1 for known ones.
        """
        if self.interpolated:
            return np.zeros(self.sequence.num_keypoints)
        if self.sequence.scores is None:
            return np.asarray(np.isfinite(self.coords).all(axis=-1), dtype=np.float64)
        return np.nan_to_num(self.sequence.scores[self.index]).astype(np.float64)

    def neighbours(self) -> list[tuple[int, Any]]:
        """Frame id and ref of the nearest earlier and later row that the source has."""
        refs, frames = self.sequence.refs, self.sequence.frame_ids
        if refs is None:
            return []
        earlier = next((i for i in range(self.index - 1, -1, -1) if refs[i] is not None), None)
        later = next((i for i in range(self.index + 1, len(refs)) if refs[i] is not None), None)
        return [(int(frames[i]), refs[i]) for i in (earlier, later) if i is not None]

    def interpolate(self, value_of: Callable[[Any], np.ndarray | None]) -> np.ndarray | None:
        """Value between those of the neighbours, linear in the frame number.

        Args:
            value_of: Gives the value (a box, say) at a ref, or None.

        Returns:
            The value; that of the only neighbour that has one; or None.
        """
        ends = [(frame, value) for frame, ref in self.neighbours()
                if (value := value_of(ref)) is not None]
        return interpolate_at(self.frame_id, ends)


def all_rows(tracks: PoseTracks) -> list[Row]:
    """Every person in every frame, by frame and then in the order of the tracks."""
    rows = [Row(track_id, sequence, index)
            for track_id, sequence in tracks for index in range(len(sequence))]
    return sorted(rows, key=lambda row: row.frame_id)


def seen_rows(tracks: PoseTracks) -> list[Row]:
    """:func:`all_rows` without poses whose position is unknown."""
    return [row for row in all_rows(tracks) if np.isfinite(row.coords).any()]


def rows_for_document(tracks: PoseTracks) -> tuple[dict[Any, Row], list[Row]]:
    """Rows of the source document, by ref, and new rows.

    New rows without a known position are left out.
    """
    known: dict[Any, Row] = {}
    new: list[Row] = []
    for row in all_rows(tracks):
        if row.ref is not None:
            known[row.ref] = row
        elif np.isfinite(row.coords).any():
            new.append(row)
    return known, new


def by_frame(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Rows of every frame."""
    frames: dict[int, list[Row]] = {}
    for row in rows:
        frames.setdefault(row.frame_id, []).append(row)
    return frames


def merged(items: list[tuple[int, T]], new: list[tuple[int, T]]) -> list[T]:
    """Insert new items by frame number.

    Args:
        items: Frame number and item, in the document's order.
        new: Items to insert, in the order of the frames.

    Returns:
        All items: the new ones in frame order if the document is in order of frames, else at the
        end. In the same frame new items follow those of the document.
    """
    numbers = [number for number, _ in items]
    if all(a <= b for a, b in pairwise(numbers)):
        return [item for _, item in sorted([*items, *new], key=lambda pair: pair[0])]
    return [item for _, item in [*items, *new]]


def new_frames(tracks: PoseTracks,
               create: Callable[[Row], T]) -> Iterator[tuple[int, list[T]]]:
    """Frames of a new document.

    Args:
        tracks: The tracks.
        create: Returns the record of a person in a frame.

    Yields:
        Number and records of every frame of the clip; people without a known position are left
        out.
    """
    rows = by_frame(seen_rows(tracks))
    for frame in tracks.frame_ids.tolist():
        yield frame, [create(row) for row in rows.get(frame, [])]


def updated_frames(tracks: PoseTracks, numbers: Sequence[int],
                   records_of: Callable[[int], Sequence[T]], *, has_pose: Callable[[T], bool],
                   update: Callable[[T, Row], T], create: Callable[[Row, T | None], T]
                   ) -> Iterator[tuple[int, int | None, list[T]]]:
    """Frames of a document with the poses of tracks, whose refs are (position, index).

    Frames and people that are no longer in the tracks are left out.

    Args:
        tracks: The tracks.
        numbers: Frame number of each frame of the document, by position.
        records_of: Returns the records of a frame of the document by its position.
        has_pose: Whether a record has a pose; others are kept.
        update: Returns the copy of a record with the coordinates of a row.
        create: Returns a record for a person whom the document does not have in a frame. Its
            second argument is the person's nearest record, or None.

    Yields:
        Number, position (None for a frame that the document does not have) and records of every
        frame.
    """
    known, new = rows_for_document(tracks)
    added = by_frame(new)
    kept, present = set(tracks.frame_ids.tolist()), set(numbers)
    old: list[tuple[int, tuple[int, int | None]]] = [
        (frame, (frame, position)) for position, frame in enumerate(numbers) if frame in kept]
    for frame, position in merged(old, [(frame, (frame, None)) for frame in added
                                        if frame not in present]):
        records = []
        for index, record in enumerate([] if position is None else records_of(position)):
            row = known.get((position, index))
            if row is not None:
                records.append(update(record, row))
            elif not has_pose(record):
                records.append(record)
        for row in added.get(frame, []):
            near = row.neighbours()[:1]
            like = next((records_of(place)[index] for _, (place, index) in near), None)
            records.append(create(row, like))
        yield frame, position, records


def clip_frames(frame_ids: Iterable[int]) -> np.ndarray:
    """All frames of a clip, from those with people.

    Args:
        frame_ids: Frames with people.

    Returns:
        The frames from the first to the last, in the largest step that includes all of them; only
        ``frame_ids`` if they are too sparse to be frame numbers.
    """
    known = np.unique(np.fromiter(frame_ids, dtype=np.int64))
    if len(known) < 2:
        return known
    step = int(np.gcd.reduce(np.diff(known)))
    count = (int(known[-1]) - int(known[0])) // step + 1
    if count > _MAX_SPAN_READ * len(known):
        return known
    return np.arange(int(known[0]), int(known[-1]) + 1, step)
