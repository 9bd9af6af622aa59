"""JSON documents with a list of people for every frame, in any structure."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from ..errors import DataFormatError
from ..structures import PoseFrame, PoseInstance, PoseTracks
from ._json import COMPACT_STYLE, write_json
from ._people import ShapeCheck
from ._values import described
from .base import Format, InputFile, ReadContext
from .rows import MAX_SPAN_WRITTEN, Row, by_frame, merged, rows_for_document, seen_rows

#: Number of a frame, its key in the document, and the records of its people.
Frame = tuple[int, Any, list[Any]]


def places_in_list(frames: list[Frame]) -> list[Frame | None]:
    """Frames by number, with None for those between, for documents without numbers.

    Raises:
        DataFormatError: Far more frames would be between than there are.
    """
    last = max((number for number, _, _ in frames), default=-1)
    if last >= MAX_SPAN_WRITTEN * (len(frames) + 10) or any(number < 0 for number, _, _ in frames):
        raise DataFormatError(
            f'This format is a list of all frames from 0, but the frame numbers go up to {last} '
            f"with {len(frames)} frames; write another format, for example 'mmpose_video'.")
    places: list[Frame | None] = [None] * (last + 1)
    for frame in frames:
        places[frame[0]] = frame
    return places


class FrameLists(Format):
    """Base of such documents: reading, writing back, adding and removing people.

    A subclass defines the structure of frames (:meth:`split`, :meth:`join`) and of records
    (:meth:`instance`, :meth:`updated`, :meth:`created`).
    """

    suffixes = ('.json',)
    representations = ('keypoints_2d',)
    frame_base: ClassVar[int | None] = 0
    keeps_decimals: ClassVar[bool] = True

    @abstractmethod
    def split(self, document: Any, path: Path) -> list[Frame]:
        """The frames of a document."""

    @abstractmethod
    def join(self, document: Any, frames: list[Frame]) -> Any:
        """A document like the old one (None for a new one) with these frames.

        The key of a frame that the old document does not have is None.
        """

    def stamp(self, frame: Frame) -> float | None:
        """Seconds of a frame, where the document has time stamps."""
        return None

    @abstractmethod
    def instance(self, record: Any, where: str, context: ReadContext) -> PoseInstance | None:
        """Pose of a record; None if it has none and must not change."""

    @abstractmethod
    def updated(self, record: Any, row: Row, context: ReadContext) -> Any:
        """Copy of a record with the row's coordinates."""

    @abstractmethod
    def created(self, row: Row, like: Any, context: ReadContext) -> Any:
        """Record for a person whom the document does not have in this frame.

        ``like`` is the person's nearest record, or None.
        """

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks."""
        slots = self.split(file.json, file.path)
        check = ShapeCheck(file.path)
        frames = []
        for position, (number, _, records) in enumerate(slots):
            if not isinstance(records, list):
                raise DataFormatError(f"'{file.path}', frame {number}: expected a list of people, "
                                      f'got {described(records)}.')
            frame = PoseFrame(number)
            for index, record in enumerate(records):
                label = f'frame {number}, instance {index}'
                found = self.instance(record, f"'{file.path}', {label}", context)
                if found is not None:
                    found.payload = (position, index)
                    frame.instances.append(check(found, label))
            frames.append(frame)
        source = self.document(file, file.json, slots=slots, style=file.json_style, context=context)
        return context.tracks(frames, source, representation=check.representation,
                              image_size=context.image_size,
                              times={slot[0]: stamp for slot in slots
                                     if (stamp := self.stamp(slot)) is not None})

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks.
        """
        source = self.source_of(tracks)
        if source is None:
            context = ReadContext(image_size=tracks.image_size)
            rows = by_frame(seen_rows(tracks))
            frames: list[Frame] = [
                (number, None, [self.created(row, None, context) for row in rows.get(number, [])])
                for number in tracks.frame_ids.tolist()]
            write_json(path, self.join(None, frames), COMPACT_STYLE)
            return
        slots, context = source.details['slots'], source.details['context']
        known, new = rows_for_document(tracks)
        added: dict[int, list[Any]] = {}
        for row in new:
            neighbours = row.neighbours()
            like = slots[neighbours[0][1][0]][2][neighbours[0][1][1]] if neighbours else None
            added.setdefault(row.frame_id, []).append(self.created(row, like, context))
        kept = set(tracks.frame_ids.tolist())
        items: list[tuple[int, Frame]] = []
        for position, (number, key, records) in enumerate(slots):
            if number not in kept:
                continue
            people = []
            for index, record in enumerate(records):
                row = known.get((position, index))
                if row is not None:
                    people.append(self.updated(record, row, context))
                elif self.instance(record, '', context) is None:
                    people.append(record)
            items.append((number, (number, key, people + added.pop(number, []))))
        fresh: list[tuple[int, Frame]] = [
            (number, (number, None, people)) for number, people in sorted(added.items())]
        write_json(path, self.join(source.data, merged(items, fresh)), source.details['style'])
