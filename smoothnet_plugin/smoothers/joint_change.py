"""What a smoother did to one joint, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: Acceleration after over before above which a smoother has no effect.
_NO_EFFECT = 0.95
#: Share of the speed below which too much is taken.
_TOO_MUCH = 0.9
#: Delay in frames from which results are late.
_LATE = 0.75
#: Shares of frames from which a joint is poorly seen.
_MUCH_FILLED, _MUCH_DISTRUSTED = 0.25, 0.1


@dataclass(frozen=True)
class JointChange:
    """Change of one joint, its left and right keypoint together.

    Numbers are NaN where they cannot be measured. ``intervals`` holds 95 % bootstrap intervals
    over clips (people of a file, clips of a data set) by the name of the number; it is empty for
    fewer than three clips.

    Attributes:
        joint: Name of the joint without the side, or ``'all keypoints'``.
        clips: Clips with the joint.
        speed_kept: Speed after over before, 1 for all of it; over 0.2 s, fast motion counting most.
        lag: Delay of the result behind the input (behind the truth where there is one), in frames.
        accel_ratio: Mean acceleration after over before.
        filled: Share of the frames of the result in which the joint is interpolated.
        distrusted: Share of the measured frames that the result leaves aside.
        error_before: Mean distance from the truth before smoothing.
        error_after: The same after smoothing.
        intervals: (low, high) by the name of the number.
    """

    joint: str
    clips: int
    speed_kept: float = math.nan
    lag: float = math.nan
    accel_ratio: float = math.nan
    filled: float = math.nan
    distrusted: float = math.nan
    error_before: float = math.nan
    error_after: float = math.nan
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values, with the words; None for what cannot be measured."""
        values = {key: None if isinstance(value, float) and math.isnan(value) else value
                  for key, value in asdict(self).items()}
        return {**values, 'words': self.words}

    @property
    def words(self) -> list[str]:
        """What a user needs to act on; empty where all is well.

        Where there is an interval, all of it must be beyond the limit.
        """
        found = []
        if self._ends('accel_ratio')[0] > _NO_EFFECT:
            found.append('no effect: as unsteady as before')
        if self._ends('speed_kept')[1] < _TOO_MUCH:
            found.append(f'too much: {1 - self.speed_kept:.0%} of the speed is lost')
        if self._ends('lag')[0] >= _LATE:
            found.append(f'late by {self.lag:.1f} frames')
        if self.filled > _MUCH_FILLED:
            found.append(f'{self.filled:.0%} is interpolated, not seen')
        if self.distrusted > _MUCH_DISTRUSTED:
            found.append('often wrong in the input')
        if self.error_after > 1.01 * self.error_before:
            found.append('further from the truth than before')
        return found

    @property
    def summary(self) -> str:
        """The numbers as one line of a report."""
        shown = [(label, self.shown(name, style)) for name, label, style in COLUMNS]
        parts = [f'{label} {text}' for label, text in shown if text]
        return ', '.join(parts)

    def _ends(self, name: str) -> tuple[float, float]:
        """The interval of a number, or the number twice."""
        return self.intervals.get(name, (getattr(self, name),) * 2)

    def shown(self, name: str, style: str) -> str:
        """A number with its interval; '' where it cannot be measured."""
        value = getattr(self, name)
        if math.isnan(value):
            return ''
        if name not in self.intervals:
            return _formatted(value, style)
        low, high = (_formatted(end, style).rstrip('%') for end in self.intervals[name])
        return f'{_formatted(value, style)} [{low} to {high}]'


#: Numbers to show: field, label, format.
COLUMNS = (
    ('speed_kept', 'speed kept', '.0%'), ('accel_ratio', 'acceleration left', '.0%'),
    ('lag', 'lag in frames', '.1f'), ('filled', 'filled', '.0%'),
    ('distrusted', 'distrusted', '.1%'), ('error_before', 'error before', '.4g'),
    ('error_after', 'error after', '.4g'))


def _formatted(value: float, style: str) -> str:
    text = format(value, style)
    return text.removeprefix('-') if not text.strip('-0.%') else text  # no minus before a zero


def overall_words(changes: Sequence[JointChange]) -> list[str]:
    """Findings that hold for most joints, and the joints that others hold for.

    Args:
        changes: A change per joint.

    Returns:
        Sentences such as ``'too much for wrist, ankle'``; none where all is well.
    """
    by_word: dict[str, list[str]] = {}
    for change in changes:
        for word in change.words:
            by_word.setdefault(_kind(word), []).append(change.joint)
    return [f"{word} for {', '.join(joints) if 2 * len(joints) <= len(changes) else 'most joints'}"
            if len(changes) > 1 else word for word, joints in by_word.items()]


def _kind(word: str) -> str:
    """The words without their numbers."""
    if word.startswith('late'):
        return 'late'
    if word.endswith('not seen'):
        return 'much interpolated'
    return word.partition(':')[0]
