"""Third values without a name in files: a depth, or confidences, which are scores of the tracks."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from ..errors import DataFormatError
from ..processing.array_content import refuse_normalized, refuse_rotations
from ..processing.third_values import split_confidences, third_values
from ..structures import PoseSequence, PoseTracks
from .context import Confidences, ReadContext, SourceDocument


def settled(tracks: PoseTracks, source: SourceDocument, context: ReadContext,
            representation: str | None) -> tuple[PoseTracks, SourceDocument]:
    """Tracks of 2D keypoints with scores where third values without a name are confidences.

    Args:
        tracks: The tracks as read.
        source: Their document.
        context: What the caller specified: a unit of lengths says that they are points.
        representation: What the caller specified as the representation.

    Returns:
        The tracks, and the document, which holds the confidences for :func:`as_in_document`.

    Raises:
        DataFormatError: A plain array is (y, x, score) with sides of 1, or may be rotations.
    """
    people = [sequence for _, sequence in tracks if len(sequence)]
    if (source.content == 'stated' or representation is not None or not people
            or context.unit not in (None, 'px') or any(
                sequence.representation != 'keypoints_3d' or sequence.scores is not None
                for sequence in people)
            or len({sequence.num_keypoints for sequence in people}) > 1):
        return tracks, source
    poses = np.concatenate([sequence.coords for sequence in people])
    found = third_values(poses)
    if found.note:
        warnings.warn(f"'{source.path}': {found.note}.", stacklevel=5)
    if found.scale is None:
        if not found.note:
            _refuse_other(poses, source)
        return tracks, source
    confidences = Confidences(found.scale, found.note, dict(tracks.tracks))
    return (tracks.map(lambda sequence: _split(sequence, confidences.scale)),
            dataclasses.replace(source, confidences=confidences))


def _refuse_other(poses: np.ndarray, source: SourceDocument) -> None:
    try:
        refuse_normalized(poses)
        if source.content == 'values':
            refuse_rotations(poses)
    except DataFormatError as error:
        raise DataFormatError(f"'{source.path}': {error} For a file, this is an option of reading: "
                              'read_options=dict(representation=...), or on the command line '
                              '--read-options representation=...') from error


def _split(sequence: PoseSequence, scale: float) -> PoseSequence:
    coords, scores = split_confidences(sequence.coords, scale)
    return sequence.replace(coords=coords, scores=scores, representation='keypoints_2d',
                            unit=None)


def as_in_document(tracks: PoseTracks, confidences: Confidences) -> PoseTracks:
    """Tracks with the third values of their document; those of new poses are 0."""
    return tracks.replace(tracks={
        key: _joined(sequence, confidences.tracks.get(key), confidences.scale)
        for key, sequence in tracks})


def _joined(sequence: PoseSequence, before: PoseSequence | None, scale: float) -> PoseSequence:
    scores = np.zeros(sequence.coords.shape[:2]) if sequence.scores is None else sequence.scores
    third = np.where(np.isfinite(sequence.coords).all(axis=-1), scale * scores, np.nan)
    if before is not None:
        rows, old = (np.isin(one.frame_ids, other.frame_ids) for one, other in (
            (sequence, before), (before, sequence)))
        given = before.coords[old][..., 2]
        third[rows] = np.where(np.isnan(given), third[rows], given)
    coords = np.concatenate([sequence.coords, third[..., None]], axis=-1)
    return sequence.replace(coords=coords.astype(sequence.coords.dtype), scores=None,
                            representation='keypoints_3d')
