"""The command ``smoothnet``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from .errors import ConfigError, SmoothNetError
from .utils.extensions import add_import_argument, import_extension
from .utils.files import is_stream
from .version import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.

    Returns:
        Exit status: 0, or 2 after an error that the user can fix (its message is on stderr).
    """
    args = _parser().parse_args(argv)
    try:
        for extension in args.extensions:
            import_extension(extension)
        return args.run(args)
    except (SmoothNetError, OSError) as error:
        print(f'smoothnet: error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print('smoothnet: stopped; nothing was written.', file=sys.stderr)
        return 130


def smooth_main() -> int:
    """``smoothnet smooth`` as a script of its own (``tools/smooth_results.py``)."""
    return main(['smooth', *sys.argv[1:]])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='smoothnet', description='Make the output of pose estimators steady.')
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    shared = argparse.ArgumentParser(add_help=False)
    add_import_argument(shared)
    _add_smooth(commands.add_parser(
        'smooth', help='smooth a results file', parents=[shared],
        description='Smooth the poses of a results file and write them in the same format.'))
    _add_smooth_many(commands.add_parser(
        'smooth-many', help='smooth many results files', parents=[shared],
        description='Smooth many results files, in parallel. A run that was stopped goes on where '
        'it was; a file that fails does not stop the others.'))
    _add_view(commands.add_parser(
        'view', help='show raw over smoothed poses on a page', parents=[shared],
        description='Write one HTML page that shows raw over smoothed poses: a player, the curves '
        'of every joint, and the report. The page needs no network.'))
    _add_plot(commands.add_parser(
        'plot', help='draw figures of results files or of a benchmark', parents=[shared],
        description='Draw a figure of a results file before and after smoothing, or of the '
        'records of tools/benchmark.py.'))
    listing = commands.add_parser('list', help='list presets, filters and file formats',
                                  parents=[shared])
    listing.set_defaults(run=_list)
    return parser


def _add_smooth(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_smooth)
    parser.add_argument('input', metavar='IN',
                        help="results file or folder, or '-' for standard input")
    parser.add_argument('-o', '--out', metavar='OUT', help='where to write the smoothed results '
                        "(nothing is written without it), or '-' for standard output")
    parser.add_argument('--page', metavar='PAGE', help='write an HTML page that shows raw over '
                        "smoothed poses (see 'smoothnet view')")
    parser.add_argument('--stream', action='store_true',
                        help='smooth JSON lines (a frame a line), CSV or CSV of DeepLabCut frame '
                        'by frame as they come, live, with little memory; needs --out')
    _add_options(parser)


