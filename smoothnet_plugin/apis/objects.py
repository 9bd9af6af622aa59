"""Results of other libraries in memory, recognised by their attributes without an import.

Lists of frames by `rtmlib` (tuples of keypoints and scores), `supervision` (``KeyPoints``) and
Ultralytics (``Results``), and `movement`'s data sets of xarray. The same kind is returned: copies
with new coordinates, everything else shared.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..io import ReadContext, SourceDocument, write_back
from ..structures import PoseFrame, PoseInstance, PoseTracks
from ..utils.conversion import to_numpy


class Frames(NamedTuple):
    """Frames of another library.

    Attributes:
        frames: The same as ``PoseFrame``, in order.
        image_size: (width, height) in pixels, or None.
        restore: Makes a list of the library's kind of smoothed frames; people who were added are
            left out, since the library's frames have no place for their other values.
    """

    frames: list[PoseFrame]
    image_size: tuple[int, int] | None
    restore: Callable[[Sequence[PoseFrame]], list[Any]]


class _Kind(NamedTuple):
    """One library's frames: recognition, people, and a copy with other coordinates."""

    matches: Callable[[Any], bool]
    people: Callable[[Any], tuple[np.ndarray, np.ndarray | None, Sequence[Any] | None]]
    updated: Callable[[Any, np.ndarray], Any]
    image_size: Callable[[Any], tuple[int, int] | None] = lambda frame: None


def frames_of_objects(source: Sequence[Any]) -> Frames | None:
    """Frames of another library, or None if they are none.

    Args:
        source: A list of frames.

    Returns:
        The frames, with (0, 0) as a missing keypoint.

    Raises:
        DataFormatError: Arrays of a frame do not fit together.
    """
    kind = next((kind for kind in _KINDS if source and all(map(kind.matches, source))), None)
    if kind is None:
        return None
    frames = []
    for number, item in enumerate(source):
        coords, scores, ids = kind.people(item)
        if coords.size and (coords.ndim != 3 or (scores is not None
                                                 and scores.shape != coords.shape[:2])):
            raise DataFormatError(
                f'Frame {number}: keypoints have the shape {coords.shape}, scores '
                f'{None if scores is None else scores.shape}; expected (n, K, 2 or 3) and (n, K).')
        zero = (coords == 0).all(axis=-1, keepdims=True)
        coords = np.where(zero, np.nan, coords)
        frames.append(PoseFrame(number, [PoseInstance(
            pose, None if scores is None else np.nan_to_num(scores[i]),
            track_id=None if ids is None else ids[i]) for i, pose in enumerate(coords)]
            if coords.size else []))
    size = next((size for item in source if (size := kind.image_size(item))), None)

    def restore(smoothed: Sequence[PoseFrame]) -> list[Any]:
        result = []
        for item, before, after in zip(source, frames, smoothed):
            people = [np.nan_to_num(np.asarray(instance.keypoints, dtype=np.float64))
                      for instance in after.instances[:len(before.instances)]]
            result.append(kind.updated(item, np.stack(people)) if people else item)
        return result

    return Frames(frames, size, restore)


def _is_pair(frame: Any) -> bool:
    """Whether it is rtmlib's (keypoints, scores, ...) of a frame."""
    if not isinstance(frame, (tuple, list)) or len(frame) < 2:
        return False
    shapes = [np.shape(part) for part in frame[:2]]
    empty = all(not np.size(part) for part in frame[:2])
    return empty or (len(shapes[0]) == 3 and shapes[0][2] in (2, 3) and shapes[1] == shapes[0][:2])


def _of_pair(frame: Any) -> tuple[np.ndarray, np.ndarray | None, None]:
    keypoints, scores = (to_numpy(part)[0] for part in frame[:2])
    return (keypoints, scores, None) if keypoints.size else (np.zeros((0, 0, 2)), None, None)


def _updated_pair(frame: Any, coords: np.ndarray) -> Any:
    parts = [to_numpy(frame[0])[1](coords), *frame[1:]]
    return parts if isinstance(frame, list) else tuple(parts)


def _of_supervision(frame: Any) -> tuple[np.ndarray, np.ndarray | None, Sequence[Any] | None]:
    # 'confidence' is the old name; newer objects warn of it.
    name = 'keypoint_confidence' if hasattr(frame, 'keypoint_confidence') else 'confidence'
    scores = getattr(frame, name, None)
    data = getattr(frame, 'data', None)
    ids = data.get('tracker_id') if isinstance(data, Mapping) else None
    return (to_numpy(frame.xy)[0], None if scores is None else to_numpy(scores)[0],
            None if ids is None else [_plain(value) for value in ids])


def _updated_supervision(frame: Any, coords: np.ndarray) -> Any:
    changed = copy.copy(frame)
    changed.xy = to_numpy(frame.xy)[1](coords)
    return changed


