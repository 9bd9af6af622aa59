"""Percentage of correct keypoints as an MMEngine metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError, DataFormatError
from ..registry import METRICS
from . import functional as F
from .clip import Clip
from .functional import reference
from .mean_metric import MeanMetric


@METRICS.register_module()
class PCKMetric(MeanMetric):
    """PCK relative to the bounding box, before and after refinement, as used for Sub-JHMDB.

    Keys ``input_pck@0.05``, ``pck@0.05``, ``improvement_pck@0.05`` (output minus input, positive
    is better) and so on: fractions from 0 to 1 of all measured keypoints of all clips. The metric
    needs ``meta['bbox']``, corners (x1, y1, x2, y2) in pixels, shape (T, 4).

    Args:
        thresholds: Allowed distances as fractions of the longer side of the box, > 0. Defaults
            to ``(0.05, 0.1, 0.2)``.
        per_joint: Add keys ``joint/<keypoint>/<metric>``. Defaults to False.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        protocol: ``'reference'`` averages over clips instead of frames and has further
            differences (see :mod:`.functional.reference`). Defaults to ``'default'``.
        prefix: Put before all keys, with a slash. Defaults to None.

    Raises:
        ConfigError: A threshold is not positive, or the protocol is unknown.
    """

    def __init__(self, thresholds: Sequence[float] = (0.05, 0.1, 0.2), per_joint: bool = False,
                 per_sequence: bool = False, protocol: str = 'default',
                 prefix: str | None = None) -> None:
        super().__init__(per_joint, per_sequence, protocol, prefix)
        self.thresholds = tuple(thresholds)
        if not self.thresholds or min(self.thresholds) <= 0:
            raise ConfigError(f'PCKMetric: thresholds are {self.thresholds}; expected '
                              'fractions of the box above 0, for example (0.05, 0.1, 0.2).')

    def keys(self) -> tuple[str, ...]:
        """Keys of the numbers; see :meth:`SequenceMetric.keys`."""
        return self._keys_of(f'pck@{threshold:g}' for threshold in self.thresholds)

    def measure(self, clip: Clip) -> dict[str, Any]:
        """Sums and counts by keypoint for all thresholds."""
        if clip.representation != 'keypoints_2d':
            raise DataFormatError(f'{clip.where} holds {clip.representation}; PCKMetric takes '
                                  'keypoints_2d.')
        if clip.target is None:
            return {'tallies': {}}
        bbox = np.asarray(clip.require('bbox', 'the box x1, y1, x2, y2 of each frame'))
        tallies = {}
        for threshold in self.thresholds:
            for prefix, coords in clip.estimates.items():
                if self.protocol == 'reference':
                    values = reference.pck_per_joint(coords, clip.target, bbox, threshold)[None]
                else:
                    values = F.pck_per_joint(coords, clip.target, bbox, threshold, clip.mask)
                tallies[f'{prefix}pck@{threshold:g}'] = self.tally([values])
        return {'tallies': tallies}
