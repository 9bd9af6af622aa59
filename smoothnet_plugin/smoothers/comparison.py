"""Comparison of a clip and its smoothed version, for the report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..filters.base import BaseFilter
from ..processing.gaps import missing_mask
from ..structures import PoseSequence, PoseTracks, is_rotation
from .changes import accelerations, distances
from .pose_info import PoseInfo
from .report import SmoothReport

#: Frames per second from which on all filters act at full strength and outliers stand out.
_PLENTY_FPS = 25.0
#: Frames per second that neither video nor motion capture has.
_MANY_FPS = 1500.0


def compare(before: PoseTracks, after: PoseTracks, *, fps: float, fps_assumed: bool = False,
            keypoint_thr: float = 0.0, latency: int | None = None, zeros: str = 'auto',
            notes: Sequence[str] = ()) -> SmoothReport:
    """Measure what a smoother did.

    Args:
        before: The input.
        after: The output, with the same track ids and at least the same frames.
        fps: Frames per second used.
        fps_assumed: The frame rate was assumed. Defaults to False.
        keypoint_thr: Score under which keypoints counted as missing. Defaults to 0.0.
        latency: Delay of a live run, in frames. Defaults to None, not live.
        zeros: What exact zeros meant, see :class:`PoseSmoother`. Defaults to ``'auto'``.
        notes: What else the user needs to know of the run. Defaults to nothing.

    Returns:
        The report.
    """
    moves, accel_before, accel_after = [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]
    filled_poses = filled_keypoints = poses = keypoints = missing_keypoints = never_seen = 0
    units: set[str] = set()
    for key, old in before:
        new = after[key]
        units.add('deg' if is_rotation(old.representation) else old.unit or '')
        poses += len(old)
        missing = ~measured_keypoints(old, before, fps, keypoint_thr, zeros)
        keypoints += missing.size
        missing_keypoints += int(missing.sum())
        never_seen += int(missing.all(axis=0).sum()) * len(old)
        filled_poses += len(new) - len(old)
        filled_keypoints += int(new.filled.sum() - old.filled.sum())
        kept = np.isin(new.frame_ids, old.frame_ids)
        same = new.select(kept)
        measured = ~missing & ~same.filled
        moves.append(distances(old.coords, same.coords, old.representation)[measured])
        accel_before.append(_accelerations(old, measured))
        accel_after.append(_accelerations(same, measured))
    done = after.preparation
    if done.get('flat'):
        notes = [*notes, 'the depth is 0 everywhere: smoothed as 2D keypoints']
    judged = done.get('judged', 0)
    network, own, spread, stepped_back = (
        done.get(name, 0) / judged if judged else None
        for name in ('network', 'samples', 'spread', 'stepped_back'))
    move, raw, smooth = (np.concatenate(part) for part in (moves, accel_before, accel_after))
    return SmoothReport(
        frames=before.num_frames, tracks=len(before), poses=poses,
        keypoints=keypoints, missing_keypoints=missing_keypoints, filled_poses=filled_poses,
        filled_keypoints=filled_keypoints, mean_move=_mean(move),
        max_move=float(move.max(initial=0.0)), accel_before=_mean(raw),
        accel_after=_mean(smooth), median_accel_before=_median(raw),
        median_accel_after=_median(smooth), unit=units.pop() if len(units) == 1 else '',
        fps=fps, fps_assumed=fps_assumed,
        latency=latency, exchanged=int(done.get('exchanged', 0)),
        placeholders=int(done.get('placeholders', 0)), isolated=int(done.get('isolated', 0)),
        repeated=int(done.get('repeated', 0)),
        network_share=network, input_share=own,
        mean_spread=spread, stepped_back=stepped_back, at_once=_at_once(before),
        never_seen=never_seen, notes=tuple(notes))


def _at_once(tracks: PoseTracks) -> int:
    """Largest number of people in a frame."""
    frames = np.concatenate([np.zeros(0, np.int64), *(person.frame_ids for _, person in tracks)])
    return int(np.unique(frames, return_counts=True)[1].max(initial=0))


def measured_keypoints(sequence: PoseSequence, tracks: PoseTracks, fps: float,
                       keypoint_thr: float, zeros: str) -> np.ndarray:
    """Keypoints of the input that a smoother took for measured.

    Args:
        sequence: One person of the input.
        tracks: The input.
        fps: Frames per second.
        keypoint_thr: Score under which keypoints counted as missing.
        zeros: What exact zeros meant, see :class:`PoseSmoother`.

    Returns:
        Shape (T, K), bool.
    """
    missing = missing_mask(sequence.coords, sequence.scores, sequence.valid, keypoint_thr)
    info = PoseInfo.of_track(sequence, tracks, fps)
    return ~(missing | info.placeholders(sequence.coords, sequence.scores, zeros))


def _accelerations(sequence: PoseSequence, measured: np.ndarray) -> np.ndarray:
    steps = np.diff(sequence.frame_ids)
    if len(sequence) < 3:
        return np.zeros(0)
    usual = int(steps.min())
    direct = (steps[1:] == usual) & (steps[:-1] == usual)
    whole = measured[:-2] & measured[1:-1] & measured[2:] & direct[:, None]
    return accelerations(sequence.coords, sequence.representation)[whole]


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else 0.0


def low_rate_notes(filters: Sequence[BaseFilter], fps: float,
                   frame_ids: np.ndarray) -> list[str]:
    """What a low frame rate means for the filters, for the report.

    Args:
        filters: The chain.
        fps: Frames per second of the frame numbers.
        frame_ids: The clip's frame numbers, strictly increasing, shape (F,).

    Returns:
        Up to three sentences, or nothing at 25 frames per second and above in neighbouring frames.
        The rate of a clip with every n-th frame number is an n-th.
    """
    apart = np.diff(frame_ids)
    step = int(np.gcd.reduce(apart)) if len(apart) else 1
    usual = int(np.median(apart)) if len(apart) else 1
    notes = []
    if usual > step:
        notes.append(f'most frame numbers are {usual} or more apart, and frames far from others '
                     'are not smoothed: number consecutive frames one by one')
    numbering, fps = fps, fps / step
    if fps > _MANY_FPS:
        notes.append(f'{fps:.5g} frames per second are more than cameras have: check fps, and that '
                     'time stamps are seconds')
    if fps >= _PLENTY_FPS:
        return notes
    if step > 1:
        notes.append(f'the frame numbers are {step} apart: {numbering:g} frames per second of the '
                     f'numbering make {fps:.3g} poses per second. If these are consecutive frames, '
                     f'specify {step} times their rate as fps')
    parts = []
    for entry in filters:
        cutoff, share = getattr(entry, 'cutoff', None), entry.share(fps)
        name = type(entry).__name__
        if share < 1:
            parts.append(f'{name} acts at {share:.0%} of its strength')
        elif isinstance(cutoff, float) and cutoff >= fps / 2:
            parts.append(f'{name} has nothing to remove below half the frame rate')
        elif entry.weighs_outliers:
            parts.append(f'{name} removes less noise')
    return [*notes, *([f'{fps:.3g} frames per second are low for human motion: '
                       + ', '.join(dict.fromkeys(parts))] if parts else [])]
