"""Errors of position, velocity and acceleration as an MMEngine metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..registry import METRICS
from . import functional as F
from .clip import Clip
from .functional import reference
from .functional.arrays import chunks
from .mean_metric import MeanMetric

#: Metrics against the truth: the order of their difference over time, and the function.
_ERRORS: dict[str, tuple[int, Callable[..., np.ndarray]]] = {
    'mpjpe': (0, F.mpjpe_per_joint),
    'pa_mpjpe': (0, F.pa_mpjpe_per_joint),
    'n_mpjpe': (0, F.n_mpjpe_per_joint),
    'mpjve': (1, F.mpjve_per_joint),
    'accel_error': (2, F.accel_error_per_joint),
}
#: Metrics of one sequence, without the truth.
_AMOUNTS: dict[str, tuple[int, Callable[..., np.ndarray]]] = {
    'acceleration': (2, F.acceleration_per_joint),
    'jerk': (3, F.jerk_per_joint),
}
#: Metrics in the protocol ``'reference'``.
REFERENCE: dict[str, Callable[..., np.ndarray]] = {
    'mpjpe': reference.mpjpe_per_joint,
    'pa_mpjpe': reference.pa_mpjpe_per_joint,
    'accel_error': reference.accel_error_per_joint,
}


@METRICS.register_module()
class PoseErrorMetric(MeanMetric):
    """Errors of keypoints before and after refinement, in mm in 3D and px in 2D.

    Every metric ``x`` has the keys ``input_x``, ``x`` and ``improvement_x`` (output minus input,
    negative is better), each a mean over all measured keypoints and frames of all clips.
    ``acceleration`` and ``jerk`` need no truth; with truth, ``target_acceleration`` and
    ``target_jerk`` are the values of the real motion. Keypoints that are NaN in an estimate are
    left out of its means; ``input_nonfinite`` and ``nonfinite`` count them, if there are any.

    Args:
        metrics: Some of ``mpjpe``, ``pa_mpjpe``, ``n_mpjpe``, ``mpjve`` (per frame),
            ``accel_error`` (per frame squared), ``acceleration`` (per frame squared), ``jerk``
            (per frame cubed); see :mod:`smoothnet_plugin.evaluation.functional`. Defaults to
            ``('mpjpe', 'pa_mpjpe', 'accel_error')``.
        root_align: Subtract the root keypoints of the clip's ``meta`` from 3D keypoints. 2D
            keypoints are never aligned. Defaults to True.
        per_joint: Add keys ``joint/<keypoint>/<metric>``. Defaults to False.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        protocol: ``'reference'`` computes ``mpjpe``, ``pa_mpjpe`` and ``accel_error`` as the code
            of SmoothNet (see :mod:`.functional.reference`), which ignores masks; use it with a
            ``PoseRefiner(protocol='reference')``. Defaults to ``'default'``.
        prefix: Put before all keys, with a slash. Defaults to None.

    Raises:
        ConfigError: The protocol is unknown, or a metric is not known in it.
    """

    def __init__(self, metrics: Sequence[str] = ('mpjpe', 'pa_mpjpe', 'accel_error'),
                 root_align: bool = True, per_joint: bool = False, per_sequence: bool = False,
                 protocol: str = 'default', prefix: str | None = None) -> None:
        super().__init__(per_joint, per_sequence, protocol, prefix)
        self.root_align = root_align
        self.metrics = self._known_metrics(
            metrics, list(REFERENCE) if protocol == 'reference' else [*_ERRORS, *_AMOUNTS])

    def keys(self) -> tuple[str, ...]:
        """Keys of the numbers; see :meth:`SequenceMetric.keys`."""
        return (*self._keys_of(self.metrics, _AMOUNTS), 'input_nonfinite', 'nonfinite')

    def measure(self, clip: Clip) -> dict[str, Any]:
        """Sums and counts by keypoint for all metrics."""
        roots = clip.roots(self.root_align)
        estimates = clip.estimates
        if self.protocol == 'reference':
            return {'tallies': self._reference_tallies(clip, estimates, roots)}
        target, mask, scale = clip.target, clip.mask, clip.scale
        tallies = {}
        for metric in self.metrics:
            order, function = {**_ERRORS, **_AMOUNTS}[metric]
            if metric != 'pa_mpjpe':
                function = partial(function, root_indices=roots)
            parts = list(chunks(len(mask), order))
            if metric in _AMOUNTS:
                sources = estimates if target is None else {**estimates, 'target_': target}
                for prefix, coords in sources.items():
                    tallies[f'{prefix}{metric}'] = self.tally(
                        scale * function(coords[part], mask=mask[part]) for part in parts)
            elif target is not None:
                for prefix, coords in estimates.items():
                    tallies[f'{prefix}{metric}'] = self.tally(
                        scale * function(coords[part], target[part], mask=mask[part])
                        for part in parts)
        return {'tallies': tallies, 'totals': self._nonfinite(clip, estimates)}

    def _reference_tallies(
            self, clip: Clip, estimates: dict[str, np.ndarray],
            roots: list[int] | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        if clip.target is None:
            return {}
        target = reference.root_aligned(clip.target, roots)
        tallies = {}
        for prefix, coords in estimates.items():
            aligned = reference.root_aligned(coords, roots)
            for metric in self.metrics:
                tallies[f'{prefix}{metric}'] = self.tally(
                    [REFERENCE[metric](aligned, target) * clip.scale])
        return tallies

    @staticmethod
    def _nonfinite(clip: Clip, estimates: dict[str, np.ndarray]) -> dict[str, int]:
        """Counts of keypoints that cannot be measured because the estimate is not finite."""
        wanted = clip.mask
        if clip.target is not None:
            wanted = wanted & np.isfinite(clip.target).all(axis=-1)
        counts = {f'{prefix}nonfinite': int((wanted & ~np.isfinite(coords).all(axis=-1)).sum())
                  for prefix, coords in estimates.items()}
        return {key: count for key, count in counts.items() if count}
