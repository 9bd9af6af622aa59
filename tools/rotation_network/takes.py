"""Joint rotations of motion capture: what tools/dataset_converters writes, cleaned for training."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.processing import so3

#: Radians from frame to frame at 30 per second above which a joint flips over: an artefact of how
#: markers were fitted, not a motion.
FASTEST = 0.8
#: Fewest joints of a take.
FEWEST_JOINTS = 10
#: Radians that a joint turns at least in a take; others do not move.
LEAST_TURN = 1e-6


@dataclass(frozen=True)
class RotationTake:
    """A recording.

    Attributes:
        name: Its name.
        rotations: Quaternions of the joints relative to their parents, shape (T, J, 4).
        joints: J names.
        depth: Joints between each joint and the root, shape (J,).
        fps: Frames per second.
    """

    name: str
    rotations: np.ndarray
    joints: tuple[str, ...]
    depth: np.ndarray
    fps: float


def load_takes(paths: Sequence[Path], left_out: Collection[str]) -> list[RotationTake]:
    """Takes of npz files, without joints that never turn or flip over.

    Args:
        paths: Files of tools/dataset_converters/mocap_rotations_to_npz.py.
        left_out: Subjects that are not used: beginnings of names up to the underscore.

    Returns:
        The takes.

    Raises:
        DataFormatError: A file is none of these, or no take is left.
    """
    takes = []
    for path in paths:
        try:
            with np.load(path) as file:
                parts = {key: file[key] for key in ('rotations', 'parents', 'lengths', 'names',
                                                    'joints', 'fps')}
        except (OSError, KeyError, ValueError) as error:
            raise DataFormatError(f"'{path}' is not a file of mocap_rotations_to_npz.py: "
                                  f'{error}.') from None
        ends = np.cumsum(parts['lengths'])[:-1]
        for name, rotations in zip(parts['names'], np.split(parts['rotations'], ends)):
            if str(name).partition('_')[0] not in left_out:
                takes += _usable(str(name), rotations.astype(np.float64), parts)
    if not takes:
        raise DataFormatError(f'There is no usable take in {[str(path) for path in paths]}.')
    return takes


def _usable(name: str, rotations: np.ndarray, parts: dict[str, np.ndarray]) -> list[RotationTake]:
    fps = float(parts['fps'])
    turning = np.linalg.norm(so3.difference(rotations[:1], rotations), axis=-1
                             ).max(axis=0) > LEAST_TURN
    step = max(1, round(fps / 30))
    turns = so3.difference(rotations[:-step:step], rotations[step::step])
    calm = np.linalg.norm(turns, axis=-1).max(axis=0, initial=0) <= FASTEST
    depth = _depth(parts['parents'], turning)
    kept = turning & calm
    if kept.sum() < FEWEST_JOINTS:
        return []
    joints = tuple(str(joint) for joint in parts['joints'][kept])
    return [RotationTake(name, rotations[:, kept], joints, depth[kept], fps)]


def _depth(parents: np.ndarray, turning: np.ndarray) -> np.ndarray:
    depth = np.zeros(len(parents))
    for joint, parent in enumerate(parents):
        if parent >= 0:
            depth[joint] = depth[parent] + turning[parent]
    return depth


def swinging(rng: np.random.Generator, fps: float = 60.0, frames: int = 400) -> RotationTake:
    """Joints that swing independently of one another: hands, animals, machines.

    Each joint is a sum of three waves about axes of its own; some joints are at rest, and some turn
    all the way round.

    Args:
        rng: Random numbers.
        fps: Frames per second. Defaults to 60.
        frames: Frames T. Defaults to 400.
    """
    joints = int(rng.integers(17, 30))
    t = np.arange(frames)[:, None, None] / fps
    fastest = np.exp(rng.uniform(np.log(0.5), np.log(4.0)))
    hertz, phase = rng.uniform(0.1, 1, (3, joints, 1)) * fastest, rng.uniform(0, 7, (3, joints, 3))
    axes = rng.normal(0, 1, (3, joints, 3))
    size = np.exp(rng.uniform(np.log(0.05), np.log(0.8))) * rng.uniform(0.1, 1, (joints, 1))
    size[rng.random(joints) < rng.choice([0.0, 0.4])] = 0
    waves = sum(np.sin(2 * np.pi * hertz[i] * t + phase[i]) * axes[i] for i in range(3))
    turning = np.where(rng.random((joints, 1)) < 0.05, rng.uniform(0.5, 6), 0) * axes[0]
    start = so3.exp(rng.normal(0, 1, (joints, 3)))
    rotations = so3.multiply(start, so3.multiply(so3.exp(turning * t), so3.exp(
        size * waves / np.sqrt(3))))
    return RotationTake('swinging', rotations, tuple(f'joint {i}' for i in range(joints)),
                        rng.integers(0, 5, joints).astype(np.float64), fps)
