"""Main functions for files: load, save and sniff."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ..errors import DataFormatError, SmoothNetError
from ..structures import PoseTracks, Skeleton, get_skeleton
from ..utils.arguments import GREATEST_FPS, check_image_size, frame_rate
from ..utils.collector import paused_collector
from ..utils.files import StrPath, check_output_path, is_stream
from ._choice import format_for, get_format, known_formats, recognised
from ._decimals import document_decimals, rounded
from ._json import JsonStyle, write_json
from ._third_values import as_in_document, settled
from .base import Format, ReadContext, SourceDocument, check_options, poses_of
from .input_file import InputFile


def sniff(path: StrPath) -> str:
    """Detect the format of a file or folder from its content.

    Args:
        path: The file or folder.

    Returns:
        The format's name.

    Raises:
        DataFormatError: The file does not exist, is empty, truncated, or in an unknown format.
    """
    return recognised(InputFile(path)).name


def load(path: StrPath, *, format: str | None = None, fps: float | None = None, tracker: Any = None,
         skeleton: Skeleton | str | None = None, unit: str | None = None,
         image_size: tuple[int, int] | None = None, **options: Any) -> PoseTracks:
    """Read the poses of a file or folder.

    Frame numbers are those of the file; :func:`frame_base` returns the number of the first frame of
    the video.

    Args:
        path: The file or folder.
        format: One of :func:`formats`. Defaults to None: detected from the content.
        fps: Frames per second. Defaults to None: the value in the file, if any.
        tracker: Gives people ids where the file has none. Defaults to None, the usual one; see
            :func:`smoothnet_plugin.tracking.tracks_from_frames`.
        skeleton: Skeleton, or the name of a built-in one. Defaults to None: the one in the file.
        unit: Unit of the coordinates. Defaults to None: the unit in the file, else pixels in 2D
            and metres in 3D.
        image_size: (width, height) of the images in pixels. Defaults to None: the size in the
            file. Files of normalised coordinates need it.
        **options: Of the format: ``trust`` (mmengine_dump), ``dims`` and ``parts``
            (openpose), ``columns`` (csv), ``key`` (npz, smoothnet_npz), ``representation`` (npz,
            npy).

    Returns:
        The tracks. With their ``source`` and ``refs``, :func:`save` reproduces everything that was
        not smoothed.

    Raises:
        DataFormatError: The file is missing, damaged or in an unknown format.
        UnsafeFileError: The file could run code.
        ConfigError: The format or an option is unknown, or fps or image_size is not positive.
    """
    fps = None if fps is None else frame_rate(fps)
    if image_size is not None:
        check_image_size(tuple(image_size))
    chosen = None if format is None else get_format(format)
    if isinstance(skeleton, str):
        skeleton = get_skeleton(skeleton)
    with paused_collector():
        return _load(InputFile(path), chosen, ReadContext(fps, tracker, skeleton, unit, image_size),
                     options)


def _load(file: InputFile, chosen: Format | None, context: ReadContext,
          options: dict[str, Any]) -> PoseTracks:
    path = file.path
    chosen = chosen or recognised(file)
    check_options(chosen.read, options, chosen.name)
    try:
        tracks = context.applied_to(chosen.read(file, context, **options))
        if tracks.fps is not None and tracks.fps > GREATEST_FPS:
            raise DataFormatError(f'it has {tracks.fps:g} frames per second; expected at most '
                                  f'{GREATEST_FPS}. Specify the right number by fps.')
    except DataFormatError as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"'{path}': {error}") from error
    except (SmoothNetError, OSError, KeyboardInterrupt):
        raise
    except Exception as error:  # What a damaged file can lead to is not known beforehand.
        raise DataFormatError(
            f"'{path}' cannot be read as '{chosen.name}' ({type(error).__name__}: {error}); it may "
            'be damaged.') from error
    source = tracks.source
    if not isinstance(source, SourceDocument):
        source = chosen.document(file, None)
    tracks, source = settled(tracks, source, context, options.get('representation'))
    decimals = None
    if chosen.keeps_decimals:
        decimals = document_decimals(tracks, source.decimals and source.decimals.least)
    return tracks.replace(source=dataclasses.replace(source, poses=poses_of(tracks),
                                                     decimals=decimals))


def save(path: StrPath, tracks: PoseTracks, *, format: str | None = None, provenance: bool = False,
         **options: Any) -> None:
    """Write poses to a file or folder.

    In the format that the tracks were read from, the document is written back with new coordinates
    and everything else unchanged. In text these have the decimals of the source, and at least 0.01
    px or 0.1 mm. An interpolated pose is added as a person with scores of 0, with
    an interpolated box, and in JSON with ``"filled": true``. People and frames that are no longer
    in the tracks are removed.

    In another format, or with other keypoints than in the source, a new document has coordinates,
    scores, skeleton, ids and frame numbers (in the counting of that format); boxes and other
    content of the source are not converted.

    Args:
        path: The file or folder.
        tracks: The tracks.
        format: One of :func:`formats`. Defaults to None: the source's format if the name fits,
            else by the suffix.
        provenance: Whether to write the operations on the tracks: to the file itself if the format
            supports it (mmpose_demo, npz), else to ``<path>.provenance.json``. Defaults to False.
        **options: Of the format: ``track_ids`` (the JSON formats).

    Raises:
        DataFormatError: The path is a directory, or the format cannot hold these tracks.
        ConfigError: The format or an option is unknown.
    """
    if not isinstance(tracks, PoseTracks):
        raise DataFormatError(
            f'save(path, tracks) takes PoseTracks as its second argument, not '
            f'{type(tracks).__name__}; for an array, give PoseTracks.from_array(array, fps=...).')
    path = Path(path)
    chosen = get_format(format) if format is not None else format_for(path, tracks)
    check_options(chosen.write, options, chosen.name)
    if chosen.suffixes:
        check_output_path(path)
    kinds = {sequence.representation for _, sequence in tracks}
    if not kinds <= set(chosen.representations):
        able = [name for name, one in known_formats().items()
                if kinds <= set(one.representations) and not one.needs_source]
        raise DataFormatError(
            f"The format '{chosen.name}' holds {' or '.join(chosen.representations)}, but these "
            f"tracks are {', '.join(sorted(kinds))}; choose one of {', '.join(able)}.")
    source = chosen.source_of(tracks)
    if source is None:
        tracks = _rebased(tracks, chosen)
    if chosen.keeps_decimals and isinstance(tracks.source, SourceDocument):
        decimals = tracks.source.decimals
        tracks = rounded(tracks, None if decimals is None else decimals.most)
    if source is not None and source.confidences is not None:
        tracks = as_in_document(tracks, source.confidences)
        tracks = tracks.replace(source=dataclasses.replace(source, poses=poses_of(tracks)))
    if provenance and chosen.embeds_provenance:
        options['provenance'] = tracks.provenance
    try:
        with paused_collector():
            chosen.write(path, tracks, **options)
    except UnicodeEncodeError as error:
        raise DataFormatError(
            f"'{path}' was not written: the format '{chosen.name}' cannot hold the text "
            f'{error.object[error.start:error.end]!r}, which is not valid Unicode.') from error
    except (SmoothNetError, OSError, KeyboardInterrupt):
        raise
    except Exception as error:  # What a damaged source document can lead to is not known either.
        raise DataFormatError(
            f"'{path}' was not written as '{chosen.name}' ({type(error).__name__}: {error}); the "
            'file that the poses were read from may be damaged. Choose another format=.'
            ) from error
    if provenance and not chosen.embeds_provenance and not is_stream(path):
        write_json(path.with_name(f'{path.name}.provenance.json'), tracks.provenance,
                   JsonStyle(indent='  '))


def _rebased(tracks: PoseTracks, target: Format) -> PoseTracks:
    """Tracks whose frame numbers start as in the target format."""
    source = tracks.source
    base = source.frame_base if isinstance(source, SourceDocument) else 0
    if base is None or target.frame_base is None or base == target.frame_base:
        return tracks
    shift = target.frame_base - base
    moved = {track_id: sequence.replace(frame_ids=sequence.frame_ids + shift)
             for track_id, sequence in tracks}
    return tracks.replace(tracks=moved, frame_ids=tracks.frame_ids + shift)
