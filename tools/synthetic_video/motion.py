"""Motion for bodies: rotations of bones from AMC and BVH files, and a made-up walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dataset_converters import asf_amc
from dataset_converters.takes import find_files
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io import InputFile
from smoothnet_plugin.io.bvh_text import joint_rotations, parse_bvh

#: Frames per second of the AMC files of the CMU database, which do not hold their rate.
AMC_FPS = 120.0
_SIDES = (('l', 'L', 'Left'), ('r', 'R', 'Right'))
#: Names of an AMC file's bones, as in the BVH files of the same database.
_AMC_NAMES = {
    'root': 'Hips', 'lowerback': 'LowerBack', 'upperback': 'Spine', 'thorax': 'Spine1',
    'lowerneck': 'Neck', 'upperneck': 'Neck1', 'head': 'Head',
    **{f'{s}{bone}': f'{side}{name}' for s, _, side in _SIDES for bone, name in (
        ('femur', 'UpLeg'), ('tibia', 'Leg'), ('foot', 'Foot'), ('toes', 'ToeBase'),
        ('clavicle', 'Shoulder'), ('humerus', 'Arm'), ('radius', 'ForeArm'), ('wrist', 'Hand'),
        ('hand', 'FingerBase'), ('fingers', 'HandFinger1'))},
    **{f'{s}{bone}': f'{side}{name}' for s, side, _ in _SIDES
       for bone, name in (('hipjoint', 'HipJoint'), ('thumb', 'Thumb'))}}
#: Bones without which a body cannot move like the file.
_NEEDED = ('Hips', *(f'{side}{bone}' for side in ('Left', 'Right')
                     for bone in ('UpLeg', 'Leg', 'Foot', 'Arm', 'ForeArm')))


@dataclass(frozen=True)
class Motion:
    """What bones do over T frames.

    Attributes:
        name: Name of the take.
        fps: Frames per second.
        rotations: Rotation of each bone from the rest pose, in space, shape (T, 3, 3), by name.
        root: Place of the hips, shape (T, 3), in any unit.
        rest: Direction of each bone in the rest pose, shape (3,), by name.
        leg: Length of a leg from hip to ankle, in the unit of ``root``.
    """

    name: str
    fps: float
    rotations: dict[str, np.ndarray]
    root: np.ndarray
    rest: dict[str, np.ndarray]
    leg: float

    def __len__(self) -> int:
        return len(self.root)


def find_motion(paths: Sequence[Path]) -> list[Path]:
    """The given files, and all AMC and BVH files of the given folders, in order.

    Raises:
        DataFormatError: There is none.
    """
    return find_files(paths, '.amc', '.bvh')


def read_motion(path: Path) -> Motion:
    """Read a take.

    Args:
        path: A ``.bvh`` file, or an ``.amc`` file with its ``.asf`` in the same folder. The first
            frame of a BVH file is left out, since it often is a pose for calibration.

    Returns:
        The motion.

    Raises:
        DataFormatError: The file is missing or damaged, or lacks bones of the CMU database.
    """
    motion = _read_amc(path) if path.suffix.lower() == '.amc' else _read_bvh(path)
    missing = [name for name in _NEEDED if name not in motion.rotations]
    if missing:
        raise DataFormatError(f"'{path}' has no bones {', '.join(missing)}; expected a motion with "
                              'the bone names of the CMU database.')
    if not (len(motion) and motion.leg > 0):
        raise DataFormatError(f"'{path}' has no frames, or legs without length.")
    return motion


def _read_amc(path: Path) -> Motion:
    skeleton = asf_amc.read_asf(asf_amc.skeleton_file(path))
    values = asf_amc.read_amc(path, skeleton)
    names = [_AMC_NAMES.get(name, name) for name in skeleton.bones]
    ends = {name: bone.end for name, bone in zip(names, skeleton.bones.values())}
    return Motion(
        path.stem, AMC_FPS,
        {name: rotation.as_matrix()
         for name, rotation in zip(names, asf_amc.bone_rotations(skeleton, values))},
        values['root'][:, :3] * skeleton.metres, _directions(ends), _leg(ends))


def _read_bvh(path: Path) -> Motion:
    motion = parse_bvh(InputFile(path).content.decode('latin1'), path)
    joints = motion.joints
    local = joint_rotations(motion)[1:]
    rotations: list[np.ndarray] = []
    ends: dict[str, np.ndarray] = {}
    for index, joint in enumerate(joints):
        rotations.append(local[:, index] if joint.parent < 0
                         else rotations[joint.parent] @ local[:, index])
        parent = joints[joint.parent].name
        # A bone points to its first child with a length.
        if joint.parent >= 0 and parent not in ends and np.linalg.norm(joint.offset) > 1e-6:
            ends[parent] = joint.offset
    root = np.tile(joints[0].offset, (len(local), 1))
    for column, axis in joints[0].place_columns:
        root[:, axis] = motion.values[1:, column]
    return Motion(path.stem, motion.fps,
                  {joint.name: rotation for joint, rotation in zip(joints, rotations)},
                  root, _directions(ends), _leg(ends))


def _directions(ends: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    lengths = {name: float(np.linalg.norm(end)) for name, end in ends.items()}
    return {name: end / lengths[name] for name, end in ends.items() if lengths[name] > 1e-9}


def _leg(ends: dict[str, np.ndarray]) -> float:
    return float(sum(np.linalg.norm(ends.get(bone, np.zeros(3)))
                     for bone in ('LeftUpLeg', 'LeftLeg')))


def made_walk(seed: int, seconds: float = 20.0) -> Motion:
    """A made-up walk in a circle, for a first try without files.

    Limbs swing in sines whose amplitudes, phases and pace follow from the seed.

    Args:
        seed: Seed of the walk.
        seconds: Its length. Defaults to 20.

    Returns:
        The motion, 120 frames per second.

    Example:
        >>> len(made_walk(0, seconds=2.0))
        240
    """
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * AMC_FPS)) / AMC_FPS
    pace, stride, arms = rng.uniform(0.7, 1.1), rng.uniform(0.35, 0.6), rng.uniform(0.2, 0.8)
    phase = 2 * np.pi * (pace * time + rng.uniform())
    heading = 2 * np.pi * rng.uniform() + rng.uniform(-0.5, 0.5) * time
    turn = Rotation.from_euler('y', heading[:, None])
    rest, rotations = {}, {'Hips': turn}

    def swing(angle: np.ndarray) -> Rotation:
        """Forwards for positive angles (radians) of a limb that hangs down."""
        return Rotation.from_euler('x', -angle[:, None])

    for side, sign in (('Left', 1), ('Right', -1)):
        leg = stride * np.sin(phase) * sign
        knee = 0.15 + 0.5 * (1 + np.cos(phase) * sign) / 2
        rotations[f'{side}UpLeg'] = turn * swing(leg)
        rotations[f'{side}Leg'] = turn * swing(leg - knee)
        rotations[f'{side}Foot'] = turn * swing(leg / 2 - knee / 4)
        rest[f'{side}UpLeg'] = rest[f'{side}Leg'] = np.array([0.0, -1, 0])
        rest[f'{side}Foot'] = np.array([0, -0.3, 0.95])
        hang = Rotation.from_euler('z', -1.4 * sign)
        arm, elbow = -arms * np.sin(phase + 0.2) * sign, rng.uniform(0.1, 0.6)
        rotations[f'{side}Arm'] = turn * swing(arm) * hang
        rotations[f'{side}ForeArm'] = turn * swing(arm + elbow * (1 + np.sin(phase) / 2)) * hang
        rest[f'{side}Arm'] = rest[f'{side}ForeArm'] = np.array([1.0 * sign, 0, 0])
    speed = 4 * pace * np.sin(stride)  # Two steps of a leg of length 1 in a cycle.
    steps = turn.apply([0, 0, 1]) * speed / AMC_FPS
    root = np.cumsum(steps, axis=0) + np.outer(0.02 * np.cos(2 * phase), [0, 1, 0]) + [0, 1, 0]
    return Motion(f'walk_{seed}', AMC_FPS,
                  {name: rotation.as_matrix() for name, rotation in rotations.items()},
                  root, rest, 1.0)
