"""The two errors that tuning minimises, and all metrics of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataFormatError
from ..evaluation import functional as F
from ..evaluation.clip import Clip
from ..registry import METRICS, SCOPE


class Score(NamedTuple):
    """The errors that filters are tuned for, in mm or px, and in mm or px per frame squared."""

    mpjpe: float
    accel_error: float


class Scorer:
    """MPJPE and acceleration error of many clips at once.

    The clips are concatenated along the frame axis. Unmeasured frames between them separate their
    differences over time, and skeletons with fewer keypoints get unmeasured ones. One call of a
    metric then measures all clips.

    Args:
        clips: Clips with truth.
        root_align: Whether 3D keypoints are measured relative to the root where it is known.

    Raises:
        DataFormatError: A clip has no truth, or clips differ in what they must share.
    """

    def __init__(self, clips: Sequence[Clip], root_align: bool = True) -> None:
        without = [str(clip.meta.get('name')) for clip in clips if clip.target is None]
        if without:
            raise DataFormatError(
                f'Filters are tuned against the truth, but {len(without)} of {len(clips)} clips '
                f'have none; the first is {without[0]!r}. Use data with truth, or smoothers that '
                'are not tuned.')
        kinds = {(clip.representation, str(clip.meta.get('unit')), clip.inputs.shape[2],
                  tuple(clip.meta.get('root_indices') or ())) for clip in clips}
        if len(kinds) != 1:
            raise DataFormatError('Clips to tune on must be alike; these differ in '
                                  '(representation, unit, values per keypoint, root_indices): '
                                  f'{sorted(kinds)}.')
        self._keypoints = max(clip.inputs.shape[1] for clip in clips)
        self._starts = np.cumsum([0] + [len(clip.inputs) + 2 for clip in clips])
        self._target = self._concatenated([np.asarray(clip.target, np.float64) for clip in clips])
        mask = np.zeros(self._target.shape[:2], dtype=bool)
        for start, clip in zip(self._starts, clips):
            mask[start:start + len(clip.mask), :clip.mask.shape[1]] = clip.mask
        self._mask = mask
        first = clips[0]
        self._scale = first.scale if first.representation.startswith('keypoints') else 1.0
        roots = first.meta.get('root_indices')
        self._roots = list(roots) if (roots is not None and root_align
                                      and first.representation == 'keypoints_3d') else None

    def __call__(self, refined: Sequence[np.ndarray]) -> Score:
        """Measure smoothed clips, given in the order of the clips."""
        pred = self._concatenated(refined)
        return Score(
            self._scale * F.mpjpe(pred, self._target, self._mask, self._roots),
            self._scale * F.accel_error(pred, self._target, self._mask, self._roots))

    def _concatenated(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        joined = np.full((int(self._starts[-1]), self._keypoints, arrays[0].shape[2]), np.nan)
        for start, array in zip(self._starts, arrays):
            joined[start:start + len(array), :array.shape[1]] = array
        return joined


def evaluate(clips: Sequence[Clip], refined: Sequence[np.ndarray],
             metrics: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """All metrics of smoothed clips, as ``tools/test.py`` computes them.

    Args:
        clips: The clips.
        refined: Their smoothed coordinates.
        metrics: Configs of metrics.

    Returns:
        Numbers by name.
    """
    samples = [clip.replace(pred=result).sample() for clip, result in zip(clips, refined)]
    values: dict[str, float] = {}
    for config in metrics:
        metric = METRICS.build({**config, '_scope_': SCOPE})
        metric.process(None, samples)
        values.update(metric.evaluate(len(samples)))
    return values
