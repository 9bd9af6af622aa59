"""A plot of a benchmark: acceleration error over MPJPE."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..utils.files import temporary_beside
from .pareto import pareto_front
from .record import Record

#: The axes end at this multiple of the largest listed value: candidates may be far worse.
_AXIS_END = 1.15


def plot(path: str | os.PathLike[str], records: Sequence[Record]) -> None:
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
            _draw(axis, rows)
            live = f', look-ahead {level}' if level not in (..., None) else ''
            axis.set(title=name + live, xlabel='MPJPE', ylabel='acceleration error')
    with temporary_beside(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _draw(axis: Any, rows: Sequence[Record]) -> None:
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
