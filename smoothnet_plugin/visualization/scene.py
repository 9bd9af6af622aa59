"""The view, the frame numbers and the background that the panels of a drawing share."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..errors import ConfigError, DataFormatError
from ..structures import PoseTracks
from ..utils.files import StrPath
from .camera import OUTLIER_SHARE, Camera, fit_camera, image_camera, upward
from .follow import Orbit, center_path, centered, main_people
from .palette import BACKGROUND
from .picture_size import on_pictures
from .video import read_video, video_info

if TYPE_CHECKING:
    from ..evaluation.body_model import BodyModel

_HEIGHT = 720
_WIDTHS = (640, 1920)  # of all panels together
#: A camera that follows is closer, so frames with outliers must not determine its distance.
_OUTLIERS = 0.005


@dataclass(frozen=True)
class View:
    """How a clip is shown.

    Attributes:
        follow: Whether the camera follows the people, so that they fill the panel; over a video,
            the pictures are cropped.
        turn: Degrees per second by which the camera circles 3D keypoints.
        curves: Whether curves of error and acceleration run under the figures.
        body: The user's body model, which draws rotations as meshes; None draws skeletons.
    """

    follow: bool = False
    turn: float = 0.0
    curves: bool = False
    body: BodyModel | None = None


#: Neither follows nor turns, without curves.
STILL = View()


@dataclass(frozen=True)
class Scene:
    """A view of all panels.

    Attributes:
        panels: Title and tracks of each panel, as the camera sees them.
        camera: The camera, the same for all frames.
        backgrounds: A picture for each frame number, in order; it can be read once.
        orbit: How the camera circles, or None.
    """

    panels: dict[str, PoseTracks]
    camera: Camera
    backgrounds: Iterator[np.ndarray]
    orbit: Orbit | None = None


def numbering(panels: Mapping[str, PoseTracks]) -> range:
    """Every frame number to draw, in the steps of the numbering.

    Raises:
        DataFormatError: There is no frame.
    """
    ids = np.unique(np.concatenate([clip.frame_ids for clip in panels.values()]))
    if not len(ids):
        raise DataFormatError('The tracks hold no frame; there is nothing to draw.')
    step = reduce(math.gcd, np.diff(ids).tolist(), 0) or 1
    return range(int(ids[0]), int(ids[-1]) + 1, step)


def build_scene(panels: Mapping[str, PoseTracks], numbers: range, fps: float, base: int,
                video: StrPath | None, view: View, max_height: int = _HEIGHT,
                columns: int | None = None) -> Scene:
    """Choose the view of a clip.

    Args:
        panels: Title and tracks of each panel.
        numbers: Frame numbers to draw.
        fps: Frames per second of the frame numbers.
        base: Number of the first frame of a video.
        video: The source video of 2D keypoints, or None. Tracks whose ``image_size`` is another
            one than its own are scaled.
        view: Whether the camera follows or turns.
        max_height: Greatest height of a panel in pixels. Defaults to 720.
        columns: Panels in a row. Defaults to None, one per entry of ``panels``.

    Returns:
        The scene.

    Raises:
        ConfigError: The camera turns around 2D keypoints.
        DataFormatError: The tracks hold rotations, or ``video`` is given with 3D keypoints.
    """
    count = columns or len(panels)
    limits = (_WIDTHS[1] // count, max_height)
    shown, path, orbit = dict(panels), None, None
    flat = len(fit_camera(shown.values(), limits).axes) == 2
    if video is not None:
        if not flat:
            raise DataFormatError('3D keypoints cannot be drawn over a video; draw them without '
                                  'it, or draw the 2D keypoints over it.')
        shown = on_pictures(shown, video_info(video)[0])
    if view.turn and flat:
        raise ConfigError('A camera can turn around 3D keypoints only; these are 2D.')
    if view.follow or view.turn:
        path = center_path({title: main_people(clip) for title, clip in shown.items()}, numbers,
                           fps)
        if not view.follow:
            path = np.broadcast_to(path.mean(axis=0), path.shape)
        shown = {title: centered(clip, path, numbers) for title, clip in shown.items()}
    if view.turn:
        orbit = Orbit(upward([s for clip in shown.values() for _, s in clip]), view.turn, numbers,
                      fps)
        shown = {title: orbit.around(clip) for title, clip in shown.items()}
    fitted = [main_people(clip) if view.follow else clip for clip in shown.values()]
    camera = fit_camera(fitted, limits, min_width=_WIDTHS[0] // count,
                        outliers=_OUTLIERS if view.follow else OUTLIER_SHARE)
    if video is None:
        return Scene(shown, camera, (plain(camera.size) for _ in numbers), orbit)
    if not view.follow:
        camera = image_camera(video_info(video)[0], limits)
    return Scene(shown, camera, _video_backgrounds(video, numbers, base, camera, path))


def plain(size: tuple[int, int]) -> np.ndarray:
    """An empty picture of (width, height)."""
    return np.full((size[1], size[0], 3), BACKGROUND, dtype=np.uint8)


def _video_backgrounds(video: StrPath, numbers: range, base: int, camera: Camera,
                       path: np.ndarray | None) -> Iterator[np.ndarray]:
    """The video's pictures, cropped to where the camera looks if it follows a path."""
    frames = enumerate(read_video(video))
    for row, wanted in enumerate(number - base for number in numbers):
        frame = next((frame for index, frame in frames if index >= wanted), None)
        if frame is None:
            warnings.warn(
                f"'{video}' ends before frame {wanted}, but the tracks continue to "
                f'{numbers[-1] - base}; the rest has a plain background. Check that it is the '
                'right video.', stacklevel=2)
            yield from (plain(camera.size) for _ in numbers[row:])
            return
        if path is None:
            yield cv2.resize(frame, camera.size, interpolation=cv2.INTER_AREA)
            continue
        place = camera.offset - camera.scale * path[row]
        matrix = np.array([[camera.scale, 0, place[0]], [0, camera.scale, place[1]]])
        yield cv2.warpAffine(frame, matrix, camera.size, flags=cv2.INTER_LINEAR,
                             borderMode=cv2.BORDER_CONSTANT, borderValue=BACKGROUND)
