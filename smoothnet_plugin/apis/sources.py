"""Sources of poses of any kind as tracks, and back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import io
from ..errors import ConfigError, DataFormatError
from ..processing.rotation_content import refuse_no_rotations
from ..processing.time_stamps import checked_times, refuse_milliseconds
from ..smoothers import PoseSmoother
from ..structures import PoseFrame, PoseTracks
from ..utils.conversion import to_numpy
from .arrays import interpret
from .bodies import body_tracks
from .frames import SourceTracks, from_frames
from .notes import depth_notes
from .objects import frames_of_objects, is_dataset, tracks_of_dataset

Source = Any


def as_tracks(source: Source, smoother: PoseSmoother, **options: Any) -> SourceTracks:
    """Convert a source to tracks; see :func:`~smoothnet_plugin.apis.smooth.smooth_with_report`.

    Raises:
        SmoothNetError: The source cannot be read, an argument does not fit it, or rotations are
            none.
    """
    found = _as_tracks(source, smoother, **options)
    for key, sequence in found.tracks:
        try:
            refuse_no_rotations(sequence.coords, sequence.representation)
        except DataFormatError as error:
            where = f"'{source}'" if isinstance(source, (str, os.PathLike)) else 'The poses'
            raise DataFormatError(f'{where}, person {key!r}: {error}') from error
    return found


def _as_tracks(source: Source, smoother: PoseSmoother, *, fps: float | None, scores: Any,
               image_size: tuple[int, int] | None, representation: str | None,
               unit: str | None, input_format: str | None,
               read_options: Mapping[str, Any]) -> SourceTracks:
    as_list, lengths = isinstance(source, Sequence), unit not in (None, 'px')
    if isinstance(source, (str, os.PathLike)):
        tracks = io.load(Path(source), format=input_format, fps=fps, tracker=smoother.tracker,
                         **{'image_size': image_size, 'unit': unit, **read_options})
        declared = lengths or read_options.get('representation') is not None
        return SourceTracks(tracks, lambda result: result,
                            () if declared else depth_notes(tracks))
    if isinstance(source, PoseTracks):
        tracks = source if fps is None else source.at_rate(fps)
        return SourceTracks(tracks, lambda result: result,
                            () if lengths else depth_notes(tracks))
    if is_dataset(source):  # A data set is a mapping, too.
        tracks, restore = tracks_of_dataset(source, fps)
        return SourceTracks(tracks, restore, () if lengths else depth_notes(tracks))
    if isinstance(source, Mapping):
        return SourceTracks(*body_tracks(source, fps, representation, scores))
    if as_list and all(isinstance(f, PoseFrame) for f in source):
        _refuse_scores(scores)
        return from_frames(source, smoother, fps, representation, image_size, lengths)
    objects = frames_of_objects(source) if as_list else None
    if objects is not None:
        _refuse_scores(scores)
        found = from_frames(objects.frames, smoother, fps, representation,
                            image_size or objects.image_size)
        return found._replace(restore=lambda result: objects.restore(found.restore(result)))
    array, back = _stacked(source) if as_list else to_numpy(source)
    poses = interpret(array, representation, None if scores is None else to_numpy(scores)[0],
                      lengths)
    tracks = PoseTracks.from_array(poses.coords, scores=poses.scores, fps=fps,
                                   representation=poses.representation)
    return SourceTracks(tracks, lambda result: back(poses.restore(result[0].coords)), poses.notes,
                        is_array=True)


def _stacked(source: Sequence[Any]) -> tuple[np.ndarray, Callable[[np.ndarray], list[Any]]]:
    """Poses of one person as one array, and a function that makes such a list of it again."""
    if any(isinstance(frame, Mapping) for frame in source):
        raise DataFormatError('The list holds dicts; expected one array (K, C) per frame, or '
                              'PoseFrame(number, [PoseInstance(keypoints, scores), ...]). Results '
                              'of estimators are read from their files.')
    if any(frame is None for frame in source):
        raise DataFormatError('The list holds None; give np.full((K, C), np.nan) for a frame '
                              'without a pose.')
    frames = [to_numpy(frame) for frame in source]
    shapes = {array.shape for array, _ in frames}
    if len(shapes) > 1:
        pair = len(frames) == 2 and frames[1][0].shape == frames[0][0].shape[:2]
        fix = ' Give scores as an option: smooth(poses, scores=scores).' if pair else ''
        raise DataFormatError(f'The poses of the list have the shapes {sorted(shapes)}; expected '
                              'one person with the same (K, C) in every frame, or PoseFrame '
                              f'for more people.{fix}')
    return (np.stack([array for array, _ in frames]),
            lambda coords: [back(pose) for pose, (_, back) in zip(coords, frames)])


def refuse_idle(source: Source, out: Any, **options: Any) -> None:
    """Raise :class:`ConfigError` for the first option that has no effect on the source."""
    given = {name for name, value in options.items() if value is not None}
    is_path = isinstance(source, (str, os.PathLike))
    of_out = {'output_format', 'write_options', 'provenance'}
    idle = set(of_out) if out is None else set()
    if not is_path:
        idle |= {'input_format', 'read_options'}
    if is_path or isinstance(source, PoseTracks) or is_dataset(source):
        idle |= {'scores', 'representation'}
    for name in sorted(given & idle):
        raise ConfigError(f'{name} has no effect on this source'
                          f"{' without out' if name in of_out else ''}; leave it out.")


def _refuse_scores(scores: Any) -> None:
    if scores is not None:
        raise ConfigError('scores has no effect on frames of people, who have their own; leave it '
                          'out.')


def on_clock(tracks: PoseTracks, timestamps: Any) -> PoseTracks:
    """The tracks with the given time stamps, if any.

    Raises:
        SmoothNetError: The time stamps cannot be used, or the frame numbers are milliseconds.
    """
    if timestamps is not None:
        # Dates have no place in to_numpy, which takes real numbers.
        given = to_numpy(timestamps)[0] if hasattr(timestamps, 'detach') else timestamps
        return tracks.replace(times=checked_times(given, tracks.num_frames))
    if tracks.times is None:
        refuse_milliseconds(tracks.frame_ids)
    return tracks
