"""Live smoothing of all people of one video: tracks that are open, frames that are due."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..filters.base import to_numpy
from ..processing.flat import is_flat
from ..processing.placeholders import elsewhere
from ..processing.third_values import has_confidences
from ..structures import PoseFrame, PoseInstance
from ..structures.left_right import LeftRight
from ..tracking import Tracker
from ..tracking.naming import IdKeeper
from ..utils.arrays import all_true, as_float, has_true
from .exchange_stage import LEAST_FPS
from .filter_space import check_finite, from_filter_space, steady_signs, to_filter_space
from .live_clock import LiveClock, moved_back
from .live_track import LivePose, LiveTrack, results_of, watch_sides
from .pose_info import PoseInfo
from .settings import PreparationCounts, SmootherSettings

#: Beyond this, filters overflow.
GREATEST_VALUE = 1e150
#: Poses that :func:`~smoothnet_plugin.structures.layouts.guess_skeleton` asks for at least.
_SEEN_POSES = 4


class _Waiting(NamedTuple):
    """A frame that is not finished.

    Attributes:
        frame: The frame.
        place: Its place on the clock.
        late: Steps by which it is later than its place.
        counts: It is the first one at its place.
    """

    frame: PoseFrame
    place: int
    late: float
    counts: bool


@dataclass
class _Appearance:
    """One appearance of a person: a track and its place in the video.

    ``raw`` and ``result`` are the last pose taken and returned, with their places on the clock;
    they are kept where frames have time stamps. ``seen`` says which keypoints were at other places
    than placeholders (K,).
    """

    track: LiveTrack
    representation: str
    shape: tuple[int, ...]
    start: int
    last_seen: int
    seen: np.ndarray
    raw: tuple[float, np.ndarray] | None = None
    result: tuple[int, np.ndarray] | None = None

    def advance(self, frame_id: int) -> None:
        """Push frames without the person up to ``frame_id``, until the track is cut."""
        while self.start + self.track.end < frame_id and not self.track.lost:
            self.track.push(None, None, None)


class LiveFrames:
    """The state of :meth:`PoseSmoother.step` between two frames.

    Args:
        settings: Filters and parameters.
        tracker: Assigns ids to people without one.
        fps: Frames per second.
        info_of: Gives the facts about poses of C values per keypoint.
        by_width: What the poses are follows from C alone. Defaults to False.

    Attributes:
        counts: What was done to the poses so far before the filters.
    """

    def __init__(self, settings: SmootherSettings, tracker: Tracker, fps: float,
                 info_of: Callable[[int], PoseInfo], by_width: bool = False) -> None:
        self.counts = PreparationCounts()
        self._settings = settings
        self._info_of = lru_cache(maxsize=8)(info_of)
        self._by_width = by_width
        #: Whether the depth is 0 throughout and the poses are smoothed in 2D; None until known.
        self._flat: bool | None = None if by_width else False
        self._fps = fps
        self._latency = settings.latency_at(fps)
        self._weighs_outliers = any(entry.weighs_outliers for entry in settings.filters)
        self._waiting: deque[_Waiting] = deque()
        self._clock: LiveClock | None = None
        #: The last quaternions returned of each person.
        self._quaternions: dict[int | str | None, np.ndarray] = {}
        self._people: dict[int | str | None, list[_Appearance]] = {}
        #: Place on the clock, and number, of the newest frame.
        self._now: int | None = None
        self._number: int | None = None
        self._keeper = IdKeeper(tracker)
        #: The newest frame with ids, and new names of people of earlier frames by their old ones.
        self.named: tuple[PoseFrame, Mapping[int | str, int | str]] | None = None

    def step(self, frame: PoseFrame | np.ndarray | Mapping[int | str, np.ndarray],
             frame_id: int | None, timestamp: float | None = None) -> list[PoseFrame]:
        """See :meth:`PoseSmoother.step`."""
        frame = self._as_frame(frame, frame_id)
        if self._number is not None and frame.frame_id <= self._number:
            raise DataFormatError(
                f'Frame {frame.frame_id} follows frame {self._number}; frame numbers must '
                'increase. Call reset() between two videos.')
        if self._number is not None and (timestamp is None) != (self._clock is None):
            raise DataFormatError(f'Frame {frame.frame_id}: give every frame of a video a '
                                  'timestamp, or none.')
        place, late = frame.frame_id, 0.0
        clock = self._clock
        if timestamp is not None:
            clock = clock or LiveClock(self._fps)
            place, late = clock.place(timestamp)
        frame, flat = self._in_plane(frame)
        self._check(frame)
        named = self._named(frame)
        if named is not frame:
            self._check(named)
        frame = named
        self._number, self._clock, self._flat = frame.frame_id, clock, flat
        if clock is not None and timestamp is not None:
            clock.take(timestamp)
        counts = self._now is None or place > self._now
        if counts:
            self._now = place
            for instance in frame.instances:
                self._take(instance, place, late)
            for appearances in self._people.values():
                for person in appearances:
                    person.advance(place + 1)
            watch_sides(person.track for appearances in self._people.values()
                        for person in appearances)
        self._waiting.append(_Waiting(frame, place, late, counts))
        return self._finish(place - self._latency)

    def flush(self) -> list[PoseFrame]:
        """Finish all frames that are pending."""
        return self._finish(self._now) if self._now is not None else []

    def _as_frame(self, frame: PoseFrame | np.ndarray | Mapping[int | str, np.ndarray],
                  frame_id: int | None) -> PoseFrame:
        if not isinstance(frame, PoseFrame):
            people = frame if isinstance(frame, Mapping) else {0: frame}
            frame = PoseFrame(0 if self._number is None else self._number + 1, [
                PoseInstance(to_numpy(pose)[0], track_id=key) for key, pose in people.items()])
        else:
            frame = PoseFrame(frame.frame_id, [dataclasses.replace(
                instance, keypoints=to_numpy(instance.keypoints)[0],
                keypoint_scores=None if instance.keypoint_scores is None
                else to_numpy(instance.keypoint_scores)[0]) for instance in frame.instances],
                frame.payload)
        number = frame.frame_id if frame_id is None else frame_id
        if not isinstance(number, (int, np.integer)) or isinstance(number, bool):
            raise DataFormatError(f'The frame number is {number!r}; expected a whole number. '
                                  'Seconds are given as timestamp=.')
        frame.frame_id = int(number)
        return frame

    def _in_plane(self, frame: PoseFrame) -> tuple[PoseFrame, bool | None]:
        """The frame without a depth that is 0 throughout, and whether it is."""
        poses = [instance.keypoints for instance in frame.instances]
        if self._flat is False or not all(pose.shape[1:] == (3,) for pose in poses):
            return frame, bool(self._flat)
        flat = self._flat
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

    def _named(self, frame: PoseFrame) -> PoseFrame:
        """The frame with ids for people without one; given ids are kept."""
        frame, renamed = self._keeper.name(frame)
        if renamed:
            self._rename(renamed)
        self.named = frame, renamed
        return frame

    def _rename(self, renamed: Mapping[int | str, int | str]) -> None:
        """Give people who have got an id, or whose id another person is given, their new one."""
        people = {key: self._people.pop(key) for key in renamed if key in self._people}
        for key, appearances in people.items():
            # A person of that name was seen before: the two appearances stay apart.
            self._people[renamed[key]] = self._people.get(renamed[key], []) + appearances
        signs = {key: self._quaternions.pop(key) for key in renamed if key in self._quaternions}
        self._quaternions.update({renamed[key]: last for key, last in signs.items()})
        self._waiting = deque(waiting._replace(frame=dataclasses.replace(
            waiting.frame, instances=[
                dataclasses.replace(i, track_id=renamed.get(i.track_id, i.track_id))
                if i.track_id is not None else i for i in waiting.frame.instances]))
            for waiting in self._waiting)

    def _check(self, frame: PoseFrame) -> None:
        """Refuse a frame before any of it has entered the state."""
        seen = set()
        for instance in frame.instances:
            key, pose = instance.track_id, instance.keypoints
            where = f'Frame {frame.frame_id}, person {key!r}'
            if key is not None and key in seen:
                raise DataFormatError(f'{where}: the id occurs twice in the frame.')
            seen.add(key)
            if pose.ndim != 2:
                raise DataFormatError(f'{where}: the pose has shape {pose.shape}; expected '
                                      '(K, C): keypoints, values.')
            self._check_size(pose, where)
            info = self._info_of(pose.shape[1])
            scores = instance.keypoint_scores
            if (self._by_width and scores is None and info.representation == 'keypoints_3d'
                    and key not in self._people and has_confidences(pose)):
                raise DataFormatError(
                    f'{where}: the third values look like confidences (0 to 1 with pixel '
                    'coordinates). Give PoseInstance(pose[:, :2], pose[:, 2]), or, if they are a '
                    "depth, build the smoother with representation='keypoints_3d'.")
            if scores is not None and scores.shape != pose.shape[:1]:
                raise DataFormatError(f'{where}: the scores have shape {scores.shape}; '
                                      f'expected {pose.shape[:1]}.')
            for person in self._people.get(key, [])[-1:]:
                if person.shape != pose.shape:
                    raise DataFormatError(f'{where}: the pose has the shape {pose.shape}, but '
                                          f'{person.shape} in the frames before. Call reset() '
                                          'between two videos.')

    def _check_size(self, pose: np.ndarray, where: str) -> None:
        """Refuse values that a chain without a measure for outliers would keep for ever."""
        if self._weighs_outliers:
            return
        large = np.abs(pose.astype(np.float64, copy=False)) > GREATEST_VALUE
        if not has_true(large):
            return
        absurd = np.isfinite(pose) & large
        if absurd.any():
            keypoint = int(np.argwhere(absurd)[0, 0])
            raise DataFormatError(
                f'{where}, keypoint {keypoint}: the value {pose[absurd][0]:.3g} is beyond '
                f'{GREATEST_VALUE:g}, where smoothing overflows; set wrong values to NaN.')

    def _take(self, instance: PoseInstance, frame_id: int, late: float) -> None:
        """Push a pose to the track of its person, which may be a new one."""
        settings = self._settings
        info = self._info_of(instance.keypoints.shape[-1])
        coords = to_filter_space(instance.keypoints, info.representation, settings.filters)
        scores = instance.keypoint_scores
        appearances = self._people.setdefault(instance.track_id, [])
        seen = (appearances[-1].seen if appearances
                else np.zeros(len(coords), dtype=bool))
        missing, placeholders = info.missing(coords, scores, None, settings, seen)
        unproven = None
        if not all_true(seen):
            unproven = info.unproven(coords, scores, settings.zeros) & ~missing
            shown = elsewhere(coords) & ~missing & ~seen
            placeholders += sum(person.track.prove_placeholders(shown) for person in appearances)
            seen = seen | shown
        if placeholders:
            self.counts = self.counts.plus(PreparationCounts(placeholders=placeholders))
        absent = all_true(missing)
        if appearances:
            appearances[-1].advance(frame_id)
        if not appearances or appearances[-1].track.lost:
            if absent:
                return
            appearances.append(_Appearance(
                self._new_track(info, coords, missing if unproven is None else missing | unproven,
                                scores is not None), info.representation,
                instance.keypoints.shape, frame_id, frame_id, seen))
        person = appearances[-1]
        person.seen = seen
        if self._clock is not None:
            raw = np.where(missing[:, None], np.nan, coords)
            when, before = person.raw or (0.0, None)
            person.raw = frame_id + late, raw
            coords = moved_back(coords, before, frame_id + late - when, late)
        person.track.push(coords, missing, scores, unproven)
        if not absent:
            person.last_seen = frame_id

    def _new_track(self, info: PoseInfo, coords: np.ndarray, missing: np.ndarray,
                   has_scores: bool) -> LiveTrack:
        settings = self._settings
        # One pose is all there is to recognise a skeleton by.
        first = np.where(missing[:, None], np.nan, coords)
        info = info.with_names_of(np.repeat(first[None], _SEEN_POSES, axis=0))
        return LiveTrack(info.stages(settings.filters, coords, ~missing), self._fps, *coords.shape,
                         max_gap=settings.max_gap, has_scores=has_scores, latency=self._latency,
                         outliers=bool(settings.outliers and settings.strength
                                       and info.is_keypoints),
                         sides_of=self._sides_of(info), spread=settings.spread)

    def _sides_of(self, info: PoseInfo) -> Callable[[np.ndarray], LeftRight | None] | None:
        if not (self._settings.exchanges and self._settings.strength
                and self._fps >= LEAST_FPS):
            return None
        return lambda coords: info.with_names_of(coords).sides

    def _finish(self, due: int) -> list[PoseFrame]:
        """Frames up to number ``due``, smoothed."""
        finished = []
        strength = self._settings.strength
        while self._waiting and self._waiting[0].place <= due:
            frame, place, late, counts = self._waiting.popleft()
            poses = self._poses(place, late)
            known = [poses.pop(instance.track_id, _NO_POSE) for instance in frame.instances]
            poses = {key: pose for key, pose in poses.items()
                     if counts and has_true(pose[0].inside)}
            instances = [_smoothed(instance, *pose, strength, frame.frame_id)
                         for instance, pose in zip(frame.instances, known)]
            instances += [_interpolated(key, *pose) for key, pose in poses.items()]
            instances = [self._with_steady_signs(i, key_pose) for i, key_pose in zip(
                instances, [*known, *poses.values()])]
            if self._flat:
                instances = [_with_depth(instance) for instance in instances]
            finished.append(PoseFrame(frame.frame_id, instances, frame.payload))
        return finished

    def _with_steady_signs(self, instance: PoseInstance,
                           found: tuple[LivePose | None, str]) -> PoseInstance:
        """The instance with quaternions of the sign that they had in the frame before."""
        pose, representation = found
        if representation != 'quaternion' or pose is None or not has_true(pose.inside):
            return instance
        last = self._quaternions.get(instance.track_id, np.full(instance.keypoints.shape, np.nan))
        both = steady_signs(np.stack([last, instance.keypoints]), np.stack(
            [np.isfinite(last).all(axis=-1), pose.inside]), representation, self._settings)[1]
        self._quaternions[instance.track_id] = np.where(pose.inside[:, None], both, last)
        return dataclasses.replace(instance, keypoints=as_float(both, instance.keypoints.dtype))

    def _poses(self, frame_id: int,
               late: float) -> dict[int | str | None, tuple[LivePose, str]]:
        """Each person's pose in the frame and its representation; drop finished tracks."""
        poses: dict[int | str | None, tuple[LivePose, str]] = {}
        seen = [(key, person) for key, appearances in self._people.items()
                for person in appearances
                if person.start <= frame_id < person.start + person.track.end]
        results = results_of([(person.track, frame_id - person.start) for _, person in seen],
                             self._settings.strength, self._fps)
        for (key, person), pose in zip(seen, results):
            if pose.exchanged or pose.isolated:
                self.counts = self.counts.plus(PreparationCounts(
                    pose.exchanged, isolated=pose.isolated))
            if self._clock is not None:
                pose = _at_its_time(pose, person, frame_id, late)
            poses[key] = pose, person.representation
        for key, appearances in list(self._people.items()):
            appearances[:] = [p for p in appearances
                              if not (p.track.lost and p.last_seen <= frame_id)]
            if not appearances:
                del self._people[key]
                self._quaternions.pop(key, None)
        return poses


