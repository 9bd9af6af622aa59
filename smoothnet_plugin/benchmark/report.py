"""Records of a benchmark as Markdown, CSV, JSON and a plot."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..utils.files import atomic_write

#: Headings of known columns.
HEADINGS = {
    'input_mpjpe': 'MPJPE in', 'mpjpe': 'MPJPE', 'input_pa_mpjpe': 'PA-MPJPE in',
    'pa_mpjpe': 'PA-MPJPE', 'input_accel_error': 'Accel in', 'accel_error': 'Accel',
    'lag_frames': 'lag', 'high_frequency_ratio': 'high freq.', 'peak_attenuation': 'peaks lost',
    'input_mpjpe_top1': 'MPJPE-1% in', 'mpjpe_top1': 'MPJPE-1%',
    'input_accel_error_top1': 'Accel-1% in', 'accel_error_top1': 'Accel-1%',
    'acceleration': 'acceleration', 'jerk': 'jerk', 'frames_per_second': 'frames/s',
    'worst_ratio': 'worst clip', 'harmed': 'clips harmed',
}
_DIGITS = {'frames_per_second': 0, 'lag_frames': 2, 'high_frequency_ratio': 3,
           'peak_attenuation': 3, 'worst_ratio': 3, 'harmed': 3}


@dataclass
class Record:
    """One row of a benchmark.

    Attributes:
        data: Name of the data.
        smoother: Name of the smoother; ``input`` for none.
        setting: Its arguments in words.
        tuned_for: What it was tuned for on the train split, or '' if it was not.
        lookahead: Frames of future it was allowed, or None for whole clips.
        metrics: Numbers by name.
        source: Who measured: '' for this run, else where the number is printed.
        front: One of many settings of a filter, to be plotted and compared with but not listed.
    """

    data: str
    smoother: str
    setting: str = ''
    tuned_for: str = ''
    lookahead: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    source: str = ''
    front: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values."""
        return dict(vars(self))


def markdown(records: Sequence[Record], columns: Sequence[str], notes: Sequence[str] = ()) -> str:
    """A table that a README can hold, and notes below it.

    Args:
        records: The rows; those of the front are left out.
        columns: The metrics to show, in order; those that no row has are left out.
        notes: Sentences. Defaults to none.

    Returns:
        The text.
    """
    records = [record for record in records if not record.front]
    if not records:
        return 'Nothing was measured.\n'
    head, rows = _cells(records, columns)
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    numeric = len(head) - sum(heading in HEADINGS.values() for heading in head)
    lines = ['| ' + ' | '.join(c.ljust(w) for c, w in zip(head, widths)) + ' |',
             '|' + '|'.join(('-' * (w + 1) + ':') if i >= numeric else '-' * (w + 2)
                            for i, w in enumerate(widths)) + '|']
    lines += ['| ' + ' | '.join(c.rjust(w) if i >= numeric else c.ljust(w)
                                for i, (c, w) in enumerate(zip(row, widths))) + ' |'
              for row in rows]
    return '\n'.join(lines) + '\n' + ''.join(f'\n{note}\n' for note in notes)


def to_csv(records: Sequence[Record], columns: Sequence[str]) -> str:
    """Comma-separated values, numbers in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['data', 'smoother', 'setting', 'tuned_for', 'lookahead', 'source', 'front',
                     *columns])
    for r in records:
        writer.writerow([r.data, r.smoother, r.setting, r.tuned_for,
                         '' if r.lookahead is None else r.lookahead, r.source, int(r.front),
                         *(r.metrics.get(column, '') for column in columns)])
    return text.getvalue()


def write(path: str | os.PathLike[str], records: Sequence[Record],
          columns: Sequence[str], notes: Sequence[str] = ()) -> None:
    """Write a table in the form that the file's ending names.

    Args:
        path: ``.md``, ``.csv``, ``.json`` for a table; ``.png``, ``.pdf``, ``.svg`` for a plot.
        records: The rows.
        columns: The metrics to show, in order. JSON holds all.
        notes: Sentences below the Markdown table. Defaults to none.

    Raises:
        ConfigError: Another ending.
    """
    suffix = Path(path).suffix.lower()
    if suffix in ('.png', '.pdf', '.svg'):
        from .plot import plot
        plot(path, records)
        return
    if suffix == '.md':
        text = markdown(records, columns, notes)
    elif suffix == '.csv':
        text = to_csv(records, columns)
    elif suffix == '.json':
        text = json.dumps([record.to_dict() for record in records], indent=1) + '\n'
    else:
        raise ConfigError(f"--out is '{path}'; expected a name ending in .md, .csv, .json, .png, "
                          '.pdf or .svg.')
    with atomic_write(path) as file:
        file.write(text)


def _cells(records: Sequence[Record],
           columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    filled = [c for c in columns if any(c in r.metrics for r in records)]
    fixed: list[tuple[str, Any]] = [
        ('data', lambda r: r.data), ('smoother', lambda r: r.smoother),
        ('tuned for', lambda r: r.tuned_for), ('setting', lambda r: r.setting),
        ('look-ahead', lambda r: '' if r.lookahead is None else str(r.lookahead)),
        ('source', lambda r: r.source)]
    used = [(name, get) for name, get in fixed
            if name in ('data', 'smoother') or any(get(r) for r in records)]
    head = [name for name, _ in used] + [HEADINGS.get(c, c) for c in filled]
    rows = [[get(r) for _, get in used] + [_number(r.metrics.get(c), c) for c in filled]
            for r in records]
    return head, rows


def _number(value: float | None, column: str) -> str:
    return '' if value is None else f'{value:.{_DIGITS.get(column, 2)}f}'
