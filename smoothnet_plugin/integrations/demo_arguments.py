"""Command-line options that the demos share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..cli.options import refuse_idle
from ..errors import ConfigError
from ..io import save
from ..structures import PoseTracks
from .estimators import Estimator, build_estimator

#: Options that only some of the estimators have.
_OWNERS = {'pose2d_weights': ('mmpose',), 'det_model': ('mmpose',), 'det_weights': ('mmpose',),
           'model': ('mediapipe', 'rtmlib'), 'allow_download': ('mediapipe', 'rtmlib')}


def add_estimator_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose an estimator."""
    group = parser.add_argument_group('estimator')
    group.add_argument('--pose2d', metavar='CONFIG|ALIAS',
                       help="2D model of MMPose: a config file, the name of a config, or an alias "
                       "such as 'human'")
    group.add_argument('--pose2d-weights', metavar='FILE', help='checkpoint of the model')
    group.add_argument('--det-model', metavar='CONFIG|ALIAS',
                       help="detector, or 'whole_image' for none (default: MMPose's detector for "
                       "the model's data set)")
    group.add_argument('--det-weights', metavar='FILE', help='checkpoint of the detector')
    group.add_argument('--estimator', choices=('mediapipe', 'rtmlib'),
                       help='another estimator; each is an extra, such as '
                       '"smoothnet_plugin[mediapipe]"')
    group.add_argument('--model', nargs='+', metavar='FILE',
                       help='model of that estimator: a .task file for MediaPipe, [DETECTOR] POSE '
                       'as ONNX files for rtmlib')
    group.add_argument('--allow-download', action='store_true',
                       help='let rtmlib download its models, or download a model for MediaPipe '
                       'from PyPI if its wheel contains none')
    group.add_argument('--people', type=int, metavar='N', help='maximum number of people per frame '
                       '(default: all; MediaPipe: 1)')
    group.add_argument('--device', metavar='D', help="'cpu', 'cuda' or 'cuda:N' (default: MMPose "
                       'uses a GPU if there is one, the others use the CPU)')


def estimator_of(args: argparse.Namespace) -> Estimator | None:
    """The estimator that the options choose, or None if they choose none.

    Raises:
        ConfigError: Two are chosen, or one cannot be built or lacks an option that is given.
    """
    if args.pose2d and args.estimator:
        raise ConfigError('Use either --pose2d (MMPose) or --estimator, not both.')
    chosen = 'mmpose' if args.pose2d else args.estimator
    if chosen:
        refuse_idle(args, (name for name, owners in _OWNERS.items() if chosen not in owners),
                    f'on {chosen}')
    if args.pose2d:
        return build_estimator('mmpose', model=args.pose2d, weights=args.pose2d_weights,
                               det_model=args.det_model, det_weights=args.det_weights,
                               device=args.device, people=args.people)
    if args.estimator == 'mediapipe':
        if args.model is not None and len(args.model) > 1:
            raise ConfigError('--estimator mediapipe takes one --model FILE.')
        return build_estimator('mediapipe', model=args.model and args.model[0],
                               people=args.people or 1, download=args.allow_download)
    if args.estimator == 'rtmlib':
        return build_estimator('rtmlib', model=args.model, people=args.people,
                               device=args.device or 'cpu', download=args.allow_download)
    return None


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the demos that write drawings and smoothed poses."""
    parser.add_argument('--json', type=Path, metavar='FILE',
                        help='smoothed poses to write (default: the name of the output with .json)')
    parser.add_argument('--poses', type=Path, metavar='FILE',
                        help='use these results of the frames, in any format that can be '
                        'smoothed, instead of an estimator')
    parser.add_argument('--quiet', action='store_true', help='no progress bars and no report')


def source_of(args: argparse.Namespace) -> Estimator | None:
    """The estimator that the options choose, or None where ``--poses`` gives the poses.

    Raises:
        ConfigError: As in :func:`estimator_of`, or there is not exactly one source of poses.
    """
    estimator = estimator_of(args)
    if (estimator is None) == (args.poses is None):
        raise ConfigError('Give one source of poses: --estimator mediapipe, --estimator rtmlib, '
                          '--pose2d CONFIG, or --poses FILE.')
    return estimator


def add_smoother_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose a smoother."""
    group = parser.add_argument_group('smoother')
    group.add_argument('--smoother', metavar='NAME|CONFIG',
                       help="preset or filter ('smoothnet list' prints them), or config file "
                       '(default: that of the MMPose config, else default)')
    group.add_argument('--strength', type=float, default=1.0, metavar='S',
                       help='how much of the smoothing to apply, from 0 to 1 (default: 1)')
    group.add_argument('--kpt-thr', type=float, metavar='S',
                       help='keypoints with a lower score count as missing (default: 0)')


def smoother_of(args: argparse.Namespace, estimator: Any) -> Any:
    """The smoother that the options choose, else that of an MMPose config, else ``'default'``."""
    return args.smoother or getattr(estimator, 'smoother', 'default')


def smooth_and_save(args: argparse.Namespace, tracks: PoseTracks, estimator: Any, path: Path,
                    lookahead: int | None = None) -> PoseTracks:
    """Smooth poses, write them, and print what changed unless ``--quiet`` is given.

    Args:
        args: The options.
        tracks: The poses.
        estimator: What estimated them, or None.
        path: File to write.
        lookahead: See :func:`~smoothnet_plugin.apis.smooth.smooth_with_report`. Defaults to None.

    Returns:
        The smoothed poses.
    """
    from ..apis.smooth import smooth_with_report
    smoothed, report = smooth_with_report(
        tracks, smoother_of(args, estimator), lookahead=lookahead, strength=args.strength,
        keypoint_thr=args.kpt_thr)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, smoothed)
    if not args.quiet:
        print(report)
        print(f'written: {path}')
    return smoothed


def add_drawing_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the drawing."""
    group = parser.add_argument_group('drawing')
    group.add_argument('--layout', choices=('side', 'over'), default='side',
                       help='raw and smoothed side by side, or one over the other (default: side)')
    group.add_argument('--no-zoom', action='store_true',
                       help='show whole frames instead of the part with the people')
    group.add_argument('--trail', type=float, default=0.5, metavar='S',
                       help='length of the trails of wrists and ankles in seconds, 0 for none '
                       '(default: 0.5)')
    group.add_argument('--no-curves', action='store_true',
                       help='leave out the curves of acceleration')
    group.add_argument('--height', type=int, default=720, metavar='PX',
                       help='maximum height of a frame (default: 720)')


def style_of(args: argparse.Namespace) -> Any:
    """The :class:`~smoothnet_plugin.visualization.footage.FootageStyle` of the options."""
    from ..visualization.footage import FootageStyle
    return FootageStyle(args.layout, not args.no_zoom, args.trail, not args.no_curves, args.height)
