"""Single figures of a clip: trajectories, speed, acceleration, spectrum, error of each joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ConfigError, check_known
from ..structures import PoseSequence, PoseTracks
from ..utils.arrays import mean_known
from .palette import color_of, hex_color
from .plots import draw_curve, finish, finish_curves
from .series import dense, joint_errors, keypoint_index

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What :func:`draw_figure` draws, with a line of help each.
KINDS = {
    'trajectory': 'coordinates of keypoints over time',
    'speed': 'speed over time',
    'acceleration': 'acceleration over time, on a logarithmic axis',
    'spectrum': 'power over frequency',
    'error': 'distance from the truth per frame and joint (needs --truth)',
}
_AXES = 'xyz'
_MOST_COLUMNS = 4000


def draw_figure(kind: str, clips: Mapping[str, PoseTracks], fps: float,
                keypoints: Sequence[str | int] = (), person: int | str | None = None) -> Figure:
    """Draw one figure.

    Args:
        kind: A key of :data:`KINDS`.
        clips: ``'raw'`` and perhaps ``'smoothed'`` and ``'truth'``, with the same track ids.
        fps: Frames per second.
        keypoints: Names or numbers, one panel each. Defaults to none: the mean of all, and for
            trajectories the first wrist or ankle.
        person: Track id to draw. Defaults to None: the longest track of the trajectory, all
            people in the other figures.

    Returns:
        The figure, without a window.

    Raises:
        ConfigError: The kind, a keypoint or the person is unknown, or there is no truth to
            compare with.
    """
    check_known('Unknown figure', kind, KINDS)
    if kind == 'trajectory' and person is None:
        person = max(clips['raw'].tracks, key=lambda key: len(clips['raw'][key]), default=None)
    if person is not None:
        clips = {name: _only(clip, person) for name, clip in clips.items()}
    if not any(clip.tracks for clip in clips.values()):
        raise ConfigError('The clips hold no pose'
                          f"{'' if person is None else f' of person {person!r}'}; name one of the "
                          'track ids, or leave the person out.')
    if kind == 'trajectory':
        return _trajectories(clips, fps, keypoints or _usual(_sequence(clips)))
    if kind == 'error':
        return _errors(clips, fps)
    return _curves(kind, clips, fps, list(keypoints) or [None])


def _only(clip: PoseTracks, person: int | str) -> PoseTracks:
    """The clip with one person, whose id may be given as text."""
    return clip.replace(tracks={key: one for key, one in clip if str(key) == str(person)})


def _sequence(clips: Mapping[str, PoseTracks]) -> PoseSequence:
    return next(sequence for clip in clips.values() for _, sequence in clip)


def _usual(sequence: PoseSequence) -> list[int]:
    names = sequence.keypoint_names
    return [next((i for i, name in enumerate(names) if 'wrist' in name or 'ankle' in name), 0)]


def _label(sequence: PoseSequence, keypoint: str | int | None) -> str:
    if keypoint is None:
        return 'mean of all keypoints'
    index = keypoint_index(sequence, keypoint)
    return (sequence.skeleton.keypoint_names[index] if sequence.skeleton
            else f'keypoint {index}').replace('_', ' ')


def _style(name: str) -> dict[str, Any]:
    return {'label': name, 'color': hex_color(color_of(name, 0)),
            'linewidth': 1.6 if name == 'smoothed' else 1.0,
            'linestyle': '--' if name == 'truth' else '-'}


def _figure(rows: int, height: float = 2.4) -> tuple[Figure, list[Any]]:
    from matplotlib.figure import Figure
    figure = Figure(figsize=(9, 0.5 + height * rows), layout='constrained')
    return figure, list(figure.subplots(rows, 1, squeeze=False)[:, 0])


def _trajectories(clips: Mapping[str, PoseTracks], fps: float,
                  keypoints: Sequence[str | int]) -> Figure:
    sequence = _sequence(clips)
    width, unit = sequence.coords.shape[2], sequence.unit or 'unit'
    axes_names = _AXES[:width] if width <= 3 else [str(c) for c in range(width)]
    figure, axes = _figure(len(keypoints) * width, 1.7)
    for row, keypoint in enumerate(keypoints):
        for c, axis_name in enumerate(axes_names):
            axis = axes[row * width + c]
            for name, clip in clips.items():
                for _, person in clip:
                    axis.plot(clip.frame_ids / fps, dense(clip, person, keypoint)[:, 0, c],
                              **_style(name))
            finish(axis, 'time (s)' if c == width - 1 else '', f'{axis_name} ({unit})', log='')
            axis.sharex(axes[0])
        axes[row * width].set_title(_label(sequence, keypoint), loc='left', fontsize=11)
    _legend(axes[0])
    return figure


def _curves(kind: str, clips: Mapping[str, PoseTracks], fps: float,
            keypoints: Sequence[str | int | None]) -> Figure:
    sequence = _sequence(clips)
    unit = sequence.unit or 'unit'
    figure, axes = _figure(len(keypoints), 2.8)
    for axis, keypoint in zip(axes, keypoints):
        for name, clip in clips.items():
            draw_curve(axis, kind, clip, fps, keypoint, **_style(name))
        axis.set_title(_label(sequence, keypoint), loc='left', fontsize=11)
        finish_curves(axis, kind, unit)
    _legend(axes[0])
    return figure


def _errors(clips: Mapping[str, PoseTracks], fps: float) -> Figure:
    """Errors of every frame and joint as colours, with their mean per joint."""
    from matplotlib.figure import Figure
    if 'truth' not in clips:
        raise ConfigError('The figure of the errors needs the truth: --truth FILE.')
    shown = {name: clip for name, clip in clips.items() if name != 'truth'}
    sequence, unit = _sequence(clips), _sequence(clips).unit or 'unit'
    errors = {name: joint_errors(clip, clips['truth']) for name, clip in shown.items()}
    known = np.concatenate([values[np.isfinite(values)] for values in errors.values()])
    if not len(known):
        raise ConfigError('No keypoint has both an estimate and a truth; there is no error to '
                          'draw.')
    joints = sequence.num_keypoints
    labels = [_label(sequence, k) for k in range(joints)]
    figure = Figure(figsize=(10, 0.8 + len(shown) * max(2.0, 0.19 * joints)), layout='constrained')
    grid = figure.subplots(len(shown), 2, squeeze=False, width_ratios=[3.4, 1], sharey=True)
    # The highest errors are outliers, which would leave one colour for the rest.
    top = float(np.quantile(known, 0.99)) or 1.0
    means = {name: np.nan_to_num(mean_known(values, axis=0)) for name, values in errors.items()}
    widest = 1.05 * max(float(values.max()) for values in means.values()) or 1.0
    image: Any = None
    for (name, values), (map_axis, bar_axis) in zip(errors.items(), grid):
        columns, ends = _columns(values, shown[name].frame_ids)
        image = map_axis.imshow(columns.T, aspect='auto', interpolation='nearest', cmap='cividis',
                                vmin=0, vmax=top, extent=(ends[0] / fps, ends[1] / fps,
                                                          joints - 0.5, -0.5))
        map_axis.set_facecolor('0.85')  # no pose
        map_axis.set(title=name, ylabel='joint', yticks=range(joints))
        map_axis.set_yticklabels(labels, fontsize=8 if joints <= 30 else 5)
        bar_axis.barh(range(joints), means[name], color=hex_color(color_of(name, 0)))
        bar_axis.set_xlim(0, widest)
        bar_axis.set_title(f'mean {np.nanmean(values):.3g} {unit}', fontsize=10)
        bar_axis.spines[['top', 'right']].set_visible(False)
    grid[-1, 0].set_xlabel('time (s)')
    grid[-1, 1].set_xlabel(f'mean error ({unit})')
    figure.colorbar(image, ax=grid[:, 1].tolist(), label=f'distance from the truth ({unit}); grey: '
                    'no pose', extend='max')
    return figure


def _columns(values: np.ndarray, frame_ids: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Rows of at most 4000 evenly spaced frames, NaN in gaps, and the frame numbers at the ends."""
    step = int(np.diff(frame_ids).min()) if len(frame_ids) > 1 else 1
    first, stop = int(frame_ids[0]), int(frame_ids[-1]) + step
    wanted = np.linspace(first, stop, min(_MOST_COLUMNS, (stop - first) // step), endpoint=False)
    rows = np.searchsorted(frame_ids, wanted, side='right') - 1
    there = wanted - frame_ids[rows] < step
    return np.where(there[:, None], values[rows], np.nan), (first, stop)


def _legend(axis: Any) -> None:
    handles, labels = axis.get_legend_handles_labels()
    unique = dict(zip(labels, handles))
    axis.legend(unique.values(), unique.keys(), frameon=False, loc='lower right',
                bbox_to_anchor=(1, 1), ncols=len(unique))
