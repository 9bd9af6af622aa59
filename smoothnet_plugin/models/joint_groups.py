"""Which joints move freely: the two groups of MotionRefineNet, by keypoint name."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ConfigError
from ..structures import get_skeleton

#: Parts of the names of joints that move freely: ankles, knees, wrists and elbows.
HIGH_DOF = ('ankle', 'knee', 'wrist', 'elbow')

#: Slots that the reference takes for them in every layout. They fit the 14 joints of LSP.
REFERENCE_HIGH_SLOTS = (0, 1, 4, 5, 6, 7, 10, 11)

SMPL_JOINTS = (
    'pelvis', 'left_hip', 'right_hip', 'spine1', 'left_knee', 'right_knee', 'spine2',
    'left_ankle', 'right_ankle', 'spine3', 'left_foot', 'right_foot', 'neck', 'left_collar',
    'right_collar', 'head', 'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hand', 'right_hand')
_JHMDB_JOINTS = (
    'neck', 'belly', 'face', 'right_shoulder', 'left_shoulder', 'right_hip', 'left_hip',
    'right_elbow', 'left_elbow', 'right_knee', 'left_knee', 'right_wrist', 'left_wrist',
    'right_ankle', 'left_ankle')


def default_keypoint_names(num_keypoints: int) -> tuple[str, ...]:
    """Names for the layouts of the published datasets, by their number of keypoints.

    14 is LSP (AIST++, 3DPW, Human3.6M of VIBE and TCMR), 15 Sub-JHMDB, 17 Human3.6M, 24 SMPL.

    Args:
        num_keypoints: Number of keypoints K.

    Returns:
        K names.

    Raises:
        ConfigError: No published layout has that many.
    """
    if num_keypoints == 14:
        return get_skeleton('lsp14').keypoint_names
    if num_keypoints == 17:
        return get_skeleton('h36m').keypoint_names
    known = {15: _JHMDB_JOINTS, 24: SMPL_JOINTS}
    if num_keypoints not in known:
        raise ConfigError(
            f'MotionRefineNet groups keypoints by name, and num_keypoints = {num_keypoints} is '
            'none of the published layouts (14 LSP, 15 JHMDB, 17 Human3.6M, 24 SMPL); pass '
            'keypoint_names=[...].')
    return known[num_keypoints]


def split_by_name(keypoint_names: Sequence[str],
                  high_dof: Sequence[str] = HIGH_DOF) -> tuple[list[int], list[int]]:
    """Split keypoints into those that move freely and the others.

    Where a layout has feet but no ankles (Human3.6M's ``right_foot`` is the ankle), feet count
    as ankles.

    Args:
        keypoint_names: K names.
        high_dof: Parts of the names of the first group. Defaults to :data:`HIGH_DOF`.

    Returns:
        Indices of the first and of the second group, ascending.

    Raises:
        ConfigError: One of the groups is empty.
    """
    parts = tuple(high_dof)
    if 'ankle' in parts and not any('ankle' in name for name in keypoint_names):
        parts += ('foot',)
    high = [i for i, name in enumerate(keypoint_names) if any(p in name for p in parts)]
    low = [i for i in range(len(keypoint_names)) if i not in high]
    if not high or not low:
        raise ConfigError(
            f"{'None' if not high else 'All'} of the keypoints {', '.join(keypoint_names)} "
            f"hold one of {', '.join(parts)} in the name; MotionRefineNet needs two groups. Pass "
            'high_dof=[...], parts of the names of the joints that move most.')
    return high, low


def channels_of(keypoints: Sequence[int], dim: int) -> list[int]:
    """Channels of keypoints in joint-major order, ``dim`` each."""
    return [keypoint * dim + value for keypoint in keypoints for value in range(dim)]
