#!/usr/bin/env python
"""Convert BVH motion capture to the npz file that MocapDataset reads.

    python tools/dataset_converters/bvh_to_npz.py FILE_OR_FOLDER ... -o mocap.npz \
        --metres-per-unit 0.056444 [--fps 60] [--skip-frames 1]

The npz holds ``positions`` (N, K, 3) in metres (float32, all clips one after the other),
``lengths``, ``names``, ``joints`` and ``fps``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import DataFormatError, SmoothNetError
from smoothnet_plugin.utils.files import atomic_write, check_output_path


@dataclass
class Joint:
    """A joint of a BVH hierarchy.

    Attributes:
        name: Name in the file.
        parent: Index of the parent joint, -1 for the root.
        offset: Place relative to the parent, shape (3,).
        channels: Names of its columns, in order.
    """

    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.zeros(3))
    channels: list[str] = field(default_factory=list)


def read_bvh(path: Path) -> tuple[list[Joint], np.ndarray, float]:
    """Read a BVH file.

    Args:
        path: The file.

    Returns:
        The joints, parents before children (end sites are left out); the motion, shape (T,
        columns); frames per second.

    Raises:
        DataFormatError: The file is missing or no BVH.
    """
    try:
        words = path.read_text(encoding='latin1').split()
    except OSError as error:
        raise DataFormatError(f"'{path}' cannot be read: {error.strerror}.") from error
    try:
        stream = iter(words)
        joints = _read_hierarchy(stream)
        _expect(stream, 'Frames:')
        frames = int(next(stream))
        _expect(stream, 'Frame')
        _expect(stream, 'Time:')
        frame_time = float(next(stream))
        motion = np.array(list(stream), dtype=np.float64)
    except StopIteration:
        raise DataFormatError(f"'{path}' ends in the middle of its header; expected a BVH file "
                              'with HIERARCHY and MOTION.') from None
    except ValueError as error:
        raise DataFormatError(f"'{path}' is not a BVH file that can be read: {error}.") from None
    columns = sum(len(joint.channels) for joint in joints)
    if motion.size != frames * columns:
        raise DataFormatError(f"'{path}' has {motion.size} values of motion; {frames} frames of "
                              f'{columns} channels need {frames * columns}.')
    if not (np.isfinite(motion).all() and 0 < frame_time < np.inf):
        raise DataFormatError(f"'{path}' has values of motion that are not finite, or the frame "
                              f'time {frame_time}.')
    return joints, motion.reshape(frames, columns), 1 / frame_time


def _read_hierarchy(stream: Iterator[str]) -> list[Joint]:
    """Joints up to and including the word MOTION."""
    joints: list[Joint] = []
    stack: list[int] = []
    _expect(stream, 'HIERARCHY')
    for word in stream:
        if word in ('ROOT', 'JOINT'):
            joints.append(Joint(next(stream), stack[-1] if stack else -1))
            _expect(stream, '{')
            stack.append(len(joints) - 1)
        elif word == 'End':
            # An end site has a length but no rotation, and so no joint of its own.
            for skipped in ('Site', '{', 'OFFSET'):
                _expect(stream, skipped)
            for _ in range(3):
                float(next(stream))
            _expect(stream, '}')
        elif word == 'OFFSET' and stack:
            joints[stack[-1]].offset = np.array([float(next(stream)) for _ in range(3)])
        elif word == 'CHANNELS' and stack:
            channels = [next(stream) for _ in range(int(next(stream)))]
            for channel in channels:
                if channel[:1] not in ('X', 'Y', 'Z') or channel[1:] not in ('position',
                                                                             'rotation'):
                    raise ValueError(f"unknown channel '{channel}'")
            joints[stack[-1]].channels = channels
        elif word == '}' and stack:
            stack.pop()
        elif word == 'MOTION' and joints and not stack:
            return joints
        else:
            raise ValueError(f"'{word}' at an unexpected place of the hierarchy")
    raise StopIteration


def _expect(stream: Iterator[str], word: str) -> None:
    came = next(stream)
    if came != word:
        raise ValueError(f"'{came}' where '{word}' should be")


def joint_positions(joints: Sequence[Joint], motion: np.ndarray) -> np.ndarray:
    """Forward kinematics.

    A joint's rotation is the product of its rotation channels in their order; position channels
    take the place of the offset.

    Args:
        joints: K joints, parents before children.
        motion: Shape (T, columns); rotations in degrees.

    Returns:
        Shape (T, K, 3), in the file's unit.
    """
    frames = len(motion)
    positions = np.zeros((frames, len(joints), 3))
    rotations: list[Rotation] = []
    column = 0
    for index, joint in enumerate(joints):
        values = motion[:, column:column + len(joint.channels)]
        column += len(joint.channels)
        local = np.tile(joint.offset, (frames, 1))
        axes, angles = '', []
        for channel, series in zip(joint.channels, values.T):
            if channel.endswith('rotation'):
                axes += channel[0]
                angles.append(series)
            else:
                local[:, 'XYZ'.index(channel[0])] = series
        # Upper case letters: about the axes that turn along.
        rotation = (Rotation.from_euler(axes, np.stack(angles, axis=-1), degrees=True)
                    if axes and frames else Rotation.identity(frames))
        if joint.parent < 0:
            positions[:, index] = local
            rotations.append(rotation)
        else:
            parent = rotations[joint.parent]
            positions[:, index] = positions[:, joint.parent] + (
                parent.apply(local) if frames else local)
            rotations.append(parent * rotation if frames else rotation)
    return positions


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
    clips, names, rates = [], [], []
    known: list[str] | None = None
    for path in paths:
        joints, motion, rate = read_bvh(path)
        joint_names = [joint.name for joint in joints]
        known = known or joint_names
        if joint_names != known:
            raise DataFormatError(f"'{path}' has other joints than '{paths[0]}'; convert files of "
                                  'different skeletons to different npz files.')
        step = 1 if fps is None else round(rate / fps)
        if fps is not None and (step < 1 or abs(rate / step - fps) > 0.01 * fps):
            raise DataFormatError(
                f"'{path}' has {rate:.6g} frames per second, and {fps:g} is not a whole fraction "
                'of it; leave out --fps and let the ResampleFps transform do it in training.')
        clips.append(joint_positions(joints, motion[skip_frames::step]) * metres_per_unit)
        names.append(path.stem)
        rates.append(rate / step if fps is None else fps)
    return {
        'positions': np.concatenate(clips).astype(np.float32),
        'lengths': np.array([len(clip) for clip in clips], dtype=np.int64),
        'names': np.array(names),
        'joints': np.array(known),
        'fps': np.array(rates),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
    parser.add_argument('inputs', nargs='+', type=Path, help='BVH files, or folders of them')
    parser.add_argument('-o', '--output', required=True, type=Path, help='npz file to write')
    parser.add_argument('--metres-per-unit', type=float, required=True,
                        help="length of the files' unit in metres, for example 0.01 for "
                        'centimetres')
    parser.add_argument('--fps', type=float, help='frames per second to keep. Defaults to all')
    parser.add_argument('--skip-frames', type=int, default=0, metavar='N',
                        help='frames to leave out at the start of each file: 1 for releases of '
                        'the CMU database that begin with a T-pose. Defaults to 0')
    args = parser.parse_args(argv)
    try:
        check_output_path(args.output)
        paths = [path for given in args.inputs
                 for path in (sorted(given.rglob('*.bvh')) if given.is_dir() else [given])]
        if not paths:
            raise DataFormatError('There is no .bvh file in '
                                  f"{', '.join(map(str, args.inputs))}.")
        content = convert(paths, args.metres_per_unit, args.fps, max(args.skip_frames, 0))
        with atomic_write(args.output, 'wb') as file:
            np.savez(file, **content)  # type: ignore[arg-type]
    except SmoothNetError as error:
        print(f'Error: {error}', file=sys.stderr)
        return 1
    print(f"{args.output}: {len(content['lengths'])} clips, {len(content['positions'])} frames, "
          f"{len(content['joints'])} joints")
    return 0


if __name__ == '__main__':
    sys.exit(main())
