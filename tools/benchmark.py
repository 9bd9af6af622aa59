r"""Compare smoothers on data: classical filters, tuned on the train split, and networks.

Examples:
    All smoothers on the data of a config, as a table and a plot::

        python tools/benchmark.py CONFIG --checkpoints mine=CONFIG:work_dirs/mine/epoch_4.pth \
            --out table.md errors.png

    Live results at several look-aheads::

        python tools/benchmark.py CONFIG --checkpoints mine=PATH --lookahead 0 4 8 16 31

    Predictions written by ``tools/test.py --dump``, or results files of any format::

        python tools/benchmark.py results.pkl --tune-dump train.pkl
        python tools/benchmark.py video.json --smoothers gaussian default

    Whether any setting of a filter dominates a preset or a network in both errors::

        python tools/benchmark.py CONFIG --smoothers kalman whittaker default --pareto \
            --out table.md pareto.png
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from mmengine.config import DictAction

from smoothnet_plugin.benchmark import (
    SPACES,
    TABLES,
    BenchmarkData,
    NetworkEntry,
    Record,
    compare_smoothers,
    data_of_configs,
    data_of_dump,
    data_of_file,
    dominance_notes,
    joint_table,
    markdown,
    noise_levels,
    noisy,
    published_records,
    table_of,
    with_joint_changes,
    write,
)
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.config_file import split_variant
from smoothnet_plugin.utils.extensions import add_import_argument, import_extension
from smoothnet_plugin.utils.files import check_output_path

COLUMNS = ('mpjpe', 'pa_mpjpe', 'accel_error', 'acceleration', 'jerk', 'lag_frames',
           'high_frequency_ratio', 'peak_attenuation', 'worst_ratio', 'harmed',
           'worst_joint_ratio', 'frames_per_second')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('data', nargs='+', help='configs with a test_dataloader (.py, '
                        '.py@VARIANT, or the file of a table for all its variants whose data is '
                        'present), dumps of tools/test.py (.pkl), or results files of any known '
                        'format')
    parser.add_argument(
        '--smoothers', nargs='*', metavar='NAME',
        help=f"classical filters to tune ({', '.join(SPACES)}), presets, or config files. "
        'Defaults to all filters that have a grid')
    parser.add_argument('--checkpoints', nargs='*', default=[], metavar='NAME=PATH',
                        help='weights of networks, with their name in the table; '
                        'NAME=CONFIG.py:PATH refines whole clips with the model of a config')
    parser.add_argument(
        '--lookahead', nargs='+', default=['all'], metavar='FRAMES',
        help='future frames that results may depend on, separated by spaces or commas; '
        "'all' is the whole clip. Defaults to all")
    parser.add_argument(
        '--pareto', '--front', dest='pareto', action='store_true',
        help='measure every setting of the filters on the test data, state for each preset and '
        'network whether a setting dominates it in both errors, and plot the Pareto fronts')
    parser.add_argument('--table', choices=sorted(TABLES),
                        help='a table of the SmoothNet supplement, with the published numbers '
                        'where the data is that of the paper')
    parser.add_argument('--by-joint', action='store_true',
                        help='also measure the speed kept, the lag, distrusted frames and the '
                        'error of each joint, with 95 %% intervals over the clips')
    parser.add_argument('--tune-dump', help='for dumps: dump of the train split, to tune on')
    parser.add_argument('--out', nargs='+', default=[], metavar='FILE',
                        help='write the table (.md, .csv, .json) or a plot (.png, .pdf, .svg)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='settings of the configs to override')
    add_import_argument(parser)
    return parser.parse_args()


def load_data(args: argparse.Namespace) -> list[BenchmarkData]:
    """Read the data of all positional arguments."""
    loaded = []
    for path in args.data:
        if split_variant(path)[0].suffix == '.py':
            loaded += data_of_configs(path, args.cfg_options, log)
        elif path.endswith(('.pkl', '.pickle')):
            loaded.append(data_of_dump(path, args.tune_dump))
        else:
            loaded.append(data_of_file(path))
    return loaded


def log(text: str) -> None:
    """Print progress and notes to standard error; the table is on standard output."""
    print(text, file=sys.stderr, flush=True)


def named_networks(entries: list[str]) -> dict[str, NetworkEntry]:
    """``NAME=PATH`` entries; a bare path is named after its file."""
    networks = {}
    for entry in entries:
        name, equals, path = entry.partition('=')
        if not equals:
            name, path = Path(entry).stem, entry
        if name in networks:
            raise ConfigError(f"--checkpoints has two entries named '{name}'; give each its own "
                              'name, as NAME=PATH.')
        networks[name] = NetworkEntry.parse(path)
    return networks


def lookaheads_of(entries: list[str]) -> list[int | None]:
    """Numbers of frames, and None for 'all'."""
    words = [word for entry in entries for word in entry.split(',') if word]
    if not all(word == 'all' or word.isdecimal() for word in words):
        raise ConfigError(f"--lookahead is '{' '.join(entries)}'; expected whole numbers >= 0 or "
                          "'all'.")
    return [None if word == 'all' else int(word) for word in words]


def noisy_variants(data: BenchmarkData) -> list[BenchmarkData]:
    """The data with the truth as input, at each published strength of noise."""
    kind = '2d' if data.clips[0].representation == 'keypoints_2d' else '3d'
    return [
        dataclasses.replace(
            data, name=f'{data.name}, p={level.prob:g}, sigma={level.sigma:g}',
            clips=noisy(data.clips, level.std, level.prob),
            train=noisy(data.train, level.std, level.prob, seed=1))
        for level in noise_levels() if level.representation == kind]


def main() -> None:
    """Run the command."""
    args = parse_args()
    for extension in args.extensions:
        import_extension(extension)
    for path in args.out:
        check_output_path(path)
    networks, lookaheads = named_networks(args.checkpoints), lookaheads_of(args.lookahead)
    table = table_of(args.table) if args.table else None
    columns = table.columns if table else COLUMNS
    smoothers = args.smoothers
    if smoothers is None:
        smoothers = list(SPACES) if table is None or table.filters else []
    records: list[Record] = []
    for data in load_data(args):
        if table is not None and not table.takes(data.clips[0].representation):
            log(f'{data.name} is left out: the table {args.table} is one of keypoints.')
            continue
        if table is not None:
            data.metrics = table.metrics_beside(data.metrics, data.root_align,
                                                data.clips[0].representation)
        if args.by_joint:
            data.metrics = with_joint_changes(data.metrics, data.clips)
        for variant in noisy_variants(data) if table is not None and table.noise else [data]:
            records += compare_smoothers(variant, smoothers, networks, lookaheads, log=log,
                                         pareto=args.pareto)
        if table is not None and data.key is not None:
            dataset, estimator, representation = data.key
            records += published_records(table.published, data.name, dataset,
                                         'gaussian' if table.noise else estimator, representation)
    if table is not None:
        print(f'{table.title}\n')
    notes = dominance_notes(records)
    print(markdown(records, columns, notes))
    print(joint_table(records), end='')
    for path in args.out:
        write(path, records, columns, notes)


if __name__ == '__main__':
    sys.exit(run_command(main))
