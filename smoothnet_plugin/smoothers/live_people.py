"""The people of a live video: the appearances of each of them that are not finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from ..processing.compiled_steps import live_frame
from ..processing.placeholders import elsewhere
from ..structures import PoseInstance
from ..structures.left_right import LeftRight
from ..utils.arrays import all_true
from .appearance import Appearance
from .chain import apply_together
from .exchange_stage import LEAST_FPS, LiveExchanges
from .filter_space import to_filter_space
from .live_pose import InfoOf, LivePose, PendingFrame, TrackId
from .live_samples import LiveSamples
from .live_track import LiveTrack
from .pose_info import PoseInfo
from .settings import PreparationCounts, SmootherSettings

#: Poses that :func:`~smoothnet_plugin.structures.layouts.guess_skeleton` requires at least.
_SEEN_POSES = 4


@live_frame()
def results_of(due: Sequence[tuple[LiveTrack, int]], strength: float,
               fps: float) -> list[LivePose]:
    """Frames of several tracks, as smooth as the frames pushed so far make them.

    The people go through each filter together, and do not influence one another.

    Args:
        due: Tracks with chains of the same filters, and the number of the frame in each
            appearance, which must not decrease between calls.
        strength: Share of the filters' effect, 0 to 1.
        fps: Frames per second.

    Returns:
        The poses.
    """
    pending = [(track, track.begin(frame)) for track, frame in due]
    for number in range(due[0][0].num_stages if due else 0):
        waiting: list[tuple[LiveTrack, PendingFrame]] = []
        segments = []
        for track, frame in pending:
            segment = track.advance(number, frame)
            if segment is not None:
                waiting.append((track, frame))
                segments.append(segment)
        if segments:
            for (track, frame), values in zip(waiting, apply_together(segments, fps)):
                track.passed(number, frame, values)
    return [track.finish(frame, strength) for track, frame in pending]


def watch_sides(tracks: Iterable[LiveTrack]) -> None:
    """Pass the newest frames to the detectors of exchanges, of all people at once."""
    found = [unseen for track in tracks if (unseen := track.unseen()) is not None]
    if found:
        LiveExchanges.push_together([own for own, _ in found], [frames for _, frames in found])


def _named(info: PoseInfo, coords: np.ndarray) -> PoseInfo:
    """The facts with the names that poses (T, K, C) look like, if there are only a few poses, too.

    Fewer than four poses show no skeleton otherwise, and contradict none.
    """
    return info.with_names_of(np.repeat(coords, -(-_SEEN_POSES // len(coords)), axis=0))


class LivePeople:
    """Appearances by person.

    Args:
        settings: Filters and parameters.
        fps: Frames per second.
        info_of: Gives the facts about the poses of C values per keypoint of a person.

    Attributes:
        counts: What was done to the poses so far before the filters.
    """

    def __init__(self, settings: SmootherSettings, fps: float,
                 info_of: InfoOf) -> None:
        self.counts = PreparationCounts()
        self._settings, self._fps, self._info_of = settings, fps, info_of
        self._latency = settings.latency_at(fps)
        self._people: dict[TrackId, list[Appearance]] = {}

    def shape_of(self, key: TrackId) -> tuple[int, ...] | None:
        """Shape of a person's poses; None for a person who is not here."""
        appearances = self._people.get(key)
        return appearances[-1].shape if appearances else None

    def rename(self, renamed: Mapping[TrackId, TrackId]) -> None:
        """Give people their new ids."""
        people = {key: self._people.pop(key) for key in renamed if key in self._people}
        for key, appearances in people.items():
            # A person of that name was here before: the two appearances stay apart.
            self._people[renamed[key]] = self._people.get(renamed[key], []) + appearances

    def push(self, instances: Iterable[PoseInstance], place: int, late: float | None) -> None:
        """Take the poses of the next frame.

        Args:
            instances: The people, each with an id.
            place: Place of the frame on the clock.
            late: Steps by which the frame is later than its place; None without time stamps.
        """
        for instance in instances:
            self._push(instance, place, late)
        for appearances in self._people.values():
            for person in appearances:
                if person.end <= place:
                    person.advance(place + 1)
        if self._settings.exchanges:
            watch_sides(person.track for appearances in self._people.values()
                        for person in appearances)

    def _push(self, instance: PoseInstance, place: int, late: float | None) -> None:
        """Push a pose to the track of its person, which may be a new one."""
        settings, given = self._settings, instance.keypoints
        info = self._info_of(given.shape[-1], instance.track_id)
        coords = to_filter_space(given, info.representation, settings.filters)
        scores = instance.keypoint_scores
        appearances = self._people.setdefault(instance.track_id, [])
        person = appearances[-1] if appearances else None
        seen = np.zeros(len(coords), dtype=bool) if person is None else person.seen
        missing, placeholders = info.missing(coords, scores, None, settings, seen)
        unproven = None
        if not all_true(seen):
            unproven = info.unproven(coords, scores, settings.zeros) & ~missing
            shown = elsewhere(coords) & ~missing & ~seen
            placeholders += sum(entry.track.prove_placeholders(shown) for entry in appearances)
            seen = seen | shown
        if placeholders:
            self.counts = self.counts.plus(PreparationCounts(placeholders=placeholders))
        absent = all_true(missing)
        if person is not None:
            person.advance(place)
        if person is None or person.samples.lost:
            if absent:
                return
            samples = self._new_samples(info, coords.shape, scores is not None, late is not None)
            known = ~missing if unproven is None else ~(missing | unproven)
            person = Appearance(samples, self._new_track(info, coords, known, samples),
                                info.representation, given.shape, place, place, seen)
            appearances.append(person)
        person.seen = seen
        if late is None:
            person.samples.push(coords, missing, scores, unproven)
        else:
            person.push_at(place + late, late, coords, missing, scores, unproven)
        if not absent:
            person.last_seen = place

    def _new_samples(self, info: PoseInfo, shape: tuple[int, ...], has_scores: bool,
                     timed: bool) -> LiveSamples:
        settings, outliers = self._settings, self._settings.hides_outliers and info.is_keypoints
        # A pose that is moved to its place does not stay the same: filters cannot weigh repeats.
        return LiveSamples(self._fps, *shape, max_gap=settings.max_gap, has_scores=has_scores,
                           outliers=outliers, timed=timed,
                           repeats=outliers and (timed or settings.hides_repeats),
                           weighed=settings.weighs_repeats and not timed)

    def _new_track(self, info: PoseInfo, coords: np.ndarray, known: np.ndarray,
                   samples: LiveSamples) -> LiveTrack:
        settings = self._settings
        given, info = info, _named(info, np.where(known[:, None], coords, np.nan)[None])
        return LiveTrack(info.stages(settings.filters, coords, known), samples, self._fps,
                         self._latency,
                         # The first pose may contradict names that later ones confirm.
                         self._sides_of(given if given.keypoint_names else info), settings.spread)

    def _sides_of(self, info: PoseInfo) -> Callable[[np.ndarray], LeftRight | None] | None:
        if not (self._settings.exchanges and self._settings.strength
                and self._fps >= LEAST_FPS):
            return None
        return lambda coords: _named(info, coords).sides

    def poses(self, place: int, late: float | None) -> dict[TrackId, tuple[LivePose, str]]:
        """Each person's pose at a place of the clock and its representation."""
        seen = [(key, person) for key, appearances in self._people.items()
                for person in appearances
                if person.start <= place < person.end]
        results = results_of([(person.track, place - person.start) for _, person in seen],
                             self._settings.strength, self._fps)
        poses: dict[TrackId, tuple[LivePose, str]] = {}
        for (key, person), pose in zip(seen, results):
            if pose.exchanged or pose.isolated or pose.repeated:
                self.counts = self.counts.plus(PreparationCounts(
                    pose.exchanged, isolated=pose.isolated, repeated=pose.repeated))
            if late is not None:
                pose = person.at_its_time(pose, place, late)
            poses[key] = pose, person.representation
        return poses

    def drop_finished(self, place: int) -> list[TrackId]:
        """Drop appearances that ended at or before a place; returns people without any."""
        gone: list[TrackId] = []
        for key, appearances in self._people.items():
            if any(person.samples.lost for person in appearances):
                appearances[:] = [person for person in appearances
                                  if not (person.samples.lost and person.last_seen <= place)]
            if not appearances:
                gone.append(key)
        for key in gone:
            del self._people[key]
        return gone
