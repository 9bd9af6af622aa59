"""Base class of file formats."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from ..errors import ConfigError, DataFormatError, did_you_mean
from ..structures import PoseTracks
from ._decimals import Decimals
from .context import ReadContext, SourceDocument
from .input_file import InputFile


class Format(ABC):
    """One file format. A subclass in the registry ``FORMATS`` is read and written like any other.

    Formats that are registered later are tried first, so that your own take precedence over the
    built-in ones. ``examples/add_a_format.py`` is a complete example.

    Attributes:
        name: Value of ``format=``.
        title: One line of description: the tool, and the start of the content.
        suffixes: Usual suffixes of file names, preferred first. Empty for formats that are a
            folder of files.
        usual_for: Suffixes that select this format for a new file if several formats have them.
        representations: Representations that it can hold.
        frame_base: See :class:`SourceDocument`.
        needs_source: Whether it holds more than poses, so that only tracks that were read from it
            can be written. Defaults to False.
        embeds_provenance: Whether ``write`` has an option ``provenance``, a JSON list of the
            operations on the tracks. Defaults to False: it is written to a separate file.
        keeps_decimals: Whether it is text whose new coordinates are rounded to the decimals of
            the source, and at least 0.01 px or 0.1 mm. Defaults to False.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()
    usual_for: ClassVar[tuple[str, ...]] = ()
    representations: ClassVar[tuple[str, ...]] = ('keypoints_2d', 'keypoints_3d')
    frame_base: ClassVar[int | None] = None
    needs_source: ClassVar[bool] = False
    embeds_provenance: ClassVar[bool] = False
    keeps_decimals: ClassVar[bool] = False

    @abstractmethod
    def sniff(self, file: InputFile) -> bool:
        """Whether the content is of this format; looks at structure only."""

    @abstractmethod
    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks; keyword-only arguments of a subclass are its options for ``load``."""

    @abstractmethod
    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks: into a copy of their source document if it is of this format.

        Keyword-only arguments of a subclass are its options for ``save``.
        """

    def document(self, file: InputFile, data: Any, *, decimals: int | None = None,
                 content: Literal['stated', 'keypoints', 'values'] = 'stated',
                 **details: Any) -> SourceDocument:
        """The source document of a file of this format.

        ``decimals`` are those of its coordinates, if they are not to be counted by the values;
        ``content`` is that of :class:`SourceDocument`.
        """
        return SourceDocument(self.name, file.path, data, self.frame_base, details,
                              decimals=None if decimals is None else Decimals(decimals, decimals),
                              content=content)

    def source_of(self, tracks: PoseTracks) -> SourceDocument | None:
        """The document that the tracks were read from if they can be written back into it."""
        source = tracks.source
        if not isinstance(source, SourceDocument) or source.format != self.name:
            return None
        poses = poses_of(tracks)
        return source if poses is None or source.poses is None or poses == source.poses else None

    def required_source(self, tracks: PoseTracks, instead: str = "'npz'") -> SourceDocument:
        """:meth:`source_of`, for formats with ``needs_source``.

        Args:
            tracks: The tracks.
            instead: The formats to recommend in the error. Defaults to npz.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source = self.source_of(tracks)
        if source is None:
            raise DataFormatError(f"The format '{self.name}' holds more than poses and cannot be "
                                  f'written from other results; write {instead} instead.')
        return source


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


def options_of(method: Callable[..., Any]) -> list[str]:
    """Options of a reader or writer: its keyword-only arguments."""
    return [parameter.name for parameter in inspect.signature(method).parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY]


def check_options(method: Callable[..., Any], options: Mapping[str, Any], name: str) -> None:
    """Refuse options that a reader or writer does not have.

    Raises:
        ConfigError: An option is unknown; those that exist are listed.
    """
    known = options_of(method)
    for option in options:
        if option not in known:
            has = did_you_mean(option, known) if known else 'It has none.'
            raise ConfigError(f'The format {name!r} has no option {option!r} here. {has}')
