"""Motions of AIST++ (Li et al., ICCV 2021)."""

from __future__ import annotations

from pathlib import Path

from ..registry import FORMATS
from ..structures import PoseTracks
from ..structures.body_joints import BODY_JOINTS
from ..utils.pickle_files import write_pickle
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict, pickle_of
from .body_parts import BodyLayout, numbers, read_body

#: The data set's frame rate.
_FPS = 60.0


@FORMATS.register_module()
class Aist(BodyFormat):
    """A dict of ``smpl_poses`` (N, 72), ``smpl_trans`` (N, 3) and ``smpl_scaling`` (1,).

    The model's translation in metres is ``smpl_trans / smpl_scaling``; both stay in the file's
    unit. 60 frames per second unless given.
    """

    name = 'aist'
    title = 'AIST++ motion pickle: {"smpl_poses", "smpl_trans", "smpl_scaling"}'
    suffixes = ('.pkl',)
    frame_base = 0

    def sniff(self, file: InputFile) -> bool:
        content = file.pickled.value if file.pickled else None
        return isinstance(content, dict) and 'smpl_poses' in content

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the track.

        Raises:
            DataFormatError: The file is damaged, or arrays do not fit together.
        """
        document = pickle_of(file)
        content = check_dict(document.value, file.path, 'content')
        where = f"'{file.path}'"
        points = ('smpl_trans',) if 'smpl_trans' in content else ()
        arrays = {key: numbers(content.get(key), f'{where}, {key}')
                  for key in ('smpl_poses', *points)}
        layout = BodyLayout({'smpl_poses': BODY_JOINTS[24]}, None, points)
        fps = context.fps or _FPS
        return PoseTracks({0: read_body(arrays, layout, where, fps=fps)}, fps=fps,
                          source=self.document(file, document,
                                               people={0: Person(arrays, layout)}))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the track.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source, changes = self.changes(tracks)
        content = {**source.data.value, **changes.get(0, {})}
        write_pickle(path, source.data._replace(value=content))
