"""Representations of poses: values per keypoint, units, and the assumed frame rate."""

from __future__ import annotations

from ..errors import DataFormatError

#: Frame rate assumed if neither the source nor the user specifies one, in frames per second.
ASSUMED_FPS = 30.0

#: Values per keypoint or joint of every representation. A scalar is any number over time, such as
#: a joint angle; it has no position, and no neighbour counts for it.
REPRESENTATIONS: dict[str, int] = {
    'keypoints_2d': 2,
    'keypoints_3d': 3,
    'axis_angle': 3,
    'quaternion': 4,
    'rot6d': 6,
    'rotmat': 9,
    'scalar': 1,
}
#: Metres of the units of length.
METRES = {'m': 1.0, 'cm': 1e-2, 'mm': 1e-3}
_ROTATIONS = frozenset({'axis_angle', 'quaternion', 'rot6d', 'rotmat'})


def is_rotation(representation: str) -> bool:
    """Whether a representation is that of joint rotations; scalars and keypoints are none."""
    return representation in _ROTATIONS


def value_width(representation: str) -> int:
    """Number of values per joint of a representation.

    Args:
        representation: A key of :data:`REPRESENTATIONS`.

    Returns:
        The number of values C.

    Raises:
        DataFormatError: The representation is unknown.
    """
    if representation not in REPRESENTATIONS:
        raise DataFormatError(
            f"Unknown representation {representation!r}; known: {', '.join(REPRESENTATIONS)}.")
    return REPRESENTATIONS[representation]


def default_unit(representation: str) -> str:
    """Unit of a representation if the source specifies none.

    Args:
        representation: A key of :data:`REPRESENTATIONS`.

    Returns:
        ``'px'`` for 2D keypoints, ``'m'`` for 3D keypoints, ``''`` for everything else.
    """
    return {'keypoints_2d': 'px', 'keypoints_3d': 'm'}.get(representation, '')


def representation_of(width: int, representation: str | None = None) -> str:
    """Check the representation of poses, or infer it from the number of values per keypoint.

    Args:
        width: Values per keypoint C.
        representation: The representation that the source specifies. Defaults to None, keypoints.

    Returns:
        A key of :data:`REPRESENTATIONS`: ``representation``, or for None 2D or 3D keypoints.

    Raises:
        DataFormatError: The width does not fit the representation, or is ambiguous without one.

    Example:
        >>> representation_of(3)
        'keypoints_3d'
    """
    if representation is None:
        if width not in (2, 3):
            raise DataFormatError(
                f'The poses have C = {width} values per keypoint: neither 2D nor 3D keypoints. '
                f"Specify their representation, one of {', '.join(REPRESENTATIONS)}.")
        return f'keypoints_{width}d'
    if width != value_width(representation):
        raise DataFormatError(
            f'{representation} has C = {value_width(representation)} values per keypoint, but the '
            f'poses have C = {width}.')
    return representation
