"""``hmr4d_results.pt`` of GVHMR (Shen et al., SIGGRAPH Asia 2024)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import CheckpointError, DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ..structures.body_joints import BODY_JOINTS
from ..utils.npz import MAGIC
from ..utils.restricted_torch import load_torch, save_torch
from ._arrays import numbers
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict
from .body_parts import BodyLayout

_BODY = BODY_JOINTS[22]
_CAMERA, _WORLD = 'smpl_params_incam', 'smpl_params_global'
_KEYS = ('global_orient', 'body_pose', 'betas', 'transl')
_ROTATIONS = {(_CAMERA, 'global_orient'): ('pelvis',), (_CAMERA, 'body_pose'): _BODY[1:],
              (_WORLD, 'global_orient'): ('pelvis_world',), (_WORLD, 'body_pose'): _BODY[1:]}
_POINTS = ((_CAMERA, 'transl'), (_WORLD, 'transl'))


@FORMATS.register_module()
class Gvhmr(BodyFormat):
    """SMPL-X parameters of one person in the camera and in a world that is upright.

    Both hold the same body: the roots are smoothed each on its own, the body once. The frame rate
    is 30 unless given. ``net_outputs`` stays as the network made it.
    """

    name = 'gvhmr'
    title = 'GVHMR .pt: {"smpl_params_global": {...}, "smpl_params_incam": {...}, ...}'
    suffixes = ('.pt',)
    usual_for = ('.pt',)
    fps = 30.0  # GVHMR converts its input to this frame rate.

    def sniff(self, file: InputFile) -> bool:
        return file.head.startswith(MAGIC) and _CAMERA.encode() in file.content

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            UnsafeFileError: The file holds objects that could run code.
            DataFormatError: The file is damaged, or arrays do not fit together.
        """
        try:
            content = load_torch(file.path)
        except CheckpointError as error:
            raise DataFormatError(str(error).replace('Checkpoint', 'The file', 1)) from error
        content = check_dict(content, file.path, 'content')
        where = f"'{file.path}'"
        arrays = {}
        for group in (_CAMERA, _WORLD):
            parameters = check_dict(content.get(group, {}), file.path, group)
            for name in _KEYS:
                if name in parameters:
                    arrays[group, name] = numbers(
                        _as_array(parameters[name]), f'{where}, {group}.{name}')
        betas = next((key for key in arrays if key[1] == 'betas'), None)
        layout = BodyLayout(_ROTATIONS, betas, _POINTS).among(arrays, where)
        return self.tracks(file, context, content, {0: Person(where, arrays, layout)})

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        import torch
        source, changes = self.changes(tracks)
        arrays = dict(changes.get(0, {}))
        if (_CAMERA, 'betas') in arrays and _WORLD in source.data:
            arrays[_WORLD, 'betas'] = arrays[_CAMERA, 'betas']
        content = {group: dict(value) if group in (_CAMERA, _WORLD) else value
                   for group, value in source.data.items()}
        for (group, name), array in arrays.items():
            content[group][name] = torch.from_numpy(array)
        save_torch(content, path)


def _as_array(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, 'detach') else value
