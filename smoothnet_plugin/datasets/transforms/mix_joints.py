"""Windows whose joints move independently of one another."""

from __future__ import annotations

import numpy as np

from ...registry import TRANSFORMS
from ..batch import PoseBatch
from .base import PoseTransform, check_probability


@TRANSFORMS.register_module()
class MixJoints(PoseTransform):
    """Combine joints of different windows of the batch.

    A network that learns how the joints of a body move together must also learn when they do not,
    since inputs may not be human bodies. Each keypoint of a chosen window follows the path of the
    same keypoint in a random window, relative to that window's mean position.

    Args:
        prob: Probability that a window is mixed. Defaults to 0.1.
    """

    def __init__(self, prob: float = 0.1) -> None:
        self.prob = check_probability('MixJoints.prob', prob)

    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """See :meth:`PoseTransform.__call__`."""
        chosen = np.flatnonzero(rng.random(len(batch)) < self.prob)
        if not len(chosen):
            return batch
        keypoints = batch.inputs.shape[2]
        source = rng.integers(0, len(batch), (len(chosen), keypoints))
        joint = np.arange(keypoints)
        centre = batch.centre()
        shift = (centre[chosen][:, None] - centre[source])[:, :, None]

        def mixed(values: np.ndarray) -> np.ndarray:
            # (n, K, W, ...), since two index arrays around a slice put their axes first.
            return values[source, :, joint]

        def moved(coords: np.ndarray) -> np.ndarray:
            coords = coords.copy()
            coords[chosen] = (mixed(coords) + shift).swapaxes(1, 2)
            return coords

        batch.move(moved)
        batch.mask[chosen] = mixed(batch.mask).swapaxes(1, 2)
        if batch.scores is not None:
            batch.scores[chosen] = mixed(batch.scores).swapaxes(1, 2)
        return batch
