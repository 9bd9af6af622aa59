"""Body-model parameters in dicts of arrays: which array holds what, in which form.

Every estimator has its own names and forms for the same parameters: one array for the whole pose or
one for each part, axis-angles, matrices or 6D, flat or not. A :class:`BodyLayout` defines the array
and columns of each joint's rotation; all of them are read as one
:class:`~smoothnet_plugin.structures.BodySequence` with one row per frame.
"""

from __future__ import annotations

import math
from collections.abc import Container, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..structures import BodySequence, Skeleton
from ..structures.body_joints import BODY_JOINTS, FACE, LEFT_HAND, RIGHT_HAND
from ._arrays import floating, numbers
from ._values import moved

Arrays = Mapping[Any, np.ndarray]

_SMPL, _SMPLX = BODY_JOINTS[24], BODY_JOINTS[55]
_WHOLE = tuple(BODY_JOINTS.values())
_ROOT = (('pelvis',),)
#: Names of the arrays of rotations, and the joints they may hold. If several arrays hold
#: the same joint, the first one here is read; all are written.
ROTATION_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(('pose', 'poses', 'smpl_poses', 'smpl_thetas', 'thetas', 'full_pose',
                     'fullpose', 'pred_rotmat'), _WHOLE),
    **dict.fromkeys(('global_orient', 'root_orient', 'poses_root', 'root_pose'), _ROOT),
    **dict.fromkeys(('body_pose', 'pose_body', 'poses_body'), (_SMPL[1:22], _SMPL[1:24])),
    'pose_hand': ((*LEFT_HAND, *RIGHT_HAND),),
    'left_hand_pose': (LEFT_HAND,), 'right_hand_pose': (RIGHT_HAND,),
    **dict.fromkeys(('jaw_pose', 'pose_jaw'), (FACE[:1],)),
    'leye_pose': (FACE[1:2],), 'reye_pose': (FACE[2:],), 'pose_eye': (FACE[1:],),
}
BETA_KEYS = ('betas', 'smpl_betas', 'pred_betas', 'shape', 'shapes')
POINT_KEYS = ('transl', 'trans', 'smpl_trans', 'translation', 'pred_trans', 'cam_trans', 'cam',
              'pred_cam', 'orig_cam', 'camera')
#: Values per joint of each form, by preference.
_FORMS = {3: 'axis_angle', 9: 'rotmat', 6: 'rot6d', 4: 'quaternion'}


class BodyLayout(NamedTuple):
    """Which arrays hold the parameters of a body model.

    Attributes:
        rotations: Names of the joints in each array of rotations, by its key.
        betas: Key of the shape of each frame, or None.
        points: Keys of the translations and cameras.
    """

    rotations: dict[Any, tuple[str, ...]]
    betas: Any = None
    points: tuple[Any, ...] = ()

    @property
    def keys(self) -> list[Any]:
        """Keys of all its arrays."""
        return [*self.rotations, *self.points, *([] if self.betas is None else [self.betas])]

    def among(self, keys: Container[Any], where: str) -> BodyLayout:
        """The part of the layout that a document has.

        Args:
            keys: Keys of the document.
            where: File and person, for messages.

        Raises:
            DataFormatError: It has no rotations.
        """
        rotations = {key: names for key, names in self.rotations.items() if key in keys}
        if not rotations:
            raise DataFormatError(f'{where}: there are no rotations of joints; expected '
                                  f"{', '.join(map(_text, self.rotations))}.")
        return BodyLayout(rotations, self.betas if self.betas in keys else None,
                          tuple(key for key in self.points if key in keys))


def usual_layout(arrays: Arrays, representation: str | None = None) -> BodyLayout | None:
    """The layout of arrays under the usual names, or None without rotations.

    Args:
        arrays: Arrays by name, frame by frame.
        representation: What the rotations are. Defaults to None: axis-angles, matrices or 6D, by
            their number of values.

    Returns:
        The layout. Arrays of other lengths or sizes, such as PCA components of hands or a shape
        that is the same for all frames, are left out.
    """
    rotations = {}
    for key, choices in ROTATION_KEYS.items():
        array = arrays.get(key)
        if array is None or np.ndim(array) < 2:
            continue
        names = _joints_of(np.shape(array)[1:], choices, representation)
        if names is not None:
            rotations[key] = names
    frames = {len(arrays[key]) for key in rotations}
    if len(frames) != 1:
        return None
    total = frames.pop()

    def per_frame(key: str, sizes: range) -> bool:
        array = arrays.get(key)
        return array is not None and np.ndim(array) >= 2 and len(array) == total and (
            array.dtype.kind == 'f' and math.prod(array.shape[1:]) == array.shape[-1] in sizes)

    betas = next((key for key in BETA_KEYS if per_frame(key, range(1, 401))), None)
    return BodyLayout(rotations, betas,
                      tuple(key for key in POINT_KEYS if per_frame(key, range(2, 5))))


