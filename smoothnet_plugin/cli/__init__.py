"""The command ``smoothnet``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..utils.command import run_command
from ..utils.extensions import add_import_argument, import_extension
from ..version import __version__
from . import figures, smooth, smooth_many


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.

    Returns:
        Exit status, see :func:`~smoothnet_plugin.utils.command.run_command`; ``smooth-many``
        returns 1 if a file failed.
    """
    return run_command(_run, argv, name='smoothnet')


def smooth_main() -> int:
    """``smoothnet smooth`` as a separate script (``tools/smooth_results.py``)."""
    return main(['smooth', *sys.argv[1:]])


def _run(argv: Sequence[str] | None) -> int | None:
    args = _parser().parse_args(argv)
    for extension in args.extensions:
        import_extension(extension)
    return args.run(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='smoothnet', description='Smooth the output of pose estimators.')
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    shared = argparse.ArgumentParser(add_help=False)
    add_import_argument(shared)
    smooth.add_arguments(commands.add_parser(
        'smooth', help='smooth a results file', parents=[shared],
        description='Smooth the poses of a results file and write them in the same format.'))
    smooth_many.add_arguments(commands.add_parser(
        'smooth-many', help='smooth many results files', parents=[shared],
        description='Smooth many results files in parallel. An interrupted run resumes when the '
        'same command is run again; a file that fails does not stop the others.'))
    figures.add_view_arguments(commands.add_parser(
        'view', help='compare raw and smoothed poses on an HTML page', parents=[shared],
        description='Write one HTML page that compares raw and smoothed poses: a player, the '
        'curves of every joint, and the report. The page needs no network connection.'))
    figures.add_plot_arguments(commands.add_parser(
        'plot', help='plot results files or benchmark records', parents=[shared],
        description='Plot a results file before and after smoothing, or the records of '
        'tools/benchmark.py.'))
    listing = commands.add_parser('list', help='list presets, filters and file formats',
                                  parents=[shared])
    listing.set_defaults(run=_list)
    return parser


def _list(args: argparse.Namespace) -> None:
    from .. import io
    from ..smoothers import filter_names, preset_names
    print('presets: ' + ', '.join(preset_names()))
    print('filters: ' + ', '.join(filter_names()))
    print('formats:')
    for name in io.formats():
        print(f'  {name}: {io.get_format(name).title}')
