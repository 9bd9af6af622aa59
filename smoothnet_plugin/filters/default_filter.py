"""The filter of the preset ``default``: the network where it is known to win, else the robust one.

What decides is the kind of data, never the result: 3D keypoints of a human body at a frame rate
that the network knows go through the network, behind a gate for outliers. Everything else - 2D
keypoints, hands, animals, unnamed points, rotations, low frame rates - goes through the robust
filter. ``configs/default/README.md`` holds the measurements behind this table.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ..registry import SMOOTHERS
from ..structures.left_right import left_right_groups
from .base import BaseFilter, Support
from .learned_filter import FEWEST_KEYPOINTS, LearnedFilter
from .outlier_gate import OutlierGate
from .robust_filter import RobustFilter

#: Frames per second between which the network was trained.
LEAST_FPS, GREATEST_FPS = 15.0, 120.0


@SMOOTHERS.register_module(name=['DefaultFilter', 'default_filter'])
class DefaultFilter(BaseFilter):
    """Chooses the network or the robust filter by what the poses are.

    Args:
        checkpoint: Weights of a network in place of the packaged ones, as for
            :class:`LearnedFilter`. Defaults to None.
        device: Where the network runs. Defaults to ``'cpu'``.

    Raises:
        CheckpointError: ``checkpoint`` is missing or holds no suitable network.
        ConfigError: ``device`` cannot be used.
    """

    joint_wise = False
    takes_missing = True
    weighs_outliers = True

    def __init__(self, checkpoint: str | os.PathLike[str] | None = None,
                 device: str = 'cpu') -> None:
        super().__init__('none')
        self.robust = RobustFilter()
        self.network = GatedNetwork(checkpoint, device)

    def support(self, fps: float) -> Support:
        """The larger support of the two on each side."""
        one, other = self.robust.support(fps), self.network.support(fps)
        return Support(max(one.past, other.past), max(one.future, other.future))

    def lookahead(self, fps: float) -> int:
        """What the two filters want at most."""
        return max(self.robust.lookahead(fps), self.network.lookahead(fps))

    def for_poses(self, width: int, keypoint_names: Sequence[str], fps: float) -> BaseFilter:
        """See :meth:`BaseFilter.for_poses`."""
        is_known = (width == 3 and LEAST_FPS <= fps <= GREATEST_FPS
                    and len(keypoint_names) >= FEWEST_KEYPOINTS and _is_body(keypoint_names))
        return self.network if is_known else self.robust

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return self.robust._filter(coords, fps, weights)


class GatedNetwork(LearnedFilter):
    """The network behind a gate that replaces outliers; see :class:`LearnedFilter`."""

    def __init__(self, checkpoint: str | os.PathLike[str] | None, device: str) -> None:
        super().__init__(checkpoint, device)
        self._gate = OutlierGate()

    def support(self, fps: float) -> Support:
        """What gate and network see together."""
        gate, network = self._gate.support(fps), super().support(fps)
        return Support(gate.past + network.past, gate.future + network.future)

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return super()._filter(self._gate._filter(coords, fps, weights), fps, weights)

    def share(self, fps: float) -> float:
        """1: the filter is used at the frame rates that the network knows."""
        return 1.0

    def lookahead(self, fps: float) -> int:
        """The network's: the gate uses the future that the network waits for."""
        return super().support(fps).future

    def fixed_lag(self, coords: np.ndarray, fps: float, lookahead: int) -> np.ndarray | None:
        """None: the gate has no short way at a limited look-ahead."""
        return None

    def _filter_newest(self, coords: np.ndarray, fps: float, weights: np.ndarray | None,
                       first: int, origin: int | None) -> np.ndarray:
        return super()._filter_newest(
            self._gate._filter(coords, fps, weights), fps, weights, first, origin)


def _is_body(keypoint_names: Sequence[str]) -> bool:
    """Whether the keypoints have human arms and legs of both sides."""
    text = ' '.join(keypoint_names).lower()
    if 'paw' in text or 'tail' in text:
        return False
    return set(left_right_groups(keypoint_names).names) >= {'arms', 'legs'}
