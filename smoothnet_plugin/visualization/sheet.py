"""A sequence as one picture: a row of figures per clip, with the curves below."""

from __future__ import annotations

import os
from collections.abc import Mapping

import cv2
import numpy as np

from ..io.base import frame_base
from ..structures import PoseTracks
from ..utils.files import atomic_write, check_output_path
from .curves import curve_strip
from .follow import main_people
from .panels import PanelDrawer, side_by_side
from .posed import joints_and_meshes
from .scene import STILL, View, build_scene, numbering

SHEET_SUFFIXES = ('.png', '.jpg', '.jpeg')
_HEIGHT = 300  # of a figure, in pixels


def write_sheet(path: str | os.PathLike[str], panels: Mapping[str, PoseTracks], fps: float, *,
                count: int = 6, video: str | os.PathLike[str] | None = None,
                view: View = STILL) -> list[int]:
    """Write a picture of a sequence: the clips from top to bottom, time from left to right.

    Args:
        path: Picture to write (``.png``, ``.jpg``).
        panels: As in :func:`~.comparison.draw_clip`.
        fps: Frames per second of the frame numbers.
        count: Number of frames with people to draw, evenly spaced. Defaults to 6.
        video: The source video of 2D keypoints. Defaults to None.
        view: As in :func:`~.comparison.draw_clip`. Defaults to a still camera without curves.

    Returns:
        The frame numbers that are drawn.

    Raises:
        ConfigError, DataFormatError: As in :func:`~.comparison.write_comparison`.
    """
    path = check_output_path(path, 'image', SHEET_SUFFIXES)
    picture, chosen = draw_sheet(panels, fps, count=count, video=video, view=view)
    _, data = cv2.imencode(path.suffix, picture)
    with atomic_write(path, 'wb') as file:
        file.write(data.tobytes())
    return chosen


def draw_sheet(panels: Mapping[str, PoseTracks], fps: float, *, count: int = 6,
               video: str | os.PathLike[str] | None = None,
               view: View = STILL) -> tuple[np.ndarray, list[int]]:
    """Draw the picture of :func:`write_sheet`.

    Returns:
        The picture, shape (H, W, 3), uint8, BGR, and the frame numbers that are drawn.
    """
    panels, meshes = joints_and_meshes(panels, view.body)
    numbers = numbering(panels)
    base = max(frame_base(clip) for clip in panels.values())
    # Frames without people show nothing.
    shown = [int(number) for number in np.unique(np.concatenate(
        [sequence.frame_ids for clip in panels.values() for _, sequence in main_people(clip)]
        or [np.array(numbers)]))]
    places = np.linspace(0, len(shown) - 1, min(count, len(shown))).round().astype(int)
    chosen = [shown[place] for place in places]
    scene = build_scene(panels, numbers, fps, base, video, view, _HEIGHT, len(chosen))
    drawer = PanelDrawer(scene, swatches=view.curves, meshes=meshes)
    columns = [np.vstack(drawer.panels(number, background, f'{(number - base) / fps:.2f} s',
                                       titled=number == chosen[0]))
               for number, background in zip(numbers, scene.backgrounds) if number in chosen]
    rows = side_by_side(columns)
    under = []
    if view.curves:
        strip = curve_strip(panels, numbers, fps, base, rows.shape[1])
        under.append(strip.draw(chosen))
    return np.vstack([rows, *under, drawer.caption(rows.shape[1], '')]), chosen
