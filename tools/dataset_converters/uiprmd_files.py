"""Files of UI-PRMD: what their columns are, and the same twelve joints from both systems.

The archives ``Segmented Movements.zip`` and ``Incorrect Segmented Movements.zip`` hold text files
of comma or blank separated numbers, one frame a line::

    Segmented Movements/Kinect/Positions/m01_s01_e01_positions.txt
    Segmented Movements/Kinect/Angles/m01_s01_e01_angles.txt
    Segmented Movements/Vicon/Positions/m01_s01_e01_positions.txt
    Incorrect Segmented Movements/Kinect/Positions/m01_s01_e01_positions_inc.txt

for movement 1, subject 1, repetition 1.

**Kinect**, 30 Hz: 22 joints. Only the waist's position is a place in the camera's axes. That of
every other joint is relative to its parent, in the parent's own axes, in centimetres. A joint's
angles x, y, z in degrees turn its axes against its parent's: R = Rz Rx Ry. Chained from the waist
on, they give the places exactly; the angles are needed, the positions alone hold no pose.

**Vicon**, 100 Hz: the 39 markers of Plug-in Gait, in the room's axes, in millimetres.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io import InputFile

KINECT_FPS, VICON_FPS = 30.0, 100.0

#: The joints of the converted file.
JOINTS = ('Pelvis', 'Head', 'LSho', 'LElb', 'LWri', 'RSho', 'RElb', 'RWri', 'LKnee', 'LAnk',
          'RKnee', 'RAnk')

#: Kinect's joints with their parents, in the files' order.
KINECT_PARENTS = {
    'waist': None, 'spine': 'waist', 'chest': 'spine', 'neck': 'chest', 'head': 'neck',
    'head_tip': 'head', 'left_collar': 'chest', 'left_upper_arm': 'left_collar',
    'left_forearm': 'left_upper_arm', 'left_hand': 'left_forearm', 'right_collar': 'chest',
    'right_upper_arm': 'right_collar', 'right_forearm': 'right_upper_arm',
    'right_hand': 'right_forearm', 'left_upper_leg': 'waist',
    'left_lower_leg': 'left_upper_leg', 'left_foot': 'left_lower_leg', 'left_toes': 'left_foot',
    'right_upper_leg': 'waist', 'right_lower_leg': 'right_upper_leg',
    'right_foot': 'right_lower_leg', 'right_toes': 'right_foot'}
_KINECT_JOINTS = ('waist', 'head_tip', 'left_upper_arm', 'left_forearm', 'left_hand',
                  'right_upper_arm', 'right_forearm', 'right_hand', 'left_lower_leg', 'left_foot',
                  'right_lower_leg', 'right_foot')

#: Plug-in Gait's markers in the files' order.
VICON_MARKERS = (
    'LFHD', 'RFHD', 'LBHD', 'RBHD', 'C7', 'T10', 'CLAV', 'STRN', 'RBAK', 'LSHO', 'LUPA', 'LELB',
    'LFRM', 'LWRA', 'LWRB', 'LFIN', 'RSHO', 'RUPA', 'RELB', 'RFRM', 'RWRA', 'RWRB', 'RFIN', 'LASI',
    'RASI', 'LPSI', 'RPSI', 'LTHI', 'LKNE', 'LTIB', 'LANK', 'LHEE', 'LTOE', 'RTHI', 'RKNE', 'RTIB',
    'RANK', 'RHEE', 'RTOE')
#: A joint is the mean of markers. Where they are off the joint, the constant difference is
#: removed by the alignment.
_VICON_JOINTS = (
    ('LASI', 'RASI', 'LPSI', 'RPSI'), ('LFHD', 'RFHD', 'LBHD', 'RBHD'), ('LSHO',), ('LELB',),
    ('LWRA', 'LWRB'), ('RSHO',), ('RELB',), ('RWRA', 'RWRB'), ('LKNE',), ('LANK',), ('RKNE',),
    ('RANK',))

_NAME = re.compile(r'(m\d+_s(\d+)_e\d+)_(positions|angles)(_inc)?\.txt', re.IGNORECASE)


class ClipFiles(NamedTuple):
    """The files of a repetition that both systems recorded.

    Attributes:
        name: For example ``m01_s06_e02``, with ``_inc`` where the movement is done wrongly.
        kinect_positions: Path.
        kinect_angles: Path.
        vicon_positions: Path.
    """

    name: str
    kinect_positions: Path
    kinect_angles: Path
    vicon_positions: Path


def find_clips(folders: Iterable[Path], subjects: Iterable[int]) -> list[ClipFiles]:
    """Repetitions of some subjects that have all three files, by name.

    Args:
        folders: Where the archives are unpacked, at any depth.
        subjects: Numbers of subjects.

    Raises:
        DataFormatError: There is none.
    """
    folders, subjects = list(folders), set(subjects)
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(path for folder in folders for path in folder.rglob('*.txt')):
        match = _NAME.fullmatch(path.name)
        system = {part.lower() for part in path.parts} & {'kinect', 'vicon'}
        if match is not None and len(system) == 1 and int(match[2]) in subjects:
            name = f"{match[1]}{match[4] or ''}".lower()
            found.setdefault(name, {})[f'{system.pop()}_{match[3].lower()}'] = path
    clips = [ClipFiles(name, files['kinect_positions'], files['kinect_angles'],
                       files['vicon_positions'])
             for name, files in sorted(found.items())
             if {'kinect_positions', 'kinect_angles', 'vicon_positions'} <= files.keys()]
    if not clips:
        raise DataFormatError(
            f"No repetition of subjects {sorted(subjects)} with Kinect positions, Kinect angles "
            f"and Vicon positions in {', '.join(map(str, folders))}; expected files such as "
            "'Segmented Movements/Kinect/Angles/m01_s01_e01_angles.txt'.")
    return clips


def read_kinect(positions: Path, angles: Path) -> np.ndarray:
    """Places of the joints that Kinect reports.

    Args:
        positions: Its file of positions.
        angles: Its file of angles.

    Returns:
        Shape (T, 12, 3), metres, the camera's axes: x to the subject's left, y up, z to the
        subject's front.

    Raises:
        DataFormatError: A file cannot be read, or the two do not belong together.
    """
    count = len(KINECT_PARENTS)
    offsets, turns = _table(positions, count), _table(angles, count)
    if len(offsets) != len(turns):
        raise DataFormatError(f"'{positions}' has {len(offsets)} frames, '{angles}' has "
                              f'{len(turns)}.')
    names = list(KINECT_PARENTS)
    places = offsets.copy()
    rotations: list[Rotation] = []
    for index, parent in enumerate(KINECT_PARENTS.values()):
        own = Rotation.from_euler('ZXY', turns[:, index][:, [2, 0, 1]], degrees=True)
        if parent is None:
            rotations.append(own)
            continue
        above = names.index(parent)
        places[:, index] = places[:, above] + rotations[above].apply(offsets[:, index])
        rotations.append(rotations[above] * own)
    return places[:, [names.index(name) for name in _KINECT_JOINTS]] * 0.01


def read_vicon(positions: Path) -> np.ndarray:
    """Places of the joints that Vicon's markers give.

    Args:
        positions: Its file of positions.

    Returns:
        Shape (T, 12, 3), metres, the room's axes; NaN where a marker is missing, which is at the
        origin in the file.

    Raises:
        DataFormatError: The file cannot be read.
    """
    markers = _table(positions, len(VICON_MARKERS))
    markers[(markers == 0).all(axis=-1)] = np.nan
    return np.stack([markers[:, [VICON_MARKERS.index(name) for name in names]].mean(axis=1)
                     for names in _VICON_JOINTS], axis=1) * 0.001


def _table(path: Path, joints: int) -> np.ndarray:
    """Numbers of a text file, shape (T, joints, 3)."""
    lines = InputFile(path).content.decode('latin1').replace(',', ' ').splitlines()
    try:
        table = np.array([[float(word) for word in line.split()] for line in lines
                          if line.strip()])
    except ValueError as error:
        raise DataFormatError(f"'{path}' is not a table of numbers: {error}.") from None
    if table.ndim != 2 or table.shape[1] != 3 * joints:
        raise DataFormatError(f"'{path}' has the shape {table.shape}; expected {3 * joints} "
                              f'columns, three for each of {joints} joints.')
    return table.reshape(-1, joints, 3)
