"""What a file format is, and what readers and writers have in common."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

from ..errors import ConfigError, DataFormatError, did_you_mean
from ..structures import PoseFrame, PoseTracks, Skeleton
from ..tracking import tracks_from_frames
from ._json import JsonStyle, parse_json

_HEAD_BYTES = 4096


class InputFile:
    """A file or folder to be read, looked at no more often than needed.

    Args:
        path: The file or folder.

    Raises:
        DataFormatError: It does not exist or is empty.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise DataFormatError(f"The file '{self.path}' does not exist.")
        self.is_dir = self.path.is_dir()
        if not self.is_dir and self.path.stat().st_size == 0:
            raise DataFormatError(f"The file '{self.path}' is empty (0 bytes); expected poses in "
                                  'one of the known formats.')

    @cached_property
    def head(self) -> bytes:
        """The first bytes of a file; nothing of a folder."""
        if self.is_dir:
            return b''
        try:
            with self.path.open('rb') as file:
                return file.read(_HEAD_BYTES)
        except OSError as error:
            raise DataFormatError(f"'{self.path}' cannot be read: {error}.") from error

    @cached_property
    def content(self) -> bytes:
        """All bytes of the file."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise DataFormatError(f"'{self.path}' cannot be read: {error}.") from error

    @cached_property
    def text(self) -> str:
        """The file as UTF-8 text; a byte order mark is kept."""
        try:
            return self.content.decode('utf-8')
        except UnicodeDecodeError as error:
            raise DataFormatError(f"'{self.path}' is not UTF-8 text: {error}.") from error

    @property
    def looks_like_json(self) -> bool:
        """Whether the first character opens a JSON list or object."""
        return self.head.removeprefix(b'\xef\xbb\xbf').lstrip()[:1] in (b'[', b'{')

    @cached_property
    def json(self) -> Any:
        """The parsed document."""
        return parse_json(self.text, self.path)

    @cached_property
    def json_style(self) -> JsonStyle:
        """How the document is laid out."""
        return JsonStyle.of(self.text)

    @cached_property
    def json_files(self) -> list[InputFile]:
        """The JSON files of a folder by name; none of a file."""
        if not self.is_dir:
            return []
        return [InputFile(path) for path in sorted(self.path.glob('*.json')) if path.is_file()]


@dataclass(frozen=True)
class SourceDocument:
    """The document that tracks were read from: ``PoseTracks.source``. Never changed.

    Attributes:
        format: Name of its format.
        path: Where it was read.
        data: The parsed document, as its format keeps it.
        frame_base: Number that the format gives to the first frame of a video, or None if its
            numbers have no fixed base.
        details: What else the writer needs.
        poses: Number of keypoints and representation of its tracks, or None if it has none. Into
            a document of other poses nothing is written back.
    """

    format: str
    path: Path
    data: Any = field(repr=False)
    frame_base: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    poses: tuple[int, str] | None = None


@dataclass(frozen=True)
class ReadContext:
    """What the caller of :func:`smoothnet_plugin.io.load` told about a file."""

    fps: float | None = None
    tracker: Any = None
    skeleton: Skeleton | None = None
    unit: str | None = None

    def tracks(self, frames: Sequence[PoseFrame], source: SourceDocument, *,
               representation: str = 'keypoints_2d', fps: float | None = None,
               skeleton: Skeleton | None = None, unit: str | None = None,
               image_size: tuple[int, int] | None = None) -> PoseTracks:
        """Gather frames to tracks; what the caller told goes before what the file says."""
        return tracks_from_frames(
            frames, fps=self.fps or fps, tracker=self.tracker, source=source,
            image_size=image_size, representation=representation,
            skeleton=self.skeleton or skeleton, unit=self.unit or unit)


class Format(ABC):
    """One file format.

    Attributes:
        name: What ``format=`` is called.
        title: One line for people.
        suffixes: Usual endings of file names; the first is the one to propose. Empty for formats
            that are a folder of files.
        representations: What it can hold.
        frame_base: See :class:`SourceDocument`.
        embeds_provenance: Whether provenance has a place inside.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()
    representations: ClassVar[tuple[str, ...]] = ('keypoints_2d', 'keypoints_3d')
    frame_base: ClassVar[int | None] = None
    embeds_provenance: ClassVar[bool] = False

    @abstractmethod
    def sniff(self, file: InputFile) -> bool:
        """Whether the content is of this format; looks at structure only."""

    @abstractmethod
    def read(self, file: InputFile, context: ReadContext, **options: Any) -> PoseTracks:
        """Read the tracks."""

    @abstractmethod
    def write(self, path: Path, tracks: PoseTracks, **options: Any) -> None:
        """Write the tracks: into a copy of their source document if it is of this format."""

    def document(self, file: InputFile, data: Any, **details: Any) -> SourceDocument:
        """The source document of a file of this format."""
        return SourceDocument(self.name, file.path, data, self.frame_base, details)

    def source_of(self, tracks: PoseTracks) -> SourceDocument | None:
        """The document that the tracks were read from if they can be written back into it."""
        source = tracks.source
        if not isinstance(source, SourceDocument) or source.format != self.name:
            return None
        poses = poses_of(tracks)
        return source if poses is None or source.poses is None or poses == source.poses else None


def poses_of(tracks: PoseTracks) -> tuple[int, str] | None:
    """Number of keypoints and representation of tracks, or None if there are none."""
    return next(((sequence.num_keypoints, sequence.representation) for _, sequence in tracks), None)


def frame_base(tracks: PoseTracks) -> int:
    """Frame id of the first frame of the video the tracks come from.

    Args:
        tracks: Tracks read by :func:`smoothnet_plugin.io.load`, or any others.

    Returns:
        The base of the source's format (1 for MMPose's demo dict), else 0.
    """
    source = tracks.source
    return (source.frame_base or 0) if isinstance(source, SourceDocument) else 0


def check_options(method: Callable[..., Any], options: Mapping[str, Any], name: str) -> None:
    """Refuse options that a reader or writer does not have.

    Raises:
        ConfigError: An option is unknown; those that exist are listed.
    """
    known = [parameter.name for parameter in inspect.signature(method).parameters.values()
             if parameter.kind is inspect.Parameter.KEYWORD_ONLY]
    for option in options:
        if option not in known:
            has = did_you_mean(option, known) if known else 'It has none.'
            raise ConfigError(f'The format {name!r} has no option {option!r} here. {has}')
