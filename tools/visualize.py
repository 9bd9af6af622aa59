"""Draw keypoints before and after smoothing: a video of stick figures, or plots.

    python tools/visualize.py raw.json smoothed.json -o side_by_side.mp4 --fps 30 --skeleton coco
    python tools/visualize.py raw.json smoothed.json -o overlay.mp4 --video clip.mp4 --skeleton coco
    python tools/visualize.py raw.json smoothed.json -o wrist.png --fps 30 --keypoint 9
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from smoothnet_plugin.errors import ConfigError, SmoothNetError
from smoothnet_plugin.io import load
from smoothnet_plugin.structures import skeleton_names
from smoothnet_plugin.visualization import video_info, write_comparison, write_plot
from smoothnet_plugin.visualization.plots import PLOT_SUFFIXES


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw keypoints before and after smoothing: a video of stick figures (.mp4, '
        '.mov, .mkv), or plots of acceleration and spectrum (.png, .pdf, .svg).')
    parser.add_argument('input', type=Path, help='result file, in any format that can be smoothed')
    parser.add_argument('smoothed', type=Path, nargs='?', help='the same file, smoothed')
    parser.add_argument('-o', '--out', type=Path, required=True, help='video or plot to write')
    parser.add_argument('--fps', type=float,
                        help='frames per second, where neither files nor video specify it')
    parser.add_argument('--skeleton', metavar='NAME',
                        help='names and links of the keypoints, where the files have none: '
                        f"{', '.join(skeleton_names())}")
    parser.add_argument('--video', type=Path,
                        help='for videos: the source video of the keypoints, as background')
    parser.add_argument('--truth', type=Path, help='for plots: true keypoints, adds the error')
    parser.add_argument('--keypoint', help='for plots: name or number; default: mean of all')
    return parser.parse_args(argv)


def draw(args: argparse.Namespace) -> None:
    """Write the video or plot that the arguments specify.

    Raises:
        SmoothNetError: A file or an argument cannot be used.
    """
    fps = args.fps
    if fps is None and args.video is not None:
        fps = video_info(args.video)[1]
    options = {'fps': fps, 'skeleton': args.skeleton}
    raw = load(args.input, **options)
    smoothed = None if args.smoothed is None else load(args.smoothed, **options)
    if args.out.suffix.lower() in PLOT_SUFFIXES:
        if args.video is not None:
            raise ConfigError('--video is for videos; the output is a plot.')
        truth = None if args.truth is None else load(args.truth, **options)
        write_plot(args.out, raw, smoothed, truth=truth, keypoint=args.keypoint)
        print(f'wrote {args.out}')
        return
    if args.truth is not None or args.keypoint is not None:
        raise ConfigError('--truth and --keypoint are for plots (.png, .pdf, .svg); the output '
                          f"is '{args.out}'.")
    frames = write_comparison(args.out, raw, smoothed, video=args.video)
    print(f'wrote {args.out} ({frames} frames)')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; returns the exit status."""
    try:
        draw(parse_args(argv))
    except (SmoothNetError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
