"""What a user needs to know of a source: notes of the report, and warnings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from ..io import SourceDocument
from ..processing.array_content import looks_exchanged
from ..processing.third_values import NOT_METRES, third_values, usual_extent
from ..smoothers.clock import even_rate
from ..structures import PoseSequence, PoseTracks, is_rotation
from ..tracking.traded_ids import traded_ids
from ..utils.arrays import finite_keypoints, has_true

#: Share of the keypoints outside of the image that says that its size is wrong.
_MOST_OUTSIDE = 0.5
#: Step of a whole person, in body sizes, that only a cut makes: a sprinter at 5 fps makes 1.2.
_CUT = 1.5
#: Mean distance of two poses of a frame, in sizes of the pose, that two people never have.
_DOUBLED = 0.05
#: Names in a note.
_SHOWN = 6


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
    notes = [] if len(tracks) else ['the source holds no poses']
    if isinstance(tracks.source, SourceDocument):
        notes += tracks.source.notes
        if tracks.source.confidences is not None:
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
    traded = traded_ids(tracks)
    if traded:
        ids = sorted({str(track_id) for _, people in traded for track_id in people})
        notes.append(f'people ({_some(ids)}) trade places between two frames, {len(traded)} '
                     f'time{"s" * (len(traded) > 1)} (first at frame {traded[0][0]}): their ids '
                     'seem to be exchanged in the source, and are used as they are; without ids, '
                     'people are tracked by position')
    exchanged = {(frame, track_id) for frame, people in traded for track_id in people}
    cuts = [frame for track_id, sequence in tracks for frame in _cuts(sequence)
            if (frame, track_id) not in exchanged]
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
    doubled = _doubled(tracks)
    if doubled:
        poses = '1 pose lies' if len(doubled) == 1 else f'{len(doubled)} poses lie'
        notes.append(f'{poses} on another pose of the same frame (first {min(doubled)}), as one '
                     'more person: remove duplicates, and give every frame a number or time of '
                     'its own')
    apart = np.diff(tracks.frame_ids)
    if len(apart) > 1 and np.median(apart) == apart.min() and short > max(2, len(tracks) / 2):
        notes.append(f'{short} of {len(tracks)} people are in a single frame, where nothing can be '
                     'smoothed: if their ids do not last from frame to frame, remove them')
    if any(sequence.representation == 'scalar' for _, sequence in tracks):
        notes.append("the 'people' are columns, each smoothed separately")
    return notes


def _some(names: Sequence[str]) -> str:
    return ', '.join(names[:_SHOWN]) + ', ...' * (len(names) > _SHOWN)


def _doubled(tracks: PoseTracks) -> list[int]:
    """Frames of poses that are equal to another pose of the frame.

    A person of a single frame need only be near another one: rows of two frames that have the same
    number or time are two people of one frame.
    """
    people = [sequence for _, sequence in tracks if sequence.num_keypoints >= 3
              and sequence.representation.startswith('keypoints')]
    if len(people) < 2:
        return []
    frame_ids = np.concatenate([sequence.frame_ids for sequence in people])
    lengths = np.array([len(sequence) for sequence in people])
    owner = np.repeat(np.arange(len(people)), lengths)
    starts, alone = np.cumsum(lengths) - lengths, lengths[owner] == 1
    frames, seen = [], set()
    for number in np.flatnonzero(alone | _equal_sums(people, frame_ids)).tolist():
        frame, sequence = int(frame_ids[number]), people[owner[number]]
        pose = sequence.coords[number - starts[owner[number]]]
        finite = finite_keypoints(pose)
        if finite.sum() < 3 or not np.ptp(pose[finite]):
            continue
        pair = frame, pose.tobytes()
        if pair in seen or (alone[number] and any(
                _near(pose, other.coords[at]) for other in people if other is not sequence
                and len(other) > 1 for at in np.flatnonzero(other.frame_ids == frame))):
            frames.append(frame)
        seen.add(pair)
    return frames


def _equal_sums(people: Sequence[PoseSequence], frame_ids: np.ndarray) -> np.ndarray:
    """Poses whose coordinates add up to those of another pose of the frame: few need a closer look.

    Args:
        people: The people.
        frame_ids: Frames of all their poses, shape (N,).

    Returns:
        Shape (N,), bool.
    """
    sums = np.concatenate([np.nan_to_num(sequence.coords, posinf=0, neginf=0).sum(axis=(1, 2))
                           for sequence in people])
    order = np.lexsort((sums, frame_ids))
    same = (np.diff(frame_ids[order]) == 0) & (np.diff(sums[order]) == 0)
    found = np.zeros(len(sums), dtype=bool)
    found[order[1:][same]] = found[order[:-1][same]] = True
    return found


def _near(pose: np.ndarray, other: np.ndarray) -> bool:
    """Whether two poses are as near to each other as those of successive frames."""
    distance = np.linalg.norm(pose - other, axis=-1)
    known = distance[np.isfinite(distance)]
    return len(known) >= 3 and float(known.mean()) < _DOUBLED * usual_extent(other)


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
    apart = np.diff(sequence.frame_ids)
    direct = apart == (apart.min() if np.median(apart) == apart.min() else 0)
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


def depth_notes(tracks: PoseTracks) -> tuple[str, ...]:
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
