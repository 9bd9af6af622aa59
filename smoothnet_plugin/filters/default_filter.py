"""The filter of the preset ``default``: a blend of network, robust filter and input.

2D and 3D keypoints get a blend weighted by a trained gate
(:mod:`smoothnet_plugin.filters.blended_filter`), rotations a network of their own
(:mod:`smoothnet_plugin.filters.refined_rotations`); at frame rates outside the training range
there is no network, and rotations get the robust filter. ``configs/default/README.md`` holds the
measurements.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..registry import SMOOTHERS
from ..structures.left_right import left_right_groups
from .base import BaseFilter, Run, Support
from .blended_filter import BlendedFilter
from .learned_filter import LearnedFilter
from .packaged import TRUST
from .refined_rotations import RefinedRotations
from .robust_filter import RobustFilter

#: Frames per second between which the network was trained.
LEAST_FPS, GREATEST_FPS = 15.0, 120.0


@SMOOTHERS.register_module(name=['DefaultFilter', 'default_filter'])
class DefaultFilter(BaseFilter):
    """Blends the network, the robust filter and the input; rotations get a network of their own.

    Keypoint names of a human body (also those of a detected layout) increase the weight of the
    network; for other keypoints it depends on the rigidity of their bones.

    Args:
        checkpoint: Weights of a network instead of the bundled ones, as for
            :class:`LearnedFilter`. Defaults to None.
        device: Where the network runs. Defaults to ``'cpu'``.
        precision: As for :class:`LearnedFilter`. Defaults to ``'fp32'``.
        backend: The same. Defaults to None, ``'torch'`` for the bundled weights.

    Raises:
        CheckpointError: ``checkpoint`` is missing or holds no suitable network.
        ConfigError: ``device``, ``precision`` or ``backend`` cannot be used.
    """

    joint_wise = False
    takes_missing = True
    weighs_outliers = True
    judges = True

    def __init__(self, checkpoint: str | os.PathLike[str] | None = None,
                 device: str = 'cpu',
                 precision: Literal['fp32', 'bf16', 'auto'] = 'fp32',
                 backend: Literal['auto', 'torch', 'onnxruntime', 'openvino'] | None = None,
                 ) -> None:
        super().__init__('none')
        self.robust = RobustFilter()
        self.network = LearnedFilter(checkpoint, device, precision=precision, backend=backend)
        self._blends = {(known, seen): BlendedFilter(self.network if seen else None, known)
                        for known in (False, True) for seen in (False, True)}
        self._rotations = RefinedRotations(self.network)

    def support(self, fps: float) -> Support:
        """That of the blend, which includes the robust filter's."""
        return self._blends[False, True].support(fps)

    def lookahead(self, fps: float) -> int:
        """That of the blend, which includes the robust filter's."""
        return self._blends[False, True].lookahead(fps)

    def for_poses(self, width: int, keypoint_names: Sequence[str], fps: float) -> BaseFilter:
        """See :meth:`BaseFilter.for_poses`."""
        seen = LEAST_FPS <= fps <= GREATEST_FPS
        if width == 6:
            return self._rotations if seen and self.network.has_weights(4) else self.robust
        if width not in TRUST:
            return self.robust
        return self._blends[_is_body(keypoint_names), seen]

    def for_points(self) -> BaseFilter:
        """The robust filter: translations and cameras are not bodies."""
        return self.robust

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return self._filter_together([Run(coords, weights=weights)], fps)[0]

    def _filter_together(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        return [self.for_poses(run.coords.shape[2], (), fps)._filter_together([run], fps)[0]
                for run in runs]


def _is_body(keypoint_names: Sequence[str]) -> bool:
    """Whether the keypoints have human arms and legs of both sides."""
    text = ' '.join(keypoint_names).lower()
    if 'paw' in text or 'tail' in text:
        return False
    return set(left_right_groups(keypoint_names).names) >= {'arms', 'legs'}
