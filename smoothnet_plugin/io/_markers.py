"""Formats of motion capture: one person, named markers, a frame rate."""

from __future__ import annotations

from ..errors import DataFormatError
from ..structures import PoseSequence, PoseTracks


def only_person(tracks: PoseTracks, name: str) -> tuple[PoseSequence, float]:
    """The one person and the frames per second, as a marker file needs them.

    Args:
        tracks: The tracks.
        name: Name of the format, for messages.

    Returns:
        The sequence and fps.

    Raises:
        DataFormatError: There are several people or none, or fps is unknown.
    """
    if len(tracks) != 1:
        ids = ', '.join(map(repr, tracks.tracks)) or 'nobody'
        raise DataFormatError(
            f'{name} holds one person a file, but these tracks hold {len(tracks)} ({ids}); keep '
            'one: tracks.replace(tracks={id: tracks[id]}).')
    sequence = next(iter(tracks.tracks.values()))
    fps = tracks.fps or sequence.fps
    if not fps:
        raise DataFormatError(f'{name} needs the frames per second; give fps when loading.')
    if len(sequence) == 0 and tracks.source is None:
        raise DataFormatError(f'{name} cannot hold a person without frames.')
    return sequence, float(fps)
