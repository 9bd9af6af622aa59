"""Angles and text of written BVH files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation


def euler_angles(matrices: np.ndarray, axes: str, like: np.ndarray) -> np.ndarray:
    """Angles of rotations about a joint's axes, as close as possible to those of the file.

    A rotation has two sets of angles, and full turns can be added to each. The result is the set
    next to ``like``, so that a curve jumps only where that of the file jumps.

    Args:
        matrices: Shape (T, 3, 3).
        axes: One to three axes, such as ``'ZYX'``.
        like: Angles of the file in degrees, shape (T, len(axes)).

    Returns:
        Shape (T, len(axes)), degrees. With fewer than three axes: the angles of the closest
        rotation about these.
    """
    if not len(matrices):
        return like
    # A joint with fewer axes is one with three whose last angles are 0.
    full = (axes + ''.join(axis for axis in 'XYZ' if axis not in axes))[:3]
    padded = np.pad(like, ((0, 0), (0, len(full) - len(axes))))
    # scipy warns where the first and last axis coincide (gimbal lock), and sets the last to 0.
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        one = Rotation.from_matrix(matrices).as_euler(full, degrees=True)
    symmetric = full[0] == full[2]
    other = one + [180.0, 0.0, 180.0]
    other[:, 1] = -one[:, 1] if symmetric else 180.0 - one[:, 1]
    choices = [angles + 360.0 * np.round((padded - angles) / 360.0) for angles in (one, other)]
    distances = [np.abs(angles - padded).sum(axis=1) for angles in choices]
    best = np.where((distances[0] <= distances[1])[:, None], *choices)
    return best[:, :len(axes)]


def hierarchy_text(names: Sequence[str], parents: Sequence[int],
                   offsets: np.ndarray) -> tuple[list[int], str]:
    """HIERARCHY of a new file: the root has positions, every joint the angles Z, X, Y.

    Args:
        names: J names of joints.
        parents: Index of each joint's parent, -1 for the root.
        offsets: Place of each joint relative to its parent, shape (J, 3).

    Returns:
        The joints in the order of the file, and its text.
    """
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(parents):
        children.setdefault(int(parent), []).append(joint)
    lines, order = ['HIERARCHY'], []

    def add(joint: int, depth: int) -> None:
        tab = '\t' * depth
        order.append(joint)
        kind = 'JOINT' if parents[joint] >= 0 else 'ROOT'
        place = ' '.join(f'{value:.6f}' for value in offsets[joint])
        channels = ('3 Zrotation Xrotation Yrotation' if parents[joint] >= 0 else
                    '6 Xposition Yposition Zposition Zrotation Xrotation Yrotation')
        lines.extend([f'{tab}{kind} {names[joint]}', f'{tab}{{', f'{tab}\tOFFSET {place}',
                      f'{tab}\tCHANNELS {channels}'])
        for child in children.get(joint, ()):
            add(child, depth + 1)
        if joint not in children:
            lines.extend([f'{tab}\tEnd Site', f'{tab}\t{{', f'{tab}\t\tOFFSET 0.0 0.0 0.0',
                          f'{tab}\t}}'])
        lines.append(f'{tab}}}')

    for root in children.get(-1, ()):
        add(root, 0)
    return order, '\n'.join(lines) + '\n'
