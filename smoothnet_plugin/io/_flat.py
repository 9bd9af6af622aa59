"""Flat lists of people, ``[{image_id, category_id, keypoints, score, ...}]``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseFrame, PoseInstance, PoseSequence, PoseTracks, Skeleton
from ._json import COMPACT_STYLE, write_json
from ._people import ShapeCheck, record_id
from ._times import stamp_of
from ._values import box_array, checked, join_flat, split_flat, track_id_of, updated_flat
from .base import Format, InputFile, ReadContext, SourceDocument
from .rows import Row, clip_frames, merged, rows_for_document, seen_rows

_STRIDE = 3


class FlatList(Format):
    """A list with one entry per person and image.

    ``keypoints`` are K times (x, y, score); (0, 0, 0) marks a missing keypoint. Images without
    people have no entries.

    Attributes:
        box_key: Key of the box (x, y, width, height).
        id_key: Key of the track id.
        consecutive: Whether images are numbered consecutively, so that those without an entry are
            frames without people.
    """

    suffixes = ('.json',)
    representations = ('keypoints_2d',)
    keeps_decimals = True
    box_key: ClassVar[str]
    id_key: ClassVar[str]
    consecutive: ClassVar[bool] = False

    def entries(self, document: Any, path: Path) -> list[Any]:
        """The people of a document, which is their list here."""
        return checked(document, list, f"'{path}'", 'a list of people')

    def with_entries(self, document: Any, entries: list[Any], tracks: PoseTracks) -> Any:
        """A document like the old one (None for a new one) with these people."""
        return entries

    @abstractmethod
    def numbers(self, image_ids: Iterable[Any], document: Any, path: Path) -> dict[Any, int]:
        """Frame number of every image id."""

    def image_id(self, frame: int, like: tuple[Any, int] | None) -> Any:
        """Image id of a new frame, after the id and number of a known one if there are any."""
        return frame

    def track_ids(self, entries: list[dict[str, Any]], path: Path) -> list[int | str | None]:
        """Track id of every entry."""
        return [track_id_of(entry.get(self.id_key), f"'{path}', {self.id_key}")
                for entry in entries]

    def pose(self, entry: Mapping[str, Any], where: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Coordinates (K, 2) and scores (K,) of an entry."""
        return split_flat(entry['keypoints'], _STRIDE, f'{where}, keypoints')

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        People of several categories whose numbers of keypoints differ are tracked by category, and
        those with fewer keypoints lack the others; where the ids would be the same, they are
        ``'<category_id>/<id>'``.
        """
        entries = self.entries(file.json, file.path)
        people = [(position, entry) for position, entry in enumerate(entries)
                  if self._checked(entry, position, file.path).get('keypoints')]
        if entries and not any('keypoints' in entry for entry in entries):
            raise DataFormatError(f"'{file.path}': no entry has 'keypoints'.")
        numbers = self.numbers((entry['image_id'] for _, entry in people), file.json, file.path)
        ids = self.track_ids([entry for _, entry in people], file.path)
        counts: dict[Any, set[int]] = {}
        for _, entry in people:
            category = entry.get('category_id')
            counts.setdefault(category if isinstance(category, (int, str)) else None, set()).add(
                len(entry['keypoints']) if isinstance(entry['keypoints'], list) else 0)
        apart = len(set().union(*counts.values())) > 1 and all(
            len(lengths) == 1 for lengths in counts.values())
        checks: dict[Any, ShapeCheck] = {}
        frames: dict[Any, dict[int, PoseFrame]] = {}
        for (position, entry), track_id in zip(people, ids):
            category = entry.get('category_id') if apart else None
            check = checks.setdefault(category, ShapeCheck(file.path))
            number = numbers[entry['image_id']]
            frame = frames.setdefault(category, {}).setdefault(number, PoseFrame(number))
            label = f'frame {frame.frame_id}, instance {len(frame.instances)}'
            where = f"'{file.path}', {label}"
            coords, scores = self.pose(entry, where)
            box = box_array(entry.get(self.box_key), f'{where}, {self.box_key}')
            if box is not None:
                box = np.concatenate([box[:2], box[:2] + box[2:]])
            frame.instances.append(check(PoseInstance(
                coords, scores, box, track_id, bool(entry.get('filled', False)),
                payload=position), label))
        source = self.document(file, file.json, style=file.json_style, numbers=numbers)
        every = list(numbers.values())
        frame_ids = clip_frames(every) if self.consecutive else np.unique(
            np.array(every, dtype=np.int64))
        times = self.times(file.json, numbers)
        parts = {category: context.tracks(
            list(found.values()), source, frame_ids=frame_ids,
            skeleton=self.skeleton(file.json, category, file.path), times=times)
            for category, found in frames.items()}
        return _joined(parts, source, frame_ids)

    def times(self, document: Any, numbers: Mapping[Any, int]) -> dict[int, float | None]:
        """Seconds by frame number, where the entries have time stamps."""
        return {numbers[entry['image_id']]: stamp for entry in self.entries(document, Path())
                if (stamp := stamp_of(entry)) is not None and entry['image_id'] in numbers}

    def skeleton(self, document: Any, category: Any, path: Path) -> Skeleton | None:
        """Skeleton of a category's keypoints (of all where it is None), where the file has one."""
        return None

    def write(self, path: Path, tracks: PoseTracks, *, track_ids: bool | None = None) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: The tracks.
            track_ids: Whether to write track ids. Defaults to None: as in the source document,
                and yes in a new one.
        """
        source = self.source_of(tracks)
        if source is None:
            entries = [self._new_entry(row, track_ids is not False) for row in seen_rows(tracks)]
            write_json(path, self.with_entries(None, entries, tracks), COMPACT_STYLE)
            return
        document, numbers = self.entries(source.data, source.path), source.details['numbers']
        known, new = rows_for_document(tracks)
        items: list[tuple[int, dict[str, Any]]] = []
        for position, entry in enumerate(document):
            if not entry.get('keypoints'):
                items.append((items[-1][0] if items else 0, entry))
            elif position in known:
                row = known[position]
                own = row.coords[:len(entry['keypoints']) // _STRIDE]
                entry = {**entry, 'keypoints': updated_flat(entry['keypoints'], _STRIDE, own,
                                                            'keypoints')}
                if track_ids:
                    entry[self.id_key] = record_id(row.track_id)
                items.append((numbers[entry['image_id']], entry))
        added = [(row.frame_id, self._added_entry(row, document, numbers, bool(track_ids)))
                 for row in new]
        write_json(path, self.with_entries(source.data, merged(items, added), tracks),
                   source.details['style'])

    def _checked(self, entry: Any, position: int, path: Path) -> Mapping[str, Any]:
        if not isinstance(entry, dict) or not isinstance(entry.get('image_id'), (int, str)):
            raise DataFormatError(f"'{path}', entry {position}: expected an object with "
                                  "'image_id' and 'keypoints'.")
        return entry

    def _new_entry(self, row: Row, track_ids: bool, like: tuple[Any, int] | None = None,
                   category: Any = 1) -> dict[str, Any]:
        scores = row.scores
        entry = {'image_id': self.image_id(row.frame_id, like), 'category_id': category,
                 'keypoints': join_flat(row.coords, scores),
                 'score': float(scores.mean()) if len(scores) else 0.0}
        if track_ids:
            entry[self.id_key] = record_id(row.track_id)
        if row.interpolated:
            entry['filled'] = True
        return entry

    def _added_entry(self, row: Row, document: list[dict[str, Any]], numbers: Mapping[Any, int],
                     track_ids: bool) -> dict[str, Any]:
        """Entry for a person whom the document has in other frames, or not at all."""
        neighbours = row.neighbours()
        like = document[neighbours[0][1]] if neighbours else next(
            (entry for entry in document
             if len(entry.get('keypoints') or ()) == _STRIDE * len(row.coords)), {})
        image = like.get('image_id')
        same = next((key for key, number in numbers.items() if number == row.frame_id), None)
        entry = self._new_entry(row, track_ids or bool(neighbours and self.id_key in like),
                                None if image is None else (image, numbers[image]),
                                like.get('category_id', 1))
        if same is not None:
            entry['image_id'] = same
        if neighbours:  # Without the keypoints that other categories have.
            entry['keypoints'] = entry['keypoints'][:len(like['keypoints'])]
        box = row.interpolate(lambda ref: box_array(document[ref].get(self.box_key), 'box'))
        if box is not None:
            entry[self.box_key] = box.tolist()
        return entry


def _padded(sequence: PoseSequence, count: int) -> PoseSequence:
    """The sequence with keypoints up to a number, the new ones missing and without names."""
    more = count - sequence.num_keypoints
    if more == 0:
        return sequence.replace(skeleton=None)
    after = ((0, 0), (0, more))
    return sequence.replace(
        coords=np.pad(sequence.coords, (*after, (0, 0)), constant_values=np.nan),
        scores=None if sequence.scores is None else np.pad(sequence.scores, after),
        valid=np.pad(sequence.valid, after), filled=np.pad(sequence.filled, after), skeleton=None)


def _joined(parts: Mapping[Any, PoseTracks], source: SourceDocument,
            frame_ids: np.ndarray) -> PoseTracks:
    """The people of all categories."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    ids = [track_id for part in parts.values() for track_id in part.tracks]
    distinct = len(set(ids)) == len(ids)
    most = max((sequence.num_keypoints for part in parts.values() for _, sequence in part),
               default=0)
    tracks = {track_id if distinct else f'{category}/{track_id}': _padded(sequence, most)
              for category, part in parts.items() for track_id, sequence in part}
    first = next(iter(parts.values()), None)
    return PoseTracks(tracks, frame_ids, fps=first.fps if first else None, source=source,
                      times=first.times if first else None)
