"""What a smoother changed, to show "no effect" and "too much"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .joint_change import JointChange, overall_words

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
        never_seen: Missing keypoints that are missing in all frames of their person.
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
        at_once: Largest number of people in a frame of the input.
        content: What the input was read as: format, values and unit; '' if it is not known.
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
    at_once: int = 0
    never_seen: int = 0
    content: str = ''
    notes: tuple[str, ...] = ()
    joints: tuple[JointChange, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {**asdict(self), 'joints': [change.to_dict() for change in self.joints]}

    def __str__(self) -> str:
        lines = self.lines()
        width = max(len(label) for label, _ in lines)
        return '\n'.join(f'{label:<{width}}  {value}' for label, value in lines)

    def lines(self, with_joints: bool = True) -> list[tuple[str, str]]:
        """Pairs of a label and a value to print.

        Args:
            with_joints: Add the numbers of the most affected joints. Defaults to True.
        """
        unit = f' {self.unit}' if self.unit else ''
        per_frame = f'{unit}/frame^2'
        people = (f'{self.tracks} (at most {self.at_once} in a frame)'
                  if self.at_once < self.tracks else str(self.tracks))
        missing = [f'{self.placeholders} placeholders such as zeros'] * bool(self.placeholders) + [
            f'{self.never_seen} never seen'] * bool(self.never_seen)
        lines = [
            *([('read as', self.content)] if self.content else []),
            ('frames', str(self.frames)),
            ('people', people),
            ('poses', str(self.poses)),
            ('missing', f'{self.missing_keypoints} of {self.keypoints} keypoints'
             + (f" ({', '.join(missing)})" if missing else '')),
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
        # All keypoints are one joint where they are only numbered.
        shown = ranked[:_JOINTS_SHOWN] if len(ranked) > 1 else []
        lines = [*([('kept', overall.summary)] if overall.summary else []),
                 *((f"  {'keypoint ' * change.joint.isdigit()}{change.joint}", change.summary)
                   for change in shown)]
        return lines * with_joints + [
            ('check', sentence) for sentence in overall_words(single or [overall])]


def _change(before: float, after: float, unit: str) -> str:
    share = f' ({100 * (after / before - 1):+.1f} %)' if before > 0 else ''
    return f'{before:.4g} -> {after:.4g}{unit}{share}'
