"""JSON lines: a frame of MMPose's JSON per line, for streams and for files longer than memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseFrame, PoseTracks, default_unit
from ..utils.files import atomic_write
from ._decimals import common_decimals, decimals_in, greatest_of, round_to, written_decimals
from ._json import JsonStyle, parse_json
from ._json_items import LONG, JsonItems
from ._mmpose import has_pose, read_people
from ._mmpose_entries import entries_of, read_entries
from ._people import ShapeCheck, record_id
from ._values import described, nested_numbers, updated_nested, whole_number
from .base import Format, InputFile, ReadContext

_KEYS = ('frame_id', 'instances')
_STYLE = JsonStyle()
#: What :meth:`bytes.splitlines` takes for a line.
_LINE = re.compile(rb'([^\r\n]*)(?:\r\n?|\n|\Z)')


@FORMATS.register_module()
class MMPoseLines(Format):
    """One object ``{"frame_id": 0, "instances": [...]}`` per line, frames from 0.

    Lines are what ``mmpose_video`` has as entries. ``smoothnet smooth --stream`` smooths them as
    they come.
    """

    name = 'mmpose_lines'
    title = 'JSON lines: {"frame_id": 0, "instances": [...]} per line'
    suffixes = ('.jsonl', '.ndjson')
    usual_for = ('.jsonl', '.ndjson')
    frame_base = 0
    keeps_decimals = True

    def sniff(self, file: InputFile) -> bool:
        if file.is_json_lines:
            line = file.head.removeprefix(b'\xef\xbb\xbf')
            return all(f'"{key}"'.encode() in line for key in _KEYS)
        return isinstance(file.document, dict) and set(_KEYS) <= set(file.document)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks."""
        content = file.content
        first = _LINE.match(content)
        style = JsonStyle.of(first[1].decode('utf-8', 'replace') if first else '')
        if len(content) < LONG:
            entries = list(_entries(content.splitlines(), file.path))
        else:
            entries = JsonItems(content, _spans(content, file.path))
        return read_entries(self.document(file, entries, content='keypoints', style=style),
                            entries, context)

    def write(self, path: Path, tracks: PoseTracks, *, track_ids: bool | None = None) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks.
            track_ids: Whether to write ``track_id``. Defaults to None: as in the source
                document, and yes in a new one.
        """
        source = self.source_of(tracks)
        style = source.details['style'] if source else _STYLE
        with atomic_write(path, 'wb') as file:
            for entry in entries_of(source, tracks, track_ids):
                file.write(f'{style.dumps(entry)}\n'.encode())


class LineStream:
    """Lines read and written frame by frame.

    Args:
        lines: The lines, UTF-8, in order.
        path: The file, for messages.
        track_ids: Whether to write ``track_id`` where a line had none. Defaults to False.

    Attributes:
        head: What precedes the frames in the output: nothing.
        skeleton: Skeleton of the poses: not known.
    """

    head = b''
    skeleton = None

    def __init__(self, lines: Iterable[bytes], path: Any, track_ids: bool = False) -> None:
        self._lines, self._path, self._track_ids = lines, path, track_ids

    def frames(self) -> Iterator[PoseFrame]:
        """The frames, one by one.

        Raises:
            DataFormatError: A line is not UTF-8, or no frame, or a person is not what it should
                be.
        """
        check = ShapeCheck(self._path)
        seen: int | None = 0
        for entry in _entries(self._lines, self._path):
            number = whole_number(entry['frame_id'], f"'{self._path}', frame_id")
            frame = read_people(entry['instances'], number, 0, check)
            poses = [instance.keypoints for instance in frame.instances]
            seen = common_decimals((seen, *map(decimals_in, poses)))
            frame.payload = entry, written_decimals(seen, default_unit(check.representation),
                                                    greatest_of(poses))
            yield frame

    def text_of(self, frame: PoseFrame) -> bytes:
        """The line of a smoothed frame."""
        entry, decimals = frame.payload
        smoothed = {person.payload[1]: person for person in frame.instances
                    if person.payload is not None}
        people = []
        for index, instance in enumerate(entry['instances'] or []):
            if has_pose(instance):
                person = smoothed[index]
                instance = {**instance, 'keypoints': updated_nested(
                    instance['keypoints'], round_to(person.keypoints, decimals), 'keypoints')}
                if self._track_ids and person.track_id is not None:
                    instance['track_id'] = record_id(person.track_id)
            people.append(instance)
        for person in frame.instances:
            if person.payload is None:
                people.append({
                    'keypoints': nested_numbers(round_to(person.keypoints, decimals)),
                    'keypoint_scores': [0.0] * len(person.keypoints), 'filled': True,
                    **({} if person.track_id is None else {
                        'track_id': record_id(person.track_id)})})
        return f"{_STYLE.dumps({**entry, 'instances': people})}\n".encode()


def _entries(lines: Iterable[bytes], path: Any) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        entry = _entry(line, number, path)
        if entry is not None:
            yield entry


def _entry(line: bytes, number: int, path: Any) -> dict[str, Any] | None:
    """The entry of a line, None if it is empty."""
    where = f'{path}, line {number}'
    try:
        text = line.decode('utf-8-sig' if number == 1 else 'utf-8')
    except UnicodeDecodeError as error:
        raise DataFormatError(f"'{where}' is not UTF-8 text: {error}.") from error
    if not text.strip():
        return None
    entry = parse_json(text, where)
    if not isinstance(entry, dict) or not set(_KEYS) <= set(entry):
        fix = (' A document of all frames is not a stream of lines: leave out --stream.'
               if number == 1 and isinstance(entry, list) else '')
        raise DataFormatError(f"'{where}': expected an object with 'frame_id' and "
                              f"'instances', got {described(entry)}.{fix}")
    return entry


def _spans(content: bytes, path: Any) -> Iterator[tuple[int, int]]:
    """Where the entries start and end; their structure is checked."""
    for number, line in enumerate(_LINE.finditer(content), 1):
        if _entry(line[1], number, path) is not None:
            yield line.span(1)
