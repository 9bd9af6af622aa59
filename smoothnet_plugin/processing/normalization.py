"""Normalisation of coordinates before a filter, and its inverse.

All modes compute ``(x - offset) / scale`` with constants for a whole segment of a track, so the
inverse is exact and no motion is added. The constants are those of the first frame of the segment,
which a live smoother knows too, so live and offline results agree. The outermost keypoint does
not count for the box if it is far outside. If the frame shows fewer than half of the
keypoints, the size is unknown and a typical body size in the coordinates' unit is used.

========= ================================== =============================================
mode      offset                             scale
========= ================================== =============================================
``none``  0                                  1
``image`` centre of the image                half the image's width (Human3.6M's rule)
``bbox``  centre of the keypoints' box       half the longer side of that box
``scale`` 0                                  median distance of the keypoints to their
                                             median point (about 0.25 of a body's height)
``root``  the root keypoint                  1
========= ================================== =============================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import ConfigError
from ..utils.arrays import length_of

NORMALIZATIONS = ('none', 'image', 'bbox', 'scale', 'root')
#: Assumed spread of a person with fewer than half of the keypoints in the first frame, by unit.
_TYPICAL_SPREAD = {'px': 100.0, 'm': 0.4, 'cm': 40.0, 'mm': 400.0}
#: Distance of a keypoint from the middle, in diagonals of the box around the others, at which it is
#: no part of the pose. In recordings of bodies and hands no keypoint is beyond 1.1.
_FAR = 2.0
#: Fewer keypoints do not show which of them is outside.
_FEWEST_KEYPOINTS = 5


class Normalization(NamedTuple):
    """Constants of one segment, or of several side by side (:meth:`stacked`).

    Attributes:
        offset: Shape (C,), or (K, C) with an offset per keypoint.
        scale: Positive number, or positive numbers of shape (K, 1).
    """

    offset: np.ndarray
    scale: float | np.ndarray

    @classmethod
    def stacked(cls, parts: Sequence[Normalization], keypoints: Sequence[int]) -> Normalization:
        """Constants of segments whose keypoints lie side by side.

        Args:
            parts: The constants of each segment.
            keypoints: The number of keypoints of each segment.

        Returns:
            Constants per keypoint.
        """
        return cls(np.repeat([part.offset for part in parts], keypoints, axis=0),
                   np.repeat(np.array([part.scale for part in parts]), keypoints)[:, None])

    def of_keypoints(self, indices: np.ndarray) -> Normalization:
        """Constants for some of the keypoints, shape (J,) of indices."""
        if self.offset.ndim == 1:
            return self
        return Normalization(self.offset[indices], np.asarray(self.scale)[indices])

    @property
    def _changes_nothing(self) -> bool:
        return isinstance(self.scale, float) and self.scale == 1.0 and not self.offset.any()

    def apply(self, coords: np.ndarray) -> np.ndarray:
        """Normalise coordinates of shape (..., C); may return them themselves."""
        if self._changes_nothing:
            return coords
        result = coords - self.offset
        result /= self.scale
        return result

    def invert(self, coords: np.ndarray) -> np.ndarray:
        """Undo :meth:`apply`."""
        if self._changes_nothing:
            return coords
        result = coords * self.scale
        result += self.offset
        return result


def normalization_of(mode: str, first_frame: np.ndarray, present: np.ndarray, *,
                     unit: str | None = None, image_size: tuple[int, int] | None = None,
                     root_indices: Sequence[int] = ()) -> Normalization:
    """Constants for a segment, from its first frame.

    Args:
        mode: One of the modes above.
        first_frame: Shape (K, C).
        present: Keypoints measured in it, shape (K,), bool; at least one is.
        unit: ``'px'``, ``'m'``, ``'mm'`` ...; selects the typical size if the size is unknown.
        image_size: (width, height) in pixels, needed by ``image``.
        root_indices: Keypoints whose mean is the root, needed by ``root``. If none of them is
            present, the mean of all present keypoints is used.

    Returns:
        The constants.

    Raises:
        ConfigError: The mode is unknown, or an argument that it needs is missing.
    """
    width = first_frame.shape[-1]
    zero = np.zeros(width)
    points = first_frame[present].astype(np.float64)
    enough = 2 * len(points) >= len(first_frame)
    if mode == 'none':
        return Normalization(zero, 1.0)
    if mode == 'image':
        if image_size is None or width != 2:
            raise ConfigError(
                "normalize='image' needs 2D keypoints and the image's size, but C = "
                f'{width} and image_size = {image_size}; pass image_size=(width, height) or '
                "choose normalize='bbox'.")
        return Normalization(np.array(image_size) / 2.0, image_size[0] / 2.0)
    if mode == 'bbox':
        if len(points) >= _FEWEST_KEYPOINTS:
            points = _without_far(points)
        low, high = points.min(axis=0), points.max(axis=0)
        size = float((high - low).max()) / 2
        return Normalization((low + high) / 2, size if size > 0 and enough else _typical(unit))
    if mode == 'scale':
        middle = np.median(points, axis=0)
        spread = float(np.median(np.linalg.norm(points - middle, axis=-1)))
        return Normalization(zero, spread if spread > 0 and enough else _typical(unit))
    if mode == 'root':
        if not root_indices:
            raise ConfigError("normalize='root' needs a root keypoint; specify a skeleton with a "
                              "root for the tracks, or choose normalize='bbox'.")
        chosen = np.zeros(len(present), dtype=bool)
        chosen[list(root_indices)] = True
        chosen &= present
        root = first_frame[chosen if chosen.any() else present]
        return Normalization(root.mean(axis=0).astype(np.float64), 1.0)
    raise ConfigError(f'Unknown normalisation {mode!r}; known: none, image, bbox, scale, root.')


def _without_far(points: np.ndarray) -> np.ndarray:
    """The points (N, C) without the outermost one if it is no part of the pose."""
    with np.errstate(over='ignore'):
        away = length_of(points - np.median(points, axis=0))
        outermost = int(away.argmax())
        others = np.delete(points, outermost, axis=0)
        box = float(length_of(others.max(axis=0) - others.min(axis=0)))
        return others if away[outermost] > _FAR * box > 0 else points


def _typical(unit: str | None) -> float:
    return _TYPICAL_SPREAD.get(unit or '', 1.0)
