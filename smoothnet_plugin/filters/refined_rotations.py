"""The filter of ``default`` for rotations: the network on curves of quaternions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..processing.rotation_track import rotation_track
from ..processing.so3 import quaternions_to_6d
from ._blockwise import BlockwiseFilter
from ._together import partly_filtered
from .base import Run, Support
from .geodesic import ROTATIONS_ONLY
from .learned_filter import FEWEST_KEYPOINTS, LearnedFilter
from .robust_filter import RobustFilter

#: Shortest quaternion of a mean of windows that has a direction; 1 where all agree.
_LEAST_LENGTH = 1e-3


class RefinedRotations(BlockwiseFilter):
    """Refines the rotations of a person by a network, outliers replaced by the robust track.

    The network sees curves of quaternions
    (:func:`~smoothnet_plugin.processing.so3.quaternion_curves`): the result does not depend on the
    axes, and nothing jumps at half a turn. Runs of fewer than five frames or joints get the robust
    filter.

    Args:
        network: The network.
    """

    representations = ROTATIONS_ONLY
    weighs_outliers = True

    def __init__(self, network: LearnedFilter) -> None:
        super().__init__('none')
        self.network = network
        self._robust = RobustFilter()

    def support(self, fps: float) -> Support:
        """Reach of the robust track, plus that of the network."""
        (past, future), network = super().support(fps), self.network.support(fps)
        return Support(past + network.past, future + network.future)

    def lookahead(self, fps: float) -> int:
        """The longer of network and robust filter."""
        return max(self.network.support(fps).future, self._robust.lookahead(fps))

    def _short(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        brief = [i for i, run in enumerate(runs)
                 if min(run.coords.shape[:2]) < FEWEST_KEYPOINTS]
        results = partly_filtered(
            lambda short: self._robust._filter_together(short, fps), runs, brief)
        others = [i for i in range(len(runs)) if i not in brief]
        found = {i: rotation_track(runs[i].coords, fps, runs[i].weights) for i in others}
        # Unit quaternions, as the network has learned them; the track's are 2 long, in radians.
        refined = self.network.filter_runs(
            [Run(found[i][0] / 2, first=runs[i].first, origin=runs[i].origin) for i in others], fps)
        for i, curves in zip(others, refined):
            length = np.linalg.norm(curves, axis=-1, keepdims=True)
            usable = length > _LEAST_LENGTH  # Not where it is NaN.
            results[i] = quaternions_to_6d(np.where(usable, curves, found[i][2].coords))
        return results
