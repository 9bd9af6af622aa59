"""What the values of a pose are: their number, their unit, and the frame rate assumed for them."""

from __future__ import annotations

from ..errors import DataFormatError

#: Frame rate assumed where neither the source nor the user names one, in frames per second.
ASSUMED_FPS = 30.0

#: Values per keypoint or joint of every representation.
REPRESENTATIONS: dict[str, int] = {
    'keypoints_2d': 2,
    'keypoints_3d': 3,
    'axis_angle': 3,
    'quaternion': 4,
    'rot6d': 6,
    'rotmat': 9,
}


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
    """Unit of a representation where the source names none.

    Args:
        representation: What the poses are.

    Returns:
        ``'px'`` for 2D keypoints, ``'m'`` for 3D keypoints, ``''`` for everything else.
    """
    return {'keypoints_2d': 'px', 'keypoints_3d': 'm'}.get(representation, '')


def representation_of(width: int, representation: str | None = None) -> str:
    """The representation of poses of a width, checked or, where it is not named, inferred.

    Args:
        width: Values per keypoint C.
        representation: What the source names. Defaults to None, keypoints.

    Returns:
        A key of :data:`REPRESENTATIONS`: ``representation``, or for None 2D or 3D keypoints.

    Raises:
        DataFormatError: The width does not fit the representation, or leaves it open.

    Example:
        >>> representation_of(3)
        'keypoints_3d'
    """
    if representation is None:
        if width not in (2, 3):
            raise DataFormatError(
                f'The poses have C = {width} values per keypoint: neither 2D nor 3D keypoints. '
                f"Name their representation, one of {', '.join(REPRESENTATIONS)}.")
        return f'keypoints_{width}d'
    if width != value_width(representation):
        raise DataFormatError(
            f'{representation} has C = {value_width(representation)} values per keypoint, but the '
            f'poses have C = {width}.')
    return representation
