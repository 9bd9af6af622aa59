"""Estimate the poses of a video, smooth them, and draw raw and smoothed poses on its frames.

    python demo/video_demo.py clip.mp4 --estimator mediapipe
    python demo/video_demo.py clip.mp4 --pose2d human                      # MMPose
    python demo/video_demo.py clip.mp4 --estimator rtmlib --model det.onnx pose.onnx
    python demo/video_demo.py clip.mp4 --poses results.json                # results of any program

Ctrl-C stops the estimation early: the poses so far are smoothed, drawn and written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from smoothnet_plugin import load
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.integrations.clips import EstimatedClip, estimate_clip, mean_rate, on_clock
from smoothnet_plugin.integrations.demo_arguments import (
    add_drawing_arguments,
    add_estimator_arguments,
    add_file_arguments,
    add_smoother_arguments,
    smooth_and_save,
    source_of,
    style_of,
)
from smoothnet_plugin.integrations.estimators import Estimator
from smoothnet_plugin.io.base import frame_base
from smoothnet_plugin.structures import skeleton_names
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.progress import progress_bar
from smoothnet_plugin.visualization.footage import draw_footage
from smoothnet_plugin.visualization.timed_video import write_timed
from smoothnet_plugin.visualization.video import (
    check_video_path,
    frame_times,
    read_timed,
    video_info,
)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('video', type=Path, help='video to read')
    parser.add_argument('-o', '--out', type=Path, metavar='VIDEO', help='video to write (default: '
                        'outputs/NAME_smoothed.mp4)')
    parser.add_argument('--lookahead', type=int, metavar='N',
                        help='smooth as in live use, with a delay of N frames (default: whole '
                        'clip)')
    add_file_arguments(parser)
    add_estimator_arguments(parser)
    group = parser.add_argument_group('poses of a file')
    group.add_argument('--poses-size', type=int, nargs=2, metavar=('W', 'H'),
                       help='image size in pixels that the results refer to, if it is not that of '
                       'the video')
    group.add_argument('--skeleton', metavar='NAME', help='names of the keypoints, if the '
                       f"file has none: {', '.join(skeleton_names())}")
    add_smoother_arguments(parser)
    add_drawing_arguments(parser)
    return parser.parse_args(argv)


def poses_of_file(args: argparse.Namespace) -> EstimatedClip:
    """The poses of ``--poses`` with the times of the video.

    Raises:
        DataFormatError: The results are of a longer video.
    """
    times = frame_times(args.video)
    tracks = load(args.poses, fps=mean_rate(times), skeleton=args.skeleton)
    last = int(tracks.frame_ids[-1]) - frame_base(tracks) if tracks.num_frames else 0
    if last >= len(times):
        raise DataFormatError(f"'{args.poses}' has poses of frame {last}, but '{args.video}' "
                              f'has {len(times)} frames; specify the video of the results.')
    rows = tracks.frame_ids - frame_base(tracks)
    return EstimatedClip(on_clock(tracks, times[rows]), times)


def estimated(args: argparse.Namespace, estimator: Estimator) -> EstimatedClip:
    """The poses by the estimator."""
    count = len(frame_times(args.video))
    pictures = progress_bar(read_timed(args.video), 'estimating', count, args.quiet)
    with closing(estimator):
        return estimate_clip(pictures, estimator)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo."""
    args = parse_args(argv)
    out = check_video_path(args.out or Path('outputs') / f'{args.video.stem}_smoothed.mp4')
    json_file = args.json or out.with_suffix('.json')
    style = style_of(args)
    video_info(args.video)  # not a video: say so before the estimator runs
    estimator = source_of(args)
    clip = poses_of_file(args) if estimator is None else estimated(args, estimator)
    if clip.interrupted and not args.quiet:
        print(f'stopped after {len(clip.times)} frames; these are smoothed and drawn.',
              file=sys.stderr)
    smoothed = smooth_and_save(args, clip.tracks, estimator, json_file, args.lookahead)
    pose_size = args.poses_size and (args.poses_size[0], args.poses_size[1])
    raw, drawn = (tracks.replace(image_size=pose_size or tracks.image_size)
                  for tracks in (clip.tracks, smoothed))
    pictures = draw_footage(raw, drawn, args.video, np.asarray(clip.times), style)
    count = write_timed(out, progress_bar(pictures, 'drawing', len(clip.times), args.quiet),
                        sound=args.video)
    if not args.quiet:
        print(f'written: {out} ({count} frames)')


if __name__ == '__main__':
    sys.exit(run_command(main))
