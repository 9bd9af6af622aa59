"""The text of BVH files: hierarchy, motion, and the rotations that the motion describes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from ..errors import DataFormatError
from ..processing.kinematics import forward_kinematics


@dataclass
class BvhJoint:
    """A joint of a BVH hierarchy.

    Attributes:
        name: Name in the file, which may hold spaces.
        parent: Index of the parent joint, -1 for the root.
        offset: Place relative to the parent, shape (3,).
        channels: Names of its columns, in order.
        first: Number of its first column.
    """

    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.zeros(3))
    channels: list[str] = field(default_factory=list)
    first: int = 0

    @property
    def axes(self) -> str:
        """Axes of its rotation channels in order, upper case: about axes that turn along."""
        return ''.join(channel[0] for channel in self.channels if channel.endswith('rotation'))

    @property
    def angle_columns(self) -> list[int]:
        """Numbers of its columns of angles."""
        return [self.first + i for i, channel in enumerate(self.channels)
                if channel.endswith('rotation')]

    @property
    def place_columns(self) -> list[tuple[int, int]]:
        """Pairs of a column and the axis (0, 1, 2) whose position it holds."""
        return [(self.first + i, 'XYZ'.index(channel[0]))
                for i, channel in enumerate(self.channels) if channel.endswith('position')]


@dataclass(frozen=True)
class BvhMotion:
    """A BVH file.

    Attributes:
        joints: Its joints, parents before children; end sites are left out.
        values: The motion, shape (T, columns); angles in degrees.
        fps: Frames per second.
    """

    joints: list[BvhJoint]
    values: np.ndarray
    fps: float


def parse_bvh(text: str, path: Path) -> BvhMotion:
    """Parse a BVH file.

    Args:
        text: Its content.
        path: Its path, for messages.

    Returns:
        The motion.

    Raises:
        DataFormatError: It is not a BVH file, or is truncated.
    """
    header, found, motion = text.partition('MOTION')
    try:
        if not found:
            raise StopIteration
        joints = _hierarchy(iter(header.splitlines()))
        words = iter(motion.split())
        _expect(words, 'Frames:')
        frames = int(next(words))
        _expect(words, 'Frame')
        _expect(words, 'Time:')
        frame_time = float(next(words))
        values = np.array(list(words), dtype=np.float64)
    except StopIteration:
        raise DataFormatError(f"'{path}' ends in the middle of its header; expected a BVH file "
                              'with HIERARCHY and MOTION.') from None
    except ValueError as error:
        raise DataFormatError(f"'{path}' is not a BVH file that can be read: {error}.") from None
    columns = sum(len(joint.channels) for joint in joints)
    if values.size != frames * columns:
        raise DataFormatError(f"'{path}' has {values.size} values of motion; {frames} frames of "
                              f'{columns} channels need {frames * columns}.')
    if not (np.isfinite(values).all() and 0 < frame_time < np.inf):
        raise DataFormatError(f"'{path}' has values of motion that are not finite, or the frame "
                              f'time {frame_time}.')
    return BvhMotion(joints, values.reshape(frames, columns), 1 / frame_time)


def joint_rotations(motion: BvhMotion) -> np.ndarray:
    """Rotation of every joint relative to its parent, shape (T, J, 3, 3)."""
    frames = len(motion.values)
    rotations = np.tile(np.eye(3), (frames, len(motion.joints), 1, 1))
    for index, joint in enumerate(motion.joints):
        if joint.axes and frames:
            rotations[:, index] = Rotation.from_euler(
                joint.axes, motion.values[:, joint.angle_columns], degrees=True).as_matrix()
    return rotations


def joint_positions(motion: BvhMotion) -> np.ndarray:
    """Positions of all joints by forward kinematics, shape (T, J, 3), in the file's unit.

    Position channels take the place of the offset.
    """
    places = np.tile([joint.offset for joint in motion.joints], (len(motion.values), 1, 1))
    for index, joint in enumerate(motion.joints):
        for column, axis in joint.place_columns:
            places[:, index, axis] = motion.values[:, column]
    return forward_kinematics(joint_rotations(motion), [j.parent for j in motion.joints], places)


def _hierarchy(lines: Iterator[str]) -> list[BvhJoint]:
    joints: list[BvhJoint] = []
    stack: list[int] = []  # -1: an end site, which has a length but no rotation
    columns = 0
    opened = True
    started = False
    for words in _statements(lines):
        kind = words[0]
        if not started:
            if kind != 'HIERARCHY' or len(words) > 1:
                raise ValueError(f"'{kind}' where 'HIERARCHY' should be")
            started = True
        elif kind in ('ROOT', 'JOINT') and opened:
            parent = stack[-1] if stack else -1
            joints.append(BvhJoint(' '.join(words[1:]), parent))
            stack.append(len(joints) - 1)
            opened = False
        elif kind == 'End' and stack and opened:
            stack.append(-1)
            opened = False
        elif kind == '{' and not opened:
            opened = True
        elif kind == '}' and stack and opened:
            stack.pop()
        elif kind == 'OFFSET' and stack and len(words) == 4:
            place = np.array(words[1:], dtype=np.float64)
            if stack[-1] >= 0:
                joints[stack[-1]].offset = place
        elif kind == 'CHANNELS' and stack and stack[-1] >= 0:
            channels = words[2:]
            if len(words) < 2 or int(words[1]) != len(channels):
                raise StopIteration
            for channel in channels:
                if channel[:1] not in ('X', 'Y', 'Z') or channel[1:] not in ('position',
                                                                             'rotation'):
                    raise ValueError(f"unknown channel '{channel}'")
            joints[stack[-1]].channels, joints[stack[-1]].first = channels, columns
            axes = joints[stack[-1]].axes
            if len(axes) > 3 or any(a == b for a, b in pairwise(axes)):
                raise ValueError(f"rotations about '{axes}'")
            columns += len(channels)
        else:
            raise ValueError(f"'{kind}' at an unexpected place of the hierarchy")
    if not joints or stack or not opened:
        raise StopIteration
    return joints


def _statements(lines: Iterator[str]) -> Iterator[list[str]]:
    """Words of each statement; braces are always separate statements."""
    for line in lines:
        for piece in line.replace('{', '\n{\n').replace('}', '\n}\n').splitlines():
            words = piece.split()
            while words[:1] == ['HIERARCHY'] and len(words) > 1:
                yield words[:1]
                words = words[1:]
            if words:
                yield words


def _expect(words: Iterator[str], word: str) -> None:
    found = next(words)
    if found != word:
        raise ValueError(f"'{found}' where '{word}' should be")
