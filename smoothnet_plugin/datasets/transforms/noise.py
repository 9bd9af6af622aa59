"""White noise on poses."""

from __future__ import annotations

import numpy as np

from ...registry import TRANSFORMS
from ..batch import PoseBatch
from .base import PoseTransform, Range, as_range, check_choice, check_probability, log_uniform

NOISE_UNITS = ('mm', 'px', 'body')


@TRANSFORMS.register_module()
class GaussianPoseNoise(PoseTransform):
    """White Gaussian noise on the input (SmoothNet supplement, section 2.6 and Table 10).

    Each coordinate of each frame gets noise independently with probability ``prob``: with 3D data
    this reproduces the input errors of Table 10 (sigma 50 mm, p 0.5: 48.42 mm). Errors of real
    estimators are different; see :class:`DetectorNoise`.

    Args:
        std: Standard deviation of the noise, or a range that each window draws from.
        prob: Probability that a coordinate gets noise. Defaults to 1.
        unit: ``'mm'``, ``'px'`` or ``'body'`` (see :meth:`PoseBatch.body_size`). Defaults to
            ``'mm'``.
    """

    def __init__(self, std: Range, prob: float = 1., unit: str = 'mm') -> None:
        self.std = as_range('GaussianPoseNoise.std', std)
        self.prob = check_probability('GaussianPoseNoise.prob', prob)
        self.unit = check_choice('GaussianPoseNoise.unit', unit, NOISE_UNITS)

    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """See :meth:`PoseTransform.__call__`."""
        std = log_uniform(rng, self.std, len(batch))[:, None]
        std = std * batch.to_coords(self.unit, 'GaussianPoseNoise')
        noise = rng.standard_normal(batch.inputs.shape, dtype=np.float32)
        if self.prob < 1:
            noise *= rng.random(batch.inputs.shape, dtype=np.float32) < self.prob
        batch.inputs = batch.inputs + noise * std[:, None, None].astype(np.float32)
        return batch
