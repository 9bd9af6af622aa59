"""Plot curves and print times of training runs, from the logs of MMEngine.

    python tools/analysis_tools/analyze_logs.py plot_curve work_dirs/RUN --keys loss mpjpe
    python tools/analysis_tools/analyze_logs.py plot_curve work_dirs/A work_dirs/B --keys mpjpe
    python tools/analysis_tools/analyze_logs.py cal_train_time work_dirs/RUN
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smoothnet_plugin.errors import ConfigError, DataFormatError, did_you_mean
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.files import temporary_beside
from smoothnet_plugin.visualization.plots import check_plot_path, finish


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    commands = parser.add_subparsers(dest='task', required=True, metavar='TASK')
    curve = commands.add_parser('plot_curve', help='plot values over steps')
    curve.add_argument('logs', type=Path, nargs='+',
                       help='work directories, or scalars.json files')
    curve.add_argument('--keys', nargs='+', default=['loss'], metavar='KEY',
                       help='values to plot, one below another (default: loss)')
    curve.add_argument('--legend', nargs='+', metavar='NAME', help='names of the logs')
    curve.add_argument('--out', type=Path, default=Path('curves.png'),
                       help='.png, .pdf or .svg (default: curves.png)')
    times = commands.add_parser('cal_train_time', help='seconds per step of each epoch')
    times.add_argument('logs', type=Path, nargs='+',
                       help='work directories, or scalars.json files')
    times.add_argument('--include-outliers', action='store_true',
                       help='count the first step of an epoch, which waits for the data')
    return parser.parse_args(argv)


def read_log(path: Path) -> list[dict[str, Any]]:
    """The entries of a log in the order of writing.

    Args:
        path: A ``scalars.json``, or a work directory, where the newest run counts.

    Raises:
        DataFormatError: There is no log, or it cannot be read.
    """
    file = path
    if path.is_dir():
        # The folders of runs are named by the time of their start.
        logs = sorted(path.rglob('vis_data/scalars.json'))
        if not logs:
            raise DataFormatError(f"'{path}' has no log (TIME/vis_data/scalars.json).")
        file = logs[-1]
    try:
        entries = [json.loads(line) for line in file.read_text(encoding='utf-8').splitlines()
                   if line.strip()]
    except FileNotFoundError:
        raise DataFormatError(f"There is no log '{file}'.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataFormatError(f"'{file}' is not a log of MMEngine: {error}.") from error
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise DataFormatError(f"'{file}' has no entries of a log, one JSON object a line.")
    return entries


def series(entries: Sequence[dict[str, Any]], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of a key.

    Raises:
        ConfigError: The log has no such key; the message suggests the closest ones.
    """
    pairs = [(entry.get('step', number), entry[key])
             for number, entry in enumerate(entries) if isinstance(entry.get(key), (int, float))]
    if not pairs:
        known = sorted({name for entry in entries for name in entry} - {'step'})
        raise ConfigError(f'The log has no {key!r}. {did_you_mean(key, known)}')
    steps, values = np.array(pairs, dtype=np.float64).T
    return steps, values


def plot_curve(args: argparse.Namespace) -> None:
    """Write the curves of all logs, one plot a key."""
    from matplotlib.figure import Figure
    names = args.legend or [str(log) for log in args.logs]
    if len(names) != len(args.logs):
        raise ConfigError(f'--legend has {len(names)} names for {len(args.logs)} logs.')
    out = check_plot_path(args.out)
    logs = [read_log(log) for log in args.logs]
    figure = Figure(figsize=(8, 2.8 * len(args.keys)), layout='constrained')
    axes = figure.subplots(len(args.keys), 1, squeeze=False)[:, 0]
    for axis, key in zip(axes, args.keys):
        for name, entries in zip(names, logs):
            axis.plot(*series(entries, key), label=name, linewidth=1.2)
        finish(axis, 'step', key, log='')
    axes[0].legend(frameon=False, loc='upper right')
    with temporary_beside(out) as temporary:
        figure.savefig(temporary, dpi=120)
    print(f'written: {out}')


def cal_train_time(args: argparse.Namespace) -> None:
    """Print the seconds per step of each epoch."""
    for log in args.logs:
        by_epoch: dict[int, list[float]] = {}
        for entry in read_log(log):
            if 'loss' in entry and isinstance(entry.get('time'), (int, float)):
                by_epoch.setdefault(int(entry.get('epoch', 1)), []).append(float(entry['time']))
        if not by_epoch:
            raise ConfigError(f"'{log}' has no training steps with a time.")
        if not args.include_outliers:
            by_epoch = {epoch: times[1:] or times for epoch, times in by_epoch.items()}
        means = {epoch: float(np.mean(times)) for epoch, times in by_epoch.items()}
        slowest, fastest = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
        print(f'{log}\n  slowest epoch {slowest}: {means[slowest]:.4f} s a step\n'
              f'  fastest epoch {fastest}: {means[fastest]:.4f} s a step\n'
              f'  all epochs: {np.mean(list(means.values())):.4f} s a step')


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    args = parse_args(argv)
    {'plot_curve': plot_curve, 'cal_train_time': cal_train_time}[args.task](args)


if __name__ == '__main__':
    sys.exit(run_command(main))
