"""Plots over time and frequency, before and after smoothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..processing.time_stamps import rate_of
from ..structures import PoseTracks
from ..utils.files import StrPath, check_output_path, temporary_beside
from .pairing import named_panels
from .palette import color_of, hex_color
from .series import acceleration, position_error, spectrum, speed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLOT_SUFFIXES = ('.png', '.pdf', '.svg')


def check_plot_path(path: StrPath) -> Path:
    """The path of a figure, if one can be written there.

    Raises:
        DataFormatError: It cannot.
    """
    return check_output_path(path, 'plot', PLOT_SUFFIXES)


def write_plot(path: StrPath, raw: PoseTracks, smoothed: PoseTracks | None = None, *,
               truth: PoseTracks | None = None, keypoint: str | int | None = None) -> None:
    """Write a figure of the acceleration over time, the spectrum and the error of a clip.

    Args:
        path: Figure to write (``.png``, ``.pdf``, ``.svg``).
        raw: The tracks before smoothing.
        smoothed: The tracks after smoothing, or None. Defaults to None.
        truth: The true tracks with the same ids, or None for a figure without the error. Defaults
            to None.
        keypoint: A keypoint's name or number, or None for the mean of all. Defaults to None.

    Raises:
        ConfigError: The keypoint is unknown, or the tracks do not specify their frame rate.
        DataFormatError: There is no frame, or ``path`` cannot be written.
    """
    path = check_plot_path(path)
    figure = draw_plot(named_panels(raw, smoothed), truth=truth, keypoint=keypoint)
    with temporary_beside(path) as temporary:
        figure.savefig(temporary, dpi=150)


def draw_plot(panels: Mapping[str, PoseTracks], *, truth: PoseTracks | None = None,
              keypoint: str | int | None = None) -> Figure:
    """Draw the figure of :func:`write_plot`.

    Args:
        panels: Name and tracks of each curve.
        truth: As in :func:`write_plot`. Defaults to None.
        keypoint: As in :func:`write_plot`. Defaults to None.

    Returns:
        The figure, without a window.

    Raises:
        ConfigError: As in :func:`write_plot`.
        DataFormatError: There is no frame.
    """
    from matplotlib.figure import Figure

    fps = frame_rate(panels)
    if not any(clip.num_frames for clip in panels.values()):
        raise DataFormatError('The tracks hold no frame; there is nothing to plot.')
    unit = next((s.unit for clip in panels.values() for _, s in clip if s.unit), 'unit')
    kinds = ['acceleration', 'spectrum', *(['distance from truth'] if truth is not None else [])]
    figure = Figure(figsize=(9, 2.9 * len(kinds)), layout='constrained')
    axes = figure.subplots(len(kinds), 1, squeeze=False)[:, 0]
    axes[0].set_title('mean of all keypoints' if keypoint is None else f'keypoint {keypoint}',
                      loc='left', fontsize=11)
    for number, (name, clip) in enumerate(panels.items()):
        for axis, kind in zip(axes, kinds):
            draw_curve(axis, kind, clip, fps, keypoint, truth, label=name,
                       color=hex_color(color_of(name, number)), linewidth=1.1)
    for axis, kind in zip(axes, kinds):
        finish_curves(axis, kind, unit)
    if truth is not None:
        axes[2].sharex(axes[0])
    axes[0].legend(frameon=False, loc='lower right', bbox_to_anchor=(1, 1), ncols=len(panels))
    return figure


def frame_rate(panels: Mapping[str, PoseTracks], video: StrPath | None = None) -> float:
    """Frames per second of the tracks, else those of the video.

    Raises:
        ConfigError: Neither specifies them.
    """
    fps = rate_of(*panels.values())
    if fps is None and video is not None:
        from .video import video_info
        fps = video_info(video)[1]
    if fps is None:
        raise ConfigError(
            'The tracks do not specify their frames per second; read them with fps=..., for '
            'example load(path, fps=30).')
    return fps


def draw_curve(axis: Axes, kind: str, clip: PoseTracks, fps: float,
               keypoint: str | int | None = None, truth: PoseTracks | None = None,
               **style: Any) -> None:
    """Draw one curve of a clip.

    Args:
        axis: The axes.
        kind: ``'acceleration'``, ``'speed'``, ``'spectrum'`` or ``'distance from truth'``.
        clip: The tracks.
        fps: Frames per second.
        keypoint: A keypoint's name or number. Defaults to None, the mean of all.
        truth: The true tracks, for the distance from them. Defaults to None.
        **style: Of the line, as in matplotlib.
    """
    if kind == 'spectrum':
        frequency, power = spectrum(clip, fps, keypoint)
        axis.plot(frequency[1:], _positive(power[1:]), **style)
        return
    if kind == 'speed':
        values = speed(clip, fps, keypoint)
    elif kind == 'acceleration':
        values = _positive(acceleration(clip, keypoint))
    else:
        assert truth is not None
        values = position_error(clip, truth, keypoint)
    axis.plot(clip.frame_ids / fps, values, **style)


def finish_curves(axis: Axes, kind: str, unit: str) -> None:
    """Set scales and labels of axes with the curves of :func:`draw_curve`."""
    if kind == 'spectrum':
        finish(axis, 'frequency (Hz)', f'power density ({unit}²/Hz)', log='xy', lowest=1e-10)
    elif kind == 'acceleration':
        finish(axis, 'time (s)', f'acceleration ({unit}/frame²)', log='y', lowest=1e-5)
    else:
        finish(axis, 'time (s)', f"{kind} ({unit}{'/s' if kind == 'speed' else ''})", log='')


def _positive(values: np.ndarray) -> np.ndarray:
    """The values with NaN for zeros, which a logarithmic axis cannot show."""
    return np.where(values > 0, values, np.nan)


def finish(axis: Axes, x: str, y: str, log: str, lowest: float = 0.0) -> None:
    """Set scales, labels and style.

    Args:
        axis: Axes with curves.
        x: Label.
        y: Label.
        log: The logarithmic axes, among 'x' and 'y'.
        lowest: Lowest value of a logarithmic y axis, as a fraction of the highest. Otherwise
            rounding errors of a still keypoint would compress all other curves. Defaults to 0.
    """
    values = np.concatenate([np.asarray(line.get_ydata(orig=False)) for line in axis.lines])
    values = values[np.isfinite(values)]
    # A logarithmic axis without a positive value causes a warning and has no ticks.
    if len(values):
        if 'x' in log:
            axis.set_xscale('log')
        if 'y' in log:
            axis.set_yscale('log')
            axis.set_ylim(bottom=max(axis.get_ylim()[0], lowest * values.max()))
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.grid(True, which='both', color='0.92', linewidth=0.6)
    axis.spines[['top', 'right']].set_visible(False)
