#!/usr/bin/env python
r"""Convert motion capture to an npz file of joint rotations.

    python tools/dataset_converters/mocap_rotations_to_npz.py FOLDER -o cmu_bvh_rotations.npz \
        --format bvh --metres-per-unit 0.056444 --skip-frames 1
    python tools/dataset_converters/mocap_rotations_to_npz.py FOLDER -o cmu_amc_rotations.npz \
        --format amc --metres-per-unit 0.056444

``bvh`` reads BVH files of one skeleton, ``amc`` CMU's ``NN_MM.amc`` with their ``NN.asf``. The
npz file contains ``rotations`` (N, J, 4), quaternions (x, y, z, w) of each joint relative to its
parent, all takes concatenated, ``parents`` (J,), ``offsets`` (S, J, 3), the position of each
joint in its parent's axes in metres, ``lengths`` (S,), ``names``, ``joints`` and ``fps``. Files of
the same name in several folders count once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asf_amc
import numpy as np
from bvh_to_npz import read_bvh
from takes import find_files, frame_step, motion_parser, write_npz

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io.bvh_text import joint_rotations
from smoothnet_plugin.processing.rotations import from_rotmat
from smoothnet_plugin.utils.command import run_command
from smoothnet_plugin.utils.files import check_output_path


@dataclass
class RotationTake:
    """One recording.

    Attributes:
        name: Its name in the npz file.
        joints: Names of the J joints.
        parents: Index of each joint's parent, -1 for the root.
        rotations: Relative to the parent, shape (T, J, 3, 3).
        offsets: Place of each joint in its parent's axes, shape (J, 3), metres.
        fps: Frames per second.
    """

    name: str
    joints: list[str]
    parents: list[int]
    rotations: np.ndarray
    offsets: np.ndarray
    fps: float


def read_bvh_take(path: Path, metres_per_unit: float) -> RotationTake:
    """Read a BVH file.

    Args:
        path: The file.
        metres_per_unit: Length of the file's unit in metres.

    Raises:
        DataFormatError: The file cannot be read.
    """
    motion = read_bvh(path)
    return RotationTake(
        path.stem, [joint.name for joint in motion.joints],
        [joint.parent for joint in motion.joints], joint_rotations(motion),
        np.array([joint.offset for joint in motion.joints]) * metres_per_unit, motion.fps)


def read_amc_take(path: Path, fps: float = 120.0) -> RotationTake:
    """Read an AMC file with the skeleton in its folder; its lengths are in metres.

    Args:
        path: The file.
        fps: Its frames per second, which the format does not hold. Defaults to 120.

    Raises:
        DataFormatError: The file or its skeleton cannot be read.
    """
    skeleton = asf_amc.read_asf(asf_amc.skeleton_file(path))
    turned = asf_amc.bone_rotations(skeleton, asf_amc.read_amc(path, skeleton))
    bones = list(skeleton.bones.values())
    # A bone's joint is where its parent ends.
    offsets = [bones[bone.parent].end if bone.parent >= 0 else np.zeros(3) for bone in bones]
    rotations = np.stack([
        (turned[bone.parent].inv() * own if bone.parent >= 0 else own).as_matrix()
        for bone, own in zip(bones, turned)], axis=1)
    return RotationTake(path.stem, list(skeleton.bones), [bone.parent for bone in bones],
                        rotations, np.array(offsets), fps)


def collect(takes: Iterable[RotationTake], fps: float, skip_frames: int = 0
            ) -> dict[str, np.ndarray]:
    """Collect takes of one skeleton.

    Args:
        takes: The takes, one at least.
        fps: Frames per second to keep, which must divide those of the takes.
        skip_frames: Frames to leave out at the start of each take. Defaults to 0.

    Returns:
        The members of the npz file by name.

    Raises:
        DataFormatError: A take has other joints than the first, or its rate does not fit.
    """
    first: RotationTake | None = None
    rotations, offsets, names = [], [], []
    for take in takes:
        first = first or take
        if take.joints != first.joints or take.parents != first.parents:
            raise DataFormatError(f"'{take.name}' has other joints than '{first.name}'; convert "
                                  'files of different skeletons to different npz files.')
        kept = take.rotations[skip_frames::frame_step(take.name, take.fps, fps)]
        rotations.append(from_rotmat(kept.reshape(*kept.shape[:2], 9), 'quaternion'))
        offsets.append(take.offsets)
        names.append(take.name)
    if first is None:
        raise DataFormatError('There are no takes to convert.')
    return {
        'rotations': np.concatenate(rotations).astype(np.float32),
        'offsets': np.array(offsets, dtype=np.float32),
        'parents': np.array(first.parents, dtype=np.int64),
        'lengths': np.array([len(one) for one in rotations], dtype=np.int64),
        'names': np.array(names),
        'joints': np.array(first.joints),
        'fps': np.array(float(fps)),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.
    """
    parser = motion_parser(__doc__)
    parser.add_argument('--metres-per-unit', type=float, default=0.0254 / 0.45,
                        help="length of the unit of BVH files in metres. Defaults to CMU's, "
                        '0.056444; the skeletons of AMC files state their own')
    parser.add_argument('--skip-frames', type=int, default=0, metavar='N',
                        help='frames to leave out at the start of each file: 1 for releases of '
                        'the CMU database that begin with a T-pose. Defaults to 0')
    args = parser.parse_args(argv)
    check_output_path(args.output)
    paths = {path.stem: path for path in find_files(args.inputs, f'.{args.format}')}
    takes = (read_bvh_take(path, args.metres_per_unit) if args.format == 'bvh'
             else read_amc_take(path, args.amc_fps) for _, path in sorted(paths.items()))
    write_npz(args.output, collect(takes, args.fps, max(args.skip_frames, 0)), 'rotations')


if __name__ == '__main__':
    sys.exit(run_command(main))
