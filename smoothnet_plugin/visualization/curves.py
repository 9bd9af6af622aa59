"""Curves over time with the current frame marked, as a strip of pixels under a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..structures import PoseTracks
from .painter import draw_circle
from .palette import BACKGROUND, INK, Color, color_of, hex_color
from .series import acceleration, position_error, row_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 100
_ROW, _NARROW = 190, 900
#: Quantile of the values that fits on the axis; single outliers would press all else to zero.
_SHOWN = 0.98


@dataclass(frozen=True)
class Plot:
    """Curves that share axes.

    Attributes:
        label: Name of the values, with their unit.
        values: A value per frame of each curve, shape (F,), NaN where unknown.
    """

    label: str
    values: Mapping[str, np.ndarray]


def comparison_plots(panels: Mapping[str, PoseTracks],
                     truth: PoseTracks | None = None) -> list[Plot]:
    """Position error and acceleration of clips over time.

    Args:
        panels: Name and tracks of each curve, all with the same frame numbers.
        truth: The true tracks, or None for acceleration only. Defaults to None.

    Returns:
        The mean error over keypoints and people (MPJPE) against the truth, if there is one, and
        the mean acceleration. Metres are plotted in millimetres.
    """
    unit = next((s.unit for clip in panels.values() for _, s in clip if s.unit), 'unit')
    factor, unit = (1000.0, 'mm') if unit == 'm' else (1.0, unit)
    plots = []
    if truth is not None:
        plots.append(Plot(f'MPJPE ({unit})', {
            name: factor * position_error(clip, truth)
            for name, clip in panels.items() if clip is not truth}))
    plots.append(Plot(f'acceleration ({unit}/frame$^2$)', {
        name: factor * acceleration(clip) for name, clip in panels.items()}))
    return plots


def curve_strip(panels: Mapping[str, PoseTracks], numbers: range, fps: float, base: int,
                width: int) -> CurveStrip:
    """The curves of the panels of a drawing.

    Args:
        panels: Title and tracks of each panel; the one with the title ``'truth'`` is the truth.
        numbers: Frame numbers of the drawing.
        fps: Frames per second of the frame numbers.
        base: Number of the frame at the time 0.
        width: Width of the strip in pixels.

    Returns:
        The strip of :func:`comparison_plots`.
    """
    whole = {title: clip.replace(frame_ids=np.asarray(numbers), times=None)
             for title, clip in panels.items()}
    return CurveStrip(comparison_plots(whole, whole.get('truth')), np.asarray(numbers), fps, width,
                      base)


class CurveStrip:
    """A strip with one or several plots over the frames of a clip.

    The plots are drawn once; each frame is a copy with a line at its time, a point on each curve,
    and the frames still to come in lighter colours.

    Args:
        plots: The plots, from left to right, or from top to bottom in a narrow strip.
        frame_ids: Frame number of each value, shape (F,), increasing.
        fps: Frames per second of the frame numbers.
        width: Width of the strip in pixels.
        base: Number of the frame at the time 0. Defaults to 0.

    Attributes:
        height: Height of the strip in pixels, even.
    """

    def __init__(self, plots: Sequence[Plot], frame_ids: np.ndarray, fps: float,
                 width: int, base: int = 0) -> None:
        self._plots, self._ids = list(plots), np.asarray(frame_ids)
        self._times, self._fps, self._base = (self._ids - base) / fps, fps, base
        rows = len(self._plots) if width < _NARROW else 1
        self.height = _ROW * rows
        self._shape = (rows, len(self._plots) // rows)
        self._lines: list[tuple[Color, np.ndarray]] = []
        self._boxes: list[tuple[int, int, int, int]] = []
        self._scales: list[tuple[float, float]] = []
        self._past = self._render(width, 1.0, note=True)
        self._future = self._render(width, 0.25)

    def draw(self, numbers: int | Sequence[int]) -> np.ndarray:
        """The strip at a frame.

        Args:
            numbers: Frame number to mark, or several; then no frame is lighter than others.

        Returns:
            Shape (height, width, 3), uint8, BGR.
        """
        several = not isinstance(numbers, int | np.integer)
        image = self._past.copy()
        for number in numbers if several else [numbers]:
            for (left, top, right, bottom), x in zip(self._boxes, self._x_of(number)):
                if not several and x < right:
                    later = slice(max(left, round(x)), right + 1)
                    image[top:bottom + 1, later] = self._future[top:bottom + 1, later]
                if left <= round(x) <= right:
                    cv2.line(image, (round(x), top), (round(x), bottom), INK, 1)
            row = row_of(self._ids, number)
            if row is not None:
                for color, pixels in self._lines:
                    _dot(image, pixels[row], color)
        return image

    def _x_of(self, number: int) -> list[float]:
        time = (number - self._base) / self._fps
        return [start + per_second * time for start, per_second in self._scales]

    def _render(self, width: int, alpha: float, note: bool = False) -> np.ndarray:
        """The plots as pixels; ``note`` keeps the places of boxes and curves."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=((width + 0.5) / _DPI, (self.height + 0.5) / _DPI), dpi=_DPI,
                        layout='constrained', facecolor=hex_color(BACKGROUND))
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots(*self._shape, squeeze=False).ravel()
        for axis, plot in zip(axes, self._plots):
            for i, (name, values) in enumerate(plot.values.items()):
                axis.plot(self._times, values, color=hex_color(color_of(name, i)),
                          linewidth=1.5, alpha=alpha)
            axis.set_ylim(0, _top(plot))
            if len(self._ids) > 1:
                axis.set_xlim(self._times[0], self._times[-1])
            axis.set_facecolor(hex_color(BACKGROUND))
            axis.set_title(plot.label, loc='left', fontsize=11, color=hex_color(INK))
            axis.set_xlabel('time (s)', fontsize=10)
            axis.tick_params(labelsize=10)
            axis.grid(True, color='0.9', linewidth=0.6)
            axis.spines[['top', 'right']].set_visible(False)
        canvas.draw()
        if note:
            self._note(axes.tolist())
        pixels = np.asarray(canvas.buffer_rgba())[..., 2::-1]
        return np.ascontiguousarray(pixels[:self.height, :width])

    def _note(self, axes: Sequence[Axes]) -> None:
        for axis, plot in zip(axes, self._plots):
            box = axis.get_window_extent()
            self._boxes.append((round(box.x0), self.height - round(box.y1), round(box.x1),
                                self.height - round(box.y0)))
            for i, (name, values) in enumerate(plot.values.items()):
                places = axis.transData.transform(np.stack([self._times, values], axis=-1))
                places[:, 1] = self.height - places[:, 1]
                self._lines.append((color_of(name, i), np.where(
                    (places[:, 1:] >= self._boxes[-1][1]), places, np.nan)))
            start, end = axis.transData.transform([[0.0, 0.0], [1.0, 0.0]])[:, 0]
            self._scales.append((start, end - start))


def _top(plot: Plot) -> float:
    """Upper end of the axis of a plot."""
    known = [values[np.isfinite(values)] for values in plot.values.values()]
    highest = max((float(np.quantile(values, _SHOWN)) for values in known if len(values)),
                  default=0.0)
    return 1.15 * highest or 1.0


def _dot(image: np.ndarray, place: np.ndarray, color: Color) -> None:
    if np.isfinite(place).all():
        draw_circle(image, place, 5, BACKGROUND)
        draw_circle(image, place, 4, color)
