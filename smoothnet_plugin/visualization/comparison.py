"""Videos of stick figures, before and after smoothing side by side."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator, Mapping
from functools import reduce

import cv2
import numpy as np

from ..errors import ConfigError, DataFormatError
from ..io.base import frame_base
from ..structures import PoseSequence, PoseTracks
from .camera import Camera, fit_camera, image_camera
from .painter import draw_pose, draw_text
from .palette import BACKGROUND, INK, SIDE_COLORS, Color, person_colors
from .video import read_video, video_info, write_video

#: Keypoints with a lower score are drawn faintly.
KEYPOINT_THR = 0.3
_STRIP = 44  # pixels of the title above and of the line below the panels
_GAP = 4


def write_comparison(path: str | os.PathLike[str],
                     raw: PoseTracks,
                     smoothed: PoseTracks | None = None,
                     *,
                     video: str | os.PathLike[str] | None = None) -> int:
    """Write a video of stick figures, raw and smoothed side by side.

    Memory use does not grow with the length of the clip.

    Args:
        path: Video to write (``.mp4``, ``.mov``, ``.mkv``).
        raw: The tracks before smoothing, 2D or 3D keypoints.
        smoothed: The tracks after smoothing, or None for one panel. Defaults to None.
        video: The source video of 2D keypoints, drawn under the figures; its first frame has the
            ``frame_id`` 0, or 1 where the source of the tracks counts from 1. Defaults to None, a
            plain background.

    Returns:
        The number of frames written.

    Raises:
        ConfigError: Neither the tracks nor the video specify the frame rate.
        DataFormatError: There is nothing to draw (no frames, or rotations), ``video`` is not a
            video or is given with 3D keypoints, or ``path`` cannot be written.
    """
    panels = {'raw': raw} if smoothed is None else {'raw': raw, 'smoothed': smoothed}
    fps = next((clip.fps for clip in panels.values() if clip.fps), None)
    if fps is None and video is not None:
        fps = video_info(video)[1]
    if fps is None:
        raise ConfigError(
            'The tracks do not specify their frames per second; read them with fps=..., for '
            'example load(path, fps=30).')
    _, step = _numbering(panels)
    return write_video(path, draw_clip(panels, fps=fps, video=video), fps / step)


def draw_clip(panels: Mapping[str, PoseTracks],
              *,
              fps: float,
              video: str | os.PathLike[str] | None = None) -> Iterator[np.ndarray]:
    """Draw every frame of a clip, one panel per entry, all in the same view.

    Args:
        panels: Title (ASCII) and tracks of each panel, from left to right.
        fps: Frames per second of the frame numbers, for the time below the panels.
        video: As in :func:`write_comparison`. Defaults to None.

    Yields:
        Pictures, each (H, W, 3), uint8, BGR, of an even size; one per frame number from the first
        to the last (in steps, if the numbering has a stride), frames without people included.

    Raises:
        DataFormatError: As in :func:`write_comparison`.
    """
    numbers, _ = _numbering(panels)
    base = max(frame_base(clip) for clip in panels.values())
    camera, backgrounds = _scene(panels, range(numbers.start - base, numbers.stop - base,
                                               numbers.step), video)
    ids = list(dict.fromkeys(key for clip in panels.values() for key, _ in clip))
    alone = all(_is_alone(clip) for clip in panels.values())
    colors = {key: SIDE_COLORS if alone else person_colors(i) for i, key in enumerate(ids)}
    for number, background in zip(numbers, backgrounds):
        pictures = []
        for title, clip in panels.items():
            picture = background.copy()
            people = [_draw_person(picture, camera, sequence, number, colors[key],
                                   None if alone else str(key)) for key, sequence in clip]
            pictures.append(_with_title(picture, title, '' if any(people) else 'no person'))
        yield _compose(pictures, f'frame {number}   {(number - base) / fps:.2f} s', alone)


def _is_alone(clip: PoseTracks) -> bool:
    """Whether no frame has two measured people; then colours distinguish left and right."""
    shown = [s.frame_ids[~s.filled.all(axis=1)] for _, s in clip]
    return not shown or int(np.unique(np.concatenate(shown), return_counts=True)[1].max(
        initial=0)) < 2


def _numbering(panels: Mapping[str, PoseTracks]) -> tuple[range, int]:
    """Every frame number to draw, and the stride of the numbering."""
    ids = np.unique(np.concatenate([clip.frame_ids for clip in panels.values()]))
    if not len(ids):
        raise DataFormatError('The tracks hold no frame; there is nothing to draw.')
    step = reduce(math.gcd, np.diff(ids).tolist(), 0) or 1
    return range(int(ids[0]), int(ids[-1]) + 1, step), step


def _scene(panels: Mapping[str, PoseTracks], indices: range,
           video: str | os.PathLike[str] | None) -> tuple[Camera, Iterator[np.ndarray]]:
    """The view, and a background for the frame of each index in the video."""
    camera = fit_camera(panels.values())
    if video is None:
        return camera, (_plain(camera.size) for _ in indices)
    if len(camera.axes) != 2:
        raise DataFormatError('3D keypoints cannot be drawn over a video; draw them without it, '
                              'or draw the 2D keypoints over it.')
    camera = image_camera(video_info(video)[0])
    return camera, _video_backgrounds(video, indices, camera.size)


def _plain(size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), BACKGROUND, dtype=np.uint8)


def _video_backgrounds(video: str | os.PathLike[str], indices: range,
                       size: tuple[int, int]) -> Iterator[np.ndarray]:
    frames = enumerate(read_video(video))
    for wanted in indices:
        frame = next((frame for index, frame in frames if index >= wanted), None)
        if frame is None:
            warnings.warn(
                f"'{video}' ends before frame {wanted}, but the tracks continue to {indices[-1]}; "
                'the rest has a plain background. Check that it is the right video.', stacklevel=2)
            yield from (_plain(size) for _ in range(wanted, indices.stop, indices.step))
            return
        yield cv2.resize(frame, size, interpolation=cv2.INTER_AREA)


def _draw_person(picture: np.ndarray, camera: Camera, sequence: PoseSequence, number: int,
                 colors: tuple[Color, Color, Color], label: str | None) -> bool:
    row = int(np.searchsorted(sequence.frame_ids, number))
    if row == len(sequence) or sequence.frame_ids[row] != number:
        return False
    points = camera.project(sequence.coords[row])
    scores = None if sequence.scores is None else sequence.scores[row]
    filled = sequence.filled[row]
    faint = ~(sequence.valid[row] | filled)
    if scores is not None:
        faint |= ~filled & ~(scores >= KEYPOINT_THR)
    draw_pose(picture, points, skeleton=sequence.skeleton, faint=faint, bridged=filled,
              colors=colors)
    finite = points[np.isfinite(points).all(axis=-1)]
    if label is not None and len(finite):
        top = finite[finite[:, 1].argmin()]
        x, y = (int(value) for value in np.clip(top, 0, np.asarray(camera.size)))
        draw_text(picture, label, (x + 10, max(y - 10, 16)), 0.5, colors[1])
    return bool(len(finite))


def _with_title(picture: np.ndarray, title: str, remark: str) -> np.ndarray:
    strip = _plain((picture.shape[1], _STRIP))
    width = draw_text(strip, title, (14, 29), 0.75, bold=True)
    draw_text(strip, remark, (14 + width + 16, 29), 0.55, (170, 165, 160))
    return np.vstack([strip, picture])


def _compose(pictures: list[np.ndarray], caption: str, by_side: bool) -> np.ndarray:
    gap = np.full((pictures[0].shape[0], _GAP, 3), (225, 222, 218), dtype=np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)][1:]
    row = np.hstack(parts)
    strip = _plain((row.shape[1], _STRIP))
    cv2.line(strip, (0, 0), (row.shape[1], 0), (225, 222, 218), 2)
    x = 14 + draw_text(strip, caption, (14, 28), 0.55) + 30
    _legend(strip, max(x, strip.shape[1] - (330 if by_side else 130)), by_side)
    return np.vstack([row, strip])


def _legend(strip: np.ndarray, x: int, by_side: bool) -> None:
    entries = [('left', SIDE_COLORS[0]), ('right', SIDE_COLORS[2])] if by_side else []
    for text, color in entries:
        cv2.line(strip, (x, 23), (x + 26, 23), color, 3, cv2.LINE_AA)
        x += 34 + draw_text(strip, text, (x + 34, 28), 0.5) + 22
    for start in (0, 11, 22):
        cv2.line(strip, (x + start, 23), (x + start + 5, 23), INK, 2, cv2.LINE_AA)
    draw_text(strip, 'bridged', (x + 36, 28), 0.5)
