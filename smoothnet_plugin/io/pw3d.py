"""``sequenceFiles`` of 3DPW (von Marcard et al., ECCV 2018)."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseTracks
from ..structures.body_joints import BODY_JOINTS
from ..utils.pickle_files import write_pickle
from .base import InputFile, ReadContext
from .body_format import BodyFormat, Person, check_dict, pickle_of, without_derived
from .body_parts import BodyLayout, numbers, read_body

_FPS = 30.0


@FORMATS.register_module()
class Pw3d(BodyFormat):
    """A dict of lists over actors: ``poses``, ``trans``, ``betas``, and data of the camera.

    Pickles of Python 2 are read. Track ids are the actors' numbers. ``jointPositions`` follows from
    the parameters: it is left out once these are smoothed. ``poses_60Hz`` and ``trans_60Hz`` stay
    as they are. 30 frames per second unless given.
    """

    name = 'pw3d'
    title = '3DPW sequence pickle: {"poses": [(N, 72), ..], "trans", "campose_valid", ...}'
    suffixes = ('.pkl',)
    frame_base = 0

    def sniff(self, file: InputFile) -> bool:
        content = file.pickled.value if file.pickled else None
        return isinstance(content, dict) and 'poses' in content and (
            'campose_valid' in content or 'cam_poses' in content)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            DataFormatError: The file is damaged, or arrays do not fit together.
        """
        document = pickle_of(file)
        content = check_dict(document.value, file.path, 'content')
        poses, trans = content.get('poses'), content.get('trans')
        if not isinstance(poses, list) or (trans is not None and (
                not isinstance(trans, list) or len(trans) != len(poses))):
            raise DataFormatError(f"'{file.path}': expected lists of poses and trans with an entry "
                                  'for each actor.')
        tracks, people = {}, {}
        fps = context.fps or _FPS
        for actor, pose in enumerate(poses):
            where = f"'{file.path}', actor {actor}"
            arrays = {'poses': numbers(pose, f'{where}, poses')}
            if trans is not None:
                arrays['trans'] = numbers(trans[actor], f'{where}, trans')
            layout = BodyLayout({'poses': BODY_JOINTS[24]}, None,
                                ('trans',) if trans is not None else ())
            tracks[actor] = read_body(arrays, layout, where, fps=fps)
            people[actor] = Person(arrays, layout)
        return PoseTracks(tracks, fps=fps, source=self.document(
            file, document, people=people))

    def write(self, path: Path, tracks: PoseTracks, *, derived: str = 'drop') -> None:
        """Write the tracks; actors that are no longer in them are not changed.

        Args:
            path: The file.
            tracks: Tracks read from a file of this format.
            derived: What happens to ``jointPositions``: ``'drop'`` or ``'keep'``. Defaults to
                ``'drop'``.

        Raises:
            DataFormatError: The tracks are from another source.
        """
        source, changes = self.changes(tracks)
        content = without_derived(source.data.value, any(map(bool, changes.values())), derived,
                                  ('jointPositions',))
        for key in ('poses', 'trans'):
            if key in content:
                content[key] = [changes.get(actor, {}).get(key, array)
                                for actor, array in enumerate(content[key])]
        write_pickle(path, source.data._replace(value=content))
