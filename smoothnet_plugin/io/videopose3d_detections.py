"""npz files of VideoPose3D's ``infer_video_d2.py``: Detectron2's people of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..registry import FORMATS
from ..structures import PoseFrame, PoseInstance, PoseTracks
from ..tracking.similarity import keypoint_box
from ..utils.npz import SafeNpz, load_npz, write_npz
from ._arrays import floating, object_array, unboxed
from ._people import ShapeCheck
from ._values import described, moved
from .base import Format, InputFile, ReadContext
from .rows import Row, by_frame, rows_for_document

_POSES, _BOXES = 'keypoints', 'boxes'
#: Rows of a person's keypoints: x, y, logit and probability.
_ROWS = 4


@FORMATS.register_module()
class VideoPose3dDetections(Format):
    """``keypoints[t] = [[], (N, 4, K)]``, ``boxes[t] = [[], (N, 5)]``, ``segments``, ``metadata``.

    The object arrays are pickles, which are read without running code. Of a person the rows are x,
    y, logit and probability; the probability is the score. People have no ids and are tracked.
    Frames count from 0; the frame rate is not stored. Interpolated people are added with the
    probability 0; all other arrays are kept.
    """

    name = 'videopose3d_detections'
    title = 'VideoPose3D infer_video_d2 npz: keypoints[t] = [[], (N, 4, K)], boxes, metadata'
    suffixes = ('.npz',)
    representations = ('keypoints_2d',)
    frame_base = 0
    needs_source = True

    def sniff(self, file: InputFile) -> bool:
        return {_POSES, _BOXES, 'segments', 'metadata'} <= set(file.npz_names)

    def read(self, file: InputFile, context: ReadContext) -> PoseTracks:
        """Read the tracks.

        Raises:
            UnsafeFileError: The file holds objects that could run code.
            DataFormatError: The file is damaged.
        """
        npz = load_npz(file.path, file.content)
        npz.require(_POSES, _BOXES)
        poses, boxes = (_entries(npz[key], f"'{file.path}', {key}") for key in (_POSES, _BOXES))
        if len(poses) != len(boxes):
            raise DataFormatError(f"'{file.path}': {len(poses)} frames of keypoints, {len(boxes)} "
                                  'of boxes; expected one number.')
        check = ShapeCheck(file.path)
        frames = []
        for number, (people, corners) in enumerate(zip(poses, boxes)):
            if len(people) and people.shape[1:2] != (_ROWS,):
                raise DataFormatError(f"'{file.path}', frame {number}: keypoints of shape "
                                      f'{people.shape}; expected (N, {_ROWS}, K).')
            given = corners.shape == (len(people), 5)
            frames.append(PoseFrame(number, [check(PoseInstance(
                person[:2].T, np.nan_to_num(person[3]), corners[place, :4] if given else None,
                payload=(number, place)), f'frame {number}, person {place}')
                for place, person in enumerate(people)]))
        source = self.document(file, npz[_POSES], boxes=npz[_BOXES], order=list(npz),
                               members=npz.members(_POSES, _BOXES), compressed=npz.is_compressed)
        return context.tracks(frames, source, image_size=_size(npz))

    def write(self, path: Path, tracks: PoseTracks) -> None:
        """Write the tracks.

        Args:
            path: The file.
            tracks: Tracks read from such a file.

        Raises:
            DataFormatError: The tracks are from another source, or have frames beyond the end.
        """
        source = self.required_source(tracks)
        details = source.details
        poses = _entries(source.data, '')
        boxes = _entries(details['boxes'], '')
        known, new = rows_for_document(tracks)
        added = by_frame(new)
        if added and not 0 <= min(added) <= max(added) < len(poses):
            raise DataFormatError(f'The tracks have the frames {min(added)} to {max(added)}, the '
                                  f"video of the file only {len(poses)}; write 'npz' instead.")
        kept_poses, kept_boxes = [], []
        for number, (people, corners) in enumerate(zip(poses, boxes)):
            chosen = [place for place in range(len(people)) if (number, place) in known]
            given = len(corners) == len(people)
            changed = [_updated(people[place], known[number, place]) for place in chosen]
            changed += [_created(row) for row in added.get(number, [])]
            areas = [corners[place] for place in chosen] if given else [*corners]
            areas += [_box(row, boxes) for row in added.get(number, [])] if given else []
            kept_poses.append(_stacked(changed, people))
            kept_boxes.append(_stacked(areas, corners))
        arrays = {**details['members'], _POSES: _packed(source.data, kept_poses),
                  _BOXES: _packed(details['boxes'], kept_boxes)}
        write_npz(path, {name: arrays[name] for name in details['order']},
                  compressed=details['compressed'], objects=True)


def _entries(stored: np.ndarray, where: str) -> list[np.ndarray]:
    """The people of every frame: the entries of class 1, the only one with keypoints."""
    if stored.ndim == 0 or not stored.dtype.hasobject:
        raise DataFormatError(f'{where}: expected [[], (N, ...)] for every frame, got '
                              f'{stored.dtype} of shape {stored.shape}.')
    found = []
    for number, entry in enumerate(stored):
        array = entry[1] if isinstance(entry, (list, tuple, np.ndarray)) and len(entry) == 2 else 0
        if isinstance(array, (list, tuple)) and not array:
            array = np.zeros((0, 0))
        if not isinstance(array, np.ndarray) or array.dtype.kind not in 'iuf' or array.ndim < 1:
            raise DataFormatError(f'{where}, frame {number}: expected [[], array of people], got '
                                  f'{described(entry)}.')
        found.append(array)
    return found


def _packed(like: np.ndarray, people: list[np.ndarray]) -> np.ndarray:
    """Entries of all frames in an object array like that of the file."""
    packed = np.empty(like.shape, dtype=object)
    for number, (entry, own) in enumerate(zip(like, people)):
        # What did not change stays the very object, such as the empty list of no people.
        own = own if len(own) or len(entry[1]) else entry[1]
        if like.ndim == 1:
            packed[number] = type(entry)([entry[0], own]) if isinstance(
                entry, (list, tuple)) else object_array([entry[0], own])
        else:
            packed[number, 0], packed[number, 1] = entry[0], own
    return packed


def _stacked(parts: list[np.ndarray], like: np.ndarray) -> np.ndarray:
    return np.stack(parts).astype(like.dtype if len(like) else np.float32) if parts else like[:0]


def _updated(person: np.ndarray, row: Row) -> np.ndarray:
    """A person (4, K) with new coordinates."""
    changed = floating(person)
    mask = moved(changed[:2].T, row.coords).T
    changed[:2][mask] = row.coords.T[mask]
    return changed


def _created(row: Row) -> np.ndarray:
    """An interpolated person: unknown keypoints are NaN, logits and probabilities 0."""
    return np.concatenate([row.coords.T, np.zeros((1, len(row.coords))), row.scores[None]])


def _box(row: Row, boxes: list[np.ndarray]) -> np.ndarray:
    """Its box, between those of the neighbouring frames, with the score 0."""
    between = row.interpolate(lambda ref: boxes[ref[0]][ref[1], :4])
    if between is None:
        between = keypoint_box(row.coords)
    return np.append(between, 0.0)


def _size(npz: SafeNpz) -> tuple[int, int] | None:
    """(width, height) in the metadata ``{'w': ..., 'h': ...}``, or None."""
    content = unboxed(npz['metadata']) if 'metadata' in npz else None
    sides: list[Any] = [content.get(name) if isinstance(content, dict) else None for name in 'wh']
    if not all(isinstance(side, (int, np.integer)) and 0 < side < 1e6 for side in sides):
        return None
    return int(sides[0]), int(sides[1])
