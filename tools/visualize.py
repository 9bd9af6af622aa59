r"""Draw poses before and after smoothing: figures with running curves, one image, or plots.

Examples:
    Results files as a video; on the source video, --crop follows the people::

        python tools/visualize.py raw.json smoothed.json -o side_by_side.mp4 --fps 30
        python tools/visualize.py raw.json smoothed.json -o overlay.mp4 --video clip.mp4 --crop

    One sequence of a data set: input, output and truth, as a video and as one image::

        python tools/visualize.py CONFIG --sequence ID -o sequence.mp4 --smoother default
        python tools/visualize.py CONFIG --sequence ID -o sequence.png --sheet --checkpoint WEIGHTS
        python tools/visualize.py predictions.pkl --sequence 3 -o sequence.mp4

    SMPL, SMPL-H, SMPL-X as skeletons, or as meshes with your own model file::

        python tools/visualize.py vibe_output.pkl vibe_smooth.pkl -o bodies.mp4 --fps 30
        python tools/visualize.py vibe_output.pkl vibe_smooth.pkl -o bodies.mp4 --fps 30 \
            --body-model SMPL_NEUTRAL.pkl

    Plots of acceleration and spectrum::

        python tools/visualize.py raw.json smoothed.json -o wrist.png --fps 30 --keypoint 9
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import DictAction

from smoothnet_plugin.errors import ConfigError, check_known
from smoothnet_plugin.io import load
from smoothnet_plugin.structures import PoseTracks, skeleton_names
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.config_file import split_variant
from smoothnet_plugin.visualization import (
    View,
    video_info,
    write_comparison,
    write_plot,
    write_sheet,
)
from smoothnet_plugin.visualization.anatomy import known_skeletons
from smoothnet_plugin.visualization.pairing import named_panels
from smoothnet_plugin.visualization.plots import PLOT_SUFFIXES, frame_rate
from smoothnet_plugin.visualization.posed import with_joints

#: Degrees per second at which the camera circles 3D poses.
TURN = 24.0


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = command_parser(__doc__)
    parser.add_argument('input', type=Path, help='results file in any format that can be smoothed, '
                        'config of a data set (.py, .py@VARIANT), or dump of tools/test.py (.pkl)')
    parser.add_argument('smoothed', type=Path, nargs='?', help='the same results file, smoothed')
    parser.add_argument('-o', '--out', type=Path, required=True,
                        help='video (.mp4, .mov, .mkv), image (with --sheet), or plot to write '
                        '(.png, .pdf, .svg)')
    parser.add_argument('--sequence', metavar='ID',
                        help='for configs and dumps: name or number of the sequence (default: the '
                        'first)')
    parser.add_argument('--smoother', metavar='NAME',
                        help='for configs: preset or filter of the output (default: default)')
    parser.add_argument('--checkpoint', metavar='WEIGHTS',
                        help='for configs: weights of their model, instead of a smoother')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='for configs: settings to override, such as data_root=PATH/')
    parser.add_argument('--people', nargs='+', metavar='ID', help='draw only these people')
    parser.add_argument('--fps', type=float,
                        help='frames per second, if neither files nor video specify it')
    parser.add_argument('--skeleton', metavar='NAME',
                        help='names and links of the keypoints, if the files have none and they '
                        f"are not recognised: {', '.join(skeleton_names())}")
    parser.add_argument('--body-model', type=Path, metavar='FILE',
                        help='SMPL, SMPL-H or SMPL-X file (.pkl, .npz): draws rotations as meshes '
                        '(needs smoothnet_plugin[smpl])')
    parser.add_argument('--video', type=Path,
                        help='the source video of 2D keypoints, as background')
    parser.add_argument('--image-size', type=int, nargs=2, metavar=('W', 'H'),
                        help='image size that the coordinates refer to, if --video is a scaled '
                             'copy')
    parser.add_argument('--crop', action='store_true',
                        help='follow the people, so that they fill the panels')
    parser.add_argument('--turn', type=float, metavar='DEGREES',
                        help='degrees per second by which the camera circles 3D poses '
                        f'(default: {TURN:g}, and 0 in an image)')
    parser.add_argument('--no-curves', dest='curves', action='store_false',
                        help='leave out the curves of error and acceleration')
    parser.add_argument('--sheet', type=int, nargs='?', const=6, metavar='COUNT',
                        help='one image with COUNT frames (default: 6) above the curves')
    parser.add_argument('--truth', type=Path, help='ground truth; adds a panel and the error')
    parser.add_argument('--keypoint',
                        help='for plots: name or number of a keypoint (default: mean of all)')
    return parser.parse_args(argv)


def panels_of(args: argparse.Namespace) -> dict[str, PoseTracks]:
    """Input, output and truth, by the titles of their panels.

    Raises:
        SmoothNetError: A file or an argument cannot be used.
    """
    suffix = split_variant(args.input)[0].suffix
    if suffix in ('.py', '.pkl', '.pickle') and args.smoothed is None:
        panels = sequence_panels(args)
    else:
        panels = file_panels(args)
    if args.people is not None:
        known = [str(key) for clip in panels.values() for key, _ in clip]
        for name in args.people:
            check_known('There is no person', name, known)
        panels = {title: clip.replace(tracks={
            key: sequence for key, sequence in clip if str(key) in args.people})
            for title, clip in panels.items()}
    if args.image_size is not None:
        panels = {title: clip.replace(image_size=tuple(args.image_size))
                  for title, clip in panels.items()}
    return panels


def file_panels(args: argparse.Namespace) -> dict[str, PoseTracks]:
    """The tracks of results files."""
    for option in ('sequence', 'smoother', 'checkpoint', 'cfg_options'):
        if getattr(args, option) is not None:
            raise ConfigError(f"--{option.replace('_', '-')} is for configs"
                              f"{' and dumps' if option == 'sequence' else ''}; the input is a "
                              'results file.')
    fps = args.fps
    if fps is None and args.video is not None:
        fps = video_info(args.video)[1]
    return {title: load(file, fps=fps, skeleton=args.skeleton)
            for title, file in named_panels(args.input, args.smoothed, args.truth).items()}


def sequence_panels(args: argparse.Namespace) -> dict[str, PoseTracks]:
    """The tracks of a sequence of a data set or of a dump."""
    from smoothnet_plugin.benchmark import NetworkEntry, data_of_config, data_of_dump
    from smoothnet_plugin.benchmark.batch import smooth_clips
    from smoothnet_plugin.benchmark.networks import refine_clips
    from smoothnet_plugin.smoothers.build import build_smoother
    from smoothnet_plugin.visualization.clip_tracks import chosen_sequence, tracks_of_clip
    if args.truth is not None:
        raise ConfigError('--truth is for results files; data sets have their own.')
    config = split_variant(args.input)[0].suffix == '.py'
    data = (data_of_config(str(args.input), args.cfg_options) if config
            else data_of_dump(str(args.input)))
    index = chosen_sequence(data.clips, args.sequence)
    clip = data.clips[index]
    if not config:
        if args.smoother or args.checkpoint or args.cfg_options:
            raise ConfigError('--smoother, --checkpoint and --cfg-options are for configs; a dump '
                              'has its output.')
        refined = data.outputs['dumped'][index]
    elif args.checkpoint is not None:
        # Bare weights name their network; those of a training belong to the network of the config.
        bare = args.checkpoint.endswith('.safetensors')
        entry = NetworkEntry(args.checkpoint, None if bare else str(args.input))
        [refined] = refine_clips(entry, [clip], None)
    else:
        [refined] = smooth_clips(build_smoother(args.smoother or 'default'), [clip], None)
    panels = tracks_of_clip(clip, refined, data.root_align)
    if args.fps is not None:
        panels = {title: one.replace(fps=args.fps) for title, one in panels.items()}
    print(f'sequence {clip.name}, number {index} of {len(data.clips)}')
    return panels


def main(argv: Sequence[str] | None = None) -> None:
    """Write the video, picture or plot that the arguments specify.

    Args:
        argv: Arguments. Defaults to None, those of the process.

    Raises:
        SmoothNetError: A file or an argument cannot be used.
    """
    args = parse_args(argv)
    plot = args.out.suffix.lower() in PLOT_SUFFIXES and args.sheet is None
    if plot and args.video is not None:
        raise ConfigError('--video is for videos; the output is a plot.')
    if plot and args.body_model is not None:
        raise ConfigError('--body-model is for videos and --sheet; the output is a plot.')
    if not plot and args.keypoint is not None:
        raise ConfigError('--keypoint is for plots (.png, .pdf, .svg); the output is '
                          f"'{args.out}'.")
    panels = panels_of(args)
    if plot:
        write_plot(args.out, panels['raw'], panels.get('smoothed'), truth=panels.get('truth'),
                   keypoint=args.keypoint)
        print(f'wrote {args.out}')
        return
    body = None
    if args.body_model is not None:
        from smoothnet_plugin.evaluation.body_model import BodyModel
        body = BodyModel(args.body_model)
    shown = with_joints(panels['raw'], body)
    for key, skeleton in known_skeletons(shown).items():
        if skeleton is None:
            print(f'The skeleton of person {key} is unknown: points without lines. Name one with '
                  '--skeleton.')
            break
    deep = any(sequence.representation == 'keypoints_3d' for _, sequence in shown)
    turn = args.turn if args.turn is not None else TURN * (deep and args.sheet is None)
    view = View(follow=args.crop, turn=turn, curves=args.curves, body=body)
    if args.sheet is not None:
        chosen = write_sheet(args.out, panels, frame_rate(panels, args.video), count=args.sheet,
                             video=args.video, view=view)
        print(f'wrote {args.out} (frames {", ".join(map(str, chosen))})')
        return
    frames = write_comparison(args.out, panels['raw'], panels.get('smoothed'),
                              truth=panels.get('truth'), video=args.video, view=view)
    print(f'wrote {args.out} ({frames} frames)')


if __name__ == '__main__':
    sys.exit(run_command(main))
