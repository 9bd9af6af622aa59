"""Documents with a list of people for every frame, in any structure."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseFrame, PoseInstance, PoseTracks, Skeleton
from ._json import COMPACT_STYLE, write_json
from ._people import ShapeCheck
from ._values import checked
from .base import Format, InputFile, ReadContext, SourceDocument
from .rows import MAX_SPAN_WRITTEN, Row, new_frames, updated_frames


class Frame(NamedTuple):
    """A frame of a document.

    Attributes:
        number: The frame number.
        key: Its key in the document; None for a frame that the document does not have.
        records: The records of its people.
        path: Its file, if the frames are separate files.
    """

    number: int
    key: Any
    records: list[Any]
    path: Path | None = None


def places_in_list(frames: Sequence[Frame]) -> list[Frame | None]:
    """Frames by number, with None for those between, for documents without numbers.

    Raises:
        DataFormatError: Far more frames would be between than there are.
    """
    last = max((frame.number for frame in frames), default=-1)
    if last >= MAX_SPAN_WRITTEN * (len(frames) + 10) or any(frame.number < 0 for frame in frames):
        raise DataFormatError(
            f'This format is a list of all frames from 0, but the frame numbers go up to {last} '
            f"with {len(frames)} frames; write another format, for example 'mmpose_video'.")
    places: list[Frame | None] = [None] * (last + 1)
    for frame in frames:
        places[frame.number] = frame
    return places


class FrameLists(Format):
    """Base of such documents: reading, writing back, adding and removing people.

    A subclass defines the structure of frames (:meth:`split`, :meth:`join`) and of records
    (:meth:`instance`, :meth:`updated`, :meth:`created`). The argument ``layout`` of these is what
    the records of a document have in common, see :meth:`layout_of`.
    """

    suffixes = ('.json',)
    representations = ('keypoints_2d',)
    frame_base: ClassVar[int | None] = 0
    keeps_decimals: ClassVar[bool] = True

    def split(self, document: Any, path: Path) -> list[Frame]:
        """The frames of a JSON document; a folder format reads its frames in :meth:`read`."""
        raise NotImplementedError

    def join(self, document: Any, frames: list[Frame]) -> Any:
        """A JSON document like the old one (None for a new one) with these frames."""
        raise NotImplementedError

    def layout_of(self, context: ReadContext) -> Any:
        """What the records of a document have in common: nothing here."""
        return None

    def skeleton(self, layout: Any, count: int, poses: Iterable[np.ndarray]) -> Skeleton | None:
        """Skeleton of the document's ``count`` keypoints, if it is known."""
        return None

    def stamp(self, frame: Frame) -> float | None:
        """Seconds of a frame, where the document has time stamps."""
        return None

    def label(self, number: int, index: int) -> str:
        """Name of a record for messages."""
        return f'frame {number}, instance {index}'

    @abstractmethod
    def instance(self, record: Any, where: str, layout: Any) -> PoseInstance | None:
        """Pose of a record; None if it has none and must not change."""

    @abstractmethod
    def updated(self, record: Any, row: Row, layout: Any) -> Any:
        """Copy of a record with the row's coordinates."""

    @abstractmethod
    def created(self, row: Row, like: Any, layout: Any) -> Any:
        """Record for a person whom the document does not have in this frame.

        ``like`` is the person's nearest record, or None.
        """

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks."""
        return self.tracks(file, context, self.split(file.json, file.path),
                           self.layout_of(context), data=file.json, style=file.json_style)

    def tracks(self, file: InputFile, context: ReadContext, slots: Sequence[Frame], layout: Any, *,
               data: Any = None, frame_ids: np.ndarray | None = None,
               **details: Any) -> PoseTracks:
        """Tracks of the frames of a document.

        Args:
            file: The file or folder.
            context: What the caller specified.
            slots: The frames.
            layout: See :meth:`layout_of`.
            data: The document. Defaults to None.
            frame_ids: All frames of the clip. Defaults to None: those of the document.
            **details: Further data for the writer.

        Raises:
            DataFormatError: A record is not what it should be.
        """
        check = ShapeCheck(file.path)
        frames = []
        for position, slot in enumerate(slots):
            check.path = slot.path or file.path
            checked(slot.records, list, f"'{check.path}', frame {slot.number}", 'a list of people')
            frame = PoseFrame(slot.number)
            for index, record in enumerate(slot.records):
                label = self.label(slot.number, index)
                found = self.instance(record, f"'{check.path}', {label}", layout)
                if found is not None:
                    found.payload = (position, index)
                    frame.instances.append(check(found, label))
            frames.append(frame)
        return context.tracks(
            frames, self.document(file, data, slots=slots, layout=layout, **details),
            frame_ids=frame_ids, representation=check.representation,
            skeleton=self.skeleton(layout, check.shape[0] if check.shape else 0,
                                   (found.keypoints for frame in frames
                                    for found in frame.instances)),
            times={slot.number: stamp for slot in slots if (stamp := self.stamp(slot)) is not None})

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks.
        """
        source = self.source_of(tracks)
        if source is None:
            frames = self.new_frames(
                tracks, self.layout_of(ReadContext(image_size=tracks.image_size)))
            write_json(path, self.join(None, frames), COMPACT_STYLE)
        else:
            frames = self.updated_frames(tracks, source, source.details['layout'])
            write_json(path, self.join(source.data, frames), source.details['style'])

    def new_frames(self, tracks: PoseTracks, layout: Any) -> list[Frame]:
        """The frames of a new document."""
        return [Frame(number, None, people) for number, people in new_frames(
            tracks, lambda row: self.created(row, None, layout))]

    def updated_frames(self, tracks: PoseTracks, source: SourceDocument,
                       layout: Any) -> list[Frame]:
        """The frames of a document with the poses of tracks."""
        slots: Sequence[Frame] = source.details['slots']
        return [Frame(number, None if position is None else slots[position].key, people)
                for number, position, people in updated_frames(
                    tracks, [slot.number for slot in slots], lambda place: slots[place].records,
                    has_pose=lambda record: self.instance(record, '', layout) is not None,
                    update=lambda record, row: self.updated(record, row, layout),
                    create=lambda row, like: self.created(row, like, layout))]


def marked(record: dict[str, Any], row: Row) -> dict[str, Any]:
    """A new record, with ``filled`` if the person is interpolated."""
    return {**record, 'filled': True} if row.interpolated else record
