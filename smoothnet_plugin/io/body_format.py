"""Base classes of the formats of body-model parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..structures import BodySequence, PoseSequence, PoseTracks
from ..utils.pickle_files import read_pickle, write_pickle
from ._arrays import joined_rows
from ._values import checked
from .base import Format, ReadContext, SourceDocument
from .body_parts import BodyLayout, read_body, updated_arrays
from .input_file import InputFile
from .write_back import check_people

#: What happens to data in a file that was computed from the parameters: vertices, joints.
DERIVED = ('drop', 'keep')
#: New arrays of each person of a document, by track id and key.
Changes = Mapping[Any, Mapping[Any, np.ndarray]]


class Person(NamedTuple):
    """One person of a document.

    Attributes:
        where: File and person, for messages.
        arrays: The arrays by key, with a row for each frame.
        layout: What they hold.
        places: Where each row lies in the document; opaque.
        fields: Further fields of the sequence, such as ``frame_ids``.
    """

    where: str
    arrays: Mapping[Any, np.ndarray]
    layout: BodyLayout
    places: Sequence[Any] = ()
    fields: Mapping[str, Any] = {}

    @classmethod
    def of_rows(cls, where: str, rows: Sequence[tuple[int, Any, int]], layout: BodyLayout,
                value: Callable[[Any, int, str], Any], **fields: Any) -> Person:
        """A person whose parameters lie in a document frame by frame.

        Args:
            where: File and person, for messages.
            rows: Frame number, key of the frame and index of the person there, by frame.
            layout: Which parameters to read.
            value: Returns a parameter, by key of the frame, index and name.
            **fields: Further fields of the sequence.

        Raises:
            DataFormatError: The person occurs twice in a frame, or shapes differ between frames.
        """
        frame_ids = np.array([number for number, _, _ in rows])
        if (np.diff(frame_ids) == 0).any():
            raise DataFormatError(f'{where} occurs twice in a frame.')
        arrays = {name: joined_rows((value(key, index, name) for _, key, index in rows),
                                    f'{where}, {name}') for name in layout.keys}
        return cls(where, arrays, layout, [(key, index) for _, key, index in rows],
                   {'frame_ids': frame_ids, **fields})


class BodyFormat(Format):
    """A file of one estimator or data set, into which smoothed parameters are written back.

    ``refs`` of a sequence are rows of its :class:`Person`. A frame that the file does not have
    stays missing in it: vertices, boxes and features of that frame exist nowhere.

    Attributes:
        fps: Frames per second of files that do not store them, or None.
        derived_keys: Keys of data that were computed from the parameters.
    """

    needs_source = True
    representations = ('axis_angle', 'rotmat', 'rot6d', 'quaternion')
    frame_base = 0
    fps: ClassVar[float | None] = None
    derived_keys: ClassVar[tuple[str, ...]] = ()

    def tracks(self, file: InputFile, context: ReadContext, data: Any,
               people: Mapping[Any, Person], *, frame_ids: np.ndarray | None = None,
               fps: float | None = None, **details: Any) -> PoseTracks:
        """Tracks of the people of a document.

        Args:
            file: The file.
            context: What the caller specified.
            data: The document.
            people: The people by track id.
            frame_ids: All frames of the clip. Defaults to None: those with people.
            fps: Frames per second in the file. Defaults to None.
            **details: Further data for the writer.

        Raises:
            DataFormatError: The arrays of a person do not fit together.
        """
        fps = context.fps or fps or self.fps
        tracks: dict[int | str, PoseSequence] = {
            track_id: read_body(person.arrays, person.layout, person.where, fps=fps,
                                **person.fields) for track_id, person in people.items()}
        return PoseTracks(tracks, frame_ids, fps=fps,  # type: ignore[arg-type]
                          source=self.document(file, data, people=people, **details))

    def changes(self, tracks: PoseTracks) -> tuple[SourceDocument, Changes]:
        """The document that tracks were read from, and the new arrays of each person in it.

        Raises:
            DataFormatError: The tracks are from elsewhere, or hold someone whom the document does
                not know.
        """
        source = self.required_source(tracks, "'amass' (npz) or 'bvh'")
        people: Mapping[Any, Person] = source.details['people']
        check_people(tracks, people)
        return source, {
            track_id: updated_arrays(people[track_id].arrays, people[track_id].layout,
                                     as_body(sequence)) for track_id, sequence in tracks}

    def without_derived(self, content: Mapping[Any, Any], changed: bool,
                        derived: str) -> dict[Any, Any]:
        """A copy of a document's dict without what no longer fits its parameters.

        Args:
            content: The dict.
            changed: Whether its rotations are new.
            derived: One of :data:`DERIVED`.

        Raises:
            ConfigError: ``derived`` is something else.
        """
        if derived not in DERIVED:
            raise ConfigError(f'derived is {derived!r}; expected one of {", ".join(DERIVED)}.')
        stale = self.derived_keys if changed and derived == 'drop' else ()
        return {key: value for key, value in content.items() if key not in stale}


class PickledBodies(BodyFormat):
    """A pickle of a dict, also of joblib or compressed."""

    suffixes = ('.pkl',)

    @abstractmethod
    def is_content(self, content: dict[Any, Any]) -> bool:
        """Whether a dict is of this format."""

    @abstractmethod
    def people(self, content: dict[Any, Any], path: Path) -> dict[Any, Person]:
        """The people of a document by track id."""

    @abstractmethod
    def updated(self, source: SourceDocument, changes: Changes, derived: str) -> dict[Any, Any]:
        """The dict of a document with the new arrays of its people."""

    def frame_ids(self, content: dict[Any, Any], path: Path) -> np.ndarray | None:
        """All frames of a document; None for those with people."""
        return None

    def sniff(self, file: InputFile) -> bool:
        content = file.pickled.value if file.pickled else None
        return isinstance(content, dict) and self.is_content(content)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            UnsafeFileError: The pickle could run code.
            DataFormatError: The file is damaged, or arrays do not fit together.
        """
        document = file.pickled or read_pickle(file.content, f"'{file.path}'")
        content = check_dict(document.value, file.path, 'content')
        return self.tracks(file, context, document, self.people(content, file.path),
                           frame_ids=self.frame_ids(content, file.path))

    def write(self, path: Path, tracks: PoseTracks, *, derived: str = 'drop') -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from a file of this format.
            derived: What happens to ``derived_keys``: ``'drop'`` or ``'keep'``. Defaults to
                ``'drop'``.

        Raises:
            ConfigError: ``derived`` is something else.
            DataFormatError: The tracks are from another source.
        """
        source, changes = self.changes(tracks)
        write_pickle(path, source.data._replace(value=self.updated(source, changes, derived)))


def as_body(sequence: PoseSequence) -> BodySequence:
    """A sequence of rotations as one of a body model."""
    return (sequence if isinstance(sequence, BodySequence)
            else BodySequence.of_rotations(sequence))


def check_dict(value: Any, path: Path, what: str) -> dict[Any, Any]:
    """A dict of a document.

    Raises:
        DataFormatError: It is something else.
    """
    return checked(value, dict, f"'{path}', {what}", 'a dict')