def _of_ultralytics(frame: Any) -> tuple[np.ndarray, np.ndarray | None, Sequence[Any] | None]:
    if frame.keypoints is None:
        return np.zeros((0, 0, 2)), None, None
    data = to_numpy(frame.keypoints.data)[0]
    ids = getattr(getattr(frame, 'boxes', None), 'id', None)
    return (data[..., :2], data[..., 2] if data.shape[-1] == 3 else None,
            None if ids is None else [_plain(value) for value in to_numpy(ids)[0].ravel()])


def _updated_ultralytics(frame: Any, coords: np.ndarray) -> Any:
    changed, keypoints = copy.copy(frame), copy.copy(frame.keypoints)
    data, back = to_numpy(frame.keypoints.data)
    keypoints.data = back(np.concatenate([coords, data[..., 2:]], axis=-1))
    for derived in ('xy', 'xyn'):  # Values that the library caches in the object.
        vars(keypoints).pop(derived, None)
    changed.keypoints = keypoints
    return changed


def _size_of_ultralytics(frame: Any) -> tuple[int, int] | None:
    shape = getattr(frame, 'orig_shape', None)
    return None if shape is None else (int(shape[1]), int(shape[0]))


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, (float, np.number)) else value


_KINDS = (
    _Kind(_is_pair, _of_pair, _updated_pair),
    _Kind(lambda frame: hasattr(frame, 'xy') and hasattr(frame, 'class_id'), _of_supervision,
          _updated_supervision),
    _Kind(lambda frame: hasattr(frame, 'keypoints') and hasattr(frame, 'boxes'), _of_ultralytics,
          _updated_ultralytics, _size_of_ultralytics),
)


def is_dataset(source: Any) -> bool:
    """Whether a source is an xarray data set of poses, as `movement` makes them."""
    return hasattr(source, 'data_vars') and 'position' in source.data_vars


def tracks_of_dataset(dataset: Any, fps: float | None,
                      ) -> tuple[PoseTracks, Callable[[PoseTracks], Any]]:
    """Tracks of a data set of `movement`, up to 0.16 (``keypoints``) and after (``keypoint``).

    Args:
        dataset: ``position`` (time, space, keypoint, individual) in any order, and perhaps
            ``confidence`` (time, keypoint, individual).
        fps: Frames per second, instead of those of the data set, or None.

    Returns:
        The tracks, and what makes a data set of smoothed ones.

    Raises:
        DataFormatError: The data set has other dimensions.
    """
    position = dataset['position']
    names = {name.rstrip('s') if name in ('keypoints', 'individuals') else name: name
             for name in map(str, position.dims)}
    order = ('individual', 'time', 'keypoint', 'space')
    if set(names) != set(order):
        raise DataFormatError(f"The data set's position has the dimensions {position.dims}; "
                              'expected time, space, keypoint and individual. Smooth other '
                              'dimensions, such as views, one at a time.')
    dims = [names[name] for name in order]
    space = [str(axis) for axis in position[names['space']].values] if (
        names['space'] in position.coords) else []
    values = position.transpose(*dims).values
    width = values.shape[-1]
    if space not in ([], ['x', 'y'], ['x', 'y', 'z']) or width not in (2, 3):
        raise DataFormatError(f"The data set's space is {space or width}; expected x, y[, z].")
    scores = None
    if 'confidence' in dataset.data_vars:
        scores = dataset['confidence'].transpose(*dims[:3]).values
    ids, keypoints = (position[name].values.tolist() if name in position.coords else None
                      for name in (names['individual'], names['keypoint']))
    ids = list(range(len(values))) if ids is None else ids
    attributes = dict(dataset.attrs)
    time = position[names['time']].values if names['time'] in position.coords else None
    rate = attributes.get('fps')
    frames = np.arange(values.shape[1])
    seconds = time is not None and time.dtype.kind in 'fm' and (
        attributes.get('time_unit', 'seconds') == 'seconds')
    stamps = {}
    if seconds and time is not None:
        plain = time / np.timedelta64(1, 's') if time.dtype.kind == 'm' else time
        stamps = dict(zip(frames.tolist(), plain.tolist()))
    elif time is not None and time.dtype.kind in 'iu':
        frames = time
    people: dict[Any, np.ndarray] = dict(zip(ids, values))
    tracks = ReadContext(fps=fps).dense_tracks(
        people, SourceDocument('movement', Path('data set'), None), frame_ids=frames,
        scores=None if scores is None else dict(zip(ids, scores)), names=keypoints,
        representation=f'keypoints_{width}d', times=stamps,
        fps=float(rate) if isinstance(rate, (int, float)) and rate > 0 else None)

    def restore(result: PoseTracks) -> Any:
        update = write_back(result.replace(frame_ids=np.union1d(result.frame_ids, frames)), people,
                            frames)
        rows = np.flatnonzero([row is not None for row in update.rows])
        smooth = np.stack([update.coords[track_id][rows] for track_id in ids]) if ids else values
        array = position.transpose(*dims).copy(data=smooth.astype(values.dtype))
        return dataset.assign(position=array.transpose(*position.dims))

    return tracks.replace(source=None), restore
