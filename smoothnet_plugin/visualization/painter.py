"""Drawing stick figures, with marks for interpolated and uncertain keypoints."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..structures import Skeleton

Color = tuple[int, int, int]

BACKGROUND: Color = (250, 249, 247)
INK: Color = (60, 50, 45)
#: Blue, green-grey and orange (BGR): left, middle and right of a single person.
SIDE_COLORS: tuple[Color, Color, Color] = ((190, 115, 20), (100, 90, 80), (30, 105, 225))
#: Colours (BGR) of the people in a clip with several.
PERSON_COLORS: tuple[Color, ...] = ((180, 119, 31), (40, 39, 214), (44, 140, 44), (189, 103, 148),
                                    (14, 127, 255), (75, 86, 140), (160, 160, 20), (194, 119, 227))
FAINT = 0.3
_SHIFT = 4  # fractional bits of a pixel; whole pixels would make steady limbs jitter


def person_colors(index: int) -> tuple[Color, Color, Color]:
    """Colours of one of several people: one hue per person, lighter on the left side.

    Args:
        index: Number of the person in the clip.

    Returns:
        BGR of the left, the middle and the right.
    """
    blue, green, red = PERSON_COLORS[index % len(PERSON_COLORS)]
    lighter = tuple(round((c + b) / 2) for c, b in zip((blue, green, red), BACKGROUND))
    return (lighter[0], lighter[1], lighter[2]), (blue, green, red), (blue, green, red)


def draw_pose(image: np.ndarray,
              points: np.ndarray,
              *,
              skeleton: Skeleton | None = None,
              faint: np.ndarray | None = None,
              bridged: np.ndarray | None = None,
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
            :data:`SIDE_COLORS`.
    """
    count = len(points)
    none = np.zeros(count, dtype=bool)
    faint = none if faint is None else faint
    bridged = none if bridged is None else bridged
    # Points far outside would overflow the fixed-point pixels of the line drawing.
    shown = np.flatnonzero((np.isfinite(points) & (np.abs(points) < 2**15)).all(axis=-1))
    sides = _sides(skeleton, count)
    links = [(a, b) for a, b in (skeleton.link_indices if skeleton else [])
             if a in shown and b in shown]
    width = max(2, round(image.shape[0] / 190))
    for is_faint in (True, False):
        some_links = [(a, b) for a, b in links if (faint[a] or faint[b]) == is_faint]
        some_points = [i for i in shown if faint[i] == is_faint]
        if not some_points:
            continue
        layer = image.copy() if is_faint else image
        for a, b in some_links:
            _limb(layer, points[a], points[b], colors[_side_of_link(sides[a], sides[b])], width,
                  bool(bridged[a] or bridged[b]))
        for i in some_points:
            _joint(layer, points[i], colors[sides[i]], width, bool(bridged[i]))
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
        color: BGR. Defaults to :data:`INK`.
        bold: Whether the strokes are thicker. Defaults to False.

    Returns:
        The width of the text in pixels.
    """
    font, thickness = cv2.FONT_HERSHEY_DUPLEX, 2 if bold else 1
    cv2.putText(image, text, at, font, scale, color, thickness, cv2.LINE_AA)
    return cv2.getTextSize(text, font, scale, thickness)[0][0]


def _sides(skeleton: Skeleton | None, count: int) -> list[int]:
    names = skeleton.keypoint_names if skeleton else ('', ) * count
    return [0 if n.startswith('left_') else 2 if n.startswith('right_') else 1 for n in names]


def _side_of_link(a: int, b: int) -> int:
    if a == b:
        return a
    # A link from the middle to a side has the colour of the side; one between the sides (hips,
    # shoulders) has the colour of the middle.
    return a + b - 1 if 1 in (a, b) else 1


def _fixed(point: np.ndarray) -> tuple[int, int]:
    x, y = np.round(point * 2**_SHIFT).astype(int)
    return int(x), int(y)


def _line(image: np.ndarray, a: np.ndarray, b: np.ndarray, color: Color, width: int) -> None:
    cv2.line(image, _fixed(a), _fixed(b), color, width, cv2.LINE_AA, _SHIFT)


def _limb(image: np.ndarray, a: np.ndarray, b: np.ndarray, color: Color, width: int,
          dashed: bool) -> None:
    if not dashed:
        _line(image, a, b, BACKGROUND, width + 2)
        _line(image, a, b, color, width)
        return
    dash = 2.5 * width
    count = int(np.clip(np.linalg.norm(b - a) / (2 * dash), 1, 200))
    for start in np.arange(count) / count:
        _line(image, a + (b - a) * start, a + (b - a) * (start + 0.5 / count), color,
              max(1, width - 1))


def _joint(image: np.ndarray, point: np.ndarray, color: Color, width: int, hollow: bool) -> None:
    radius = round((width + 1) * 2**_SHIFT)
    inside = BACKGROUND if hollow else color
    edge = color if hollow else BACKGROUND
    cv2.circle(image, _fixed(point), radius, inside, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    cv2.circle(image, _fixed(point), radius, edge, 1, cv2.LINE_AA, _SHIFT)
