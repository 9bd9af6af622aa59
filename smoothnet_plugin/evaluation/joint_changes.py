"""What a smoother did to each joint of a clip, with bootstrap intervals over clips."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..processing.runs import frame_stride
from ..smoothers.comparison import measured_keypoints
from ..smoothers.joint_change import JointChange
from ..smoothers.pose_info import PoseInfo
from ..structures import PoseTracks
from ..structures.left_right import joints_by_name
from ..utils.arrays import finite_keypoints
from . import functional as F
from .functional.followed import moving, not_followed, speed_kept

#: Largest lag to look for, in frames.
MAX_LAG = 15
#: Fewest clips for an interval, number of resamples, and the ends of the interval.
FEWEST_CLIPS, RESAMPLES, ENDS = 3, 500, (2.5, 97.5)
ALL = 'all keypoints'
#: The sums of a joint before the statistics of its lag, and the ratios of two of them.
_SUMS = ('speed_after', 'speed_before', 'accel_after', 'accel_before', 'filled', 'results',
         'distrusted', 'measured', 'error_after', 'error_before', 'compared')
_RATIOS = {'speed_kept': ('speed_after', 'speed_before'),
           'accel_ratio': ('accel_after', 'accel_before'), 'filled': ('filled', 'results'),
           'distrusted': ('distrusted', 'measured'), 'error_after': ('error_after', 'compared'),
           'error_before': ('error_before', 'compared')}
#: Acceleration that counts as rounding of float32, relative to the coordinates.
_ROUNDING = 1e-6
#: Frames of a piece; the sums of longer clips are added over pieces.
_PIECE = 4096


def joint_groups(names: Sequence[str]) -> dict[str, list[int]]:
    """Keypoints by joint, left and right together, and numbered ones of a part together.

    Args:
        names: K keypoint names; empty where they are not known.

    Returns:
        Indices by the name of the joint; empty without names.

    Example:
        >>> joint_groups(['nose', 'left_knee', 'right_knee', 'face_0', 'face_1'])
        {'nose': [0], 'knee': [1, 2], 'face': [3, 4]}
    """
    groups: dict[str, list[int]] = {}
    for name, keypoints in joints_by_name(names).items():
        plain = re.sub(r'[_\s.-]\d+$', '', name)
        groups.setdefault(plain, []).extend(keypoints)
    return groups


def joint_sums(before: np.ndarray, after: np.ndarray, filled: np.ndarray, fps: float,
               groups: Mapping[str, Sequence[int]],
               truth: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Sums behind the measures of each joint of one clip, which may be added over clips.

    Args:
        before: The input on evenly spaced frames, shape (T, K, C), NaN where not measured.
        after: The result, same shape, NaN where there is none.
        filled: Whether a keypoint of the result is interpolated, shape (T, K), bool.
        fps: Frames per second.
        groups: Indices of keypoints by joint.
        truth: The truth, same shape, NaN where unknown. Defaults to None.

    Returns:
        One array per joint and one of :data:`ALL` keypoints, to be added over clips and read by
        :func:`change_of`.
    """
    every = {ALL: list(range(before.shape[1])), **groups}
    totals = {name: np.zeros(len(_SUMS) + 3 * (2 * MAX_LAG + 1)) for name in every}
    for start in range(0, max(len(before), 1), _PIECE):
        part = slice(start, start + _PIECE)
        old, new, known = before[part], after[part], None if truth is None else truth[part]
        distrusted = not_followed(old, new, fps)
        for name, keypoints in every.items():
            totals[name] += _sums(
                old[:, keypoints], new[:, keypoints], filled[part][:, keypoints],
                distrusted[:, keypoints], fps, None if known is None else known[:, keypoints])
    return totals


def _sums(before: np.ndarray, after: np.ndarray, filled: np.ndarray, distrusted: np.ndarray,
          fps: float, truth: np.ndarray | None) -> np.ndarray:
    """The sums of :data:`_SUMS` and the statistics of the lag, for the keypoints of a joint."""
    measured, result = (finite_keypoints(coords) for coords in (before, after))
    usable = measured & result & ~distrusted
    trusted = np.where(usable[..., None], before, np.nan)
    reference = trusted if truth is None else truth
    moves = moving(trusted, fps, truth)
    of_each = [F.acceleration_per_joint(coords, usable) for coords in (after, before)]
    accelerations = [np.nansum(one) for one in of_each]
    # Straight motion at constant speed has only the acceleration of rounding errors, whose ratio is
    # meaningless, and no event that shows a lag.
    least = _ROUNDING * np.abs(before[measured]).max(initial=0)
    even = accelerations[1] <= least * np.isfinite(of_each[1]).sum()
    if even:
        accelerations = [0.0, 0.0]
    timed = moves & (not even or truth is not None)
    errors = [0.0, 0.0, 0.0]
    if truth is not None:
        both = measured & result & finite_keypoints(truth)
        errors = [F.distances(coords, truth)[both].sum() for coords in (after, before)]
        errors.append(both.sum())
    return np.concatenate([
        speed_kept(reference[:, moves], after[:, moves], fps), accelerations,
        [(filled & result).sum(), result.sum(), distrusted.sum(), measured.sum()], errors,
        F.lag_statistics(after[:, timed], reference[:, timed], max_lag=MAX_LAG).ravel()])


