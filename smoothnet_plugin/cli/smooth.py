"""``smoothnet smooth``: one results file, or a stream of frames."""

from __future__ import annotations

import argparse
import sys

from ..errors import ConfigError
from ..utils.files import is_stream
from ..utils.progress import progress_bar
from .options import add_options, options_of, refuse_idle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.set_defaults(run=run)
    parser.add_argument('input', metavar='IN',
                        help="results file or folder, or '-' for standard input")
    parser.add_argument('-o', '--out', metavar='OUT', help='where to write the smoothed results, '
                        "'-' for standard output (default: nothing is written)")
    parser.add_argument('--page', metavar='PAGE', help='also write an HTML page that compares raw '
                        "and smoothed poses (see 'smoothnet view')")
    parser.add_argument('--stream', action='store_true',
                        help='smooth JSON lines (one frame per line) or CSV live as they arrive, '
                        'with little memory; needs --out')
    add_options(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    if args.stream:
        _run_stream(args)
        return
    if args.spread and args.output_format != 'npz' and not str(args.out).endswith('.npz'):
        raise ConfigError('--spread is written into npz files; give --out OUT.npz.')
    if args.out is None:
        refuse_idle(args, ('output_format', 'track_ids', 'provenance'), 'without --out')
    if args.out == args.page == '-':
        raise ConfigError('--out and --page cannot both be standard output; give one of them a '
                          'file.')
    from ..apis.smooth import smooth, smooth_with_report
    if args.quiet and args.page is None:  # A report of many people takes time.
        smooth(args.input, args.smoother, args.out, **options_of(args))
        return
    _, report = smooth_with_report(
        args.input, args.smoother, args.out, page=args.page,
        progress=lambda items: progress_bar(items, 'smoothing', quiet=args.quiet),
        **options_of(args))
    if args.quiet:
        return
    # Standard output holds nothing but the poses if they are written there.
    stream = sys.stderr if any(
        path and is_stream(path) for path in (args.out, args.page)) else sys.stdout
    print(report, file=stream)
    for path in (args.out, args.page):
        if path:
            print(f'written: {path}', file=stream)
    if not (args.out or args.page):
        print('written: nothing; give --out FILE for the smoothed poses', file=stream)


def _run_stream(args: argparse.Namespace) -> None:
    from ..apis.stream import smooth_stream
    if args.out is None:
        raise ConfigError("--stream writes frames as they are finished; give --out FILE, or '-'.")
    refuse_idle(args, (
        'page', 'unit', 'betas', 'keep_derived', 'input_format', 'output_format', 'columns',
        'read_options', 'provenance', 'trust', 'spread'), 'with --stream')
    options = {name: value for name, value in options_of(args).items() if name not in (
        'unit', 'input_format', 'output_format', 'provenance', 'read_options', 'write_options')}
    count = smooth_stream(args.input, args.out, args.smoother, track_ids=args.track_ids, **options)
    if not args.quiet:
        print(f'frames  {count}', file=sys.stderr)
