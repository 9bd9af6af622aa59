"""The SMPL body: reading its file without running code, and skinning by ``smplx``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.sparse import csc_matrix, csr_matrix

from ..errors import ConfigError, DataFormatError, UnsafeFileError
from ..utils.files import StrPath
from ..utils.optional import required
from ..utils.restricted_pickle import load_pickle

#: Arrays that skinning needs: name in the file and number of axes.
_ARRAYS = {'v_template': 2, 'shapedirs': 3, 'posedirs': 3, 'J_regressor': 2, 'weights': 2,
           'kintree_table': 2}
_NUM_BETAS = 10

#: SMPL joints of the first 13 LSP keypoints; the 14th, the top of the head, is regressed.
_LSP_FROM_SMPL = (8, 5, 2, 1, 4, 7, 21, 19, 17, 16, 18, 20, 12)
_HEAD_TOP_ROW = 3

#: Both hips among the 14 keypoints.
LSP_ROOTS = [2, 3]


class BodyModel:
    """SMPL (Loper et al., SIGGRAPH Asia 2015), with the 14 LSP keypoints, or SMPL-H or SMPL-X.

    Skinning is :func:`smplx.lbs.lbs`, so the extra ``smpl`` must be installed. The model file is
    available from smpl.is.tue.mpg.de under its own licence.

    Args:
        path: The published ``SMPL_NEUTRAL.pkl`` (chumpy arrays are read without chumpy), or an
            ``.npz`` with the same arrays.
        extra_regressor: ``J_regressor_extra.npy``, shape (9, V), of SPIN, whose row 3 is the top
            of the head. Defaults to None: no LSP keypoints.

    Attributes:
        num_joints: Joints J of the skeleton, 24 for SMPL.
        parents: Index of each joint's parent, -1 for the root, shape (J,).
        faces: Vertices of each triangle, shape (F, 3), or None where the file has none.

    Raises:
        ConfigError: ``smplx`` is not installed.
        DataFormatError: A file is missing, or is not a body model or a regressor.
        UnsafeFileError: The file would run code when read.
    """

    def __init__(self, path: StrPath, extra_regressor: StrPath | None = None) -> None:
        smplx = required('smplx.lbs', 'The SMPL body needs the package smplx: '
                         'pip install "smoothnet_plugin[smpl]".')
        self._lbs: Callable[..., Any] = smplx.lbs
        arrays = load_smpl_arrays(path)
        vertices, self.num_joints = arrays['weights'].shape
        self.parents = arrays['kintree_table'][0].astype(np.int64)
        self.parents[0] = -1
        self.faces = arrays.get('f')
        self._head_top = None if extra_regressor is None else _head_top(extra_regressor, vertices)
        self._template = _tensor(arrays['v_template'])
        self._shape_dirs = _tensor(arrays['shapedirs'][:, :, :_NUM_BETAS])
        self._pose_dirs = _tensor(arrays['posedirs'].reshape(3 * vertices, -1).T)
        self._regressor = _tensor(arrays['J_regressor'])
        self._weights = _tensor(arrays['weights'])

    def __call__(self, rotations: np.ndarray, betas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pose the body.

        Args:
            rotations: Joint rotations, shape (T, 24, 3, 3), finite.
            betas: Shape parameters, shape (T, 10).

        Returns:
            Keypoints, shape (T, 14, 3), and vertices, shape (T, V, 3), in metres, float32.
        """
        if self._head_top is None:
            raise ConfigError("The LSP keypoints of the SMPL body need extra_regressor="
                              "'.../J_regressor_extra.npy'.")
        vertices, joints = self._posed(rotations, betas)
        head_top = torch.einsum('v,tvc->tc', self._head_top, vertices)
        keypoints = torch.cat([joints[:, list(_LSP_FROM_SMPL)], head_top[:, None]], dim=1)
        return keypoints.numpy(), vertices.numpy()

    def mesh(self, rotations: np.ndarray, betas: np.ndarray) -> np.ndarray:
        """Vertices of the posed body relative to its root joint.

        Args:
            rotations: As in a call.
            betas: As in a call.

        Returns:
            Shape (T, V, 3), in metres, float32.
        """
        vertices, joints = self._posed(rotations, betas)
        return (vertices - joints[:, :1]).numpy()

    def rest_joints(self, betas: np.ndarray) -> np.ndarray:
        """Joints of the body in the T-pose.

        Args:
            betas: As in a call.

        Returns:
            Shape (T, J, 3), in metres, float32.
        """
        moved = torch.einsum('jv,vcs->jcs', self._regressor, self._shape_dirs)
        return (self._regressor @ self._template + torch.einsum(
            'jcs,ts->tjc', moved, _tensor(betas))).numpy()

    @torch.inference_mode()
    def _posed(self, rotations: np.ndarray, betas: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        return self._lbs(
            _tensor(betas), _tensor(rotations), self._template, self._shape_dirs, self._pose_dirs,
            self._regressor, torch.as_tensor(self.parents), self._weights, pose2rot=False)


def load_smpl_arrays(path: StrPath) -> dict[str, np.ndarray]:
    """Read the arrays of an SMPL model.

    Args:
        path: A ``.pkl`` or ``.npz`` file.

    Returns:
        ``v_template`` (V, 3), ``shapedirs`` (V, 3, S), ``posedirs`` (V, 3, P), ``J_regressor``
        (J, V), ``weights`` (V, J) and ``kintree_table`` (2, J); ``f`` (F, 3) where the file has
        triangles.

    Raises:
        DataFormatError: The file is missing, or its content is not a body model.
        UnsafeFileError: The file would run code when read.
    """
    path = Path(path)
    if not path.is_file():
        raise DataFormatError(f"The body model '{path}' does not exist; get SMPL_NEUTRAL.pkl from "
                              'smpl.is.tue.mpg.de and give its path.')
    try:
        if path.suffix == '.npz':
            with np.load(path, allow_pickle=False) as file:
                content = {key: file[key] for key in (*_ARRAYS, 'f') if key in file}
        else:
            with path.open('rb') as file:
                content = load_pickle(file, f"'{path}'", finder=_stand_in)
        arrays = {key: _plain(content[key]) for key in (*_ARRAYS, 'f') if key in content}
    except UnsafeFileError:
        raise
    except Exception as error:
        raise DataFormatError(f"'{path}' cannot be read as an SMPL model: {error}") from error
    wrong = [key for key, axes in _ARRAYS.items() if key not in arrays or arrays[key].ndim != axes]
    if wrong:
        raise DataFormatError(f"'{path}' is not an SMPL model: {', '.join(wrong)} missing or of a "
                              f"wrong shape; it needs {', '.join(_ARRAYS)}.")
    faces = arrays.pop('f', None)
    if faces is not None and faces.ndim == 2 and faces.shape[1] == 3:
        arrays['f'] = faces.astype(np.int64)
    return arrays


class _Opaque:
    """Placeholder for a chumpy or scipy object that keeps its state only."""

    def __new__(cls, *args: Any, **kwargs: Any) -> _Opaque:
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.__dict__.update(part)


def _stand_in(module: str, name: str) -> Any:
    """Types other than arrays in body models: those of chumpy and scipy, as placeholders."""
    if module.partition('.')[0] in ('chumpy', 'scipy'):
        return type(name, (_Opaque,), {})
    return {'object': object, '_reconstructor': lambda cls, base, state: cls()}.get(name) if (
        module in ('builtins', 'copyreg', 'copy_reg')) else None


def _plain(value: Any) -> np.ndarray:
    """The array that a stored object represents."""
    if not isinstance(value, _Opaque):
        return np.asarray(value)
    state = value.__dict__
    if 'indptr' in state:
        kind = csr_matrix if type(value).__name__.startswith('csr') else csc_matrix
        shape = state.get('_shape', state.get('shape'))
        return kind((state['data'], state['indices'], state['indptr']), shape).toarray()
    if 'idxs' in state:
        chosen = _plain(state['a']).ravel()[state['idxs']]
        return chosen.reshape(state.get('preferred_shape', chosen.shape))
    return _plain(state['x'])


def _head_top(path: StrPath, vertices: int) -> torch.Tensor:
    """Weights of the vertices for the top of the head, shape (V,)."""
    regressor = _load_npy(path)
    if regressor.ndim != 2 or len(regressor) <= _HEAD_TOP_ROW or regressor.shape[1] != vertices:
        raise DataFormatError(
            f"'{path}' has shape {regressor.shape}; expected (9, {vertices}), the extra joint "
            'regressor for the vertices of this body.')
    return _tensor(regressor[_HEAD_TOP_ROW])


def _load_npy(path: StrPath) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataFormatError(f"'{path}' cannot be read as an array: {error}") from error
    if not isinstance(array, np.ndarray):
        raise DataFormatError(f"'{path}' is an archive; expected J_regressor_extra.npy, one array.")
    return array


def _tensor(array: Any) -> torch.Tensor:
    return torch.as_tensor(np.ascontiguousarray(array, dtype=np.float32))
