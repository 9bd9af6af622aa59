"""Forward kinematics: positions of joints from their rotations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import DataFormatError


def forward_kinematics(rotations: np.ndarray, parents: Sequence[int] | np.ndarray,
                       offsets: np.ndarray) -> np.ndarray:
    """Positions of the joints of a tree.

    Args:
        rotations: Rotation of each joint relative to its parent, shape (T, J, 3, 3) or
            (T, J, 9).
        parents: Index of each joint's parent, which comes before it; -1 for a root. J numbers.
        offsets: Place of each joint in its parent's axes (of a root: in space), shape (J, 3), or
            (T, J, 3) where it changes over time.

    Returns:
        Shape (T, J, 3), in the unit of ``offsets``.

    Raises:
        DataFormatError: A parent comes after its child, or shapes do not fit together.

    Example:
        >>> import numpy as np
        >>> quarter = np.array([[[0, -1, 0], [1, 0, 0], [0, 0, 1.0]], np.eye(3)])[None]
        >>> forward_kinematics(quarter, [-1, 0], np.array([[0, 0, 1], [2, 0, 0]]))[0].tolist()
        [[0.0, 0.0, 1.0], [0.0, 2.0, 1.0]]
    """
    matrices = np.asarray(rotations, dtype=np.float64)
    joints = len(parents)
    if matrices.shape[1:] not in ((joints, 9), (joints, 3, 3)):
        raise DataFormatError(f'rotations have shape {matrices.shape}; expected (T, {joints}, 3, '
                              f'3) for {joints} parents.')
    matrices = matrices.reshape(-1, joints, 3, 3)
    places = np.asarray(offsets, dtype=np.float64)
    if places.shape not in ((joints, 3), (len(matrices), joints, 3)):
        raise DataFormatError(f'offsets have shape {places.shape}; expected ({joints}, 3) or '
                              f'({len(matrices)}, {joints}, 3).')
    places = np.broadcast_to(places, (len(matrices), joints, 3))
    positions = np.array(places)
    turned = np.array(matrices)
    for joint, parent in enumerate(parents):
        if parent >= joint:
            raise DataFormatError(f'joint {joint} comes before its parent {parent}; list parents '
                                  'before children.')
        if parent >= 0:
            positions[:, joint] = positions[:, parent] + np.einsum(
                'tij,tj->ti', turned[:, parent], places[:, joint])
            turned[:, joint] = turned[:, parent] @ matrices[:, joint]
    return positions
