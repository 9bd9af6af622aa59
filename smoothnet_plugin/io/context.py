"""Tracks from a document: what the caller specified, and what the writer needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..structures import BodySequence, PoseFrame, PoseSequence, PoseTracks, Skeleton
from ..tracking import tracks_from_frames
from ._decimals import Decimals
from ._names import named_skeleton
from ._times import with_clock


class Confidences(NamedTuple):
    """Third values of a document that are confidences.

    Attributes:
        scale: The number that stands for certainty, 1 or 100.
        note: What to say of them.
        tracks: The tracks with the third values, by track id.
    """

    scale: float
    note: str
    tracks: Mapping[int | str, PoseSequence]


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
        content: What the document says of its values: ``'stated'`` what they are; ``'keypoints'``,
            whose third value may be a depth or a confidence; ``'values'`` of any kind.
        confidences: Its third values, where they are confidences.
        notes: What its reader found unusual, for the report.
    """

    format: str
    path: Path
    data: Any = field(repr=False)
    frame_base: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    poses: tuple[int, str] | None = None
    decimals: Decimals | None = None
    content: Literal['stated', 'keypoints', 'values'] = 'stated'
    confidences: Confidences | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


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

    def applied_to(self, tracks: PoseTracks) -> PoseTracks:
        """Tracks of a file with the caller's settings, which take precedence over the file.

        Body models keep their own joints, and their rotations have no unit.
        """
        given = {name: value for name in ('unit', 'skeleton')
                 if (value := getattr(self, name)) is not None}
        if given:
            tracks = tracks.map(lambda sequence: sequence if isinstance(
                sequence, BodySequence) else sequence.replace(**given))
        if self.image_size is not None:
            tracks = tracks.replace(image_size=self.image_size)
        return tracks if self.fps is None else tracks.at_rate(self.fps)

    def tracks(self, frames: Sequence[PoseFrame], source: SourceDocument, *,
               frame_ids: Sequence[int] | np.ndarray | None = None,
               representation: str = 'keypoints_2d', fps: float | None = None,
               skeleton: Skeleton | None = None, unit: str | None = None,
               image_size: tuple[int, int] | None = None,
               times: Mapping[int, float | None] | None = None) -> PoseTracks:
        """Gather frames to tracks: for documents with a record per person and frame.

        The payload of an instance is its position in the document, which
        :func:`rows_for_document` returns.

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
            skeleton=self.skeleton or skeleton, unit=unit)
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
                A person may have fewer rows than others: the last ones are missing.
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
        if skeleton is None and names is not None:
            skeleton = named_skeleton([str(name) for name in names], source.path.stem)
        tracks = {}
        for track_id, coords in people.items():
            own = order[order < len(coords)]
            seen = own[np.isfinite(coords[own]).any(axis=(1, 2))]
            if len(seen):
                tracks[track_id] = PoseSequence(
                    coords[seen], frame_ids=ids[seen], fps=fps, representation=representation,
                    scores=None if scores is None else np.nan_to_num(scores[track_id][seen]),
                    unit=unit, skeleton=skeleton, refs=seen.tolist())
        clip = PoseTracks(tracks, ids[order], fps=fps, image_size=image_size, source=source)
        return self.on_clock(clip, times or {}, source.path, rate=rate)
