"""Sources of poses of any kind as tracks, and back."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import io
from ..errors import ConfigError, DataFormatError
from ..io import SourceDocument
from ..processing.array_content import looks_exchanged
from ..processing.rotation_content import refuse_no_rotations
from ..processing.third_values import NOT_METRES, third_values, usual_extent
from ..processing.time_stamps import checked_times, refuse_milliseconds
from ..smoothers import PoseSmoother
from ..smoothers.clock import even_rate
from ..structures import PoseFrame, PoseSequence, PoseTracks, is_rotation
from ..utils.arrays import finite_keypoints, has_true
from ..utils.conversion import to_numpy
from .arrays import interpret
from .bodies import body_tracks
from .frames import SourceTracks, from_frames
from .objects import frames_of_objects, is_dataset, tracks_of_dataset

Source = Any
#: Share of the keypoints outside of the image that says that its size is wrong.
_MOST_OUTSIDE = 0.5
#: Step of a whole person, in body sizes, that only a cut makes: a sprinter at 5 fps makes 1.2.
_CUT = 1.5


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
                            () if declared else _depth_notes(tracks))
    if isinstance(source, PoseTracks):
        tracks = source if fps is None else source.at_rate(fps)
        return SourceTracks(tracks, lambda result: result,
                            () if lengths else _depth_notes(tracks))
    if is_dataset(source):  # A data set is a mapping, too.
        tracks, restore = tracks_of_dataset(source, fps)
        return SourceTracks(tracks, restore, () if lengths else _depth_notes(tracks))
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
    frames = [to_numpy(frame) for frame in source]
    shapes = {array.shape for array, _ in frames}
    if len(shapes) > 1:
        raise DataFormatError(f'The poses of the list have the shapes {sorted(shapes)}; expected '
                              'one person with the same (K, C) in every frame, or PoseFrame '
                              'for more people.')
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



def content_of(tracks: PoseTracks) -> str:
    """What a source was read as, for the report; '' without people."""
    person = next((sequence for _, sequence in tracks if len(sequence)), None)
    if person is None:
        return ''
    form = f'{tracks.source.format}: ' if isinstance(tracks.source, SourceDocument) else ''
    if is_rotation(person.representation):
        return f'{form}rotations of {person.num_keypoints} joints ({person.representation})'
    unit = f' ({person.unit})' if person.unit else ''
    if person.representation == 'scalar':
        return f'{form}columns of numbers{unit}'
    dims = person.coords.shape[-1]
    plural = 's' * (person.num_keypoints != 1)
    return f'{form}{person.num_keypoints} keypoint{plural} in {dims}D{unit}'


def track_notes(tracks: PoseTracks, image_size: tuple[int, int] | None) -> list[str]:
    """Notes of the report on tracks with unusual frames or people.

    Args:
        tracks: The tracks.
        image_size: (width, height) that the caller specified, or None.
    """
    notes = []
    if isinstance(tracks.source, SourceDocument) and tracks.source.confidences is not None:
        notes.append(tracks.source.confidences.note)
    if tracks.times is not None and even_rate(tracks) is None:
        notes.append('the time stamps are uneven: smoothed with the true times')
    size = image_size or tracks.image_size
    if size is not None:
        outside = [_outside(sequence, size) for _, sequence in tracks
                   if sequence.representation == 'keypoints_2d' and sequence.unit == 'px']
        if outside and np.mean(np.concatenate(outside)) > _MOST_OUTSIDE:
            notes.append(f'most keypoints lie outside of the image of {size[0]:g} x '
                         f'{size[1]:g} pixels: check image_size')
    cuts = [frame for _, sequence in tracks for frame in _cuts(sequence)]
    if cuts:
        notes.append(f'a person jumps by more than {_CUT:g} body sizes in {len(cuts)} frames '
                     f'(first {min(cuts)}): if these are cuts of the video, smooth its parts '
                     'separately')
    far = [usual_extent(sequence.coords) for _, sequence in tracks
           if sequence.representation == 'keypoints_3d' and sequence.unit == 'm']
    if far and np.median(far) > NOT_METRES:
        notes.append(f'a pose is {np.median(far):.3g} m long: specify the unit if the coordinates '
                     'are not metres (unit=, --unit)')
    short = sum(len(sequence) == 1 and bool(np.nan_to_num(sequence.coords).any())
                for _, sequence in tracks)
    if tracks.num_frames > 2 and short > max(2, len(tracks) / 2):
        notes.append(f'{short} of {len(tracks)} people are in a single frame, where nothing can be '
                     'smoothed: if their ids do not last from frame to frame, remove them')
    if any(sequence.representation == 'scalar' for _, sequence in tracks):
        notes.append("the 'people' are columns, each smoothed separately")
    return notes


def _cuts(sequence: PoseSequence) -> list[int]:
    """Frames before which all of a person jumps, and does not come back."""
    if not sequence.representation.startswith('keypoints') or sequence.num_keypoints < 3 or (
            len(sequence) < 4):
        return []
    coords = np.where(finite_keypoints(sequence.coords)[..., None], sequence.coords, np.nan)
    with warnings.catch_warnings(), np.errstate(all='ignore'):
        warnings.simplefilter('ignore', RuntimeWarning)  # Frames in which nothing is known.
        steps, over = (np.nanmedian(np.linalg.norm(coords[n:] - coords[:-n], axis=-1), axis=1)
                       for n in (1, 2))
    direct = np.diff(sequence.frame_ids) == np.diff(sequence.frame_ids).min()
    limit = _CUT * usual_extent(coords)
    far = (steps > limit) & direct
    # The frame before a cut is as far from the second one after it; a wrong frame is not.
    far[:-1] &= over > limit
    far[1:] &= over > limit
    return sequence.frame_ids[1:][far].tolist() if limit > 0 else []


def _outside(sequence: PoseSequence, size: tuple[int, int]) -> np.ndarray:
    """Which of the known keypoints lie outside of the image."""
    known = sequence.coords[finite_keypoints(sequence.coords)]
    return np.asarray(((known < 0) | (known > size)).any(axis=-1))


def _depth_notes(tracks: PoseTracks) -> tuple[str, ...]:
    """Notes on what a format takes for a depth; also warnings, but for those of the reader."""
    people = [sequence for _, sequence in tracks if sequence.representation == 'keypoints_3d']
    found = [third_values(sequence.coords) for sequence in people]
    scale = next((third.scale for third in found if third.scale is not None), None)
    if scale is not None:
        note = (f'the third values look like confidences (0 to {scale:g} with pixel coordinates), '
                'but this format has a depth there, and they are smoothed as such: store '
                'confidences as scores')
        warnings.warn(f'smooth(): {note}.', stacklevel=6)
        return (note,)
    unstated = isinstance(tracks.source, SourceDocument) and tracks.source.content != 'stated'
    return tuple({third.note for third, sequence in zip(found, people)
                  if third.note and unstated and sequence.scores is None})


def warn_of_content(tracks: PoseTracks, keypoint_thr: float) -> tuple[str, ...]:
    """Warn of what the tracks hardly can be; the warnings but the first are notes of the report."""
    known = [(sequence.scores, finite_keypoints(sequence.coords)) for _, sequence in tracks]
    if any(has_true(finite) for _, finite in known) and not any(
            scores is None or has_true(finite & (scores >= keypoint_thr))
            for scores, finite in known if has_true(finite)):
        warnings.warn(f'smooth(): every score is below keypoint_thr={keypoint_thr:g}, so all '
                      'keypoints count as missing and nothing is smoothed. Expected scores from 0 '
                      'up; leave logits out, or give keypoint_thr.', stacklevel=4)
        return ()
    notes = []
    negative = [scores[(scores < 0) & finite] for scores, finite in known if scores is not None]
    if negative and len(np.unique(np.concatenate(negative))) > 1 and keypoint_thr >= 0:
        count = sum(map(len, negative))
        notes.append(f'{count} scores are negative, and these keypoints count as missing: expected '
                     'scores from 0 up; give logits as 1 / (1 + exp(-logits))')
    if any(sequence.representation.startswith('keypoints') and looks_exchanged(sequence.coords)
           for _, sequence in tracks):
        notes.append('neighbouring keypoints are closer to one another than the same keypoint is '
                     'in neighbouring frames: if the array is (keypoints, frames, values), give '
                     'np.swapaxes(poses, 0, 1)')
    for note in notes:
        warnings.warn(f'smooth(): {note}.', stacklevel=4)
    return tuple(notes)