def arrays_of(content: Mapping[Any, Any], layout: BodyLayout, where: str) -> dict[Any, np.ndarray]:
    """The arrays of a layout.

    Raises:
        DataFormatError: One of them is missing or not an array of numbers.
    """
    return {key: numbers(content.get(key), f'{where}, {_text(key)}') for key in layout.keys}


def read_body(arrays: Arrays, layout: BodyLayout, where: str, *,
              representation: str | None = None, **fields: Any) -> BodySequence:
    """The parameters of one person as a sequence.

    Args:
        arrays: Arrays by key, each with a row for every frame.
        layout: What they hold.
        where: Whose they are, for messages.
        representation: What the rotations are. Defaults to None: by their number of values.
        **fields: Further fields of the sequence.

    Returns:
        The sequence; ``refs`` are the row numbers.

    Raises:
        DataFormatError: Arrays have other lengths or forms than they should.
    """
    total = len(next((arrays[key] for key in layout.rotations), ()))
    names: list[str] = []
    columns: list[np.ndarray] = []
    form = representation or ''
    for key, joints in layout.rotations.items():
        array = numbers(arrays[key], f'{where}, {_text(key)}')
        width = _width(array.shape[1:], len(joints), representation)
        if len(array) != total or width is None:
            raise DataFormatError(
                f'{where}, {_text(key)}: shape {array.shape} is not that of {len(joints)} '
                f'rotations in each of {total} frames.')
        if form and form != _FORMS[width]:
            raise DataFormatError(f'{where}, {_text(key)} holds {_FORMS[width]}, but the other '
                                  f'rotations are {form}; expected one form for all.')
        form = _FORMS[width]
        flat = array.reshape(total, len(joints), width)
        for index, joint in enumerate(joints):
            if joint not in names:
                names.append(joint)
                columns.append(flat[:, index])
    points = {_text(key): _rows(arrays, key, total, where) for key in layout.points}
    betas = None if layout.betas is None else _rows(arrays, layout.betas, total, where)
    return BodySequence(np.stack(columns, axis=1), representation=form, betas=betas, points=points,
                        skeleton=Skeleton('body', tuple(names)), refs=list(range(total)), **fields)


def updated_arrays(arrays: Arrays, layout: BodyLayout, body: BodySequence) -> dict[Any, np.ndarray]:
    """The arrays that change: copies with the values of a smoothed sequence.

    Args:
        arrays: The arrays that the sequence was read from.
        layout: What they hold.
        body: The sequence; its ``refs`` are row numbers of the arrays, None for frames that these
            do not have, which are left out.

    Returns:
        New arrays by key, same shapes and dtypes. Values that were not smoothed are the same bit
        for bit; arrays in which nothing changes are left out.
    """
    names = body.keypoint_names
    here, there = rows_in_document(body)
    changes = {key: body.coords[here][:, [names.index(joint) for joint in joints]]
               for key, joints in layout.rotations.items()}
    if layout.betas is not None and body.betas is not None:
        changes[layout.betas] = body.betas[here][:, None]
    for key in layout.points:
        if _text(key) in body.points:
            changes[key] = body.points[_text(key)][here][:, None]
    result = {}
    for key, new in changes.items():
        old = np.asarray(arrays[key])
        before = np.asarray(old[there], dtype=np.float64).reshape(new.shape)
        change = moved(before, new)
        if change.any():
            array = floating(old)
            array[there] = np.where(change, new, before).reshape(array[there].shape)
            result[key] = array
    return result


def rows_in_document(body: BodySequence) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a sequence that its document has, and which rows of the document these are."""
    refs = body.refs or []
    here = np.array([i for i, ref in enumerate(refs) if ref is not None], dtype=int)
    return here, np.array([refs[i] for i in here], dtype=int)


def _rows(arrays: Arrays, key: Hashable, total: int, where: str) -> np.ndarray:
    array = numbers(arrays[key], f'{where}, {_text(key)}')
    if len(array) != total or array.size % max(total, 1):
        raise DataFormatError(f'{where}, {_text(key)}: shape {array.shape} has no row for each of '
                              f'{total} frames.')
    kind = array.dtype if array.dtype in (np.float32, np.float64) else np.float64
    return array.reshape(total, math.prod(array.shape[1:])).astype(kind)


def _width(shape: tuple[int, ...], joints: int, representation: str | None) -> int | None:
    """Values per joint of rows of a shape, or None where they are not those of rotations."""
    size = math.prod(shape)
    for width, form in _FORMS.items():
        if size == joints * width and representation in (None, form) and (
                width != 4 or representation):
            return width
    return None


def _joints_of(shape: tuple[int, ...], choices: Sequence[tuple[str, ...]],
               representation: str | None) -> tuple[str, ...] | None:
    fitting = [names for names in choices
               if _width(shape, len(names), representation) is not None
               and (len(shape) < 2 or shape[0] in (len(names), 1))]
    return fitting[0] if fitting else None


def _text(key: Hashable) -> str:
    return '.'.join(map(str, key)) if isinstance(key, tuple) else str(key)
