"""Poses in 3D that are 2D poses: z is 0 throughout.

Sports2D writes pixels so into TRC, which has three values per marker. A network of 3D poses would
take them for bodies without depth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..structures import PoseTracks


def is_flat(coords: np.ndarray) -> bool:
    """Whether poses in 3D are 2D poses: z is 0 throughout, x and y are not.

    Args:
        coords: Shape (T, K, 3), missing values NaN.
    """
    known = np.isfinite(coords).all(axis=-1)
    return bool(known.any() and (coords[known][:, 2] == 0).all() and (coords[known] != 0).any())


def flattened(tracks: PoseTracks) -> tuple[PoseTracks, Callable[[PoseTracks], PoseTracks]]:
    """2D tracks of tracks whose z is 0 throughout.

    Args:
        tracks: Tracks of any representation.

    Returns:
        The 2D tracks, and what gives tracks derived from them their z of 0 again; the tracks as
        they are where they are not flat.
    """
    known = [sequence for _, sequence in tracks]
    if not known or any(sequence.representation != 'keypoints_3d' for sequence in known) or (
            not is_flat(np.concatenate([sequence.coords for sequence in known]))):
        return tracks, lambda result: result

    def lifted(result: PoseTracks) -> PoseTracks:
        return result.map(lambda sequence: sequence.replace(
            coords=np.pad(sequence.coords, ((0, 0), (0, 0), (0, 1))),
            representation='keypoints_3d'))

    return tracks.map(lambda sequence: sequence.replace(
        coords=sequence.coords[:, :, :2], representation='keypoints_2d')), lifted
