"""What a smoother changed, to show "no effect" and "too much"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..filters.base import BaseFilter
from ..processing.gaps import missing_mask
from ..structures import PoseSequence, PoseTracks, is_rotation
from .changes import accelerations, distances
from .joint_change import JointChange, overall_words
from .pose_info import PoseInfo

#: Joints with a separate line in the printed report.
_JOINTS_SHOWN = 4


@dataclass(frozen=True)
class SmoothReport:
    """Change between a clip and its smoothed version.

    Moves and accelerations are lengths in the coordinates' unit, over measured keypoints; of
    rotations they are angles in degrees.
    Accelerations are second differences, taken where three measured frames follow each other
    directly, before and after alike; bridged values do not count.

    Attributes:
        frames: Frames of the clip.
        tracks: People.
        poses: Poses in the input, over all people.
        keypoints: Keypoints in the input.
        missing_keypoints: Keypoints that counted as missing: not finite, not valid, a placeholder,
            or with a score under the threshold.
        filled_poses: Poses added for frames in which a person was missing.
        filled_keypoints: Missing keypoints that were interpolated, those of added poses included.
        mean_move: Mean distance by which measured keypoints moved.
        max_move: Largest such distance.
        accel_before: Mean acceleration of the input, per frame squared.
        accel_after: Mean acceleration of the output, per frame squared.
        median_accel_before: Median acceleration of the input.
        median_accel_after: Median acceleration of the output.
        unit: Unit of the lengths.
        fps: Frames per second used.
        fps_assumed: The frame rate was assumed, because none was given.
        latency: Frames of delay of a live run, or None for a whole clip at once.
        exchanged: Groups of left and right keypoints swapped back, counted once per frame.
        placeholders: Missing keypoints that hold (0, 0) or the like.
        isolated: Single samples out of reach of the body, which counted as missing and were
            replaced.
        repeated: Samples that repeat the frame before, which counted as missing and were
            replaced.
        network_share: Mean weight of the network in the result, 0 to 1, for the default filter;
            None for others.
        input_share: Mean weight of the unchanged input.
        mean_spread: Mean predicted spread: the distance within which the true keypoint lies in
            two of three cases.
        stepped_back: Share of the samples where the self-check limits what the network changes.
        notes: What else the user needs to know of the run.
        joints: The change of all keypoints together, then of each joint whose name is known;
            empty for rotations.
    """

    frames: int
    tracks: int
    poses: int
    keypoints: int
    missing_keypoints: int
    filled_poses: int
    filled_keypoints: int
    mean_move: float
    max_move: float
    accel_before: float
    accel_after: float
    median_accel_before: float
    median_accel_after: float
    unit: str
    fps: float
    fps_assumed: bool = False
    latency: int | None = None
    exchanged: int = 0
    placeholders: int = 0
    isolated: int = 0
    repeated: int = 0
    network_share: float | None = None
    input_share: float | None = None
    mean_spread: float | None = None
    stepped_back: float | None = None
    notes: tuple[str, ...] = ()
    joints: tuple[JointChange, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {**asdict(self), 'joints': [change.to_dict() for change in self.joints]}

    def lines(self, with_joints: bool = True) -> list[tuple[str, str]]:
        """Pairs of a label and a value to print.

        Args:
            with_joints: Add the numbers of the most affected joints. Defaults to True.
        """
        unit = f' {self.unit}' if self.unit else ''
        per_frame = f'{unit}/frame^2'
        lines = [
            ('frames', str(self.frames)),
            ('people', str(self.tracks)),
            ('poses', str(self.poses)),
            ('missing', f'{self.missing_keypoints} of {self.keypoints} keypoints'
             + (f' ({self.placeholders} placeholders such as zeros)' if self.placeholders else '')),
            ('gaps filled', f'{self.filled_poses} poses, {self.filled_keypoints} keypoints'),
            *([('swaps corrected', f'{self.exchanged} groups of keypoints')]
              if self.exchanged else []),
            *([('out of reach', f'{self.isolated} keypoints of single frames, replaced')]
              if self.isolated else []),
            *([('repeated', f'{self.repeated} keypoints equal to the frame before, replaced')]
              if self.repeated else []),
            ('move', f'mean {self.mean_move:.4g}{unit}, largest {self.max_move:.4g}{unit}'),
            ('mean acceleration', _change(self.accel_before, self.accel_after, per_frame)),
            ('median acceleration',
             _change(self.median_accel_before, self.median_accel_after, per_frame)),
            ('frame rate', f"{self.fps:g} fps{' (assumed: none was given)' * self.fps_assumed}"),
        ]
        if self.network_share is not None and self.input_share is not None:
            lines.append(('result from', f'network {self.network_share:.0%}, robust filter '
                          f'{1 - self.network_share - self.input_share:.0%}, input '
                          f'{self.input_share:.0%}'))
        if self.stepped_back:
            lines.append(('self-check', 'limited the network at '
                          f'{self.stepped_back:.1%} of the keypoints, where its change is larger '
                          'than the noise explains'))
        if self.mean_spread is not None:
            lines.append(('predicted spread', f'mean {self.mean_spread:.4g}{unit}'))
        if self.latency is not None:
            lines.append(('delay', f'{self.latency} frames'))
        lines += self._joint_lines(with_joints)
        lines += [('note', note) for note in self.notes]
        if self.keypoints and self.missing_keypoints == self.keypoints:
            lines.append(('NOTHING SMOOTHED', 'every keypoint counts as missing: check the '
                          'scores and the threshold'))
        return lines


    def _joint_lines(self, with_joints: bool) -> list[tuple[str, str]]:
        """What to act on, and the joints that it is about or that lose most speed."""
        if not self.joints:
            return []
        overall, *single = self.joints
        ranked = sorted(single, key=lambda change: (
            -len(change.words), np.nan_to_num(change.speed_kept, nan=np.inf)))
        lines = [('kept', overall.summary),
                 *((f'  {change.joint}', change.summary) for change in ranked[:_JOINTS_SHOWN])]
        return lines * with_joints + [
            ('look at', sentence) for sentence in overall_words(single or [overall])]


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
    filled_poses = filled_keypoints = poses = keypoints = missing_keypoints = 0
    units: set[str] = set()
    for key, old in before:
        new = after[key]
        units.add('deg' if is_rotation(old.representation) else old.unit or '')
        poses += len(old)
        missing = ~measured_keypoints(old, before, fps, keypoint_thr, zeros)
        keypoints += missing.size
        missing_keypoints += int(missing.sum())
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
        mean_spread=spread, stepped_back=stepped_back, notes=tuple(notes))


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


def _change(before: float, after: float, unit: str) -> str:
    share = f' ({100 * (after / before - 1):+.1f} %)' if before > 0 else ''
    return f'{before:.4g} -> {after:.4g}{unit}{share}'


#: Frames per second from which on all filters act at full strength and outliers stand out.
_PLENTY_FPS = 25.0


def low_rate_notes(filters: Sequence[BaseFilter], fps: float) -> list[str]:
    """What a low frame rate means for the filters, for the report.

    Args:
        filters: The chain.
        fps: Frames per second.

    Returns:
        One sentence, or nothing at 25 frames per second and above.
    """
    if fps >= _PLENTY_FPS:
        return []
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
    return [f'{fps:g} frames per second are low for human motion: '
            + ', '.join(dict.fromkeys(parts))] if parts else []
