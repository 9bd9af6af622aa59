"""Poses before and after smoothing, drawn on the pictures of their video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..errors import ConfigError
from ..io.base import frame_base
from ..structures import PoseSequence, PoseTracks
from ..utils.files import StrPath
from .curves import curve_strip
from .painter import draw_line, draw_title
from .palette import Color, color_of
from .panels import PanelDrawer
from .scene import Scene, View, build_scene, plain
from .video import video_info

LAYOUTS = ('side', 'over')
_TITLE = 44  # pixels of the line above the pictures


@dataclass(frozen=True)
class FootageStyle:
    """How poses are drawn on a video.

    Attributes:
        layout: ``'side'``, two pictures side by side, or ``'over'``, both poses on one
            picture.
        zoom: Whether the picture is cropped to the people and follows them.
        trail: Seconds of the path that the ends of the limbs leave behind; 0 for none.
        curves: Whether the curves of acceleration run below.
        height: Greatest height of a picture in pixels.

    Raises:
        ConfigError: A value is out of range.
    """

    layout: str = 'side'
    zoom: bool = True
    trail: float = 0.5
    curves: bool = True
    height: int = 720

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise ConfigError(f'layout is {self.layout!r}; expected one of {", ".join(LAYOUTS)}.')
        if not (np.isfinite(self.trail) and self.trail >= 0):
            raise ConfigError(f'trail is {self.trail}; expected seconds >= 0.')


def draw_footage(raw: PoseTracks, smoothed: PoseTracks, video: StrPath, times: np.ndarray,
                 style: FootageStyle | None = None) -> Iterator[tuple[float, np.ndarray]]:
    """Draw every picture of a video with the poses before and after smoothing.

    Args:
        raw: The tracks before smoothing, 2D keypoints in pixels of the video. Their frame
            numbers count the pictures of the video.
        smoothed: The same tracks, smoothed.
        video: The video.
        times: Seconds of each picture of the video to draw, shape (N,), increasing.
        style: Defaults to None, the defaults of :class:`FootageStyle`.

    Yields:
        Seconds, and the picture (H, W, 3), uint8, BGR, of an even size.

    Raises:
        DataFormatError: The tracks are not 2D keypoints, or ``video`` is not a video.
    """
    style = style or FootageStyle()
    base = max(frame_base(raw), frame_base(smoothed))
    numbers = range(base, base + len(times))
    panels = {'raw': raw, 'smoothed': smoothed}
    fps = _mean_rate(times, video)
    scene = build_scene(panels, numbers, fps, base, video, View(follow=style.zoom),
                        max_height=style.height)
    drawer = _FootageDrawer(scene, numbers, times, style)
    strip_of = partial(curve_strip, panels, numbers, fps, base) if style.curves else None
    seconds = times.tolist()
    yield from zip(seconds, drawer.frames(numbers, seconds, strip_of))


def _mean_rate(times: np.ndarray, video: StrPath) -> float:
    if len(times) > 1 and times[-1] > times[0]:
        return (len(times) - 1) / float(times[-1] - times[0])
    return video_info(video)[1] or 30.0


class _FootageDrawer(PanelDrawer):
    """Adds trails, and both poses on one picture.

    Args:
        scene: The view.
        numbers: Frame numbers of the pictures.
        times: Seconds of each of them.
        style: What to draw.
    """

    def __init__(self, scene: Scene, numbers: range, times: np.ndarray,
                 style: FootageStyle) -> None:
        super().__init__(scene, swatches=style.curves)
        self._numbers, self._times, self._style = numbers, times, style

    def panels(self, number: int, background: np.ndarray) -> list[np.ndarray]:
        """The pictures of a frame, with their titles."""
        trails = [self._trails(title, number) for title in self._scene.panels]
        if self._style.layout == 'over':
            return [self._both(number, background, trails)]
        pictures = []
        for index, title in enumerate(self._scene.panels):
            picture = background.copy()
            _draw_trails(picture, trails[index], color_of(title, index))
            pictures.append(self._panel(index, title, number, picture))
        return pictures

    def caption(self, width: int, text: str) -> np.ndarray:
        """The line below; where one pose lies over the other, colours do not mean sides."""
        alone = self._alone
        self._alone = alone and self._style.layout != 'over'
        strip = super().caption(width, text)
        self._alone = alone
        return strip

    def _both(self, number: int, background: np.ndarray,
              trails: list[list[np.ndarray]]) -> np.ndarray:
        picture, strip, x = background.copy(), plain((background.shape[1], _TITLE)), 14
        for index, (title, clip) in enumerate(self._scene.panels.items()):
            color = color_of(title, index)
            _draw_trails(picture, trails[index], color)
            saved = self._colors
            self._colors = dict.fromkeys(saved, (color, color, color))
            for key, sequence in clip:
                self._person(picture, sequence, number, key, self._skeletons[title][key])
            self._colors = saved
            x = draw_title(strip, title, x, color) + 24
        return np.vstack([strip, picture])

    def _trails(self, title: str, number: int) -> list[np.ndarray]:
        """Pixels of the last moments of each end of a limb, shape (n, 2) each, newest last.

        In a picture that follows the people the trails are fixed to the people, as the picture is.
        """
        if not self._style.trail:
            return []
        row = number - self._numbers.start
        since = int(np.searchsorted(self._times, self._times[row] - self._style.trail))
        paths = []
        for key, sequence in self._scene.panels[title]:
            ends = _limb_ends(sequence, self._skeletons[title][key])
            at = np.searchsorted(sequence.frame_ids, [self._numbers[since], number + 1])
            known = (sequence.valid | sequence.filled)[at[0]:at[1]]
            coords = self._scene.camera.project(sequence.coords[at[0]:at[1]])
            coords = np.where(known[..., None], coords, np.nan)
            if at[1] > at[0] and sequence.frame_ids[at[1] - 1] == number:
                paths += [coords[:, k] for k in ends]
        return paths


def _limb_ends(sequence: PoseSequence, skeleton: object) -> list[int]:
    """Wrists and ankles, or every keypoint where there are none."""
    names = getattr(skeleton, 'keypoint_names', ())
    ends = [i for i, name in enumerate(names) if name.endswith(('wrist', 'ankle', 'foot'))]
    return ends or list(range(sequence.num_keypoints))


def _draw_trails(picture: np.ndarray, paths: list[np.ndarray], color: Color) -> None:
    for path in paths:
        inside = np.asarray((np.isfinite(path) & (np.abs(path) < 2**15)).all(axis=-1))
        for i in np.flatnonzero(inside[1:] & inside[:-1]):
            share = (i + 1) / (len(path) - 1)
            if share > 0.15:
                draw_line(picture, path[i], path[i + 1], color, max(1, round(3 * share)))
