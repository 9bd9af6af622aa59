"""A plot of a benchmark: acceleration error over MPJPE."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..utils.files import temporary_beside
from .report import Record

#: The axes end this much beyond the worst record, where settings of the front are far worse.
_ROOM = 1.15


def plot(path: str | os.PathLike[str], records: Sequence[Record]) -> None:
    """Plot acceleration error over MPJPE, a panel per data: the lower left corner is best.

    Where there are records of the front every look-ahead has a row of panels, every filter's
    settings are dots, and a line joins those that no other setting of the filter dominates.

    Args:
        path: File to write; the ending tells the format.
        records: What to plot; records without both errors are left out.
    """
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot as plt
    shown = [r for r in records if {'mpjpe', 'accel_error'} <= r.metrics.keys()]
    names = list(dict.fromkeys(r.data for r in shown)) or ['no data with truth']
    levels: list[Any] = [...]
    if any(r.front for r in shown):
        levels = list(dict.fromkeys(r.lookahead for r in shown if r.front))
    figure, axes = plt.subplots(len(levels), len(names), squeeze=False,
                                figsize=(6 * len(names), 4.5 * len(levels)))
    for level, row in zip(levels, axes):
        for name, axis in zip(names, row):
            rows = [r for r in shown if r.data == name
                    and (level is ... or r.lookahead == level or r.smoother == 'input')]
            _draw(axis, rows)
            live = f', look-ahead {level}' if level not in (..., None) else ''
            axis.set(title=name + live, xlabel='MPJPE', ylabel='acceleration error')
    figure.tight_layout()
    with temporary_beside(path) as temporary:
        figure.savefig(temporary, dpi=120)
    plt.close(figure)


def undominated(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of which no other is as low in both values, sorted by the first.

    Example:
        >>> undominated([(3, 1), (1, 3), (2, 2), (3, 3), (2, 4)])
        [(1, 3), (2, 2), (3, 1)]
    """
    front: list[tuple[float, float]] = []
    for point in sorted(points):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return front


def _draw(axis: Any, rows: Sequence[Record]) -> None:
    listed = [r for r in rows if not r.front]
    for number, smoother in enumerate(dict.fromkeys(r.smoother for r in rows)):
        colour = f'C{number % 10}'
        settings = [_point(r) for r in rows if r.smoother == smoother and r.front]
        if settings:
            axis.plot(*zip(*undominated(settings)), color=colour, linewidth=1, alpha=0.8)
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
        axis.set_xlim(right=_ROOM * right)
        axis.set_ylim(top=_ROOM * top)


def _point(record: Record) -> tuple[float, float]:
    return record.metrics['mpjpe'], record.metrics['accel_error']
