"""What callers give to live smoothing: frames of one form, checked before they change any state."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping

import numpy as np

from ..errors import DataFormatError
from ..processing.array_content import refuse_normalized, refuse_rotations
from ..processing.flat import is_flat
from ..processing.rotation_content import refuse_no_rotations
from ..processing.third_values import third_values
from ..structures import PoseFrame, PoseInstance
from ..utils.arrays import has_true
from ..utils.conversion import as_array
from .live_pose import InfoOf, TrackId

_RECORDS = ('A frame of records was given; expected the array of a person, a dict of arrays by id, '
            'or PoseFrame(number, [PoseInstance(keypoints, keypoint_scores), ...]).')
#: Beyond this, filters overflow.
GREATEST_VALUE = 1e150
#: Bytes of the numbers that can be so large.
_WIDE = np.dtype(np.float64).itemsize


def frame_of(given: PoseFrame | np.ndarray | Mapping[int | str, np.ndarray],
             frame_id: int | None, number: int | None) -> PoseFrame:
    """A frame from any of the forms of :meth:`PoseSmoother.step`; its arrays are NumPy arrays.

    Args:
        given: A frame, poses by track id, or one person's pose.
        frame_id: Its number, or None for its own, or the next one.
        number: Number of the frame before, or None.

    Raises:
        DataFormatError: The number is no whole number, or a pose has no real numbers.
    """
    if isinstance(given, PoseFrame):
        instances = [dataclasses.replace(
            instance, keypoints=as_array(instance.keypoints),
            keypoint_scores=None if instance.keypoint_scores is None
            else as_array(instance.keypoint_scores)) for instance in given.instances]
        frame = PoseFrame(given.frame_id, instances, given.payload)
    else:
        people = given if isinstance(given, Mapping) else {0: given}
        if 'keypoints' in people or (isinstance(given, (list, tuple)) and isinstance(
                next(iter(given), None), (Mapping, PoseInstance))):
            raise DataFormatError(_RECORDS)
        frame = PoseFrame(0 if number is None else number + 1, [
            PoseInstance(as_array(pose), track_id=key) for key, pose in people.items()])
    if frame_id is None:
        frame_id = frame.frame_id
    if not isinstance(frame_id, (int, np.integer)) or isinstance(frame_id, bool):
        raise DataFormatError(f'The frame number is {frame_id!r}; expected a whole number. '
                              'Seconds are given as timestamp=.')
    frame.frame_id = int(frame_id)
    return frame


def in_plane(frame: PoseFrame, flat: bool | None) -> tuple[PoseFrame, bool | None]:
    """The frame without a depth that is 0 throughout, and whether the depth is.

    Args:
        frame: The frame.
        flat: Whether the depth was 0 in the frames before; None if they do not show it.

    Returns:
        The frame, in 2D if the depth is 0, and ``flat`` after it.

    Raises:
        DataFormatError: The depth was 0 in the frames before, and is not now.
    """
    if flat is False:
        return frame, False
    poses = [instance.keypoints for instance in frame.instances]
    if not all(pose.shape[1:] == (3,) for pose in poses):
        return frame, bool(flat)
    if flat is None and any(np.nan_to_num(pose).any() for pose in poses):
        flat = is_flat(np.concatenate(poses))
    if not flat:
        return frame, flat
    for instance in frame.instances:
        if np.nan_to_num(instance.keypoints[:, 2]).any():
            raise DataFormatError(
                f'Frame {frame.frame_id}, person {instance.track_id!r}: the third values are '
                'not 0 as in the frames before. If they are a depth, build the smoother with '
                "representation='keypoints_3d'.")
    return dataclasses.replace(frame, instances=[
        dataclasses.replace(instance, keypoints=instance.keypoints[:, :2])
        for instance in frame.instances]), True


class InputCheck:
    """Refuses frames that live smoothing cannot take.

    Args:
        info_of: Gives the facts about the poses of C values per keypoint of a person.
        by_width: What the poses are follows from C alone.
        any_value: The filters have a measure for outliers; otherwise values near the largest
            floating-point numbers would stay in their state for good.
    """

    def __init__(self, info_of: InfoOf, by_width: bool,
                 any_value: bool) -> None:
        self._info_of, self._by_width, self._any_value = info_of, by_width, any_value
        self._warned = False

    def __call__(self, frame: PoseFrame,
                 shape_of: Callable[[TrackId], tuple[int, ...] | None]) -> None:
        """Check a frame.

        Args:
            frame: The frame.
            shape_of: Gives the shape of a person's poses so far; None for a new person.

        Raises:
            DataFormatError: An id occurs twice, or a pose or its scores have another shape than
                expected, values that are confidences, or values that would overflow.
        """
        seen = set()
        for instance in frame.instances:
            key, pose, scores = instance.track_id, instance.keypoints, instance.keypoint_scores
            problem = (': the id occurs twice in the frame.' if key is not None and key in seen
                       else self._problem(key, pose, scores, shape_of(key)))
            if problem:
                raise DataFormatError(f'Frame {frame.frame_id}, person {key!r}{problem}')
            seen.add(key)

    def _problem(self, key: TrackId, pose: np.ndarray, scores: np.ndarray | None,
                 known: tuple[int, ...] | None) -> str | None:
        """What is wrong, as it continues a sentence about the person; None if nothing is."""
        if pose.ndim != 2:
            more = ('' if pose.size and pose.ndim not in (0, 3) else
                    ' Give several people by id, {1: pose, 2: pose}, and {} for none.')
            return f': the pose has shape {pose.shape}; expected (K, C): keypoints, values.{more}'
        if not self._any_value and (problem := _overflow(pose)):
            return problem
        info = self._info_of(pose.shape[1], key)
        if (self._by_width and scores is None and known is None
                and info.representation == 'keypoints_3d' and (problem := self._content(pose))):
            return problem
        if known is None and info.is_rotation:
            try:
                refuse_no_rotations(pose[None], info.representation)
            except DataFormatError as error:
                return f': {error}'
        if scores is not None and scores.shape != pose.shape[:1]:
            return f': the scores have shape {scores.shape}; expected {pose.shape[:1]}.'
        if known is not None and known != pose.shape:
            return (f': the pose has the shape {pose.shape}, but {known} in the frames before. '
                    'Call reset() between two videos.')
        return None

    def _content(self, pose: np.ndarray) -> str | None:
        """What is wrong if a person's first pose is no 3D keypoints."""
        third = third_values(pose)
        if third.scale is not None:
            return (': the third values look like confidences (0 to 1 with pixel coordinates). '
                    'Give PoseInstance(pose[:, :2], pose[:, 2]), or, if they are a depth, build '
                    "the smoother with representation='keypoints_3d'.")
        note = f'{third.note}.' if third.note else ''
        try:
            refuse_normalized(pose[None])
        except DataFormatError as error:
            return f': {error}'
        try:
            refuse_rotations(pose[None])
        except DataFormatError as error:
            # One pose does not show whether its points keep their distances, as a clip does.
            note = note or str(error)
        if note and not self._warned:
            warnings.warn(f'step(): {note}', stacklevel=6)
            self._warned = True
        return None


def _overflow(pose: np.ndarray) -> str | None:
    if pose.dtype.itemsize < _WIDE:
        return None
    large = np.abs(pose) > GREATEST_VALUE
    if not has_true(large):
        return None
    absurd = np.argwhere(large & np.isfinite(pose))
    if not len(absurd):
        return None
    keypoint, channel = absurd[0]
    return (f', keypoint {keypoint}: the value {pose[keypoint, channel]:.3g} is beyond '
            f'{GREATEST_VALUE:g}, where smoothing overflows; set wrong values to NaN.')
