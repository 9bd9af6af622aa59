"""Settings for reading plain npz files of poses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..io.npz_layout import FPS, JOINTS, LENGTHS, NAMES
from ..structures import METRES

#: Factors from the units of files to metres; pixels and rotations are not converted.
UNITS = {**METRES, 'px': 1., '': 1.}


@dataclass(frozen=True)
class NpzKeys:
    """Names of the members of a file.

    Attributes:
        estimate: Estimated poses, or None.
        truth: True poses, or None.
        scores: Confidences, or None.
        lengths: Number of frames of each clip.
        names: Names of the clips.
        joints: Names of the keypoints.
        fps: Frames per second, one number or one per clip.
    """

    estimate: str | None
    truth: str | None
    scores: str | None = None
    lengths: str = LENGTHS
    names: str = NAMES
    joints: str = JOINTS
    fps: str = FPS


@dataclass(frozen=True)
class NpzSource:
    """Files of poses and the settings to read them.

    Attributes:
        files: The files; their clips are concatenated.
        keys: Names of the members.
        representation: Key of :data:`~smoothnet_plugin.structures.REPRESENTATIONS`.
        unit: Unit of the files, a key of :data:`UNITS`.
        fps: Frames per second, or None to read them from the file.
        keypoints: Keypoints to use, by name or index, or None for all.
        keypoint_names: Names of the keypoints in the file, or None to read them from the file.
    """

    files: tuple[Path, ...]
    keys: NpzKeys
    representation: str
    unit: str
    fps: float | None = None
    keypoints: tuple[str | int, ...] | None = None
    keypoint_names: tuple[str, ...] | None = None
