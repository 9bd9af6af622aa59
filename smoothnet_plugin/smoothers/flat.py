"""Poses in a plane that are stored as 3D: the depth is 0 everywhere.

Sports2D writes pixels into TRC files this way. They are smoothed as what they are, 2D keypoints,
and the depth stays 0.
"""

from __future__ import annotations

import numpy as np

from ..processing.flat import is_flat
from ..structures import PoseSequence, PoseTracks
from ..utils.arrays import finite_keypoints


def are_flat(tracks: PoseTracks) -> bool:
    """Whether tracks of 3D keypoints have a depth of exactly 0 everywhere."""
    sequences = [sequence for sequence in tracks.tracks.values() if len(sequence)]
    return (bool(sequences) and sequences[0].representation == 'keypoints_3d'
            and is_flat(np.concatenate([sequence.coords for sequence in sequences])))


def without_depth(tracks: PoseTracks) -> PoseTracks:
    """Flat tracks as 2D keypoints."""
    return tracks.map(lambda sequence: sequence.replace(
        coords=sequence.coords[..., :2], representation='keypoints_2d'))


def with_depth(smoothed: PoseTracks, before: PoseTracks) -> PoseTracks:
    """Smoothed 2D keypoints with the depth of the flat tracks that they were made from."""
    return smoothed.replace(tracks={
        key: _with_depth(sequence, before[key]) for key, sequence in smoothed})


def _with_depth(sequence: PoseSequence, before: PoseSequence) -> PoseSequence:
    depth = np.where(finite_keypoints(sequence.coords), 0.0, np.nan)
    kept = np.isin(sequence.frame_ids, before.frame_ids)
    depth[kept] = np.where(sequence.filled[kept], 0.0, before.coords[..., 2])
    coords = np.concatenate([sequence.coords, depth[..., None]], axis=-1)
    return sequence.replace(coords=coords.astype(before.coords.dtype),
                            representation='keypoints_3d')
