"""JSON output of OpenPose and compatible tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseFrame, PoseTracks
from ._folders import write_frames
from ._json import JsonStyle
from ._names import frame_numbers, name_like, natural_key
from ._openpose import Arrays, check_body, whole_id
from ._people import ShapeCheck
from ._times import stamp_of
from ._values import track_id_of
from .base import Format, InputFile, ReadContext, SourceDocument
from .rows import Row, by_frame, merged, rows_for_document, seen_rows

_STYLE = JsonStyle(item_separator=',', key_separator=':')


@FORMATS.register_module()
class OpenPose(Format):
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
    frame_base = 0
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        if file.is_dir:
            files = _frame_files(file)
            return bool(files) and self.sniff(files[0])
        return (file.looks_like_json and isinstance(file.json, dict)
                and isinstance(file.json.get('people'), list))

    def read(self, file: InputFile, context: ReadContext, *, dims: int | None = None,
             parts: str = 'all') -> PoseTracks:
        """Read the tracks.

        Args:
            file: The folder or file.
            context: What the caller specified.
            dims: 2 or 3, which of both to read. Defaults to None: 2D where there is any.
            parts: ``'all'`` for body, face and hands, ``'body'`` for the body alone. Defaults to
                ``'all'``.

        Raises:
            DataFormatError: A file is not OpenPose's, or the files are not of one clip.
        """
        if dims not in (None, 2, 3):
            raise DataFormatError(f'openpose: dims is {dims!r}; expected 2 or 3.')
        if parts not in ('all', 'body'):
            raise DataFormatError(f"openpose: parts is {parts!r}; expected 'all' or 'body'.")
        files = sorted(_frame_files(file) if file.is_dir else [file],
                       key=lambda one: natural_key(one.path.name))
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
        arrays = Arrays.of(people, dims, every=parts == 'all')
        check = ShapeCheck(file.path)
        frames = [_frame(one, number, position, arrays, check)
                  for position, (one, number) in enumerate(zip(files, numbers))]
        entries = [(number, one.path.name, one.json, one.json_style)
                   for number, one in zip(numbers, files)]
        source = self.document(file, entries, folder=file.is_dir, arrays=arrays)
        poses = [instance.keypoints for frame in frames for instance in frame.instances]
        return context.tracks(frames, source, representation=f'keypoints_{arrays.dims}d',
                              skeleton=arrays.skeleton(check.shape[0] if check.shape else 0, poses),
                              times={number: stamp for one, number in zip(files, numbers)
                                     if (stamp := stamp_of(one.json)) is not None})

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
        if track_ids is None and source is None:
            track_ids = not any(isinstance(track_id, str) for track_id in tracks.tracks)
        files = (_new_files(tracks, bool(track_ids)) if source is None
                 else _updated_files(source, tracks, bool(track_ids)))
        write_frames(path, files, one_file=not source.details['folder'] if source else None)


def _frame_files(file: InputFile) -> list[InputFile]:
    """A folder's files of keypoints; if none has such a name, all JSON files."""
    named = [one for one in file.json_files if one.path.name.endswith('_keypoints.json')]
    return named or file.json_files


def _frame(file: InputFile, number: int, position: int, arrays: Arrays,
           check: ShapeCheck) -> PoseFrame:
    frame = PoseFrame(number)
    check.path = file.path
    for index, person in enumerate(file.json['people']):
        if person.get(arrays.body):
            label = f'frame {number}, instance {index}'
            frame.instances.append(check(arrays.instance(
                person, (position, index), f"'{file.path}', {label}"), label))
    return frame


def _updated_files(source: SourceDocument, tracks: PoseTracks,
                   track_ids: bool) -> list[tuple[str, Any, JsonStyle]]:
    arrays: Arrays = source.details['arrays']
    known, new = rows_for_document(tracks)
    added = by_frame(new)
    kept = set(tracks.frame_ids.tolist())
    files: list[tuple[int, tuple[str, Any, JsonStyle]]] = []
    for position, (number, name, document, style) in enumerate(source.data):
        if number not in kept:
            continue
        people = []
        for index, person in enumerate(document['people']):
            row = known.get((position, index))
            if not person.get(arrays.body):
                people.append(person)
            elif row is not None:
                person = arrays.updated(person, row)
                if track_ids:
                    person['person_id'] = [whole_id(row)]
                people.append(person)
        people += [_added_person(row, source, track_ids) for row in added.pop(number, [])]
        files.append((number, (name, {**document, 'people': people}, style)))
    fresh = []
    for number, rows in added.items():
        old, name, document, style = source.data[0]
        head = {key: value for key, value in document.items() if key == 'version'}
        people = [_added_person(row, source, track_ids) for row in rows]
        fresh.append((number, (name_like(name, old, number), {**head, 'people': people}, style)))
    return merged(files, fresh)


def _added_person(row: Row, source: SourceDocument, track_ids: bool) -> dict[str, Any]:
    """A person who is not in this frame of the document, with the keys of a neighbour."""
    neighbours = row.neighbours()
    like: dict[str, Any] = {}
    if neighbours:
        position, index = neighbours[0][1]
        like = source.data[position][2]['people'][index]
    named = track_id_of(like.get('person_id'), 'person_id') is not None
    return source.details['arrays'].created(row, whole_id(row) if track_ids or named else -1, like)


def _new_files(tracks: PoseTracks, track_ids: bool) -> list[tuple[str, Any, JsonStyle]]:
    dims = next((np.shape(sequence.coords)[2] for _, sequence in tracks), 2)
    arrays = Arrays(dims, f'_keypoints_{dims}d', ())
    rows = by_frame(seen_rows(tracks))
    return [(f'{frame:012d}_keypoints.json',
             {'version': 1.3, 'people': [arrays.created(row, whole_id(row) if track_ids else -1, {})
                                         for row in rows.get(frame, [])]}, _STYLE)
            for frame in tracks.frame_ids.tolist()]

