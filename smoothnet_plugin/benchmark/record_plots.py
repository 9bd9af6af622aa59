"""Figures of the records of a benchmark: errors, delay and speed against one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, check_known
from ..utils.files import StrPath, temporary_beside
from .pareto import pareto_front
from .record import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What :func:`draw_records` draws, with a line of help each.
RECORD_KINDS = {
    'lag-accuracy': 'error over delay, from the records of a benchmark at several look-aheads',
    'accuracy-speed': 'error over frames per second, from the records of a benchmark',
}
#: Okabe and Ito's colours for any colour vision, and markers for prints without colour.
_COLORS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000')
_MARKERS = 'osD^vP*X'
#: The axes end at this multiple of the largest listed value: candidates may be far worse.
_AXIS_END = 1.15
#: Smallest distance of labels, as a share of the panel.
_LABEL_ROOM = 0.05


def draw_records(kind: str, records: Sequence[Record]) -> Figure:
    """Draw a figure of records, a panel per data set.

    Args:
        kind: A key of :data:`RECORD_KINDS`.
        records: Records with the MPJPE.

    Returns:
        The figure, without a window.

    Raises:
        ConfigError: The kind is unknown, or no record has what it shows.
    """
    from matplotlib.figure import Figure
    check_known('Unknown figure', kind, RECORD_KINDS)
    wanted = 'mpjpe' if kind == 'lag-accuracy' else 'frames_per_second'
    shown = [r for r in records if not r.candidate and not r.source
             and {'mpjpe', wanted} <= r.metrics.keys()]
    raw = {r.data: r.metrics['mpjpe'] for r in records
           if r.smoother == 'input' and 'mpjpe' in r.metrics}
    shown = [r for r in shown if r.smoother != 'input']
    if not shown:
        raise ConfigError(f'No record has {wanted} and an error against a truth (mpjpe); give the '
                          'JSON of a benchmark on data with truth.')
    data = list(dict.fromkeys(r.data for r in shown))
    names = list(dict.fromkeys(_name(r) for r in shown))
    figure = Figure(figsize=(6.2 * len(data), 4.6), layout='constrained')
    for axis, name in zip(figure.subplots(1, len(data), squeeze=False)[0], data):
        rows = [r for r in shown if r.data == name]
        draw = _draw_delay if kind == 'lag-accuracy' else _draw_speed
        draw(axis, rows, names)
        if name in raw:
            axis.axhline(raw[name], color='0.35', linestyle='--', linewidth=1, label='raw input')
        axis.set_title(name, loc='left', fontsize=11)
        axis.set_ylabel('MPJPE (mm, or px in 2D)')
        axis.grid(True, color='0.92', linewidth=0.6)
        axis.spines[['top', 'right']].set_visible(False)
        axis.legend(fontsize=8, frameon=False, loc='upper left', bbox_to_anchor=(1.01, 1))
    return figure


def _name(record: Record) -> str:
    return record.smoother + (f' (for {record.tuned_for})' if record.tuned_for else '')


def _style(name: str, names: Sequence[str]) -> dict[str, Any]:
    number = names.index(name)
    return {'color': _COLORS[number % len(_COLORS)], 'marker': _MARKERS[number % len(_MARKERS)],
            'label': name, 'markersize': 6}


def _draw_delay(axis: Any, rows: Sequence[Record], names: Sequence[str]) -> None:
    """Error over delay: the look-ahead and, where it was measured, the lag of the result."""
    delays = sorted({r.lookahead for r in rows if r.lookahead is not None})
    # Whole clips have no delay; they are plotted separately, on the right.
    whole = 1.15 * (delays[-1] if delays else 1) + 1
    for name in dict.fromkeys(map(_name, rows)):
        points = sorted((r.lookahead + _lag(r) if r.lookahead is not None else whole,
                         r.metrics['mpjpe'], r.lookahead is None)
                        for r in rows if _name(r) == name)
        live = [point[:2] for point in points if not point[2]]
        style = _style(name, names)
        if live:
            axis.plot(*zip(*live), linewidth=1.2, **style)
        for x, y, is_whole in points:
            if is_whole:
                axis.plot([x], [y], linestyle='', **{
                    **style, **({'label': '_'} if live else {})})
    ticks = [*delays, *([whole] if any(r.lookahead is None for r in rows) else [])]
    axis.set_xticks(ticks, [*map(str, delays), 'whole\nclip'][:len(ticks)])
    measured = any('lag_frames' in r.metrics or 'lag' in r.metrics for r in rows)
    axis.set_xlabel('delay (frames): look-ahead' + (' and measured lag' if measured else ''))


def _lag(record: Record) -> float:
    """Measured lag of the result in frames; 0 where it was not measured."""
    return record.metrics.get('lag_frames', record.metrics.get('lag', 0.0))


def _draw_speed(axis: Any, rows: Sequence[Record], names: Sequence[str]) -> None:
    """Error over frames per second: whole clips filled, live hollow with their look-ahead."""
    for row in rows:
        style = _style(_name(row), names)
        seen = style['label'] in axis.get_legend_handles_labels()[1]
        fill = {} if row.lookahead is None else {'markerfacecolor': 'white'}
        axis.plot([row.metrics['frames_per_second']], [row.metrics['mpjpe']], linestyle='',
                  **{**style, **fill, 'label': '_' if seen else style['label']})
    axis.set_xscale('log')
    axis.set_xlabel('speed (frames per second)')
    live = [row for row in rows if row.lookahead is not None]
    if live:
        axis.set_xlabel('speed (frames per second); hollow: live, with the look-ahead in frames')
    placed: list[tuple[float, float]] = []
    for row in live:
        at = (row.metrics['frames_per_second'], row.metrics['mpjpe'])
        x, y = axis.transAxes.inverted().transform(axis.transData.transform(at))
        # Points that are close together share one label.
        if all(math.hypot(x - a, y - b) > _LABEL_ROOM for a, b in placed):
            placed.append((x, y))
            axis.annotate(str(row.lookahead), at, textcoords='offset points', xytext=(6, 3),
                          fontsize=8, color='0.3')


def plot(path: StrPath, records: Sequence[Record]) -> None:
    """Plot acceleration error over MPJPE, a panel per data set; the lower left corner is best.

    With candidates every look-ahead has a row of panels, the settings of every filter are dots,
    and a line joins those of its Pareto front.

    Args:
        path: File to write; the suffix selects the format.
        records: The records to plot; those without both errors are left out.
    """
    from matplotlib.figure import Figure
    shown = [r for r in records if {'mpjpe', 'accel_error'} <= r.metrics.keys()]
    names = list(dict.fromkeys(r.data for r in shown)) or ['no data with truth']
    levels: list[Any] = [...]
    if any(r.candidate for r in shown):
        levels = list(dict.fromkeys(r.lookahead for r in shown if r.candidate))
    figure = Figure(figsize=(6 * len(names), 4.5 * len(levels)), layout='tight')
    axes = figure.subplots(len(levels), len(names), squeeze=False)
    for level, row in zip(levels, axes):
        for name, axis in zip(names, row):
            rows = [r for r in shown if r.data == name
                    and (level is ... or r.lookahead == level or r.smoother == 'input')]
            _draw_front(axis, rows)
            live = f', look-ahead {level}' if level not in (..., None) else ''
            axis.set(title=name + live, xlabel='MPJPE', ylabel='acceleration error')
    with temporary_beside(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _draw_front(axis: Any, rows: Sequence[Record]) -> None:
    listed = [r for r in rows if not r.candidate]
    for number, smoother in enumerate(dict.fromkeys(r.smoother for r in rows)):
        colour = f'C{number % 10}'
        settings = [_point(r) for r in rows if r.smoother == smoother and r.candidate]
        if settings:
            axis.plot(*zip(*pareto_front(settings)), color=colour, linewidth=1, alpha=0.8)
            axis.scatter(*zip(*settings), color=colour, s=3, alpha=0.5)
        points = [_point(r) for r in listed if r.smoother == smoother]
        if points:
            axis.scatter(*zip(*points), color=colour, label=smoother,
                         marker='x' if smoother == 'input' else 'o', s=30)
    axis.set_yscale('log')
    axis.grid(alpha=0.3)
    if listed:
        axis.legend(fontsize=7)
    if listed and len(listed) < len(rows):
        right, top = (max(values) for values in zip(*map(_point, listed)))
        axis.set_xlim(right=_AXIS_END * right)
        axis.set_ylim(top=_AXIS_END * top)


def _point(record: Record) -> tuple[float, float]:
    return record.metrics['mpjpe'], record.metrics['accel_error']
