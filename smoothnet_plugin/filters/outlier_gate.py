"""Replacing outliers by a robust track, for filters and networks without sample weights."""

from __future__ import annotations

import math

import numpy as np

from ..processing.outliers import gate
from ..registry import SMOOTHERS
from .base import BaseFilter, Support
from .robust_filter import FUTURE_SECONDS, PAST_SECONDS


@SMOOTHERS.register_module(name=['OutlierGate', 'outlier_gate'])
class OutlierGate(BaseFilter):
    """Replaces outliers by a robust track; all other samples do not change.

    A sample is an outlier if its distance from the track exceeds four scales of the keypoint's
    noise and 3 % of the body size (:func:`smoothnet_plugin.processing.outliers.gate`). Scores and
    repeated samples affect the weights in the track. Presets use the gate before their filters;
    :class:`RobustFilter` does not need it.

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
        return gate(coords, fps, weights)[0]
