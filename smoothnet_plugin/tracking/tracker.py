"""Tracking of people over time, for results without track ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..registry import TASK_UTILS
from ..structures import PoseFrame, PoseInstance, Skeleton, get_skeleton
from ..utils.arguments import real_number, whole_number
from ..utils.arrays import finite_keypoints
from .similarity import BOX_MARGIN, box_size, keypoint_box, similarities
from .track_state import Observation, Track

#: Uncertainty of the position of a lost person: growth per frame and limit, in body sizes.
_DRIFT_PER_FRAME, _MAX_DRIFT = 0.05, 1.0
#: Overlap that a person without usable keypoints needs to continue a track.
_WEAK_IOU = 0.5


class _Match(NamedTuple):
    """The track that a person continues, the index of its state, and whether the pose matches."""

    track: Track
    state: int
    sure: bool


@TASK_UTILS.register_module()
class PoseTracker:
    """Assigns track ids to the people of successive frames.

    A person is matched by the object keypoint similarity with the position predicted from the
    last frames (constant velocity of the body) or, with a lower weight, with the last pose; if
    that fails, by the overlap of the boxes. Matches are one-to-one and maximise the sum (Hungarian
    method). Confident people are matched first, to tracks that have been confident before; false
    detections and other weak instances get the remaining tracks, so they cannot take a confident
    person's id. An instance of which nothing is known (no box, and no keypoint, or all of them
    at 0) is the person who is missing in this frame, if there is one. A missing person's track is
    kept for ``max_lost`` frames, with a growing search radius and a shrinking weight, and the
    person returns with the same id. The result depends only on the frames so far: it is
    deterministic, and the same live and for a list of frames.

    Works in 2D and 3D, in any unit. In 3D boxes are in pixels and add information (root-relative
    poses all lie at the origin), so box overlap counts as much as the keypoints. Values of other
    widths (rotations) are tracked by their boxes alone.

    Args:
        skeleton: Skeleton or the name of a built-in one, for the sigmas of its keypoints.
            Defaults to None.
        sigmas: COCO's constant per keypoint, K numbers > 0, instead of the skeleton's. Defaults
            to None: the skeleton's, else 0.065 for all.
        keypoint_thr: Keypoints with a score of this or less are ignored. Defaults to 0.3.
        min_score: An instance with a lower mean keypoint score is weak. Defaults to 0.3.
        min_oks: Smallest keypoint similarity of a match, in (0, 1]. Defaults to 0.3.
        min_iou: Smallest box overlap of a match, in (0, 1]. Defaults to 0.3.
        max_lost: Frames for which the track of a missing person is kept, >= 0. Defaults to 30.
        max_predict: Missing frames over which the motion is extrapolated, >= 1; after that the
            person is expected where the extrapolation ended. Defaults to 10.
        body_size: Size of a person in the unit of the coordinates, needed for poses of a single
            keypoint without boxes. Defaults to None.

    Raises:
        ConfigError: An argument is out of its range.
    """

    def __init__(
        self,
        skeleton: Skeleton | str | None = None,
        *,
        sigmas: Sequence[float] | None = None,
        keypoint_thr: float = 0.3,
        min_score: float = 0.3,
        min_oks: float = 0.3,
        min_iou: float = 0.3,
        max_lost: int = 30,
        max_predict: int = 10,
        body_size: float | None = None,
    ) -> None:
        if isinstance(skeleton, str):
            skeleton = get_skeleton(skeleton)
        if sigmas is None and skeleton is not None and skeleton.sigmas:
            sigmas = skeleton.sigmas
        self.sigmas = None if sigmas is None else np.asarray(sigmas, dtype=np.float64)
        if self.sigmas is not None and not (self.sigmas.ndim == 1 and (self.sigmas > 0).all()):
            raise ConfigError(f'PoseTracker: sigmas are {sigmas!r}; expected one positive number '
                              'per keypoint.')
        for name, value in (('min_oks', min_oks), ('min_iou', min_iou)):
            if not 0 < value <= 1:
                raise ConfigError(f'PoseTracker: {name} is {value!r}; expected a number in '
                                  '(0, 1].')
        for name, value, least in (('max_lost', max_lost, 0), ('max_predict', max_predict, 1)):
            whole_number(self, name, value, least)
        if body_size is not None:
            real_number(self, 'body_size', body_size)
        self.keypoint_thr = keypoint_thr
        self.min_score = min_score
        self.min_oks = min_oks
        self.min_iou = min_iou
        self.max_lost = max_lost
        self.max_predict = max_predict
        self.body_size = body_size
        self.reset()

    def reset(self) -> None:
        """Drop all tracks before a new video; ids start at 0 again."""
        self._tracks: list[Track] = []
        self._next_id = 0
        self._last_frame: int | None = None
        self._shape: tuple[int, ...] | None = None

    def update(self, frame: PoseFrame) -> PoseFrame:
        """Assign track ids to the people of the next frame.

        Args:
            frame: The frame; its id must be greater than that of the previous frame. Track ids
                that its instances already have are ignored.

        Returns:
            A copy of the frame in which every instance has a ``track_id``: 0, 1, ... in order of
            first appearance. Arrays and payloads are shared, not copied.

        Raises:
            DataFormatError: The frame id does not increase, keypoints are not (K, C) or differ
                in shape from earlier ones, or a person's size is unknown.
        """
        if self._last_frame is not None and frame.frame_id <= self._last_frame:
            raise DataFormatError(
                f'Frame {frame.frame_id} follows frame {self._last_frame}; the tracker expects '
                'frames in order. Call reset() before a new video.')
        seen = [self._observe(instance, frame.frame_id) for instance in frame.instances]
        self._last_frame = frame.frame_id
        self._tracks = [track for track in self._tracks
                        if frame.frame_id - track.seen <= self.max_lost + 1]
        matches = self._assign(seen, frame.frame_id)
        matched = {id(match.track) for match in matches if match is not None}
        # The most recently seen ones are the last.
        absent = sorted((track for track in self._tracks if id(track) not in matched),
                        key=lambda track: track.seen)
        ids = []
        for observation, match in zip(seen, matches):
            if match is not None:
                track = match.track
                track.update(frame.frame_id, observation, match.state, match.sure)
            else:
                track = self._unmatched(observation, absent, frame.frame_id)
            ids.append(track.track_id)
        return frame.with_ids(ids)

    def _unmatched(self, observation: Observation, absent: list[Track], frame_id: int) -> Track:
        """The track of a person who continues none; those of absent ones are used up."""
        if absent and not observation.known and absent[-1].known:
            return absent.pop()
        # Someone of whom nothing was known yet appears, or still does not.
        unseen = next((track for track in absent if not track.known), None)
        if unseen is not None:
            absent.remove(unseen)
            self._tracks.remove(unseen)
        track = Track(self._next_id if unseen is None else unseen.track_id, frame_id, observation)
        self._next_id += unseen is None
        self._tracks.append(track)
        return track

    def _observe(self, instance: PoseInstance, frame_id: int) -> Observation:
        keypoints = np.asarray(instance.keypoints, dtype=np.float64)
        if keypoints.ndim != 2 or (self._shape or keypoints.shape) != keypoints.shape:
            raise DataFormatError(
                f'Frame {frame_id}: keypoints have shape {keypoints.shape}; expected '
                f"{self._shape or '(K, C)'}, the same for all people.")
        if self.sigmas is not None and len(self.sigmas) != len(keypoints):
            raise DataFormatError(
                f'Frame {frame_id}: a person has {len(keypoints)} keypoints, but the tracker has '
                f'sigmas for {len(self.sigmas)}; specify the skeleton of these poses, or none.')
        self._shape = keypoints.shape
        usable = finite_keypoints(keypoints)
        if keypoints.shape[1] in (2, 3) and len(keypoints) > 1 and not keypoints[usable].any():
            usable[:] = False  # Zeros in place of a pose.
        strong = True
        known = np.where(usable[:, None], keypoints, np.nan)
        if instance.keypoint_scores is not None:
            scores = np.nan_to_num(np.asarray(instance.keypoint_scores, dtype=np.float64))
            if scores.shape != usable.shape:
                raise DataFormatError(f'Frame {frame_id}: keypoint_scores have shape '
                                      f'{scores.shape}; expected {usable.shape}.')
            usable &= scores > self.keypoint_thr
            strong = bool(scores.mean() >= self.min_score) if len(scores) else False
        clear = np.where(usable[:, None], keypoints, np.nan)
        around = keypoint_box(clear if usable.any() else known, BOX_MARGIN)
        bbox = _checked_bbox(instance.bbox, frame_id)
        if keypoints.shape[1] == 2 and np.isnan(bbox).any():
            bbox = around
        return Observation(clear, bbox, self._size(around, bbox, frame_id), strong)

    def _size(self, around: np.ndarray, bbox: np.ndarray, frame_id: int) -> float:
        """Body size in the unit of the coordinates; NaN if unknown."""
        if self.body_size is not None:
            return self.body_size
        keypoints, width = self._shape or (0, 0)
        size = box_size(bbox if width == 2 else around)
        if keypoints == 1 and width in (2, 3) and not np.isfinite(size):
            kind = 'and without a box' if width == 2 else 'in 3D'
            raise DataFormatError(
                f'Frame {frame_id}: a person with a single keypoint {kind} has no size to scale '
                'distances by; give every person a track_id, or set PoseTracker(body_size=...) in '
                'the unit of the coordinates.')
        return size

    def _assign(self, seen: list[Observation], frame_id: int) -> list[_Match | None]:
        """The track that each person continues, or None for a new person."""
        matches: list[_Match | None] = [None] * len(seen)
        strong = [i for i, observation in enumerate(seen) if observation.strong]
        weak = [i for i, observation in enumerate(seen) if not observation.strong]
        firm = [track for track in self._tracks if track.strong]
        faint = [track for track in self._tracks if not track.strong]
        for people, tracks in ((strong, firm), (strong, faint), (weak, firm + faint)):
            owned = {id(match.track) for match in matches if match is not None}
            free = [track for track in tracks if id(track) not in owned]
            people = [i for i in people if matches[i] is None]
            if free and people:
                found = self._match(free, [seen[i] for i in people], frame_id, people[0] in strong)
                for i, match in zip(people, found):
                    matches[i] = match
        return matches

    def _match(self, tracks: list[Track], seen: list[Observation], frame_id: int,
               strong: bool) -> list[_Match | None]:
        """Match tracks with people who are all strong or all weak: by pose, then by box."""
        # Imported here, since this import takes longer than that of the whole package.
        from scipy.optimize import linear_sum_assignment
        owner = np.array([i for i, track in enumerate(tracks) for _ in track.states])
        first = np.searchsorted(owner, np.arange(len(tracks)))
        states = [state for track in tracks for state in track.states]
        sizes = np.fmin(np.array([tracks[i].size for i in owner])[:, None],
                        np.array([observation.size for observation in seen]))
        # The position of a person is less certain with every frame without them.
        lost = np.array([frame_id - state.frame_id - 1 for state in states])
        drift = np.minimum(_DRIFT_PER_FRAME * lost, _MAX_DRIFT)
        ahead = [min(frame_id - state.frame_id, self.max_predict) for state in states]
        oks, iou = similarities(states, ahead, seen, sizes, drift * strong, self.sigmas)
        hits = np.array([track.hits for track in tracks])
        conviction = hits / (hits + 1) / (1 + drift[first])
        if not strong:
            iou = np.where(np.isnan(oks) & (iou >= _WEAK_IOU), iou, np.nan)
        matches: list[_Match | None] = [None] * len(seen)
        open_rows = np.ones((len(tracks), len(seen)), dtype=bool)
        for similarity, least, sure in ((oks, self.min_oks, True), (iou, self.min_iou, False)):
            by_state = np.where(similarity >= least, similarity, 0)
            gain = np.maximum.reduceat(by_state, first) * open_rows
            for i, j in zip(*linear_sum_assignment(gain * conviction[:, None], maximize=True)):
                if gain[i, j] > 0:
                    state = int(by_state[owner == i, j].argmax())
                    matches[j] = _Match(tracks[i], state, sure)
                    open_rows[i] = open_rows[:, j] = False
        return matches


def _checked_bbox(bbox: np.ndarray | None, frame_id: int) -> np.ndarray:
    """The box in float64; NaN if there is none or it is empty."""
    if bbox is None:
        return np.full(4, np.nan)
    box = np.asarray(bbox, dtype=np.float64)
    if box.shape != (4,):
        raise DataFormatError(f'Frame {frame_id}: bbox has shape {box.shape}; expected (4,): '
                              'x1, y1, x2, y2.')
    empty = not (np.isfinite(box).all() and (box[2:] > box[:2]).all())
    return np.full(4, np.nan) if empty else box
