"""Drawing stick figures, with marks for interpolated and uncertain keypoints."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..structures import Skeleton
from .anatomy import anatomy_of
from .palette import BACKGROUND, FINGER_COLORS, INK, SIDE_COLORS, Color

FAINT = 0.3
_SHIFT = 4  # fractional bits of a pixel; whole pixels would make steady limbs jitter


def draw_pose(image: np.ndarray, points: np.ndarray, *, skeleton: Skeleton | None = None,
              faint: np.ndarray | None = None, bridged: np.ndarray | None = None,
              colors: Sequence[Color] = SIDE_COLORS) -> None:
    """Draw one person into a picture.

    Args:
        image: Shape (H, W, 3), uint8, BGR; changed in place.
        points: Pixels of the keypoints, shape (K, 2); those that are not finite are left out.
        skeleton: Limbs and sides; None draws keypoints only. Defaults to None.
        faint: Keypoints to draw faintly (low scores), shape (K,), bool. Defaults to None, no
            keypoint.
        bridged: Interpolated keypoints, drawn hollow with dashed limbs, shape (K,), bool.
            Defaults to None, no keypoint.
        colors: BGR of the left side, the middle and the right side. Defaults to
            :data:`~.palette.SIDE_COLORS`. The fingers of a single hand have colours of their
            own.
    """
    count = len(points)
    none = np.zeros(count, dtype=bool)
    faint = none if faint is None else faint
    bridged = none if bridged is None else bridged
    # Points far outside would overflow the fixed-point pixels of the line drawing.
    shown = np.flatnonzero((np.isfinite(points) & (np.abs(points) < 2**15)).all(axis=-1)).tolist()
    anatomy = anatomy_of(skeleton, count)
    links = [(a, b) for a, b in anatomy.links if a in shown and b in shown]
    width = max(2, round(image.shape[0] / 190))

    def color_of(a: int, b: int) -> Color:
        finger = anatomy.finger[b]
        return colors[anatomy.link_side(a, b)] if finger is None else FINGER_COLORS[finger]

    def width_at(a: int, b: int) -> int:
        return max(1, width // 2) if anatomy.fine[a] and anatomy.fine[b] else width

    for is_faint in (True, False):
        some_links = [(a, b) for a, b in links if (faint[a] or faint[b]) == is_faint]
        some_points = [i for i in shown if faint[i] == is_faint]
        if not some_points:
            continue
        layer = image.copy() if is_faint else image
        for a, b in some_links:
            _limb(layer, points[a], points[b], color_of(a, b), width_at(a, b),
                  bool(bridged[a] or bridged[b]))
        for i in some_points:
            _joint(layer, points[i], color_of(i, i), width_at(i, i), bool(bridged[i]))
        if is_faint:
            cv2.addWeighted(layer, FAINT, image, 1 - FAINT, 0, dst=image)


def draw_text(image: np.ndarray, text: str, at: tuple[int, int], scale: float,
              color: Color = INK, bold: bool = False) -> int:
    """Write a line of text.

    Args:
        image: Shape (H, W, 3), uint8, BGR; changed in place.
        text: The text, in ASCII.
        at: Left end of the baseline, in pixels.
        scale: Size; 1 is about 22 pixels high.
        color: BGR. Defaults to :data:`~.palette.INK`.
        bold: Whether the strokes are thicker. Defaults to False.

    Returns:
        The width of the text in pixels.
    """
    font, thickness = cv2.FONT_HERSHEY_DUPLEX, 2 if bold else 1
    cv2.putText(image, text, at, font, scale, color, thickness, cv2.LINE_AA)
    return cv2.getTextSize(text, font, scale, thickness)[0][0]


def draw_title(strip: np.ndarray, title: str, x: int, swatch: Color | None) -> int:
    """Write the title of a panel.

    Args:
        strip: The line above the panel, shape (H, W, 3), uint8, BGR; changed in place.
        title: The title, in ASCII.
        x: Left end in pixels.
        swatch: Colour of the curve that belongs to the panel, shown to the left of the title; None
            for none.

    Returns:
        The right end in pixels.
    """
    if swatch is not None:
        cv2.line(strip, (x, 23), (x + 22, 23), swatch, 4, cv2.LINE_AA)
        x += 32
    return x + draw_text(strip, title, (x, 29), 0.75, bold=True)


def draw_line(image: np.ndarray, a: np.ndarray, b: np.ndarray, color: Color, width: int) -> None:
    """Draw a line between two points in fractions of pixels, each of shape (2,)."""
    cv2.line(image, _fixed(a), _fixed(b), color, width, cv2.LINE_AA, _SHIFT)


def draw_circle(image: np.ndarray, center: np.ndarray, radius: float, color: Color,
                thickness: int = cv2.FILLED) -> None:
    """Draw a circle around a point in fractions of pixels, shape (2,)."""
    cv2.circle(image, _fixed(center), round(radius * 2**_SHIFT), color, thickness, cv2.LINE_AA,
               _SHIFT)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    x, y = np.round(point * 2**_SHIFT).astype(int)
    return int(x), int(y)


def _limb(image: np.ndarray, a: np.ndarray, b: np.ndarray, color: Color, width: int,
          dashed: bool) -> None:
    if not dashed:
        draw_line(image, a, b, BACKGROUND, width + 2)
        draw_line(image, a, b, color, width)
        return
    dash = 2.5 * width
    count = int(np.clip(np.linalg.norm(b - a) / (2 * dash), 1, 200))
    for start in np.arange(count) / count:
        draw_line(image, a + (b - a) * start, a + (b - a) * (start + 0.5 / count), color,
                  max(1, width - 1))


def _joint(image: np.ndarray, point: np.ndarray, color: Color, width: int, hollow: bool) -> None:
    radius = width + (1 if width > 1 else 0.5)
    inside, edge = (BACKGROUND, color) if hollow else (color, BACKGROUND)
    draw_circle(image, point, radius, inside)
    draw_circle(image, point, radius, edge, thickness=1)
