#!/usr/bin/env python
r"""Convert BVH motion capture to the npz file that MocapDataset reads.

    python tools/dataset_converters/bvh_to_npz.py FILE_OR_FOLDER ... -o mocap.npz \
        --metres-per-unit 0.056444 [--fps 60] [--skip-frames 1]

The npz holds ``positions`` (N, K, 3) in metres (float32, all clips concatenated),
``lengths``, ``names``, ``joints`` and ``fps``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from takes import Take, collect, converter_parser, find_files, write_npz

from smoothnet_plugin.io import InputFile
from smoothnet_plugin.io.bvh_text import BvhMotion, joint_positions, parse_bvh
from smoothnet_plugin.utils.command import run_command
from smoothnet_plugin.utils.files import check_output_path


def read_bvh(path: Path) -> BvhMotion:
    """Read a BVH file.

    Args:
        path: The file.

    Returns:
        The motion.

    Raises:
        DataFormatError: The file is missing or no BVH.
    """
    return parse_bvh(InputFile(path).content.decode('latin1'), path)


def read_take(path: Path, metres_per_unit: float) -> Take:
    """Read a BVH file as a take, named after the file.

    Args:
        path: The file.
        metres_per_unit: Length of the file's unit in metres.

    Returns:
        The take.

    Raises:
        DataFormatError: The file cannot be read.
    """
    motion = read_bvh(path)
    return Take(path.stem, [joint.name for joint in motion.joints],
                joint_positions(motion) * metres_per_unit, motion.fps)


def convert(paths: Sequence[Path], metres_per_unit: float, fps: float | None = None,
            skip_frames: int = 0) -> dict[str, np.ndarray]:
    """Convert files to the members of an npz.

    Args:
        paths: The BVH files; all must have the same joints.
        metres_per_unit: Length of the files' unit in metres.
        fps: Frames per second to keep, which must divide the files'. Defaults to None, all.
        skip_frames: Frames to leave out at the start of each file. Defaults to 0.

    Returns:
        The members by name.

    Raises:
        DataFormatError: A file cannot be read, has other joints, or its rate does not fit.
    """
    return collect((read_take(path, metres_per_unit) for path in paths), fps, skip_frames)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.
    """
    parser = converter_parser(__doc__)
    parser.add_argument('--metres-per-unit', type=float, required=True,
                        help="length of the files' unit in metres, for example 0.01 for "
                        'centimetres')
    parser.add_argument('--fps', type=float, help='frames per second to keep. Defaults to all')
    parser.add_argument('--skip-frames', type=int, default=0, metavar='N',
                        help='frames to leave out at the start of each file: 1 for releases of '
                        'the CMU database that begin with a T-pose. Defaults to 0')
    args = parser.parse_args(argv)
    check_output_path(args.output)
    content = convert(find_files(args.inputs, '.bvh'), args.metres_per_unit, args.fps,
                      max(args.skip_frames, 0))
    write_npz(args.output, content, 'positions')


if __name__ == '__main__':
    sys.exit(run_command(main))