def _add_smooth_many(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_smooth_many)
    parser.add_argument('inputs', metavar='IN', nargs='+',
                        help="results files, folders, or quoted patterns such as 'in/**/*.json'")
    parser.add_argument('-o', '--out', metavar='FOLDER', required=True,
                        help='folder for the smoothed results')
    parser.add_argument('--workers', type=int, metavar='N',
                        help='processes (default: the number of cores)')
    parser.add_argument('--scheduler', metavar='ADDRESS',
                        help='Dask scheduler whose workers do the work, for example '
                        'tcp://10.0.0.1:8786')
    parser.add_argument('--manifest', metavar='FILE',
                        help='record of the finished files (default: FOLDER/manifest.jsonl); what '
                        'it holds is skipped')
    _add_options(parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Options of both commands that smooth files."""
    parser.add_argument('--smoother', default='default', metavar='NAME|CONFIG',
                        help="preset or filter (see 'smoothnet list'), or config file (default: "
                        'default)')
    parser.add_argument('--smoother-options', nargs='+', default=[], metavar='KEY=VALUE',
                        help='arguments of the filter, for example cutoff=4.0')
    parser.add_argument('--strength', type=float, metavar='S',
                        help='how much of the smoothing to apply, from 0 (none) to 1 (all of it, '
                        'the default)')
    parser.add_argument('--lookahead', type=int, metavar='N',
                        help='smooth as live with a delay of N frames (default: whole clip)')
    parser.add_argument('--fps', type=float, metavar='F',
                        help="frames per second, in place of the file's rate or time stamps "
                        '(default: these, else 30)')
    parser.add_argument('--unit', choices=('px', 'm', 'cm', 'mm'),
                        help='unit of the coordinates (default: what the file says, else px in '
                        '2D and m in 3D)')
    parser.add_argument('--image-size', type=int, nargs=2, metavar=('W', 'H'),
                        help='size of the images in pixels, for files of fractions of it '
                        '(MediaPipe, label files) and filters that use it')
    parser.add_argument('--max-gap', type=int, metavar='N',
                        help='longest gap to bridge, in frames (default: 10)')
    parser.add_argument('--kpt-thr', type=float, metavar='S',
                        help='keypoints with a lower score count as missing (default: 0)')
    parser.add_argument('--zeros', choices=('auto', 'missing', 'measured'),
                        help='what coordinates of exactly 0 mean (default: auto, zeros that stand '
                        'for a lost keypoint are recognised)')
    parser.add_argument('--betas', choices=('mean', 'kept'),
                        help='shape of body models: one robust mean for each person (default), or '
                        'kept as it is')
    parser.add_argument('--keep-derived', action='store_true',
                        help='keep vertices and joints that the file holds beside the parameters '
                        'of a body model, though they are those before smoothing')
    parser.add_argument('--device', metavar='D', help='device of learned filters (default: cpu)')
    parser.add_argument('--input-format', metavar='NAME', help='format of IN (default: detected '
                        'by its content)')
    parser.add_argument('--output-format', metavar='NAME', help='format of OUT (default: as IN)')
    parser.add_argument('--columns', nargs='+', metavar='MEANING=NAME',
                        help='columns of a CSV table by meaning, for headers of other names: '
                        'frame=..., track_id=..., timestamp_ms=..., nose.x=..., nose.y=..., '
                        'nose.score=..., or keypoint=..., x=..., y=...')
    parser.add_argument('--read-options', nargs='+', default=[], metavar='KEY=VALUE',
                        help='options of the format of IN (see docs/formats.md), for example '
                        'parts=body')
    parser.add_argument('--track-ids', action='store_true',
                        help='write track ids where the format has room for them')
    parser.add_argument('--provenance', action='store_true',
                        help='write method, parameters and version into OUT')
    parser.add_argument('--spread', action='store_true',
                        help='predict how far the truth may be from each keypoint, and write it '
                        'into the array spread of an npz OUT (smoother default, whole clips)')
    parser.add_argument('--trust', action='store_true',
                        help='read a pickle that may run code; only for files you made yourself')
    parser.add_argument('--quiet', action='store_true', help='no progress bar and no report')


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """Options of :func:`smooth_with_report` that the command line specifies."""
    from .apis.smooth import OPTIONS
    options: dict[str, Any] = dict(max_gap=args.max_gap, keypoint_thr=args.kpt_thr,
                                   device=args.device, strength=args.strength,
                                   zeros=args.zeros, betas=args.betas)
    own = _key_values(args.smoother_options, '--smoother-options')
    reading = _key_values(args.read_options, '--read-options')
    if args.columns:
        reading['columns'] = dict(_pairs(args.columns, '--columns'))
    if args.trust:
        reading['trust'] = True
    taken = sorted(set(own) & {*options, *OPTIONS})
    if taken:
        raise ConfigError(f"--smoother-options: {', '.join(taken)} is no argument of a filter; "
                          "the command has an option of its own for it, see 'smoothnet smooth "
                          "--help'.")
    return dict(
        options, **own, fps=args.fps, unit=args.unit, lookahead=args.lookahead,
        image_size=args.image_size and tuple(args.image_size),
        input_format=args.input_format or ('csv' if args.columns else None),
        output_format=args.output_format, provenance=args.provenance,
        read_options=reading or None,
        write_options={**({'track_ids': True} if args.track_ids else {}),
                       **({'derived': 'keep'} if args.keep_derived else {})} or None,
        **({'return_spread': True} if args.spread else {}))


def _smooth(args: argparse.Namespace) -> int:
    if args.stream:
        return _smooth_stream(args)
    if args.spread and args.output_format != 'npz' and not str(args.out).endswith('.npz'):
        raise ConfigError('--spread is written into npz files; give --out OUT.npz.')
    if args.out == args.page == '-':
        raise ConfigError('--out and --page cannot both be standard output; give one of them a '
                          'file.')
    from .apis.smooth import smooth_with_report
    _, report = smooth_with_report(args.input, args.smoother, args.out, page=args.page,
                                   progress=iter if args.quiet else _progress, **_options(args))
    if not args.quiet:
        # Standard output holds nothing but the poses if they are written there.
        stream = sys.stderr if any(
            path and is_stream(path) for path in (args.out, args.page)) else sys.stdout
        _print_report(report.lines(), stream)
        for path in (args.out, args.page):
            if path:
                print(f'written: {path}', file=stream)
    return 0


def _smooth_stream(args: argparse.Namespace) -> int:
    from .apis.stream import smooth_stream
    if args.out is None:
        raise ConfigError("--stream writes frames as they are finished; give --out FILE, or '-'.")
    idle = [f'--{name.replace("_", "-")}' for name in (
        'page', 'unit', 'betas', 'keep_derived', 'input_format', 'output_format', 'columns',
        'read_options', 'provenance', 'trust', 'spread') if getattr(args, name)]
    if idle:
        raise ConfigError(f"{', '.join(idle)} has no effect with --stream; leave it out.")
    options = {name: value for name, value in _options(args).items() if name not in (
        'unit', 'input_format', 'output_format', 'provenance', 'read_options', 'write_options')}
    count = smooth_stream(args.input, args.out, args.smoother, track_ids=args.track_ids, **options)
    if not args.quiet:
        print(f'frames  {count}', file=sys.stderr)
    return 0


def _add_view(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_view)
    parser.add_argument('raw', metavar='RAW', help='results file, in any format that is read')
    parser.add_argument('smoothed', metavar='SMOOTHED', nargs='?',
                        help='the same after smoothing; without it RAW alone is shown')
    parser.add_argument('-o', '--out', metavar='PAGE', required=True,
                        help="page to write (.html), or '-' for standard output")
    parser.add_argument('--truth', metavar='FILE', help='true keypoints: a third curve, errors')
    parser.add_argument('--video', metavar='FILE',
                        help='source video of 2D keypoints, drawn under them; part of the page up '
                        'to 16 MB, else read from its place')
    parser.add_argument('--image-size', type=int, nargs=2, metavar=('W', 'H'),
                        help='size of the images that the coordinates are from, where the video '
                        'is a scaled one')
    parser.add_argument('--rerun', metavar='FILE',
                        help='also write a recording for the Rerun viewer (.rrd; needs the extra '
                        'rerun)')
    parser.add_argument('--fps', type=float, metavar='F',
                        help='frames per second, where neither files nor video say it')
    parser.add_argument('--skeleton', metavar='NAME',
                        help='names and links of the keypoints, where the files have none, for '
                        'example coco (default: recognised by their geometry)')
    parser.add_argument('--title', metavar='TEXT', default='', help='heading of the page')


def _view(args: argparse.Namespace) -> int:
    from .apis.view import run
    return run(args)


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_plot)
    parser.add_argument('input', metavar='FILE', help='results file, or the .json of a benchmark')
    parser.add_argument('smoothed', metavar='SMOOTHED', nargs='?',
                        help='the results after smoothing')
    parser.add_argument('-o', '--out', metavar='OUT', required=True,
                        help='figure to write (.png, .pdf, .svg)')
    parser.add_argument('--kind', default='acceleration', choices=(
        'trajectory', 'speed', 'acceleration', 'spectrum', 'error', 'lag-accuracy',
        'accuracy-speed'), help='what to draw: coordinates, speed or acceleration over time, the '
        'spectrum, the error per frame and joint (needs --truth), or, of a benchmark, error over '
        'delay and error over frames per second (default: acceleration)')
    parser.add_argument('--truth', metavar='FILE', help='true keypoints, a third curve')
    parser.add_argument('--keypoint', nargs='+', default=[], metavar='NAME',
                        help='names or numbers, a panel each (default: the mean of all; for '
                        'trajectory a wrist)')
    parser.add_argument('--person', metavar='ID', help='track id (default: all; for trajectory '
                        'the longest track)')
    parser.add_argument('--fps', type=float, metavar='F',
                        help='frames per second, where the files do not say it')
    parser.add_argument('--skeleton', metavar='NAME', help='names of the keypoints, where the '
                        'files have none, for example coco')


def _plot(args: argparse.Namespace) -> int:
    from .apis.plots import run
    return run(args)


def _smooth_many(args: argparse.Namespace) -> int:
    from .apis.many import smooth_many
    try:
        count = smooth_many(
            args.inputs, args.out, args.smoother, workers=args.workers or os.cpu_count() or 1,
            scheduler=args.scheduler, manifest=args.manifest,
            progress=_failures if args.quiet else _files_progress, **_options(args))
    except KeyboardInterrupt:
        print('smoothnet: stopped; the same command goes on with the files that are left.',
              file=sys.stderr)
        return 130
    if not args.quiet:
        print(', '.join(f'{number} {status}' for status, number in count.items()))
    return int(count['failed'] > 0)


def _files_progress(rows: Iterable[dict[str, Any]], total: int) -> Iterable[dict[str, Any]]:
    from rich.console import Console
    from rich.progress import track
    return track(_failures(rows, total), total=total, description='files', transient=True,
                 console=Console(stderr=True))


def _failures(rows: Iterable[dict[str, Any]], total: int) -> Iterable[dict[str, Any]]:
    """The rows; failed files are named on standard error."""
    for row in rows:
        if row['status'] == 'failed':
            print(f"smoothnet: failed: {row['input']}: {row['error']}", file=sys.stderr)
        yield row


def _list(args: argparse.Namespace) -> int:
    from . import io
    from .smoothers import filter_names, preset_names
    print('presets: ' + ', '.join(preset_names()))
    print('filters: ' + ', '.join(filter_names()))
    print('formats: ' + ', '.join(io.formats()))
    return 0


def _pairs(pairs: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for pair in pairs:
        key, equals, text = pair.partition('=')
        if not equals or not key:
            raise ConfigError(f'{option}: {pair!r} is not KEY=VALUE.')
        yield key, text


def _key_values(pairs: Iterable[str], option: str) -> dict[str, Any]:
    from mmengine.config import DictAction
    values = {}
    for key, text in _pairs(pairs, option):
        try:
            values[key] = DictAction._parse_iterable(text)
        except Exception as error:  # MMEngine's parser asserts and indexes.
            raise ConfigError(f"{option}: the value of '{key}={text}' cannot be read "
                              f'({error}); expected numbers, text, or lists such as [1,2].'
                              ) from error
    return values


def _progress(items: Any) -> Iterable[Any]:
    from rich.console import Console
    from rich.progress import track
    console = Console(stderr=True)
    return track(items, description='smoothing', console=console, transient=True)


def _print_report(lines: Iterable[tuple[str, str]], stream: TextIO) -> None:
    lines = list(lines)
    width = max(len(label) for label, _ in lines)
    for label, value in lines:
        print(f'{label:<{width}}  {value}', file=stream)


if __name__ == '__main__':
    sys.exit(main())
