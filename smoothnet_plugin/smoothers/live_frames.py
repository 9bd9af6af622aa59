"""Live smoothing of everybody in one video: who is there, what is due."""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..filters.base import to_numpy
from ..processing.gaps import missing_mask
from ..structures import PoseFrame, PoseInstance
from ..utils.arrays import as_float
from .filter_space import from_filter_space, to_filter_space
from .live_track import LiveTrack
from .pose_info import PoseInfo

if TYPE_CHECKING:
    from .pose_smoother import PoseSmoother


@dataclass
class _Person:
    """One appearance of a person: a segment and where it lies in the video."""

    segment: LiveTrack
    representation: str
    shape: tuple[int, ...]
    start: int
    last_seen: int

    def advance(self, frame_id: int) -> None:
        """Fill in frames without the person up to ``frame_id``, until the track is cut."""
        while self.start + self.segment.end < frame_id and not self.segment.lost:
            self.segment.push(None, None, None)


class LiveFrames:
    """The state of :meth:`PoseSmoother.step` between two frames.

    Args:
        smoother: Whose filters and parameters to use.
        fps: Frames per second.
        info_of: Tells what poses of a given width are.
    """

    def __init__(self, smoother: PoseSmoother, fps: float,
                 info_of: Callable[[int], PoseInfo]) -> None:
        self._smoother = smoother
        self._context_of = info_of
        self._fps = fps
        self._latency = smoother.latency_at(fps)
        self._waiting: deque[PoseFrame] = deque()
        self._people: dict[int | str | None, list[_Person]] = {}
        self._now: int | None = None
        self._given: set[int | str | None] = set()
        self._names: dict[int | str | None, int] = {}

    def step(self, frame: PoseFrame | np.ndarray | Mapping[int | str, np.ndarray],
             frame_id: int | None) -> list[PoseFrame]:
        """See :meth:`PoseSmoother.step`."""
        frame = self._as_frame(frame, frame_id)
        if self._now is not None and frame.frame_id <= self._now:
            raise DataFormatError(
                f'Frame {frame.frame_id} came after frame {self._now}; frame numbers must '
                'increase. Call reset() between two videos.')
        frame = self._named(frame)
        self._check(frame)
        self._now = frame.frame_id
        for instance in frame.instances:
            self._take(instance, frame.frame_id)
        for appearances in self._people.values():
            for person in appearances:
                person.advance(frame.frame_id + 1)
        self._waiting.append(frame)
        return self._finish(frame.frame_id - self._latency)

    def flush(self) -> list[PoseFrame]:
        """Finish all frames that wait."""
        return self._finish(self._now) if self._now is not None else []

    def _as_frame(self, frame: PoseFrame | np.ndarray | Mapping[int | str, np.ndarray],
                  frame_id: int | None) -> PoseFrame:
        if not isinstance(frame, PoseFrame):
            people = frame if isinstance(frame, Mapping) else {0: frame}
            frame = PoseFrame(0 if self._now is None else self._now + 1,
                              [PoseInstance(pose, track_id=key) for key, pose in people.items()])
        number = frame.frame_id if frame_id is None else frame_id
        if not isinstance(number, (int, np.integer)) or isinstance(number, bool):
            raise DataFormatError(f'The frame number is {number!r}; expected a whole number.')
        return dataclasses.replace(frame, frame_id=int(number), instances=[
            dataclasses.replace(
                instance, keypoints=to_numpy(instance.keypoints)[0],
                keypoint_scores=None if instance.keypoint_scores is None
                else to_numpy(instance.keypoint_scores)[0]) for instance in frame.instances])

    def _named(self, frame: PoseFrame) -> PoseFrame:
        """The frame with ids for the people who came without; given ids are kept."""
        unnamed = [instance for instance in frame.instances if instance.track_id is None]
        self._given.update(i.track_id for i in frame.instances if i.track_id is not None)
        if not unnamed:
            return frame
        tracked = iter(self._smoother.tracker.update(
            dataclasses.replace(frame, instances=unnamed)).instances)
        return dataclasses.replace(frame, instances=[
            dataclasses.replace(instance, track_id=self._name(next(tracked).track_id))
            if instance.track_id is None else instance for instance in frame.instances])

    def _name(self, track_id: int | str | None) -> int:
        """A whole number for somebody whom the tracker knows, that is nobody's given id."""
        if self._names.get(track_id) in self._given:
            del self._names[track_id]
        if track_id not in self._names:
            taken = self._given | set(self._names.values())
            self._names[track_id] = next(i for i in itertools.count() if i not in taken)
        return self._names[track_id]

    def _check(self, frame: PoseFrame) -> None:
        """Refuse a frame before any of it has entered the state."""
        seen = set()
        for instance in frame.instances:
            key, pose = instance.track_id, instance.keypoints
            where = f'Frame {frame.frame_id}, person {key!r}'
            if key in seen:
                raise DataFormatError(f'{where}: the id occurs twice in the frame.')
            seen.add(key)
            if pose.ndim != 2:
                raise DataFormatError(f'{where}: the pose has shape {pose.shape}; expected '
                                      '(K, C): keypoints, values.')
            self._context_of(pose.shape[1])
            scores = instance.keypoint_scores
            if scores is not None and scores.shape != pose.shape[:1]:
                raise DataFormatError(f'{where}: the scores have shape {scores.shape}; the pose '
                                      f'asks for {pose.shape[:1]}.')
            for person in self._people.get(key, [])[-1:]:
                if person.shape != pose.shape:
                    raise DataFormatError(f'{where}: the pose has the shape {pose.shape}, had '
                                          f'{person.shape} before. Call reset() between videos.')

    def _take(self, instance: PoseInstance, frame_id: int) -> None:
        smoother = self._smoother
        info = self._context_of(instance.keypoints.shape[-1])
        coords = to_filter_space(instance.keypoints, info.representation, smoother.filters)
        scores = instance.keypoint_scores
        missing = missing_mask(coords, scores, None, smoother.keypoint_thr)
        appearances = self._people.setdefault(instance.track_id, [])
        if appearances:
            appearances[-1].advance(frame_id)
        if not appearances or appearances[-1].segment.lost:
            if missing.all():
                return
            stages = info.stages(smoother.filters, coords, ~missing)
            keypoints, width = coords.shape
            segment = LiveTrack(stages, self._fps, keypoints, width, smoother.max_gap,
                                  has_scores=scores is not None)
            appearances.append(_Person(segment, info.representation, instance.keypoints.shape,
                                       frame_id, frame_id))
        person = appearances[-1]
        person.segment.push(coords, missing, scores)
        if not missing.all():
            person.last_seen = frame_id

    def _finish(self, due: int) -> list[PoseFrame]:
        """Frames up to number ``due``, smoothed."""
        finished = []
        while self._waiting and self._waiting[0].frame_id <= due:
            frame = self._waiting.popleft()
            poses = self._poses(frame.frame_id)
            instances = [_smoothed(instance, poses.pop(instance.track_id, None),
                                   self._smoother.strength)
                         for instance in frame.instances]
            instances += [_bridged(key, pose) for key, pose in poses.items()
                          if pose.inside.any()]
            finished.append(dataclasses.replace(frame, instances=instances))
        return finished

    def _poses(self, frame_id: int) -> dict[int | str | None, _Pose]:
        """What every person known in a frame looks like; people who are over are let go."""
        poses: dict[int | str | None, _Pose] = {}
        for key, appearances in list(self._people.items()):
            for person in appearances:
                if person.start <= frame_id < person.start + person.segment.end:
                    values, inside, filled = person.segment.result(
                        frame_id - person.start, self._smoother.strength)
                    poses[key] = _Pose(values, inside, filled, person.representation)
            appearances[:] = [p for p in appearances
                              if not (p.segment.lost and p.last_seen <= frame_id)]
            if not appearances:
                del self._people[key]
        return poses


class _Pose(NamedTuple):
    """A smoothed pose as filters give it; where it is measured or bridged; where bridged."""

    values: np.ndarray
    inside: np.ndarray
    filled: np.ndarray
    representation: str


def _smoothed(instance: PoseInstance, pose: _Pose | None, strength: float) -> PoseInstance:
    if pose is None or not pose.inside.any():
        return instance
    given = instance.keypoints
    keypoints = from_filter_space(pose.values, pose.representation, like=given)
    # At no strength what was measured stays as it came, not as its round trip would make it.
    changed = pose.inside if strength else pose.filled
    keypoints = np.where(changed[:, None], keypoints, given)
    return dataclasses.replace(instance, keypoints=as_float(keypoints, given.dtype),
                               keypoints_filled=pose.filled)


def _bridged(key: int | str | None, pose: _Pose) -> PoseInstance:
    values = np.where(pose.inside[:, None], pose.values, np.nan)
    keypoints = from_filter_space(values, pose.representation)
    return PoseInstance(keypoints, np.zeros(len(keypoints)), track_id=key, filled=True,
                        keypoints_filled=pose.filled)
