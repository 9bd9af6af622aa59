"""Videos and single pictures of stick figures, before and after smoothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import cv2
import numpy as np

from ..io.base import frame_base
from ..structures import PoseTracks
from ..utils.files import StrPath, atomic_write, check_output_path
from .curves import curve_strip
from .follow import main_people
from .pairing import named_panels
from .panels import PanelDrawer, side_by_side
from .plots import frame_rate
from .posed import Meshes, joints_and_meshes
from .scene import STILL, View, build_scene, numbering
from .video import write_video

SHEET_SUFFIXES = ('.png', '.jpg', '.jpeg')
_HEIGHT = 300  # of a figure, in pixels


def write_comparison(path: StrPath, raw: PoseTracks, smoothed: PoseTracks | None = None, *,
                     truth: PoseTracks | None = None, video: StrPath | None = None,
                     view: View = STILL) -> int:
    """Write a video of stick figures, raw, smoothed and true side by side.

    Memory use does not grow with the length of the clip beyond that of the tracks.

    Args:
        path: Video to write (``.mp4``, ``.mov``, ``.mkv``).
        raw: The tracks before smoothing: keypoints, or rotations of a body model, which are drawn
            as a skeleton, or as a mesh by the body model of ``view``.
        smoothed: The tracks after smoothing, or None for no panel. Defaults to None.
        truth: The true tracks with the same ids, or None for no panel. Defaults to None.
        video: The source video of 2D keypoints, drawn under the figures; its first frame has the
            ``frame_id`` 0, or 1 where the source of the tracks counts from 1. Defaults to None, a
            plain background.
        view: Whether the camera follows or turns, and whether curves run under the figures.
            Defaults to neither.

    Returns:
        The number of frames written.

    Raises:
        ConfigError: Neither the tracks nor the video specify the frame rate, or a camera turns
            around 2D keypoints.
        DataFormatError: There is nothing to draw (no frames, or rotations), ``video`` is not a
            video or is given with 3D keypoints, or ``path`` cannot be written.
    """
    panels = named_panels(raw, smoothed, truth)
    fps = frame_rate(panels, video)
    step = numbering(panels).step
    return write_video(path, draw_clip(panels, fps=fps, video=video, view=view), fps / step)


def draw_clip(panels: Mapping[str, PoseTracks], *, fps: float, video: StrPath | None = None,
              view: View = STILL) -> Iterator[np.ndarray]:
    """Draw every frame of a clip, one panel per entry, all in the same view.

    Args:
        panels: Title (ASCII) and tracks of each panel, from left to right. The error of the others
            is measured against the one with the title ``'truth'``.
        fps: Frames per second of the frame numbers, for the time below the panels.
        video: As in :func:`write_comparison`. Defaults to None.
        view: As in :func:`write_comparison`. Defaults to neither.

    Yields:
        Pictures, each (H, W, 3), uint8, BGR, of an even size; one per frame number from the first
        to the last (in steps, if the numbering has a stride), frames without people included.

    Raises:
        ConfigError, DataFormatError: As in :func:`write_comparison`.
    """
    panels, meshes, numbers, base = _prepared(panels, view)
    scene = build_scene(panels, numbers, fps, base, video, view)
    drawer = PanelDrawer(scene, swatches=view.curves, meshes=meshes)
    strip_of = partial(curve_strip, panels, numbers, fps, base) if view.curves else None
    yield from drawer.frames(numbers, ((number - base) / fps for number in numbers), strip_of)


def write_sheet(path: StrPath, panels: Mapping[str, PoseTracks], fps: float, *, count: int = 6,
                video: StrPath | None = None, view: View = STILL) -> list[int]:
    """Write a picture of a sequence: the clips from top to bottom, time from left to right.

    Args:
        path: Picture to write (``.png``, ``.jpg``).
        panels: As in :func:`draw_clip`.
        fps: Frames per second of the frame numbers.
        count: Number of frames with people to draw, evenly spaced. Defaults to 6.
        video: The source video of 2D keypoints. Defaults to None.
        view: As in :func:`draw_clip`. Defaults to a still camera without curves.

    Returns:
        The frame numbers that are drawn.

    Raises:
        ConfigError, DataFormatError: As in :func:`write_comparison`.
    """
    path = check_output_path(path, 'image', SHEET_SUFFIXES)
    picture, chosen = draw_sheet(panels, fps, count=count, video=video, view=view)
    _, data = cv2.imencode(path.suffix, picture)
    with atomic_write(path, 'wb') as file:
        file.write(data.tobytes())
    return chosen


def draw_sheet(panels: Mapping[str, PoseTracks], fps: float, *, count: int = 6,
               video: StrPath | None = None, view: View = STILL) -> tuple[np.ndarray, list[int]]:
    """Draw the picture of :func:`write_sheet`.

    Returns:
        The picture, shape (H, W, 3), uint8, BGR, and the frame numbers that are drawn.
    """
    panels, meshes, numbers, base = _prepared(panels, view)
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


def _prepared(panels: Mapping[str, PoseTracks],
              view: View) -> tuple[dict[str, PoseTracks], Meshes, range, int]:
    """Joints and meshes to draw, the frame numbers, and the first number of the video."""
    joints, meshes = joints_and_meshes(panels, view.body)
    return joints, meshes, numbering(joints), max(frame_base(clip) for clip in joints.values())
