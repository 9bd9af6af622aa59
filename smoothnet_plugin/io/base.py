"""Base class of file formats, and common code of readers and writers."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..errors import ConfigError, DataFormatError, did_you_mean
from ..structures import PoseFrame, PoseSequence, PoseTracks, Skeleton
from ..tracking import tracks_from_frames
from ._decimals import Decimals
from ._names import named_skeleton
from ._times import with_clock
from .input_file import InputFile

#: Frames per second above which a number is no frame rate.
GREATEST_FPS = 100_000


@dataclass(frozen=True)
class SourceDocument:
    """The document that tracks were read from: ``PoseTracks.source``. It is never changed.

    Attributes:
        format: Name of its format.
        path: Path of the file.
        data: The parsed document, in the representation of its format.
        frame_base: Number that the format gives to the first frame of a video, or None if its
            numbers have no fixed base.
        decimals: Decimals with which new coordinates are written as text; None for full
            precision.
        details: Further data for the writer.
        poses: Number of keypoints and representation of its tracks, or None if it has none. Into
            a document of other poses nothing is written back.
    """

    format: str
    path: Path
    data: Any = field(repr=False)
    frame_base: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    poses: tuple[int, str] | None = None
    decimals: Decimals | None = None


@dataclass(frozen=True)
class ReadContext:
    """Settings that the caller of :func:`smoothnet_plugin.io.load` specified for a file.

    Attributes:
        fps: Frames per second, or None.
        tracker: Gives people ids where the file has none, or None.
        skeleton: Names and links of the keypoints, or None.
        unit: Unit of the coordinates, or None.
        image_size: (width, height) of the images in pixels, or None. Files of normalised
            coordinates need it.
    """

    fps: float | None = None
    tracker: Any = None
    skeleton: Skeleton | None = None
    unit: str | None = None
    image_size: tuple[int, int] | None = None

    def tracks(self, frames: Sequence[PoseFrame], source: SourceDocument, *,
               frame_ids: Sequence[int] | np.ndarray | None = None,
               representation: str = 'keypoints_2d', fps: float | None = None,
               skeleton: Skeleton | None = None, unit: str | None = None,
               image_size: tuple[int, int] | None = None,
               times: Mapping[int, float | None] | None = None) -> PoseTracks:
        """Gather frames to tracks: for documents with a record per person and frame.

        The caller's settings take precedence over the file. The payload of an instance is its
        position in the document, which :func:`rows_for_document` returns.

        Args:
            frames: The frames of the clip; those without people may be left out.
            source: The document.
            frame_ids: Numbers of all frames of the clip. Defaults to None: those of ``frames``.
            representation: A key of ``REPRESENTATIONS``. Defaults to ``'keypoints_2d'``.
            fps: Frames per second in the file. Defaults to None, not specified.
            skeleton: Skeleton in the file. Defaults to None.
            unit: Unit in the file. Defaults to None.
            image_size: (width, height) in pixels. Defaults to None.
            times: Seconds by frame number, if the file has time stamps. They are not used if the
                caller specified fps. Defaults to None.

        Returns:
            The tracks. People without ids are tracked.

        Raises:
            DataFormatError: A frame or an id in a frame occurs twice, or shapes differ.
        """
        tracks = tracks_from_frames(
            frames, fps=self.fps or fps, tracker=self.tracker, source=source,
            image_size=image_size, representation=representation,
            skeleton=self.skeleton or skeleton, unit=self.unit or unit)
        if frame_ids is not None:
            tracks = tracks.replace(frame_ids=np.asarray(frame_ids, dtype=np.int64))
        return self.on_clock(tracks, times or {}, source.path, rate=fps)

    def on_clock(self, tracks: PoseTracks, times: Mapping[int, float | None], path: Path, *,
                 resolution: float | None = None, rate: float | None = None) -> PoseTracks:
        """Tracks with the time stamps of a file, unless the caller specified fps.

        Args:
            tracks: The tracks.
            times: Seconds by frame number; empty if the file has none.
            path: The file, for messages.
            resolution: Seconds to which the stamps are rounded. Defaults to None: by their
                decimals.
            rate: Frames per second in the file. Defaults to None.

        Returns:
            The tracks.

        Raises:
            DataFormatError: The stamps decrease, or are milliseconds.
        """
        if self.fps or not times:
            return tracks
        return with_clock(tracks, times, path, resolution=resolution, rate=rate)

    def dense_tracks(self, people: Mapping[Any, np.ndarray], source: SourceDocument, *,
                     frame_ids: Sequence[int] | np.ndarray | None = None,
                     scores: Mapping[Any, np.ndarray] | None = None,
                     names: Sequence[str] | None = None,
                     representation: str = 'keypoints_2d', fps: float | None = None,
                     skeleton: Skeleton | None = None, unit: str | None = None,
                     image_size: tuple[int, int] | None = None,
                     times: Mapping[int, float | None] | None = None) -> PoseTracks:
        """Tracks of a document that has a place for every person in every frame.

        A person's frames in which no keypoint is known are left out: the person was not seen.
        :func:`write_back` puts smoothed tracks into such a document.

        Args:
            people: Coordinates (T, K, C) by track id (a whole number or text), missing ones NaN.
            source: The document.
            frame_ids: Frame number of each row, shape (T,), all different. Defaults to None:
                0 .. T-1.
            scores: Confidences (T, K) by track id. Defaults to None.
            names: K names of the keypoints. Defaults to None.
            representation: A key of ``REPRESENTATIONS``. Defaults to ``'keypoints_2d'``.
            fps: Frames per second in the file. Defaults to None.
            skeleton: Skeleton in the file, instead of ``names``. Defaults to None.
            unit: Unit in the file. Defaults to None.
            image_size: (width, height) in pixels. Defaults to None.
            times: Seconds by frame number, as in :meth:`tracks`. Defaults to None.

        Returns:
            The tracks.

        Raises:
            DataFormatError: A frame number occurs twice, or shapes do not fit together.
        """
        count = max((len(coords) for coords in people.values()), default=0)
        ids = np.arange(count) if frame_ids is None else np.asarray(frame_ids, dtype=np.int64)
        order = np.argsort(ids, kind='stable')
        twice = ids[order][1:][np.diff(ids[order]) == 0]
        if len(twice):
            raise DataFormatError(f"'{source.path}': frame {twice[0]} occurs twice.")
        rate, fps = fps, self.fps or fps
        skeleton = self.skeleton or skeleton
        if skeleton is None and names is not None:
            skeleton = named_skeleton([str(name) for name in names], source.path.stem)
        tracks = {}
        for track_id, coords in people.items():
            seen = order[np.isfinite(coords[order]).any(axis=(1, 2))]
            if len(seen):
                tracks[track_id] = PoseSequence(
                    coords[seen], frame_ids=ids[seen], fps=fps, representation=representation,
                    scores=None if scores is None else np.nan_to_num(scores[track_id][seen]),
                    unit=self.unit or unit, skeleton=skeleton, refs=seen.tolist())
        clip = PoseTracks(tracks, ids[order], fps=fps, image_size=image_size, source=source)
        return self.on_clock(clip, times or {}, source.path, rate=rate)


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
                 **details: Any) -> SourceDocument:
        """The source document of a file of this format.

        ``decimals`` are those of its coordinates, if they are not to be counted by the values.
        """
        return SourceDocument(self.name, file.path, data, self.frame_base, details,
                              decimals=None if decimals is None else Decimals(decimals, decimals))

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
                                  f'made of other results; write {instead} instead.')
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
