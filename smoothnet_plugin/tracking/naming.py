"""Ids for detections that have none among detections that have one.

Trackers lose an id for some frames, or give the first one only after some frames. A detection
without id is then the same person as before, not another one.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..structures import PoseFrame, PoseInstance
from .build import Tracker

#: Frames for which a person without a given id is remembered, unless the tracker has ``max_lost``.
_REMEMBERED = 30

TrackId = int | str


@dataclass(eq=False)
class _Unnamed:
    """A person who has no given id yet.

    Attributes:
        name: The id in use, or None before the first frame is named.
        start: First frame.
        last: Last frame.
    """

    name: TrackId | None
    start: int
    last: int


class IdKeeper:
    """Names the people of successive frames; given ids are kept.

    A tracker follows all people, with or without id. Its links carry names from frame to frame: a
    detection without id gets the name of the person that it continues, and a person who had no
    id so far takes over the first given id that appears on the same track. A name is used once
    per frame: where the tracker exchanges two people, the given id decides. What continues no
    other track is a new person.

    The tracker runs only while there are people without id; it catches up on the frames before.

    Args:
        tracker: Follows people; must be reset.
        reserved: Ids that new people must not get. Defaults to none.
        first: Smallest number for new people. Defaults to 0.
    """

    def __init__(self, tracker: Tracker, reserved: Iterable[TrackId] = (), first: int = 0) -> None:
        self._tracker = tracker
        self._taken: set[TrackId] = set(reserved)
        self._first = first
        self._memory = int(getattr(tracker, 'max_lost', _REMEMBERED)) + 1
        self._before: deque[PoseFrame] = deque(maxlen=self._memory)
        self._shape: tuple[int, ...] | None = None
        #: The person of each of the tracker's ids, and its last frame.
        self._links: dict[TrackId, TrackId | _Unnamed] = {}
        self._linked: dict[TrackId, int] = {}
        self._unnamed: list[_Unnamed] = []
        #: Last frame of given ids, as far as people without one were there.
        self._given: dict[TrackId, int] = {}

    def name(self, frame: PoseFrame) -> tuple[PoseFrame, dict[TrackId, TrackId]]:
        """Name the people of the next frame.

        Args:
            frame: The frame; its number must be greater than the last one's. An id occurs once.

        Returns:
            The frame in which every person has an id, and new names of people of earlier frames by
            their old names.
        """
        given = [plain_id(instance.track_id) for instance in frame.instances]
        self._taken.update(name for name in given if name is not None)
        self._unnamed = [person for person in self._unnamed
                         if frame.frame_id - person.last <= self._memory]
        if None not in given and not self._unnamed:
            self._before.append(frame)
            return frame, {}
        if self._shape is None and None in given:
            self._shape = np.shape(frame.instances[given.index(None)].keypoints)
        links = self._followed(frame)
        people = self._carried(given, links, frame.frame_id)
        renamed = self._taken_over(given, links, people)
        for person in self._unnamed:
            if person.name is None or person.name in given:
                old, person.name = person.name, self._new_name(
                    next(link for link, i in zip(links, people) if i is person)
                    if person in people else None)
                if old is not None:
                    renamed[old] = person.name
        for link, who in zip(links, people):
            if link is not None:
                self._links[link], self._linked[link] = who, frame.frame_id
            if isinstance(who, _Unnamed):
                who.last = frame.frame_id
            else:
                self._given[who] = frame.frame_id
        self._forget_before(frame.frame_id - self._memory)
        ids = [who.name if isinstance(who, _Unnamed) else who for who in people]
        return frame.with_ids(instance.track_id if name is not None else own for
                              instance, name, own in zip(frame.instances, given, ids)), renamed

    def _followed(self, frame: PoseFrame) -> list[TrackId | None]:
        """The tracker's id of each instance; None for poses of another kind than those unnamed."""
        for earlier in self._before:
            for link, instance in zip(self._update(earlier), earlier.instances):
                name = plain_id(instance.track_id)
                if link is not None and name is not None:
                    self._links[link], self._linked[link] = name, earlier.frame_id
        self._before.clear()
        return self._update(frame)

    def _update(self, frame: PoseFrame) -> list[TrackId | None]:
        def alike(instance: PoseInstance) -> bool:
            return instance.track_id is None or np.shape(instance.keypoints) == self._shape

        seen = [dataclasses.replace(i, track_id=None) for i in frame.instances if alike(i)]
        found = iter(self._tracker.update(dataclasses.replace(frame, instances=seen)).instances)
        return [plain_id(next(found).track_id) if alike(i) else None for i in frame.instances]

    def _carried(self, given: list[TrackId | None], links: list[TrackId | None],
                 frame_id: int) -> list[TrackId | _Unnamed]:
        """The person of each instance, by given ids and links."""
        owner = {name: i for i, name in enumerate(given) if name is not None}
        used: set[TrackId | _Unnamed] = set(owner)
        people: list[TrackId | _Unnamed] = []
        for i, name in enumerate(given):
            if name is not None:
                people.append(name)
                continue
            who, visited = self._link_of(links[i]), {i}
            while not isinstance(who, _Unnamed) and who in owner and owner[who] not in visited:
                # By the given id this is another person: the tracker exchanged the two.
                visited.add(owner[who])
                who = self._link_of(links[owner[who]])
            if who is None or who in used:
                who = _Unnamed(None, frame_id, frame_id)
                self._unnamed.append(who)
            elif isinstance(who, _Unnamed) and who not in self._unnamed:
                self._unnamed.append(who)
            people.append(who)
            used.add(who)
        return people

    def _link_of(self, link: TrackId | None) -> TrackId | _Unnamed | None:
        return None if link is None else self._links.get(link)

    def _taken_over(self, given: list[TrackId | None], links: list[TrackId | None],
                    people: list[TrackId | _Unnamed]) -> dict[TrackId, TrackId]:
        """New names, by old ones, of people whose track gets its first given id in this frame."""
        renamed: dict[TrackId, TrackId] = {}
        for name, link in zip(given, links):
            who = self._link_of(link)
            if name is None or not isinstance(who, _Unnamed) or who in people:
                continue
            # A person occurs once in every frame.
            if who not in self._unnamed or self._given.get(name, who.start - 1) >= who.start:
                continue
            self._unnamed.remove(who)
            self._links = {k: name if v is who else v for k, v in self._links.items()}
            if who.name is not None and who.name != name:
                renamed[who.name] = name
        return renamed

    def _forget_before(self, frame_id: int) -> None:
        """Forget ids that no later frame can refer to."""
        self._linked = {k: last for k, last in self._linked.items() if last >= frame_id}
        self._links = {k: who for k, who in self._links.items() if k in self._linked}
        oldest = min((person.start for person in self._unnamed), default=frame_id)
        self._given = {k: last for k, last in self._given.items() if last >= oldest}

    def _new_name(self, link: TrackId | None) -> TrackId:
        """A name that no other person has: the tracker's own where it is a text, or a number."""
        name: TrackId
        if isinstance(link, str) and link not in self._taken:
            name = link
        else:
            name = next(i for i in itertools.count(self._first) if i not in self._taken)
            self._first = name  # Names are never given back.
        self._taken.add(name)
        return name


def plain_id(track_id: Any) -> Any:
    """The id as int, str or None: NumPy integers are equal to Python's but print otherwise."""
    return int(track_id) if isinstance(track_id, np.integer) else track_id
