"""``smoothnet view`` and ``smoothnet plot``: a page, and figures."""

from __future__ import annotations

import argparse


def add_view_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``smoothnet view``."""
    parser.set_defaults(run=_view)
    parser.add_argument('raw', metavar='RAW', help='results file in any supported format')
    _add_files(parser)
    parser.add_argument('-o', '--out', metavar='PAGE', required=True,
                        help="page to write (.html), or '-' for standard output")
    parser.add_argument('--video', metavar='FILE',
                        help='source video, shown under 2D keypoints; embedded in the page up to '
                        '16 MB, else linked')
    parser.add_argument('--image-size', type=int, nargs=2, metavar=('W', 'H'),
                        help='image size that the coordinates refer to, if the video has been '
                        'rescaled')
    parser.add_argument('--rerun', metavar='FILE',
                        help='also write a recording for the Rerun viewer (.rrd; needs the extra '
                        'rerun)')
    parser.add_argument('--title', metavar='TEXT', default='', help='heading of the page')


def _view(args: argparse.Namespace) -> int:
    from ..apis.view import run
    return run(args)


def add_plot_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``smoothnet plot``."""
    parser.set_defaults(run=_plot)
    parser.add_argument('input', metavar='FILE', help='results file, or JSON file of a benchmark')
    _add_files(parser)
    parser.add_argument('-o', '--out', metavar='OUT', required=True,
                        help='figure to write (.png, .pdf, .svg)')
    parser.add_argument('--kind', default='acceleration', choices=(
        'trajectory', 'speed', 'acceleration', 'spectrum', 'error', 'lag-accuracy',
        'accuracy-speed'), help='what to plot: coordinates, speed or acceleration over time, the '
        'spectrum, the error per frame and joint (needs --truth), or, for a benchmark, error '
        'against delay and error against frames per second (default: acceleration)')
    parser.add_argument('--keypoint', nargs='+', default=[], metavar='NAME',
                        help='keypoint names or indices, one panel each (default: the mean of '
                        'all keypoints; for trajectory, a wrist)')
    parser.add_argument('--person', metavar='ID', help='track id (default: all; for trajectory, '
                        'the longest track)')


def _plot(args: argparse.Namespace) -> int:
    from ..apis.plots import run
    return run(args)


def _add_files(parser: argparse.ArgumentParser) -> None:
    """Add the other results files, and what they may lack."""
    parser.add_argument('smoothed', metavar='SMOOTHED', nargs='?',
                        help='the same results after smoothing (default: only the raw ones)')
    parser.add_argument('--truth', metavar='FILE',
                        help='ground truth, for a third curve and for the errors')
    parser.add_argument('--fps', type=float, metavar='F',
                        help='frames per second, if neither the files nor a video specify it')
    parser.add_argument('--skeleton', metavar='NAME',
                        help='keypoint names and links, for example coco, if the files have none '
                        '(default: detected from the geometry)')
