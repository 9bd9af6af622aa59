"""Motion capture in Acclaim's ASF (skeleton) and AMC (motion) files.

A bone begins where its parent ends. It points along a direction in the skeleton's rest pose and
rotates about its own axes, so that with C the rotation of these axes and L that of a frame's
angles, the bone's rotation is ``parent's * C * L * C^-1``. See J. Lander, "Working with Motion
Capture File Formats", Game Developer, January 1998.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io import InputFile

#: Metres of the unit of length where ``:units length`` is 1: an inch.
_INCH = 0.0254
_ROOT_ORDER = ('tx', 'ty', 'tz', 'rx', 'ry', 'rz')


@dataclass
class Bone:
    """A bone of an ASF skeleton.

    Attributes:
        parent: Index of the parent bone; -1 for the root.
        end: From the bone's beginning to its end in the rest pose, shape (3,), metres.
        axes: Rotation of the bone's own axes.
        dof: Its degrees of freedom, such as ``('rx', 'rz')``.
    """

    parent: int = -1
    end: np.ndarray = field(default_factory=lambda: np.zeros(3))
    axes: Rotation = field(default_factory=Rotation.identity)
    dof: tuple[str, ...] = ()


@dataclass
class Skeleton:
    """An ASF skeleton.

    Attributes:
        bones: Bones by name, parents before children; the first is ``root``.
        metres: Length of the unit of the root's positions.
        degrees: Whether angles are in degrees.
    """

    bones: dict[str, Bone]
    metres: float
    degrees: bool


def read_asf(path: Path) -> Skeleton:
    """Read a skeleton.

    Args:
        path: The ``.asf`` file.

    Returns:
        The skeleton.

    Raises:
        DataFormatError: The file is missing, damaged, or has a root of another order.
    """
    sections = {name.lower(): body for name, body in re.findall(
        r'^:(\S+)([^:]*(?:\n(?!:)[^\n]*)*)', _text(path), re.MULTILINE)}
    try:
        units = dict(line.split()[:2] for line in sections['units'].splitlines() if line.strip())
        degrees = units.get('angle', 'deg').startswith('deg')
        metres = _INCH / float(units['length'])
        found = re.search(r'order((?:\s+[TRtr][XYZxyz])+)', sections['root'])
        if found is None or tuple(found[1].lower().split()) != _ROOT_ORDER:
            raise ValueError(f"root order other than {' '.join(_ROOT_ORDER).upper()}")
        given = dict(_bone(block, metres, degrees) for block in re.findall(
            r'^\s*begin\b(.*?)^\s*end\b', sections['bonedata'], re.MULTILINE | re.DOTALL))
        bones = {'root': Bone()}
        for line in sections['hierarchy'].splitlines():
            parent, *children = line.split() or ['begin']
            for child in children if parent not in ('begin', 'end') else ():
                bone = given[child]
                bone.parent = list(bones).index(parent)
                bones[child] = bone
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise DataFormatError(f"'{path}' is not an ASF skeleton that can be read: "
                              f'{error}.') from None
    return Skeleton(bones, metres, degrees)


def _bone(block: str, metres: float, degrees: bool) -> tuple[str, Bone]:
    words = {line.split()[0]: line.split()[1:] for line in block.splitlines() if line.strip()}
    direction = np.array([float(word) for word in words['direction']])
    *angles, order = words['axis']
    # Lower case letters: about fixed axes, one after the other.
    axes = Rotation.from_euler(order.lower(), [float(word) for word in angles], degrees=degrees)
    end = direction * float(words['length'][0]) * metres
    if end.shape != (3,) or not np.isfinite(end).all():
        raise ValueError(f"bone {words['name'][0]} has no finite direction and length")
    return words['name'][0], Bone(-1, end, axes, tuple(word.lower() for word in
                                                       words.get('dof', ())))


def skeleton_file(path: Path) -> Path:
    """The skeleton of a motion ``NN_MM.amc``: ``NN.asf``, else the only one in the folder.

    Raises:
        DataFormatError: There is none, or there are several.
    """
    subject = path.stem.partition('_')[0]
    skeletons = sorted(path.parent.glob('*.asf'))
    chosen = [s for s in skeletons if s.stem == subject] or skeletons
    if len(chosen) != 1:
        raise DataFormatError(f"'{path}' needs its skeleton '{subject}.asf' in its folder; there "
                              f'are {len(skeletons)} .asf files.')
    return chosen[0]


def read_amc(path: Path, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Read a motion.

    Args:
        path: The ``.amc`` file.
        skeleton: Its skeleton.

    Returns:
        For each bone that moves, shape (T, number of its degrees of freedom); six for the root:
        position and angles.

    Raises:
        DataFormatError: The file is missing or damaged, or does not fit the skeleton.
    """
    values: dict[str, list[list[float]]] = {}
    frames = 0
    try:
        for words in _lines(_text(path)):
            if len(words) == 1 and words[0].isdigit():
                frames += 1
            else:
                values.setdefault(words[0], []).append([float(word) for word in words[1:]])
        moving = {name: bone.dof for name, bone in skeleton.bones.items() if bone.dof}
        moving['root'] = _ROOT_ORDER
        motion = {name: np.array(values[name]) for name in moving}
        for name, array in motion.items():
            if array.shape != (frames, len(moving[name])) or not np.isfinite(array).all():
                raise ValueError(f'{name} has values of shape {array.shape}, or some that are '
                                 f'not finite; expected {(frames, len(moving[name]))}')
    except (KeyError, ValueError) as error:
        raise DataFormatError(f"'{path}' is not an AMC motion that can be read, or not one of "
                              f'this skeleton: {error}.') from None
    return motion


def _lines(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        words = line.split()
        if words and words[0][0] not in '#:':
            yield words


def bone_rotations(skeleton: Skeleton, motion: dict[str, np.ndarray]) -> list[Rotation]:
    """Rotation of each bone from the rest pose to every frame, in space.

    Args:
        skeleton: A skeleton of K bones.
        motion: What :func:`read_amc` returns, T frames.

    Returns:
        K times T rotations.
    """
    root = motion['root']
    rotations: list[Rotation] = []
    for name, bone in skeleton.bones.items():
        if bone.parent < 0:
            rotations.append(Rotation.from_euler('xyz', root[:, 3:], degrees=skeleton.degrees))
            continue
        angles = np.zeros((len(root), 3))
        for column, freedom in enumerate(bone.dof):
            if freedom in ('rx', 'ry', 'rz'):
                angles[:, 'xyz'.index(freedom[1])] = motion[name][:, column]
        local = Rotation.from_euler('xyz', angles, degrees=skeleton.degrees)
        rotations.append(rotations[bone.parent] * bone.axes * local * bone.axes.inv())
    return rotations


def joint_positions(skeleton: Skeleton, motion: dict[str, np.ndarray]) -> np.ndarray:
    """Forward kinematics.

    Args:
        skeleton: A skeleton of K bones.
        motion: What :func:`read_amc` returns, T frames.

    Returns:
        Where the root is and where each other bone ends, shape (T, K, 3), metres.
    """
    root = motion['root']
    positions = np.zeros((len(root), len(skeleton.bones), 3))
    rotations = bone_rotations(skeleton, motion)
    for index, bone in enumerate(skeleton.bones.values()):
        if bone.parent < 0:
            positions[:, index] = root[:, :3] * skeleton.metres
        else:
            positions[:, index] = positions[:, bone.parent] + rotations[index].apply(bone.end)
    return positions


def _text(path: Path) -> str:
    return InputFile(path).content.decode('latin1')
