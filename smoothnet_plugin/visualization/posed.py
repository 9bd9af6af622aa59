"""Rotations of a body model as the joints that a drawing shows."""

from __future__ import annotations

import numpy as np

from ..errors import DataFormatError
from ..processing.kinematics import forward_kinematics
from ..processing.rotations import to_rotmat
from ..structures import BodySequence, PoseSequence, PoseTracks, Skeleton, is_rotation
from ..structures.body_joints import BODY_JOINTS, body_tree
from ..structures.links import links_between


def with_joints(clip: PoseTracks) -> PoseTracks:
    """The clip with joint positions instead of the rotations of a body model.

    The lengths of the bones are those of an average person, since files of results hold no
    meshes; translations are kept.

    Args:
        clip: The tracks; keypoints are returned unchanged.

    Returns:
        Tracks of 3D keypoints in metres.

    Raises:
        DataFormatError: The number of joints is not that of a known body model.
    """
    if not any(is_rotation(sequence.representation) for _, sequence in clip):
        return clip
    return clip.replace(tracks={key: _joints(sequence) for key, sequence in clip})


def _joints(sequence: PoseSequence) -> PoseSequence:
    count = sequence.num_keypoints
    if count not in BODY_JOINTS:
        raise DataFormatError(f'{count} rotations of no known body model cannot be drawn as a '
                              f'skeleton; known: {", ".join(map(str, sorted(BODY_JOINTS)))}.')
    tree = body_tree(BODY_JOINTS[count])
    coords = np.where(sequence.valid[..., None] | sequence.filled[..., None], sequence.coords,
                      np.nan)
    places = forward_kinematics(to_rotmat(coords.astype(np.float64), sequence.representation),
                                tree.parents, tree.offsets)
    shift = sequence.points.get('transl') if isinstance(sequence, BodySequence) else None
    if shift is not None and shift.shape[1] == 3:
        places = places + shift[:, None]
    # What is drawn at a joint depends on all joints above it.
    filled = np.zeros_like(sequence.filled)
    for joint, parent in enumerate(tree.parents):
        filled[:, joint] = sequence.filled[:, joint] | (filled[:, parent] if parent >= 0 else False)
    return PoseSequence(
        places, scores=sequence.scores, filled=filled, frame_ids=sequence.frame_ids,
        fps=sequence.fps, representation='keypoints_3d', unit='m',
        skeleton=Skeleton('body', tree.names, links_between(tree.names), (tree.names[0], )))
