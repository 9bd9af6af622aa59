"""The command: clips by their seeds, with a progress bar."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils.command import command_parser
from smoothnet_plugin.utils.extensions import add_import_argument, import_extension
from smoothnet_plugin.utils.progress import progress_bar

from . import onnx_pose  # noqa: F401  registers an estimator
from .bodies import capsule_bodies, load_bodies
from .clips import Recipe, clip_path, make_clip
from .estimators import ESTIMATORS, build_estimators
from .motion import find_motion

_DESCRIPTION = """Render clips of a body with exact ground truth, and run pose estimators on them.

    python tools/synthetic_video clips --clips 2 --estimator mediapipe
    python tools/synthetic_video clips --motion CMU --bodies bodies.npz --clips 100 --seed 1000 \\
        --estimator mediapipe --estimator rtmpose=onnx,model=rtmpose-m.onnx

A clip is determined by its seed and the other arguments. Clips whose file exists are skipped, so an
interrupted run (Ctrl-C) continues with the same command, and several processes with different seeds
share the work. README.md in this folder describes the files and how to add an estimator."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(_DESCRIPTION, prog='python tools/synthetic_video')
    parser.add_argument('folder', type=Path, help='folder of the clips, one npz file each')
    parser.add_argument('--clips', type=int, default=10, metavar='N',
                        help='number of clips (default: 10)')
    parser.add_argument('--seed', type=int, default=0, metavar='S',
                        help='seed of the first clip; the others follow (default: 0)')
    parser.add_argument('--motion', type=Path, nargs='+', metavar='PATH', default=[],
                        help='AMC or BVH files with the bones of the CMU database, or folders of '
                        'them (default: a synthetic walk)')
    parser.add_argument('--bodies', type=Path, metavar='FILE', help='bodies of make_bodies.py '
                        '(default: bodies of capsules)')
    parser.add_argument('--estimator', action='append', default=[], dest='estimators',
                        metavar='[NAME=]TYPE[,KEY=VALUE]', help='estimator, its name in the files '
                        'and its options; may be repeated. Types: '
                        + ', '.join(ESTIMATORS.module_dict))
    parser.add_argument('--frames', type=int, default=200, metavar='N',
                        help='frames per clip (default: 200)')
    parser.add_argument('--size', type=int, nargs=2, metavar=('W', 'H'),
                        help='size of the frames (default: a random one of four)')
    parser.add_argument('--video', action='store_true',
                        help='also write the video, as SEED.mp4')
    parser.add_argument('--quiet', action='store_true', help='no progress bar')
    add_import_argument(parser)
    args = parser.parse_args(argv)
    if args.clips < 1 or args.frames < 2 or args.seed < 0 or min(args.size or [16]) < 16:
        raise ConfigError('Expected --clips from 1, --frames from 2, --seed from 0 and --size from '
                          '16 pixels.')
    return args


def main(argv: Sequence[str] | None = None) -> None:
    """Make the clips.

    Raises:
        SmoothNetError: An argument, a file or an estimator cannot be used.
    """
    args = parse_args(argv)
    for extension in args.extensions:
        import_extension(extension)
    recipe = Recipe(find_motion(args.motion) if args.motion else [],
                    load_bodies(args.bodies) if args.bodies else capsule_bodies(),
                    args.frames, tuple(args.size) if args.size else None)
    seeds = [seed for seed in range(args.seed, args.seed + args.clips)
             if not clip_path(args.folder, seed).exists()]
    if len(seeds) < args.clips and not args.quiet:
        print(f'{args.clips - len(seeds)} clips exist and are skipped.')
    estimators = build_estimators(args.estimators) if seeds else {}
    try:
        for seed in progress_bar(seeds, 'clips', len(seeds), args.quiet):
            make_clip(seed, recipe, estimators, args.folder, args.video)
    finally:
        for estimator in estimators.values():
            estimator.close()
