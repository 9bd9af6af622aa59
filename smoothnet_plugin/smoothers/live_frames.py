"""Live smoothing of all people of one video: frames go in, and come out when they are due."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseFrame
from ..tracking import Tracker
from ..tracking.naming import IdKeeper
from .live_clock import LiveClock
from .live_input import InputCheck, frame_of, in_plane
from .live_output import LiveOutput
from .live_people import LivePeople
from .live_pose import InfoOf, LivePose, TrackId
from .settings import PreparationCounts, SmootherSettings


class _Waiting(NamedTuple):
    """A frame that is not finished.

    Attributes:
        frame: The frame.
        place: Its place on the clock.
        late: Steps by which it is later than its place; None without time stamps.
        first: It is the first one at its place.
    """

    frame: PoseFrame
    place: int
    late: float | None
    first: bool


class LiveFrames:
    """The state of :meth:`PoseSmoother.step` between two frames.

    Args:
        settings: Filters and parameters.
        tracker: Assigns ids to people without one.
        fps: Frames per second.
        info_of: Gives the facts about the poses of C values per keypoint of a person.
        by_width: What the poses are follows from C alone. Defaults to False.
    """

    def __init__(self, settings: SmootherSettings, tracker: Tracker, fps: float,
                 info_of: InfoOf, by_width: bool = False) -> None:
        self._people = LivePeople(settings, fps, info_of)
        self._check = InputCheck(info_of, by_width,
                                 any(entry.weighs_outliers for entry in settings.filters))
        self._output = LiveOutput(settings)
        #: Whether the depth is 0 throughout and the poses are smoothed in 2D; None until known.
        self._flat: bool | None = None if by_width else False
        self._fps = fps
        self._latency = settings.latency_at(fps)
        self._waiting: deque[_Waiting] = deque()
        #: Everyone's pose at the place of the frame finished last, for others at the same place.
        self._poses: dict[TrackId, tuple[LivePose, str]] = {}
        self._clock: LiveClock | None = None
        #: Place on the clock, and number, of the newest frame.
        self._now: int | None = None
        self._number: int | None = None
        self._keeper = IdKeeper(tracker)
        #: The newest frame with ids, and new names of people of earlier frames by their old ones.
        self.named: tuple[PoseFrame, Mapping[int | str, int | str]] | None = None

    @property
    def counts(self) -> PreparationCounts:
        """What was done to the poses so far before the filters."""
        return self._people.counts

    def step(self, given: PoseFrame | np.ndarray | Mapping[int | str, np.ndarray],
             frame_id: int | None, timestamp: float | None = None) -> list[PoseFrame]:
        """See :meth:`PoseSmoother.step`."""
        frame = frame_of(given, frame_id, self._number)
        if self._number is not None and frame.frame_id <= self._number:
            raise DataFormatError(
                f'Frame {frame.frame_id} follows frame {self._number}; frame numbers must '
                'increase. Call reset() between two videos.')
        if self._number is not None and (timestamp is None) != (self._clock is None):
            raise DataFormatError(f'Frame {frame.frame_id}: give every frame of a video a '
                                  'timestamp, or none.')
        place, late, clock = frame.frame_id, None, self._clock
        if timestamp is not None:
            clock = clock or LiveClock(self._fps)
            place, late = clock.place(timestamp)
        # Up to here and to the checks, a frame that is refused has changed nothing.
        frame, flat = in_plane(frame, self._flat)
        self._check(frame, self._people.shape_of)
        named = self._named(frame)
        if named is not frame:
            self._check(named, self._people.shape_of)
        self._number, self._clock, self._flat = frame.frame_id, clock, flat
        if clock is not None and timestamp is not None:
            clock.take(timestamp)
        first = self._now is None or place > self._now
        if first:
            self._now = place
            self._people.push(named.instances, place, late)
        self._waiting.append(_Waiting(named, place, late, first))
        return self._finish(place - self._latency)

    def flush(self) -> list[PoseFrame]:
        """Finish all frames that are pending."""
        return self._finish(self._now) if self._now is not None else []

    def _named(self, frame: PoseFrame) -> PoseFrame:
        """The frame with ids for people without one; given ids are kept."""
        frame, renamed = self._keeper.name(frame)
        if renamed:
            names: dict[TrackId, TrackId] = {**renamed}
            self._people.rename(names)
            self._output.rename(names)
            self._poses = {names.get(key, key): pose for key, pose in self._poses.items()}
            self._waiting = deque(waiting._replace(frame=dataclasses.replace(
                waiting.frame, instances=[
                    dataclasses.replace(i, track_id=names.get(i.track_id, i.track_id))
                    for i in waiting.frame.instances]))
                for waiting in self._waiting)
        self.named = frame, renamed
        return frame

    def _finish(self, due: int) -> list[PoseFrame]:
        """Frames up to number ``due``, smoothed."""
        finished = []
        while self._waiting and self._waiting[0].place <= due:
            frame, place, late, first = self._waiting.popleft()
            if first:
                self._poses = self._people.poses(place, late)
            finished.append(self._output.frame(frame, self._poses, first, bool(self._flat)))
            if not self._waiting or self._waiting[0].place > place:
                for key in self._people.drop_finished(place):
                    self._output.forget(key)
        return finished
