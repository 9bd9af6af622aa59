"""The robust filter: no network and no tuning, with weights for outliers and scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..processing.fast_fingers import finger_motion, with_motion
from ..processing.gaps import interpolate_missing
from ..processing.outliers import sample_weights
from ..processing.robust_track import robust_track
from ..processing.so3 import quaternion_curves, quaternions_to_6d
from ..registry import SMOOTHERS
from ..utils.arrays import finite_keypoints
from ._blockwise import BlockwiseFilter
from ._together import alike, stacked
from .base import Run


@SMOOTHERS.register_module(name=['RobustFilter', 'robust_whittaker'])
class RobustFilter(BlockwiseFilter):
    """Whittaker's smoother for real estimators: robust, weighted by scores, self-adjusting.

    Finds the curve of :class:`WhittakerFilter` with Student-t errors: samples far from the track
    have low weights, especially with low scores. The cut-off depends on the noise and motion of
    the second around each frame, so that one setting is suitable for 2D and 3D, bodies, hands and
    animals, at rest and running, at any frame rate. The smoothing fades out where motion
    approaches half the frame rate. See :mod:`smoothnet_plugin.processing.robust_track` and
    :mod:`smoothnet_plugin.processing.cutoff`.

    Rotations are smoothed as curves of quaternions
    (:func:`~smoothnet_plugin.processing.so3.quaternion_curves`): the result does not depend on the
    axes, and nothing jumps at half a turn.

    Scores are relative to the keypoint's usual score. All keypoints of a person are smoothed
    together, since they share the kind of noise. An outlier of one keypoint, however far, moves
    the others by a small fraction of the noise. Of hands (21 keypoints), samples far from the track
    that an adjacent keypoint follows are fast motion and stay
    (:mod:`smoothnet_plugin.processing.fast_fingers`).

    Args:
        normalize: See :class:`BaseFilter`. Defaults to None: ``'none'``; the filter works in any
            unit and at any position.

    Raises:
        ConfigError: An argument is invalid.
    """

    weighs_outliers = True

    def _short(self, runs: Sequence[Run], fps: float) -> list[np.ndarray]:
        results = [run.coords for run in runs]
        for numbers in alike(runs):
            if runs[numbers[0]].coords.shape[2] == 6:
                for number in numbers:
                    results[number] = _on_quaternions(runs[number], fps)
                continue
            coords, weights = stacked(runs, numbers)
            track = robust_track(coords, fps, sample_weights(coords, fps, weights))
            motion = finger_motion(coords, track)
            people = with_motion(track.coords, coords, motion)
            for place, number in enumerate(numbers):
                results[number] = people[:, place]
        return results


def _on_quaternions(run: Run, fps: float) -> np.ndarray:
    """The robust track of rotations in 6D, NaN where missing, by their curves of quaternions."""
    trust = sample_weights(run.coords, fps, run.weights)
    known = finite_keypoints(run.coords)
    curves = 2 * quaternion_curves(interpolate_missing(run.coords, known), fps)  # in radians
    track = robust_track(np.where(known[..., None], curves, np.nan), fps, trust).coords
    return quaternions_to_6d(track)