def change_of(joint: str, clips: Sequence[np.ndarray]) -> JointChange:
    """The measures of a joint over clips, with intervals.

    Args:
        joint: Name of the joint.
        clips: Its sums in each clip, see :func:`joint_sums`.

    Returns:
        The measures of all clips together. The intervals are those of a bootstrap, which draws
        clips with replacement 500 times, always the same ones (Efron and Tibshirani, An
        Introduction to the Bootstrap, 1993, percentile method).
    """
    sums = np.stack(clips)
    values = _values(sums.sum(axis=0))
    intervals = {}
    if len(sums) >= FEWEST_CLIPS:
        rng = np.random.default_rng(0)
        draws = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), RESAMPLES)
        drawn = [_values(total) for total in draws @ sums]
        for name, value in values.items():
            spread = np.array([one[name] for one in drawn])
            spread = spread[np.isfinite(spread)]
            if math.isfinite(value) and len(spread):
                low, high = np.percentile(spread, ENDS)
                intervals[name] = (float(low), float(high))
    return JointChange(joint, len(sums), **values, intervals=intervals)


def _values(sums: np.ndarray) -> dict[str, float]:
    at: dict[str, float] = dict(zip(_SUMS, sums.tolist()))
    ratios = {name: at[over] / at[under] if at[under] > 0 else math.nan
              for name, (over, under) in _RATIOS.items()}
    return {**ratios, 'speed_kept': ratios['speed_kept'] ** 0.5,
            'lag': F.lag_of_statistics(sums[len(_SUMS):].reshape(3, -1))}


def joint_changes(before: PoseTracks, after: PoseTracks, *, fps: float, keypoint_thr: float = 0.0,
                  zeros: str = 'auto', truth: PoseTracks | None = None) -> tuple[JointChange, ...]:
    """What a smoother did to each joint of a file; its people are the clips of the intervals.

    Args:
        before: The input, keypoints.
        after: The result, with the same track ids.
        fps: Frames per second.
        keypoint_thr: Score under which keypoints counted as missing. Defaults to 0.0.
        zeros: What exact zeros meant, see :class:`~smoothnet_plugin.smoothers.PoseSmoother`.
            Defaults to ``'auto'``.
        truth: The truth with the same track ids. Defaults to None.

    Returns:
        All keypoints together first, then a change per joint whose name is known. Nothing for
        rotations and without people.
    """
    by_joint: dict[str, list[np.ndarray]] = {}
    for key, new in after:
        if key not in before.tracks or not new.representation.startswith('keypoints'):
            continue
        old = before[key]
        measured = measured_keypoints(old, before, fps, keypoint_thr, zeros)
        old = old.replace(valid=measured, filled=None)
        stride = frame_stride(before.frame_ids, fps)
        numbers = _frames(new.frame_ids, stride)
        coords = [clip.at_frames(numbers) for clip in
                  (old, new, *([truth[key]] if truth and key in truth.tracks else []))]
        filled = new.replace(coords=np.where(new.filled[..., None], new.coords, np.nan),
                             valid=new.filled).at_frames(numbers)
        info = PoseInfo.of_track(old, before, fps).with_names_of(coords[0])
        sums = joint_sums(coords[0], coords[1], finite_keypoints(filled), fps / stride,
                          joint_groups(info.keypoint_names), *coords[2:])
        for name, part in sums.items():
            by_joint.setdefault(name, []).append(part)
    return tuple(change_of(name, clips) for name, clips in by_joint.items())


def _frames(frame_ids: np.ndarray, stride: int) -> np.ndarray:
    """Evenly spaced frame numbers with those of a track; of a long gap only the ends.

    Frames of a gap have no pose, so gaps of any length separate the frames before and after.
    """
    counts = np.minimum(np.diff(frame_ids) // stride, MAX_LAG + 1)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.append(np.repeat(frame_ids[:-1], counts) + within * stride, frame_ids[-1:])
