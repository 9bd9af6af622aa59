"""Rotations of a body model as joints, and as meshes of a model file, to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataFormatError
from ..processing.kinematics import forward_kinematics
from ..processing.rotations import to_rotmat
from ..structures import BodySequence, PoseSequence, PoseTracks, Skeleton, is_rotation
from ..structures.body_joints import BODY_JOINTS, body_tree
from ..structures.links import links_between
from .series import row_of

if TYPE_CHECKING:
    from ..evaluation.body_model import BodyModel

#: Names of translations in metres; cameras and scaled ones move nothing.
_TRANSLATIONS = ('transl', 'trans', 'translation')
_KNOWN = {name for names in BODY_JOINTS.values() for name in names}


@dataclass(frozen=True)
class BodyMesh:
    """A person's mesh, posed one frame at a time.

    Attributes:
        body: The body model.
        faces: Vertices of each triangle, shape (F, 3).
        frame_ids: Frame numbers, shape (T,), increasing.
        rotations: Of the model's joints, shape (T, J, 3, 3), NaN where missing.
        betas: Shape of each frame, shape (T, 10).
    """

    body: BodyModel
    faces: np.ndarray
    frame_ids: np.ndarray
    rotations: np.ndarray
    betas: np.ndarray

    def vertices(self, number: int) -> np.ndarray | None:
        """Vertices relative to the root joint at a frame.

        Args:
            number: Frame number.

        Returns:
            Shape (V, 3), in metres; None where the person or one of the rotations is missing.
        """
        row = row_of(self.frame_ids, number)
        if row is None or not np.isfinite(self.rotations[row]).all():
            return None
        rotations = self.rotations[row:row + 1]
        return self.body.mesh(rotations, self.betas[row:row + 1])[0]


#: The meshes of each panel, by person.
Meshes = dict[str, dict[int | str, BodyMesh]]


def joints_and_meshes(panels: Mapping[str, PoseTracks],
                      body: BodyModel | None) -> tuple[dict[str, PoseTracks], Meshes]:
    """The content of panels, see :func:`with_joints` and :func:`body_meshes`.

    Args:
        panels: Title and tracks of each panel.
        body: The user's model, or None for no meshes.

    Returns:
        The joints and the meshes of each panel.

    Raises:
        DataFormatError: As in :func:`with_joints` and :func:`body_meshes`.
    """
    joints = {title: with_joints(clip, body) for title, clip in panels.items()}
    meshes = {} if body is None else {
        title: body_meshes(clip, body) for title, clip in panels.items()}
    return joints, meshes


def with_joints(clip: PoseTracks, body: BodyModel | None = None) -> PoseTracks:
    """The clip with joint positions in place of the rotations of a body model.

    Args:
        clip: The tracks; keypoints are returned as they are.
        body: The user's model, for the lengths of the bones by the ``betas``. Defaults to None:
            those of an average person, since files of results hold no model.

    Returns:
        Tracks of 3D keypoints in metres; translations are kept.

    Raises:
        DataFormatError: The joints are not those of a known body model.
    """
    if not _rotates(clip):
        return clip
    return clip.replace(tracks={key: _joints(sequence, body) for key, sequence in clip})


def body_meshes(clip: PoseTracks, body: BodyModel) -> dict[int | str, BodyMesh]:
    """The meshes of the people of a clip.

    Args:
        clip: The tracks.
        body: The user's model.

    Returns:
        The mesh of each person, by id; joints that only the model has are straight.

    Raises:
        DataFormatError: The tracks hold keypoints, the joints are not those of a known model, or
            the model has no triangles.
    """
    if body.faces is None:
        raise DataFormatError("The body model has no triangles ('f'), so that it cannot be drawn; "
                              'use the published file.')
    if clip.tracks and not _rotates(clip):
        raise DataFormatError('A body model draws rotations (SMPL, SMPL-H, SMPL-X), but these '
                              'tracks hold keypoints; leave the model out.')
    return {key: BodyMesh(body, body.faces, sequence.frame_ids, _of_model(sequence, body),
                          _betas(sequence)) for key, sequence in clip}


def _rotates(clip: PoseTracks) -> bool:
    return any(is_rotation(sequence.representation) for _, sequence in clip)


def _named(sequence: PoseSequence) -> dict[str, int]:
    """Indices of the joints by name; of two roots (camera, world) that of the camera."""
    names = sequence.keypoint_names
    chosen = {name: i for i, name in enumerate(names) if name in _KNOWN}
    if chosen:
        return chosen
    count = sequence.num_keypoints
    if count not in BODY_JOINTS:
        raise DataFormatError(f'{count} rotations of no known body model cannot be drawn as a '
                              f'skeleton; known: {", ".join(map(str, sorted(BODY_JOINTS)))}.')
    return {name: i for i, name in enumerate(BODY_JOINTS[count])}


def _matrices(sequence: PoseSequence, indices: list[int]) -> np.ndarray:
    """Rotations of some joints, shape (T, n, 3, 3), NaN where missing."""
    shown = (sequence.valid | sequence.filled)[:, indices, None]
    coords = np.where(shown, sequence.coords[:, indices], np.nan)
    flat = to_rotmat(coords.astype(np.float64), sequence.representation)
    return flat.reshape(len(coords), len(indices), 3, 3)


def _of_model(sequence: PoseSequence, body: BodyModel) -> np.ndarray:
    """Rotations of all joints of a model, shape (T, J, 3, 3)."""
    if body.num_joints not in BODY_JOINTS:
        raise DataFormatError(f'The body model has {body.num_joints} joints; expected one of '
                              f'{", ".join(map(str, sorted(BODY_JOINTS)))}.')
    named, names = _named(sequence), BODY_JOINTS[body.num_joints]
    shared = [name for name in names if name in named]
    rotations = np.tile(np.eye(3), (len(sequence), len(names), 1, 1))
    rotations[:, [names.index(name) for name in shared]] = _matrices(
        sequence, [named[name] for name in shared])
    return rotations


def _betas(sequence: PoseSequence) -> np.ndarray:
    """Shapes of each frame, shape (T, 10): 0 where the file has none or a value is missing."""
    betas = np.zeros((len(sequence), 10))
    given = sequence.betas if isinstance(sequence, BodySequence) else None
    if given is not None:
        first = given[:, :10]
        betas[:, :first.shape[1]] = np.where(np.isfinite(first), first, 0)
    return betas


def _joints(sequence: PoseSequence, body: BodyModel | None) -> PoseSequence:
    named = _named(sequence)
    if body is None:
        tree = body_tree(list(named))
        names, parents = tree.names, tree.parents
        places = forward_kinematics(_matrices(sequence, list(named.values())), parents,
                                    tree.offsets)
    else:
        rest = body.rest_joints(_betas(sequence)).astype(np.float64)
        offsets = rest - rest[:, body.parents]
        offsets[:, 0] = 0
        places = forward_kinematics(_of_model(sequence, body), body.parents, offsets)
        names, parents = BODY_JOINTS[body.num_joints], body.parents
    shift = _translation(sequence)
    if shift is not None:
        places = places + shift[:, None]
    # The place of a joint depends on all joints above it.
    filled = np.zeros(places.shape[:2], dtype=bool)
    for joint, (name, parent) in enumerate(zip(names, parents)):
        own = sequence.filled[:, named[name]] if name in named else False
        filled[:, joint] = own | (filled[:, parent] if parent >= 0 else False)
    scores = sequence.scores
    if scores is not None:
        scores = np.stack([scores[:, named[name]] if name in named else np.ones(len(scores))
                           for name in names], axis=1)
    return PoseSequence(
        places, scores=scores, filled=filled, frame_ids=sequence.frame_ids,
        fps=sequence.fps, representation='keypoints_3d', unit='m',
        skeleton=Skeleton('body', tuple(names), links_between(names), (names[0], )))


def _translation(sequence: PoseSequence) -> np.ndarray | None:
    """Translation of each frame, shape (T, 3), or None."""
    points = sequence.points if isinstance(sequence, BodySequence) else {}
    return next((points[name] for name in _TRANSLATIONS
                 if name in points and points[name].shape[1] == 3), None)
