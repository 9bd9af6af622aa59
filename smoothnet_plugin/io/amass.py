"""npz motions of AMASS (Mahmood et al., ICCV 2019), and of SMPL, SMPL-H and SMPL-X in general."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..processing.robust_mean import robust_mean
from ..processing.rotations import from_rotmat, to_rotmat
from ..registry import FORMATS
from ..structures import BodySequence, PoseSequence, PoseTracks
from ..structures.body_joints import BODY_JOINTS
from ..utils.npz import load_npz, write_npz
from ._markers import only_person
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, as_body
from .body_parts import BETA_KEYS, POINT_KEYS, ROTATION_KEYS, usual_layout

_RATES = ('mocap_framerate', 'mocap_frame_rate', 'fps', 'frame_rate')
#: Parts of AMASS's SMPL-X files, as slices of the joints of the whole pose.
_PARTS = {'root_orient': slice(0, 1), 'pose_body': slice(1, 22), 'pose_jaw': slice(22, 23),
          'pose_eye': slice(23, 25), 'pose_hand': slice(25, 55)}


@FORMATS.register_module()
class Amass(BodyFormat):
    """``poses`` (N, 156 or 165), ``trans``, ``betas``, ``mocap_framerate`` ... of one person.

    Also any other npz of axis-angles, matrices or 6D under the usual names: ``global_orient``,
    ``body_pose``, ``left_hand_pose``, ``jaw_pose``, ``transl``, ``root_orient``, ``pose_body``.
    An array of the whole pose and arrays of its parts are written alike. All other arrays stay bit
    for bit. Other results are written as a new file in AMASS's layout, with the hands at rest where
    there are none.
    """

    name = 'amass'
    title = 'AMASS / SMPL-X npz: poses (N, 156), trans, mocap_framerate; or global_orient, ...'
    needs_source = False
    suffixes = ('.npz',)

    def sniff(self, file: InputFile) -> bool:
        names = file.npz_names
        return any(key in names for key in ROTATION_KEYS) and 'imgname' not in names

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the track.

        Raises:
            DataFormatError: The file is damaged, or arrays do not fit together.
        """
        npz = load_npz(file.path, file.content)
        arrays = {name: npz[name] for name in npz
                  if name in (*ROTATION_KEYS, *BETA_KEYS, *POINT_KEYS)}
        layout = usual_layout(arrays)
        if layout is None:
            shapes = ', '.join(f'{name} {array.shape}' for name, array in arrays.items())
            raise DataFormatError(f"'{file.path}': expected rotations with a row for each frame, "
                                  f'such as poses (N, 72), (N, 156) or (N, 165); it has {shapes}.')
        return self.tracks(
            file, context, npz.members(),
            {0: Person(f"'{file.path}'", arrays, layout)}, fps=context.fps or _rate(npz),
            compressed=npz.is_compressed)

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the track: into a copy of its file, or as a new one.

        Raises:
            DataFormatError: There is not exactly one person, or the joints are not those of a body
                model.
        """
        if self.source_of(tracks) is not None:
            source, changes = self.changes(tracks)
            content: dict[str, Any] = {**source.data, **changes.get(0, {})}
            write_npz(path, content, compressed=source.details['compressed'])
            return
        arrays = _new_arrays(only_person(tracks, 'AMASS'), tracks.fps)
        write_npz(path, arrays, compressed=False)


def whole_pose(sequence: PoseSequence) -> tuple[np.ndarray, tuple[str, ...]]:
    """All rotations of a body as matrices, in the order of its model.

    Args:
        sequence: A sequence of rotations whose skeleton names its joints, or has the number of
            joints of a body model.

    Returns:
        Shape (T, J, 9), identities where a joint is not given, and the names of the J joints of
        the smallest model that has all joints.

    Raises:
        DataFormatError: The joints are not those of a body model.
    """
    given = sequence.keypoint_names or BODY_JOINTS.get(sequence.num_keypoints, ())
    wanted = [name for name in given if not name.endswith('_world')]
    names = next((names for names in BODY_JOINTS.values() if set(wanted) <= set(names)), None)
    if names is None or not wanted:
        raise DataFormatError(
            f'The {sequence.num_keypoints} joints are not those of SMPL, SMPL-H or SMPL-X'
            f"{': ' + ', '.join(list(given)[:3]) + ', ...' if given else ''}.")
    matrices = to_rotmat(np.asarray(sequence.coords, dtype=np.float64), sequence.representation)
    pose = np.tile(np.eye(3).ravel(), (len(sequence), len(names), 1))
    for name in wanted:
        values = matrices[:, given.index(name)]
        pose[:, names.index(name)] = np.where(np.isfinite(values), values, np.eye(3).ravel())
    return pose, names


def translation(body: BodySequence) -> np.ndarray:
    """The translation of a body in metres, shape (T, 3): zeros where it has none."""
    found = next((values for name, values in body.points.items()
                  if name.rpartition('.')[2] in ('transl', 'trans', 'smpl_trans', 'translation',
                                                 'cam_trans', 'camera')
                  and values.shape[1] == 3), None)
    return np.zeros((len(body), 3)) if found is None else np.nan_to_num(found)


def _new_arrays(sequence: PoseSequence, fps: float | None) -> dict[str, Any]:
    body = as_body(sequence)
    matrices, names = whole_pose(body)
    with_face = 'jaw' in names
    target = BODY_JOINTS[55 if with_face else 52]
    pose = np.zeros((len(body), len(target), 3))
    values = from_rotmat(matrices, 'axis_angle')
    for index, name in enumerate(names):
        if name in target:  # SMPL's own hands have no counterpart.
            pose[:, target.index(name)] = values[:, index]
    rate = np.array(float(fps or body.fps or 30.0))
    shape = np.zeros(16)
    if body.betas is not None:
        mean = np.nan_to_num(robust_mean(body.betas))[:16]
        shape[:len(mean)] = mean
    arrays: dict[str, Any] = {'poses': pose.reshape(len(body), -1), 'trans': translation(body),
                              'betas': shape, 'gender': np.array('neutral')}
    if with_face:
        arrays.update(mocap_frame_rate=rate, surface_model_type=np.array('smplx'),
                      num_betas=np.array(16),
                      **{key: pose[:, part].reshape(len(body), -1)
                         for key, part in _PARTS.items()})
    else:
        arrays['mocap_framerate'] = rate
    return arrays


def _rate(npz: Any) -> float | None:
    for name in _RATES:
        if name in npz:
            shape, kind = npz.header(name)
            if kind.kind in 'iuf' and int(np.prod(shape)) == 1:
                value = float(npz[name].ravel()[0])
                if np.isfinite(value) and value > 0:
                    return value
            raise DataFormatError(f"'{npz.path}': {name} is {kind} of shape {shape}; expected one "
                                  'positive number. Give the frame rate by fps.')
    return None
