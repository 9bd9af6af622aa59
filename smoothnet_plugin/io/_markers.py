"""Formats of motion capture: one person, named markers, a frame rate."""

from __future__ import annotations

import math

import numpy as np

from ..errors import DataFormatError
from ..processing.time_stamps import step_of
from ..structures import PoseSequence, PoseTracks
from .rows import MAX_SPAN_WRITTEN


def only_person(tracks: PoseTracks, name: str) -> PoseSequence:
    """The single person of a marker file.

    Args:
        tracks: The tracks.
        name: Name of the format, for messages.

    Returns:
        The person's sequence.

    Raises:
        DataFormatError: There are several people or none.
    """
    if len(tracks) != 1:
        ids = ', '.join(map(repr, tracks.tracks)) or 'none'
        raise DataFormatError(
            f'{name} holds one person per file, but these tracks hold {len(tracks)} ({ids}); keep '
            'one: tracks.replace(tracks={id: tracks[id]}).')
    return next(iter(tracks.tracks.values()))


def known_fps(tracks: PoseTracks, name: str) -> float:
    """Frames per second of the tracks of one person.

    Args:
        tracks: The tracks.
        name: Name of the format, for messages.

    Returns:
        Frames per second.

    Raises:
        DataFormatError: It is unknown, or the person has no frames.
    """
    sequence = only_person(tracks, name)
    if len(sequence) == 0:
        raise DataFormatError(f'{name} cannot hold a person without frames.')
    fps = tracks.fps or sequence.fps
    if not fps and tracks.times is not None and (step := step_of(tracks.times)):
        fps = 1 / step
    if not fps:
        raise DataFormatError(f'{name} needs the frames per second; give fps when loading.')
    return float(fps)


def poses_of_all_frames(sequence: PoseSequence, name: str, instead: str,
                        most_frames: float = math.inf) -> np.ndarray:
    """Poses of all frames from a person's first to the last one.

    Args:
        sequence: The person, in at least one frame.
        name: The format, for messages.
        instead: Another format that can be written.
        most_frames: Greatest number of a frame. Defaults to infinity.

    Returns:
        Shape (T, K, C), NaN in frames without the person.

    Raises:
        DataFormatError: Most frames between are unknown, or a frame's number is too great.
    """
    first, last = int(sequence.frame_ids[0]), int(sequence.frame_ids[-1])
    if not dense(sequence.frame_ids) or last >= most_frames:
        raise DataFormatError(
            f'{name} holds every frame between the first and the last, but these are {first} and '
            f'{last} for {len(sequence)} poses; write another format, for example {instead!r}.')
    coords = np.full((last - first + 1, *sequence.coords.shape[1:]), np.nan,
                     dtype=sequence.coords.dtype)
    coords[sequence.frame_ids - first] = sequence.coords
    return coords


def dense(frame_ids: np.ndarray) -> bool:
    """Whether a clip can be written with every frame between its first and its last.

    Args:
        frame_ids: Frames of a person, increasing, at least one.

    Returns:
        False if more than 99 % of the frames between are unknown: then the numbers are not frame
        numbers.
    """
    return int(frame_ids[-1]) - int(frame_ids[0]) < MAX_SPAN_WRITTEN * len(frame_ids)
