"""Frames of MMPose's JSON: lists of ``{frame_id, instances}``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseTracks
from ._json_items import JsonItems
from ._mmpose import has_pose, new_person, read_people, updated_person
from ._people import ShapeCheck
from ._times import stamp_of
from ._values import box_array, checked, whole_number
from .base import ReadContext, SourceDocument
from .rows import new_frames, updated_frames


def read_entries(source: SourceDocument, entries: Any, context: ReadContext,
                 **fields: Any) -> PoseTracks:
    """Tracks of a list of ``{frame_id, instances}``."""
    path = source.path
    checked(entries, (list, JsonItems), f"'{path}'", 'a list of frames')
    check = ShapeCheck(path)
    seen: dict[int, int] = {}
    times: dict[int, float | None] = {}
    frames = []
    for position, entry in enumerate(entries):
        if not isinstance(entry, dict) or not {'frame_id', 'instances'} <= set(entry):
            raise DataFormatError(f"'{path}', entry {position}: expected an object with "
                                  "'frame_id' and 'instances'.")
        frame_id = whole_number(entry['frame_id'], f"'{path}', entry {position}, frame_id")
        if frame_id in seen:
            raise DataFormatError(f"'{path}': frame_id {frame_id} occurs twice, in entries "
                                  f'{seen[frame_id]} and {position}.')
        seen[frame_id] = position
        stamp = stamp_of(entry)
        if stamp is not None:
            times[frame_id] = stamp
        frames.append(read_people(entry['instances'], frame_id, position, check))
    source = replace(source, details={**source.details, 'frame_ids': list(seen)})
    return context.tracks(frames, source, representation=check.representation, times=times,
                          **fields)


def entries_of(source: SourceDocument | None, tracks: PoseTracks,
               track_ids: bool | None) -> Iterator[dict[str, Any]]:
    """The entries ``{frame_id, instances}`` of tracks, those of their document where they have one.

    Args:
        source: The document, whose data are its entries, or None.
        tracks: The tracks.
        track_ids: As in :meth:`MMPoseVideo.write`.
    """
    if source is None:
        return new_entries(tracks, track_ids)
    return updated_entries(source.data, source.details['frame_ids'], tracks, bool(track_ids))


def updated_entries(entries: Sequence[dict[str, Any]], frame_ids: Sequence[int],
                    tracks: PoseTracks, track_ids: bool) -> Iterator[dict[str, Any]]:
    """The entries of a list of ``{frame_id, instances}`` with the poses of the tracks."""
    # A long document is parsed on access.
    entry_at = lru_cache(maxsize=4)(entries.__getitem__)

    def box_at(ref: tuple[int, int]) -> np.ndarray | None:
        return box_array(entry_at(ref[0])['instances'][ref[1]].get('bbox'), 'bbox')

    for frame, position, people in updated_frames(
            tracks, frame_ids, lambda place: entry_at(place)['instances'] or [],
            has_pose=has_pose,
            update=lambda person, row: updated_person(person, row, track_ids),
            create=lambda row, like: new_person(row, track_ids, like, row.interpolate(box_at))):
        if position is None:
            yield {'frame_id': frame, 'instances': people}
            continue
        entry = entry_at(position)
        yield {**entry, 'instances': people} if people or entry['instances'] else entry


def new_entries(tracks: PoseTracks, track_ids: bool | None) -> Iterator[dict[str, Any]]:
    """The entries ``{frame_id, instances}`` of tracks from another source."""
    for frame, people in new_frames(tracks, lambda row: new_person(row, track_ids is not False)):
        yield {'frame_id': frame, 'instances': people}