def _with_depth(instance: PoseInstance) -> PoseInstance:
    keypoints = instance.keypoints
    if keypoints.shape[1] != 2:  # Before the first keypoint was seen.
        return instance
    depth = np.where(np.isfinite(keypoints).all(axis=1), 0.0, np.nan).astype(keypoints.dtype)
    return dataclasses.replace(instance, keypoints=np.column_stack([keypoints, depth]))


_NO_POSE: tuple[Any, str] = (None, '')


def _at_its_time(pose: LivePose, person: _Appearance, place: int, late: float) -> LivePose:
    """The pose at the time of its frame, on the line through the last two results."""
    before, person.result = person.result, (place, pose.values)
    if before is None or not late:
        return pose
    when, values = before
    if when == place:
        return pose
    return pose._replace(values=pose.values + (pose.values - values) * late / (place - when))


def _smoothed(instance: PoseInstance, pose: LivePose | None, representation: str,
              strength: float, frame_id: int) -> PoseInstance:
    if pose is None or not has_true(pose.inside):
        return instance
    given = instance.keypoints
    keypoints = from_filter_space(pose.values, representation, like=given)
    # At no strength what was measured keeps its very values, not those of its round trip.
    changed = pose.inside if strength else pose.filled
    if not all_true(changed):
        keypoints = np.where(changed[:, None], keypoints, given)
    if keypoints.dtype != given.dtype:
        with np.errstate(over='ignore'):
            keypoints = as_float(keypoints, given.dtype)
    check_finite(keypoints[None], changed[None], [frame_id])
    return instance.with_keypoints(keypoints, pose.filled, pose.spread)


def _interpolated(key: int | str | None, pose: LivePose, representation: str) -> PoseInstance:
    values = np.where(pose.inside[:, None], pose.values, np.nan)
    keypoints = from_filter_space(values, representation)
    return PoseInstance(keypoints, np.zeros(len(keypoints)), track_id=key, filled=True,
                        keypoints_filled=pose.filled, keypoint_spread=pose.spread)
