#!/usr/bin/env python
"""Convert the CMU Graphics Lab Motion Capture Database to npz files that MocapDataset reads.

    python tools/dataset_converters/cmu_to_npz.py FOLDER -o cmu_amc_60hz.npz --format amc
    python tools/dataset_converters/cmu_to_npz.py FOLDER -o cmu_bvh_60hz.npz --format bvh

``amc`` reads the database's own files, ``NN_MM.amc`` with the skeleton ``NN.asf`` beside them;
``bvh`` reads a BVH conversion in the same unit whose takes begin with a T-pose. Both keep 60
frames per second, name takes ``amc_NN_MM`` or ``bvh_NN_MM``, and put the mean of the joints of a
take's first frame at the origin. ``--takes tools/dataset_converters/cmu_takes.txt`` keeps the takes
of the files that this project's weights are trained on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import asf_amc
import bvh_to_npz
from takes import Take, collect, find_files, motion_parser, write_npz

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.command import run_command
from smoothnet_plugin.utils.files import check_output_path

#: The database's unit is an inch over 0.45.
METRES_PER_UNIT = 0.0254 / 0.45


def read_amc_take(path: Path, fps: float = 120.0) -> Take:
    """Read an AMC file as a take, with the skeleton beside it.

    Args:
        path: The file, ``NN_MM.amc``.
        fps: Its frames per second, which the format does not hold. Defaults to 120.

    Returns:
        The take.

    Raises:
        DataFormatError: The file or its skeleton cannot be read.
    """
    skeleton = asf_amc.read_asf(asf_amc.skeleton_file(path))
    positions = asf_amc.joint_positions(skeleton, asf_amc.read_amc(path, skeleton))
    return Take(path.stem, list(skeleton.bones), positions, fps)


def centred(take: Take, name: str, skip_frames: int) -> Take:
    """A take under another name, from some frame on, with that frame's mean at the origin.

    Raises:
        DataFormatError: The take has no frames left.
    """
    positions = take.positions[skip_frames:]
    if not len(positions):
        raise DataFormatError(f"'{take.name}' has {len(take.positions)} frames, and "
                              f'{skip_frames} are to be skipped.')
    return Take(name, take.joints, positions - positions[0].mean(axis=0), take.fps)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.
    """
    parser = motion_parser(__doc__)
    parser.add_argument('--takes', type=Path, metavar='FILE',
                        help='names of the takes to keep, one a line. Defaults to all')
    parser.add_argument('--skip-frames', type=int, metavar='N',
                        help='frames to leave out at the start of each take. Defaults to 1 for '
                        'bvh, the T-pose, and 0 for amc')
    args = parser.parse_args(argv)
    is_bvh = args.format == 'bvh'
    skip = int(is_bvh) if args.skip_frames is None else max(args.skip_frames, 0)
    check_output_path(args.output)
    paths = {f'{args.format}_{path.stem}': path
             for path in sorted(find_files(args.inputs, f'.{args.format}'),
                                key=lambda path: path.stem)}
    if args.takes is not None:
        wanted = args.takes.read_text(encoding='utf-8').split()
        paths = {name: path for name, path in paths.items() if name in wanted}
        if not paths:
            raise DataFormatError(f"None of the files is a take of '{args.takes}'.")
    takes = (centred(bvh_to_npz.read_take(path, METRES_PER_UNIT) if is_bvh
                     else read_amc_take(path, args.amc_fps), name, skip)
             for name, path in paths.items())
    write_npz(args.output, collect(takes, args.fps), 'positions')


if __name__ == '__main__':
    sys.exit(run_command(main))
