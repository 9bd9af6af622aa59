"""``smoothnet smooth-many``: many results files in parallel."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from ..utils.progress import progress_bar
from .options import add_options, options_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.set_defaults(run=run)
    parser.add_argument('inputs', metavar='IN', nargs='+',
                        help="results files, folders, or quoted patterns such as 'in/**/*.json'")
    parser.add_argument('-o', '--out', metavar='FOLDER', required=True,
                        help='folder for the smoothed results')
    parser.add_argument('--workers', type=int, metavar='N',
                        help='number of processes (default: the number of cores)')
    parser.add_argument('--scheduler', metavar='ADDRESS',
                        help='address of a Dask scheduler to run the work on, for example '
                        'tcp://10.0.0.1:8786')
    parser.add_argument('--manifest', metavar='FILE',
                        help='record of the finished files, which are skipped (default: '
                        'FOLDER/manifest.jsonl)')
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns 1 if a file failed."""
    from ..apis.many import smooth_many

    def progress(rows: Iterable[dict[str, Any]], total: int) -> Iterator[dict[str, Any]]:
        return progress_bar(_with_failures(rows), 'files', total, args.quiet)

    try:
        count = smooth_many(
            args.inputs, args.out, args.smoother, scheduler=args.scheduler,
            workers=(os.cpu_count() or 1) if args.workers is None else args.workers,
            manifest=args.manifest, extensions=args.extensions, progress=progress,
            **options_of(args))
    except KeyboardInterrupt:
        raise KeyboardInterrupt('run the same command again to resume') from None
    if not args.quiet:
        print(', '.join(f'{number} {status}' for status, number in count.items()))
    return int(count['failed'] > 0)


def _with_failures(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows; failed files are reported on standard error."""
    for row in rows:
        if row['status'] == 'failed':
            print(f"smoothnet: failed: {row['input']}: {row['error']}", file=sys.stderr)
        yield row
