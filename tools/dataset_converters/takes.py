"""Takes of motion capture: collecting them into the npz file that MocapDataset reads."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.utils.command import command_parser
from smoothnet_plugin.utils.files import atomic_write


@dataclass
class Take:
    """One recording.

    Attributes:
        name: Its name in the npz file.
        joints: Names of the K joints.
        positions: Shape (T, K, 3), metres.
        fps: Frames per second.
    """

    name: str
    joints: list[str]
    positions: np.ndarray
    fps: float


def find_files(inputs: Iterable[Path], *suffixes: str) -> list[Path]:
    """The given files, and all files of some suffixes in the given folders, in order.

    Raises:
        DataFormatError: There is none.
    """
    inputs = list(inputs)
    paths = [path for given in inputs
             for path in (sorted(one for one in given.rglob('*') if one.suffix.lower() in suffixes)
                          if given.is_dir() else [given])]
    if not paths:
        raise DataFormatError(f"There is no {' or '.join(suffixes)} file in "
                              f"{', '.join(map(str, inputs))}.")
    return paths


def collect(takes: Iterable[Take], fps: float | None = None,
            skip_frames: int = 0) -> dict[str, np.ndarray]:
    """Collect takes of one skeleton.

    Args:
        takes: The takes, one at least.
        fps: Frames per second to keep, which must divide those of the takes. Defaults to None,
            all frames.
        skip_frames: Frames to leave out at the start of each take. Defaults to 0.

    Returns:
        The members of the npz file by name.

    Raises:
        DataFormatError: A take has other joints than the first, or its rate does not fit.
    """
    clips, names, rates = [], [], []
    joints: list[str] = []
    for take in takes:
        joints = joints or take.joints
        if take.joints != joints:
            raise DataFormatError(f"'{take.name}' has other joints than '{names[0]}'; convert "
                                  'files of different skeletons to different npz files.')
        step = 1 if fps is None else frame_step(take.name, take.fps, fps)
        clips.append(take.positions[skip_frames::step])
        names.append(take.name)
        rates.append(take.fps / step if fps is None else fps)
    return {
        'positions': np.concatenate(clips).astype(np.float32),
        'lengths': np.array([len(clip) for clip in clips], dtype=np.int64),
        'names': np.array(names),
        'joints': np.array(joints),
        'fps': np.array(rates),
    }


def frame_step(name: str, rate: float, fps: float) -> int:
    """Distance of the frames of a take that are kept.

    Args:
        name: Name of the take, for the message.
        rate: Its frames per second.
        fps: Frames per second to keep.

    Raises:
        DataFormatError: ``fps`` does not divide the rate.
    """
    step = round(rate / fps)
    if step < 1 or abs(rate / step - fps) > 0.01 * fps:
        raise DataFormatError(
            f"'{name}' has {rate:.6g} frames per second, which {fps:g} does not divide; leave out "
            '--fps and use the ResampleFps transform in training.')
    return step


def converter_parser(doc: str | None,
                     inputs: str = 'files, or folders of them') -> argparse.ArgumentParser:
    """Parser with the arguments of every converter: ``inputs`` and ``--output``.

    Args:
        doc: Docstring of the converter; its first line is the description.
        inputs: Help of the inputs.
    """
    parser = command_parser(doc)
    parser.add_argument('inputs', nargs='+', type=Path, help=inputs)
    parser.add_argument('-o', '--output', required=True, type=Path, help='npz file to write')
    return parser


def motion_parser(doc: str | None) -> argparse.ArgumentParser:
    """Parser of the converters that read both ``amc`` and ``bvh`` files.

    Args:
        doc: Docstring of the converter; its first line is the description.
    """
    parser = converter_parser(doc)
    parser.add_argument('--format', required=True, choices=('amc', 'bvh'),
                        help='which files of the folders to read')
    parser.add_argument('--fps', type=float, default=60.0,
                        help='frames per second to keep. Defaults to 60')
    parser.add_argument('--amc-fps', type=float, default=120.0,
                        help='frames per second of the AMC files. Defaults to 120; the index of '
                        'the CMU database names the few takes at 60')
    return parser


def write_npz(path: Path, content: dict[str, np.ndarray], values: str) -> None:
    """Write members to an npz file and print what it holds.

    Args:
        path: The file. It is replaced as a whole.
        content: The members by name.
        values: Name of a member of shape (N, K, 3).
    """
    with atomic_write(path, 'wb') as file:
        np.savez(file, **content)  # type: ignore[arg-type]
    frames, joints = content[values].shape[:2]
    print(f"{path}: {len(content['lengths'])} clips, {frames} frames, {joints} joints")
