"""From frames of people to people over time, and back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseFrame, PoseInstance, PoseSequence, PoseTracks
from .build import Tracker, build_tracker
from .naming import IdKeeper, plain_id
from .one_person import is_one_person
from .tracker import PoseTracker


def tracks_from_frames(
    frames: Sequence[PoseFrame],
    *,
    fps: float | None = None,
    tracker: Tracker | Mapping[str, Any] | None = None,
    image_size: tuple[int, int] | None = None,
    source: Any = None,
    **sequence_fields: Any,
) -> PoseTracks:
    """Gather the people of a clip by track id.

    Ids that the source gives are kept. Instances without one join the people who have one where
    a tracker finds that they continue them, before or after
    (:class:`~smoothnet_plugin.tracking.naming.IdKeeper`); others get integers above the greatest
    given one. Rotations cannot be tracked; where ids are missing they must be of one person, who
    gets the one id that is given, or 0.

    Args:
        frames: The clip's frames, in any order, also those without a person. Not changed.
        fps: Frames per second of the numbering of the frames. Defaults to None (unknown).
        tracker: For instances without ids: a tracker, which is reset first, or its config.
            Defaults to None, a :class:`~smoothnet_plugin.tracking.PoseTracker` with the
            skeleton of ``sequence_fields``.
        image_size: (width, height) in pixels. Defaults to None (unknown).
        source: The document the frames were read from, for writers. Defaults to None.
        **sequence_fields: Further fields of every :class:`PoseSequence`: ``representation``,
            ``unit``, ``skeleton``.

    Returns:
        The tracks in order of first appearance, rows sorted by frame id. The payload of an
        instance becomes its row's entry in ``refs``. Scores are None for people who have none at
        all; where only some rows have them, the others count as certain (1).

    Raises:
        DataFormatError: A frame id occurs twice, a track id occurs twice in a frame, keypoints or
            scores differ in shape, or rotations of several people have no ids.
    """
    frames = sorted(frames, key=lambda frame: frame.frame_id)
    for one, other in pairwise(frames):
        if one.frame_id == other.frame_id:
            raise DataFormatError(f'Frame {one.frame_id} occurs twice; expected one entry per '
                                  'frame with all its people.')
    frames = _with_one_spelling(frames)
    representation = sequence_fields.get('representation', 'keypoints_2d')
    if any(instance.track_id is None for frame in frames for instance in frame.instances):
        if representation.startswith('keypoints') and not _is_lone_point(frames):
            chosen = build_tracker(tracker, skeleton=sequence_fields.get('skeleton'))
            frames = _name_all(frames, chosen)
        else:
            frames = _name_only_person(frames, representation)
    rows: dict[int | str, list[tuple[int, PoseInstance]]] = {}
    shape: tuple[int, ...] | None = None
    for frame in frames:
        _check_ids(frame)
        for instance in frame.instances:
            track_id = plain_id(instance.track_id)
            shape = _check_shapes(instance, shape, frame.frame_id)
            rows.setdefault(track_id, []).append((frame.frame_id, instance))
    tracks = {track_id: _sequence(person, fps, sequence_fields)
              for track_id, person in rows.items()}
    frame_ids = np.array([frame.frame_id for frame in frames], dtype=np.int64)
    return PoseTracks(tracks, frame_ids, fps=fps, image_size=image_size, source=source)


def frames_from_tracks(tracks: PoseTracks) -> list[PoseFrame]:
    """Lay out tracks frame by frame: the inverse of :func:`tracks_from_frames`.

    Args:
        tracks: The tracks.

    Returns:
        One frame per frame id of the clip, also empty ones; people in the order of the tracks,
        the row's entry in ``refs`` as payload. An instance is ``filled`` if all its keypoints
        are; ``keypoints_filled`` is None where none is. Boxes and the payloads of frames are not
        kept by tracks.
    """
    frames = {int(frame_id): PoseFrame(int(frame_id)) for frame_id in tracks.frame_ids}
    for track_id, sequence in tracks:
        filled = np.asarray(sequence.filled.all(axis=1)) & (sequence.num_keypoints > 0)
        for row, frame_id in enumerate(sequence.frame_ids):
            frames[int(frame_id)].instances.append(PoseInstance(
                keypoints=sequence.coords[row],
                keypoint_scores=None if sequence.scores is None else sequence.scores[row],
                track_id=track_id,
                filled=bool(filled[row]),
                keypoints_filled=sequence.filled[row] if sequence.filled[row].any() else None,
                payload=None if sequence.refs is None else sequence.refs[row]))
    return list(frames.values())


def _name_all(frames: list[PoseFrame], tracker: Tracker) -> list[PoseFrame]:
    """Frames in which all instances have ids."""
    given = {plain_id(i.track_id) for frame in frames for i in frame.instances} - {None}
    tracker.reset()
    if not given:
        if type(tracker) is PoseTracker and is_one_person(frames, tracker):
            return [frame.with_ids([0]) for frame in frames]
        return [tracker.update(frame) for frame in frames]
    first = max((i for i in given if isinstance(i, int)), default=-1) + 1
    keeper = IdKeeper(tracker, given, first)
    named: list[PoseFrame] = []
    final: dict[Any, Any] = {}
    for frame in frames:
        _check_ids(frame)
        frame, renamed = keeper.name(frame)
        named.append(frame)
        final.update(renamed)
    # The numbers of people without a given id have no gaps.
    numbers = itertools.count(first)
    for frame in named:
        for instance in frame.instances:
            own = plain_id(instance.track_id)
            if own not in given and own not in final:
                final[own] = next(numbers) if isinstance(own, int) else own
    return [frame.with_ids(i.track_id if plain_id(i.track_id) in given
                           else final[plain_id(i.track_id)] for i in frame.instances)
            for frame in named]


def _with_one_spelling(frames: list[PoseFrame]) -> list[PoseFrame]:
    """Frames in which an id that is now a number, now its text, is the number."""
    given = {plain_id(i.track_id) for frame in frames for i in frame.instances}
    twins: dict[Any, int] = {str(name): name for name in given if isinstance(name, int)} if any(
        isinstance(name, str) for name in given) else {}
    if given.isdisjoint(twins):
        return frames
    return [frame.with_ids(twins.get(i.track_id, i.track_id) for i in frame.instances)
            for frame in frames]


def _check_ids(frame: PoseFrame) -> None:
    seen = set()
    for instance in frame.instances:
        track_id = plain_id(instance.track_id)
        if track_id is not None and track_id in seen:
            raise DataFormatError(f'Frame {frame.frame_id} holds the track id {track_id!r} '
                                  'twice; a person has one pose per frame.')
        seen.add(track_id)


def _is_lone_point(frames: Sequence[PoseFrame]) -> bool:
    """Whether every frame has at most one point without a size for tracking.

    In 2D a box gives it one; a box in the image says nothing about distances in 3D.
    """
    return all(len(frame.instances) <= 1 and all(
        len(instance.keypoints) == 1 and (
            instance.bbox is None or np.shape(instance.keypoints)[-1] == 3)
        for instance in frame.instances) for frame in frames)


def _name_only_person(frames: list[PoseFrame], representation: str) -> list[PoseFrame]:
    """Frames whose only person has the one id that is given, or 0."""
    for frame in frames:
        if len(frame.instances) > 1:
            raise DataFormatError(
                f'Frame {frame.frame_id} holds {len(frame.instances)} people, not all with a '
                f'track id. {representation} cannot tell people apart; give every instance its '
                'track_id.')
    given = {plain_id(instance.track_id) for frame in frames for instance in frame.instances}
    names = given - {None}
    if len(names) > 1:
        raise DataFormatError(f'Some instances have track ids and some have none. '
                              f'{representation} cannot tell people apart; give every instance '
                              'its track_id.')
    name = names.pop() if names else 0
    return [frame.with_ids([name]) for frame in frames]


def _check_shapes(instance: PoseInstance, shape: tuple[int, ...] | None,
                  frame_id: int) -> tuple[int, ...]:
    """Shape of the instance's keypoints, which must be the same for all people."""
    own = np.shape(instance.keypoints)
    if len(own) != 2 or (shape or own) != own:
        raise DataFormatError(f'Frame {frame_id}, person {instance.track_id!r}: keypoints have '
                              f"shape {own}; expected {shape or '(K, C)'}, the same for "
                              'all people.')
    for name in ('keypoint_scores', 'keypoints_filled'):
        value = getattr(instance, name)
        if value is not None and np.shape(value) != own[:1]:
            raise DataFormatError(f'Frame {frame_id}, person {instance.track_id!r}: {name} has '
                                  f'shape {np.shape(value)}; expected {own[:1]}.')
    return own


def _sequence(person: list[tuple[int, PoseInstance]], fps: float | None,
              fields: dict[str, Any]) -> PoseSequence:
    instances = [instance for _, instance in person]
    coords = np.stack([np.asarray(instance.keypoints) for instance in instances])
    scores = [instance.keypoint_scores for instance in instances]
    known = [np.asarray(score) for score in scores if score is not None]
    refs = [instance.payload for instance in instances]
    filled = [instance.filled if instance.keypoints_filled is None else instance.keypoints_filled
              for instance in instances]
    return PoseSequence(
        coords,
        scores=np.stack([np.ones(coords.shape[1], known[0].dtype) if score is None
                         else np.asarray(score) for score in scores]) if known else None,
        filled=np.stack([np.broadcast_to(row, coords.shape[1]) for row in filled]),
        frame_ids=np.array([frame_id for frame_id, _ in person], dtype=np.int64),
        fps=fps,
        refs=None if all(ref is None for ref in refs) else refs,
        **fields)
