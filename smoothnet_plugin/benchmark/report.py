"""Records of a benchmark as Markdown, CSV, JSON and a plot."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..evaluation.joint_change_metric import changes_of_metrics
from ..smoothers.joint_change import COLUMNS
from ..utils.files import StrPath, atomic_write
from .record import Record

#: Headings of known columns.
HEADINGS = {
    'input_mpjpe': 'MPJPE in', 'mpjpe': 'MPJPE', 'input_pa_mpjpe': 'PA-MPJPE in',
    'pa_mpjpe': 'PA-MPJPE', 'input_accel_error': 'Accel in', 'accel_error': 'Accel',
    'lag_frames': 'lag', 'high_frequency_ratio': 'high freq.', 'peak_attenuation': 'peaks lost',
    'input_mpjae': 'MPJAE in', 'mpjae': 'MPJAE',
    'input_mpjpe_top1': 'MPJPE-1% in', 'mpjpe_top1': 'MPJPE-1%',
    'input_accel_error_top1': 'Accel-1% in', 'accel_error_top1': 'Accel-1%',
    'acceleration': 'acceleration', 'jerk': 'jerk', 'frames_per_second': 'frames/s',
    'worst_ratio': 'worst clip', 'harmed': 'clips harmed', 'worst_joint_ratio': 'worst joint',
}
_DIGITS = {'frames_per_second': 0, 'lag_frames': 2, 'high_frequency_ratio': 3,
           'peak_attenuation': 3, 'worst_ratio': 3, 'harmed': 3, 'worst_joint_ratio': 3}


def markdown(records: Sequence[Record], columns: Sequence[str], notes: Sequence[str] = ()) -> str:
    """A Markdown table with notes below it.

    Args:
        records: The rows; candidates are left out.
        columns: The metrics to show, in order; those without a value in any row are left out.
        notes: Sentences below the table. Defaults to none.

    Returns:
        The text.
    """
    records = [record for record in records if not record.candidate]
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


def joint_table(records: Sequence[Record]) -> str:
    """A Markdown table of the effect of each smoother on each joint.

    Args:
        records: Records with the numbers of
            :class:`~smoothnet_plugin.evaluation.JointChangeMetric`; others, candidates and the raw
            input are left out.

    Returns:
        The text; '' where nothing was measured.
    """
    rows = [(record, change) for record in records
            if not record.candidate and record.smoother != 'input'
            for change in changes_of_metrics(record.metrics)]
    if not rows:
        return ''
    used = [(name, label, style) for name, label, style in COLUMNS
            if any(change.shown(name, style) for _, change in rows)]
    lines = ['| ' + ' | '.join(['data', 'smoother', 'joint', *(label for _, label, _ in used),
                                'check']) + ' |',
             '|---|---|---|' + '---:|' * len(used) + '---|']
    for record, change in rows:
        at = '' if record.lookahead is None else f', look-ahead {record.lookahead}'
        tuned = f' ({record.tuned_for})' if record.tuned_for else ''
        lines.append('| ' + ' | '.join(
            [record.data, f'{record.smoother}{tuned}{at}', change.joint,
             *(change.shown(name, style) for name, _, style in used),
             '; '.join(change.words)]) + ' |')
    return '\n'.join(lines) + '\n'


def to_csv(records: Sequence[Record], columns: Sequence[str]) -> str:
    """Comma-separated values of all records, with all digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['data', 'smoother', 'setting', 'tuned_for', 'lookahead', 'source', 'candidate',
                     *columns])
    for r in records:
        writer.writerow([r.data, r.smoother, r.setting, r.tuned_for,
                         '' if r.lookahead is None else r.lookahead, r.source, int(r.candidate),
                         *(r.metrics.get(column, '') for column in columns)])
    return text.getvalue()


def write(path: StrPath, records: Sequence[Record], columns: Sequence[str],
          notes: Sequence[str] = ()) -> None:
    """Write a table or a plot in the format that the suffix of the path selects.

    Args:
        path: ``.md``, ``.csv``, ``.json`` for a table; ``.png``, ``.pdf``, ``.svg`` for a plot.
        records: The rows.
        columns: The metrics to show, in order. JSON holds all metrics.
        notes: Sentences below the Markdown table. Defaults to none.

    Raises:
        ConfigError: The suffix is another one.
    """
    suffix = Path(path).suffix.lower()
    if suffix in ('.png', '.pdf', '.svg'):
        from .record_plots import plot
        plot(path, records)
        return
    if suffix == '.md':
        text = markdown(records, columns, notes)
        if joints := joint_table(records):
            text += f'\n{joints}'
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
    rows = [[get(r) for _, get in used] + [_cell(r, c) for c in filled] for r in records]
    return head, rows


def _cell(record: Record, column: str) -> str:
    value = record.metrics.get(column)
    if value is None:
        return ''
    joint = _worst_joint(record) if column == 'worst_joint_ratio' else ''
    return f'{value:.{_DIGITS.get(column, 2)}f}' + (f' ({joint})' if joint else '')


def _worst_joint(record: Record) -> str:
    """Name of the joint with the largest ratio of its error after and before; '' if unknown."""
    ratios = {key.split('/')[1]: value for key, value in record.metrics.items()
              if key.startswith('joint/') and key.endswith('/ratio')}
    # Of the raw input every ratio is 1.
    if set(ratios.values()) <= {1.0}:
        return ''
    return max(ratios, key=lambda name: ratios[name])
