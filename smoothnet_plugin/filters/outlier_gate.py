"""Replacing outliers by a robust track, for filters and networks without sample weights."""

from __future__ import annotations

import math

import numpy as np

from ..processing.outliers import gate
from ..processing.suspects import REACH_SECONDS, blocks_around, suspicious_frames
from ..registry import SMOOTHERS
from ..utils.arrays import finite_keypoints
from .base import BaseFilter, Support
from .robust_filter import FUTURE_SECONDS, PAST_SECONDS


@SMOOTHERS.register_module(name=['OutlierGate', 'outlier_gate'])
class OutlierGate(BaseFilter):
    """Replaces outliers by a robust track; all other samples do not change.

    A sample is an outlier if its distance from the track exceeds four scales of the keypoint's
    noise and 3 % of the body size (:func:`smoothnet_plugin.processing.outliers.gate`). Scores and
    repeated samples affect the weights in the track. Only frames around a sudden jump are checked
    (:mod:`smoothnet_plugin.processing.suspects`); most clips have few of them. Presets use the
    gate before their filters; :class:`RobustFilter` does not need it.

    Args:
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``; the gate works in any
            unit.

    Raises:
        ConfigError: An argument is invalid.
    """

    joint_wise = False
    takes_missing = True
    weighs_outliers = True

    def support(self, fps: float) -> Support:
        """The frames that the robust track depends on."""
        return Support(math.ceil(PAST_SECONDS * fps), math.ceil(FUTURE_SECONDS * fps))

    def lookahead(self, fps: float) -> int:
        """0: the gate uses the future frames that the chain waits for, and adds no delay."""
        return 0

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        past, future = self.support(fps)
        result = coords
        for block, judged in blocks_around(suspicious_frames(coords), past, future,
                                           math.ceil(REACH_SECONDS * fps)):
            if result is coords:
                result = coords.copy()
            gated = self._gate(coords[block], fps, None if weights is None else weights[block])
            result[judged] = gated[judged.start - block.start:judged.stop - block.start]
        return result

    @staticmethod
    def _gate(coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        # A block may lie in a gap of a keypoint that is measured elsewhere.
        seen = finite_keypoints(coords).any(axis=0)
        result = coords.copy()
        result[:, seen] = gate(coords[:, seen], fps,
                               None if weights is None else weights[:, seen])[0]
        return result
