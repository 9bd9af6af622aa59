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
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict
from .body_parts import BodyLayout, numbers, read_body

_BODY = BODY_JOINTS[22]
_CAMERA, _WORLD = 'smpl_params_incam', 'smpl_params_global'
#: GVHMR converts its input to this frame rate.
_FPS = 30.0


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
    frame_base = 0

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
        arrays: dict[Any, Any] = {}
        for group in (_CAMERA, _WORLD):
            if group in content:
                parameters = check_dict(content[group], file.path, group)
                for name in ('global_orient', 'body_pose', 'betas', 'transl'):
                    if name in parameters:
                        arrays[group, name] = numbers(
                            _as_array(parameters[name]), f'{where}, {group}.{name}')
        layout = _layout(arrays)
        body = read_body(arrays, layout, where, fps=context.fps or _FPS)
        return PoseTracks({0: body}, fps=context.fps or _FPS, source=self.document(
            file, content, people={0: Person(arrays, layout)}))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        import torch
        source, changes = self.changes(tracks)
        arrays = changes.get(0, {})
        if (_CAMERA, 'betas') in arrays and _WORLD in source.data:
            arrays[_WORLD, 'betas'] = arrays[_CAMERA, 'betas']
        content = {group: dict(value) if group in (_CAMERA, _WORLD) else value
                   for group, value in source.data.items()}
        for (group, name), array in arrays.items():
            content[group][name] = torch.from_numpy(array)
        save_torch(content, path)


def _layout(arrays: dict[Any, Any]) -> BodyLayout:
    rotations = {(group, name): names for group, root in ((_CAMERA, 'pelvis'),
                                                         (_WORLD, 'pelvis_world'))
                 for name, names in (('global_orient', (root,)), ('body_pose', _BODY[1:]))
                 if (group, name) in arrays}
    points = tuple(key for key in ((_CAMERA, 'transl'), (_WORLD, 'transl')) if key in arrays)
    betas = next((key for key in arrays if key[1] == 'betas'), None)
    return BodyLayout(rotations, betas, points)


def _as_array(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, 'detach') else value
