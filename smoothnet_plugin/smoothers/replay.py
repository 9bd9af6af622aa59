"""What a live viewer would have seen of a clip that exists as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..processing.compiled_steps import whole_clip
from ..processing.runs import frame_stride
from ..structures import PoseFrame, PoseInstance, PoseSequence, PoseTracks
from ..tracking import Tracker
from ..utils.arrays import finite_keypoints
from .live_frames import LiveFrames
from .pose_info import PoseInfo
from .settings import PreparationCounts, SmootherSettings


def replay(settings: SmootherSettings, tracks: PoseTracks, tracker: Tracker, fps: float,
           progress: Callable[[Any], Iterable[Any]]) -> tuple[PoseTracks, PreparationCounts]:
    """Smooth a clip frame by frame.

    Args:
        settings: Filters and parameters.
        tracks: The people of the clip.
        tracker: Not used by tracks, which have their ids; live smoothing takes one.
        fps: Frames per second of the numbering of the frames.
        progress: Wraps the frames, to show how far the work is.

    Returns:
        See :meth:`PoseSmoother.replay`, and what was done to the poses before the filters.
    """
    if not tracks.tracks:
        return tracks, PreparationCounts()
    stride = frame_stride(tracks.frame_ids, fps)
    fps /= stride
    infos = {}
    for key, track in tracks:
        info = PoseInfo.of_track(track, tracks, fps)
        missing, _ = info.missing(track.coords, track.scores, track.valid, settings)
        infos[key] = info.with_names_of(track.coords, missing)
    live = LiveFrames(settings, tracker, fps, lambda width, key: infos[key])
    finished: list[PoseFrame] = []
    with whole_clip(sum(track.valid.size for _, track in tracks), live=True):
        for frame in progress(_frames(tracks, stride)):
            finished += live.step(frame, None)
        finished += live.flush()
    rows: dict[Any, list[tuple[int, PoseInstance]]] = defaultdict(list)
    for frame in finished:
        for instance in frame.instances:
            rows[instance.track_id].append((frame.payload, instance))
    return tracks.replace(tracks={
        key: _assembled(sequence, rows[key]) if len(sequence) else sequence
        for key, sequence in tracks}), live.counts


def _frames(tracks: PoseTracks, stride: int) -> list[PoseFrame]:
    """The clip's frames, numbered so that neighbours differ by one."""
    first = tracks.frame_ids[0] if tracks.num_frames else 0
    frames = {int(i): PoseFrame(int(i - first) // stride, payload=int(i))
              for i in tracks.frame_ids}
    for key, sequence in tracks:
        coords = sequence.measured
        for row, frame_id in enumerate(sequence.frame_ids):
            scores = None if sequence.scores is None else sequence.scores[row]
            frames[int(frame_id)].instances.append(
                PoseInstance(coords[row], scores, track_id=key, payload=row))
    return list(frames.values())


def _assembled(sequence: PoseSequence,
               rows: list[tuple[int, PoseInstance]]) -> PoseSequence:
    """Finished instances of one person as a sequence; interpolated frames become new rows."""
    old = np.array([-1 if i.payload is None else i.payload for _, i in rows], dtype=int)
    new = old < 0
    none = np.zeros(sequence.num_keypoints, dtype=bool)
    filled = np.stack([none if i.keypoints_filled is None else i.keypoints_filled
                       for _, i in rows])
    coords = np.stack([instance.keypoints for _, instance in rows])
    # Values that the source calls invalid are NaN for the smoother; where they were not
    # interpolated they stay as given.
    given = np.where(new[:, None, None], np.nan, sequence.coords[old])
    coords = np.where(finite_keypoints(coords)[..., None], coords, given)
    unknown = np.full(sequence.num_keypoints, np.nan)
    spread = None
    if any(instance.keypoint_spread is not None for _, instance in rows):
        spread = np.stack([unknown if i.keypoint_spread is None else i.keypoint_spread
                           for _, i in rows])
    scores = sequence.scores
    if scores is not None:
        scores = np.where(new[:, None], 0, scores[old]).astype(scores.dtype)
    refs = sequence.refs
    if refs is not None:
        refs = [None if row < 0 else refs[row] for row in old]
    return sequence.replace(
        coords=coords.astype(sequence.coords.dtype),
        scores=scores,
        valid=sequence.valid[old] & ~new[:, None],
        spread=spread,
        filled=filled | (sequence.filled[old] & ~new[:, None]),
        frame_ids=np.array([frame_id for frame_id, _ in rows], dtype=np.int64),
        refs=refs)
