"""The robust filter: no network, no tuning, outliers and scores weighed."""

from __future__ import annotations

import math

import numpy as np

from ..processing.outliers import sample_weights
from ..processing.robust_track import robust_track
from ..registry import SMOOTHERS
from .base import BaseFilter, Support

#: Seconds around a frame beyond which nothing changes it noticeably.
PAST_SECONDS, FUTURE_SECONDS = 2.0, 1.5


@SMOOTHERS.register_module(name=['RobustFilter', 'robust_whittaker'])
class RobustFilter(BaseFilter):
    """Whittaker's smoother for real estimators: heavy-tailed, weighted by scores, self-adjusting.

    Finds the curve of :class:`WhittakerFilter` under Student-t errors: samples far from the track
    lose their say, the more so the lower their score; keypoints whose neighbours move along are
    fast, not wrong. The cut-off follows from noise and motion of the second around each frame,
    so that one setting serves 2D and 3D, bodies, hands and animals, at rest and running, at any
    frame rate; it fades out where motion comes near half the frame rate. See
    :mod:`smoothnet_plugin.processing.robust_track` and
    :mod:`smoothnet_plugin.processing.cutoff`.

    Scores count relative to the keypoint's usual one. All keypoints of a person are smoothed
    together: they share the kind of noise and vouch for one another. A wrong value of one moves
    the others by less than the noise.

    Args:
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``; the filter is made for
            any unit and place.

    Raises:
        ConfigError: An argument is not as stated.
    """

    joint_wise = False
    takes_missing = True
    weighs_outliers = True

    def support(self, fps: float) -> Support:
        """Two seconds of past and one and a half of future."""
        return Support(math.ceil(PAST_SECONDS * fps), math.ceil(FUTURE_SECONDS * fps))

    def _filter(self, coords: np.ndarray, fps: float, weights: np.ndarray | None) -> np.ndarray:
        return robust_track(coords, fps, sample_weights(coords, fps, weights)).coords
