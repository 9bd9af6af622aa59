"""JSON output of OpenPose and compatible tools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseInstance, PoseTracks, Skeleton
from ._folders import write_frames
from ._frame_lists import Frame, FrameLists
from ._json import JsonStyle
from ._names import frame_numbers, name_like
from ._openpose import Arrays, check_body, whole_id
from ._times import stamp_of
from ._values import track_id_of
from .base import InputFile, ReadContext
from .rows import Row

_STYLE = JsonStyle(item_separator=',', key_separator=':')


@FORMATS.register_module()
class OpenPose(FrameLists):
    """A folder of ``*_keypoints.json``, one per frame: ``{version, people: [{...}]}``.

    The keypoints are ``pose_keypoints_2d``, K times (x, y, score), or ``pose_keypoints_3d``, K
    times (x, y, z, score), then ``face``, ``hand_left`` and ``hand_right`` likewise; all zero marks
    a missing keypoint, and an empty list a part that was not looked for, which stays empty.
    BODY_25B has as many keypoints as BODY_25 and is recognised by its neck. Pose2Sim's
    ``<camera>_json`` folders have the same layout. ``person_id`` is a track id unless it is -1. The
    frame number is the one that distinguishes the file names. A single file is a clip of one frame.
    """

    name = 'openpose'
    title = 'OpenPose: a folder of *_keypoints.json, {"people": [{"pose_keypoints_2d": ...}]}'
    suffixes = ()
    representations = ('keypoints_2d', 'keypoints_3d')

    def sniff(self, file: InputFile) -> bool:
        if file.is_dir:
            files = _frame_files(file)
            return bool(files) and self.sniff(files[0])
        return isinstance(file.document, dict) and isinstance(file.document.get('people'), list)

    def read(self, file: InputFile, context: ReadContext, *, dims: int | None = None,
             parts: str = 'all') -> PoseTracks:
        """Read the tracks.

        Args:
            file: The folder or file.
            context: What the caller specified.
            dims: 2 or 3, the arrays to read. Defaults to None: 2D if a person has it, else 3D.
            parts: ``'all'`` for body, face and hands, ``'body'`` for the body alone. Defaults to
                ``'all'``.

        Raises:
            DataFormatError: A file is not OpenPose's, or the files are not of one clip.
        """
        if dims not in (None, 2, 3):
            raise DataFormatError(f'openpose: dims is {dims!r}; expected 2 or 3.')
        if parts not in ('all', 'body'):
            raise DataFormatError(f"openpose: parts is {parts!r}; expected 'all' or 'body'.")
        files = _frame_files(file) if file.is_dir else [file]
        if not files:
            raise DataFormatError(f"The folder '{file.path}' holds no JSON files.")
        names = [one.path.name for one in files]
        numbers = frame_numbers(names)
        if numbers is None and len(files) > 1:
            raise DataFormatError(
                f"'{file.path}': the file names do not distinguish the frames of one clip (from "
                f"'{names[0]}' to '{names[-1]}'); expected '<clip>_<number>_keypoints.json'.")
        numbers = numbers or [0]
        for one in files:
            people = one.json.get('people') if isinstance(one.json, dict) else None
            if not (isinstance(people, list) and all(isinstance(p, dict) for p in people)):
                raise DataFormatError(f"'{one.path}': expected an object whose 'people' is a "
                                      'list of objects.')
        people = [person for one in files for person in one.json['people'] if person]
        check_body(people, f"'{file.path}'")
        slots = [Frame(number, (one.path.name, one.json, one.json_style), one.json['people'],
                       one.path) for number, one in zip(numbers, files)]
        return self.tracks(file, context, slots, Arrays.of(people, dims, every=parts == 'all'),
                           folder=file.is_dir)

    def skeleton(self, layout: Arrays, count: int,
                 poses: Iterable[np.ndarray]) -> Skeleton | None:
        return layout.skeleton(count, poses)

    def stamp(self, frame: Frame) -> float | None:
        return stamp_of(frame.key[1])

    def instance(self, record: Any, where: str, layout: Arrays) -> PoseInstance | None:
        return layout.instance(record, where) if record.get(layout.body) else None

    def updated(self, record: Any, row: Row, layout: Arrays) -> Any:
        person = layout.updated(record, row)
        if layout.with_ids:
            person['person_id'] = [whole_id(row)]
        return person

    def created(self, row: Row, like: Any, layout: Arrays) -> Any:
        like = like or {}
        named = layout.with_ids or track_id_of(like.get('person_id'), 'person_id') is not None
        return layout.created(row, whole_id(row) if named else -1, like)

    def write(self, path: Path, tracks: PoseTracks, *, track_ids: bool | None = None) -> None:
        """Write the tracks.

        Args:
            path: A folder; a file if the source is one, or for a clip of a single frame.
            tracks: The tracks.
            track_ids: Whether to write track ids as ``person_id``. Defaults to None: as in the
                source document; in a new one, yes if they are numbers.

        Raises:
            DataFormatError: There are several frames for one file, or a track id is text.
        """
        source = self.source_of(tracks)
        if source is None:
            if track_ids is None:
                track_ids = not any(isinstance(track_id, str) for track_id in tracks.tracks)
            dims = next((np.shape(sequence.coords)[2] for _, sequence in tracks), 2)
            files = [(f'{frame.number:012d}_keypoints.json',
                      {'version': 1.3, 'people': frame.records}, _STYLE)
                     for frame in self.new_frames(
                         tracks, Arrays(dims, f'_keypoints_{dims}d', (), track_ids))]
        else:
            layout = replace(source.details['layout'], with_ids=bool(track_ids))
            files = [_file(frame, source.details['slots'][0])
                     for frame in self.updated_frames(tracks, source, layout)]
        write_frames(path, files, one_file=not source.details['folder'] if source else None)


def _file(frame: Frame, like: Frame) -> tuple[str, Any, JsonStyle]:
    """Name, document and style of the file of a frame; a new one is like another frame's."""
    name, document, style = frame.key or like.key
    if frame.key is None:
        name = name_like(name, like.number, frame.number)
        document = {key: value for key, value in document.items() if key == 'version'}
    return name, {**document, 'people': frame.records}, style


def _frame_files(file: InputFile) -> list[InputFile]:
    """A folder's files of keypoints; if none has such a name, all JSON files."""
    named = [one for one in file.json_files if one.path.name.endswith('_keypoints.json')]
    return named or file.json_files
