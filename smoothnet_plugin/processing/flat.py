"""2D poses stored as 3D poses with z = 0.

Sports2D writes pixels this way to TRC files, which have three values per marker. A network for 3D
poses would treat them as bodies without depth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..structures import PoseTracks


def is_flat(coords: np.ndarray) -> bool:
    """Whether 3D poses are 2D poses: z is always 0, x and y are not.

    Args:
        coords: Shape (T, K, 3), missing values NaN.
    """
    known = np.isfinite(coords).all(axis=-1)
    return bool(known.any() and (coords[known][:, 2] == 0).all() and (coords[known] != 0).any())


def flattened(tracks: PoseTracks) -> tuple[PoseTracks, Callable[[PoseTracks], PoseTracks]]:
    """Convert tracks whose z is always 0 to 2D tracks.

    Args:
        tracks: Tracks of any representation.

    Returns:
        The 2D tracks, and a function that adds z = 0 to tracks derived from them. Tracks that are
        not flat are returned unchanged, with a function that changes nothing.
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
