"""The worst 1 % of the frames as an MMEngine metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..registry import METRICS
from . import functional as F
from .body_model import BodyModel
from .clip import Clip
from .functional import reference
from .functional.arrays import chunks
from .posed_body import BodyPoser
from .sequence_metric import SequenceMetric, with_improvements


@METRICS.register_module()
class WorstFramesMetric(SequenceMetric):
    """Errors of the worst frames, in mm in 3D and px in 2D, by two definitions.

    For ``mpjpe`` and ``accel_error``:

    - ``x_top1`` (``input_x_top1``, ``improvement_x_top1``): mean over the frames with the largest
      MPJPE of the input, as in the code of SmoothNet;
    - ``x_worst1``: mean over the largest values of ``x`` itself, chosen for each estimate, as in
      the supplement of SmoothNet. Not in the protocol ``'reference'``.

    Ranking needs all frames, so ranks exchange 32 bytes per frame.

    Args:
        fraction: Fraction of the frames, > 0 and <= 1; the keys contain it in percent. Defaults
            to 0.01.
        root_align: Subtract the root keypoints of the clip's ``meta`` from 3D keypoints. Defaults
            to True.
        per_sequence: Add keys ``sequence/<name>/<metric>``: the worst frames of each clip.
            Defaults to False.
        protocol: ``'reference'`` computes the errors as the code of SmoothNet (see
            :mod:`.functional.reference`). Defaults to ``'default'``.
        prefix: Put before all keys, with a slash. Defaults to None.
        body_model: For rotations, which are measured at the 14 LSP keypoints of the posed body:
            path of SMPL's file, see :class:`~.body_model.BodyModel`. Defaults to None, keypoints.
        extra_regressor: Path of ``J_regressor_extra.npy``, with ``body_model``. Defaults to None.

    Raises:
        ConfigError: The fraction is out of range, the protocol is unknown, or only one of the
            body's files is given.
    """

    def __init__(self, fraction: float = 0.01, root_align: bool = True,
                 per_sequence: bool = False, protocol: str = 'default',
                 prefix: str | None = None, body_model: str | None = None,
                 extra_regressor: str | None = None) -> None:
        super().__init__(per_sequence, protocol, prefix)
        if (body_model is None) != (extra_regressor is None):
            raise ConfigError('WorstFramesMetric: body_model and extra_regressor belong together; '
                              'give both or neither.')
        if not 0 < fraction <= 1:
            raise ConfigError(f'WorstFramesMetric: fraction is {fraction}; expected a fraction '
                              'of the frames in (0, 1], for example 0.01.')
        self.fraction = fraction
        self.root_align = root_align
        self._poser = None if body_model is None or extra_regressor is None else BodyPoser(
            BodyModel(body_model, extra_regressor), protocol)

    def measure(self, clip: Clip) -> dict[str, Any]:
        """Both errors of both estimates, one value per frame, NaN where not measured."""
        if clip.target is None:
            return {'frames': {}}
        if self._poser is not None:
            clip = self._poser.keypoint_clip(clip)
            assert clip.target is not None
        roots = clip.roots(self.root_align)
        errors = self._reference_errors if self.protocol == 'reference' else self._errors
        frames = {}
        for prefix, coords in clip.estimates.items():
            position, accel = errors(coords, clip.target, clip.mask, roots)
            frames[f'{prefix}mpjpe'] = position * clip.scale
            frames[f'{prefix}accel_error'] = accel * clip.scale
        return {'frames': frames}

    def summarize(self, records: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Rank the frames of all clips together."""
        frames = {
            key: np.concatenate([np.empty(0)] + [
                r['frames'][key] for r in records if r['frames']])
            for key in ('input_mpjpe', 'mpjpe', 'input_accel_error', 'accel_error')}
        percent = f'{100 * self.fraction:g}'
        values = {f'{key}_top{percent}': F.worst_mean(errors, self.fraction, frames['input_mpjpe'])
                  for key, errors in frames.items()}
        if self.protocol == 'default':
            values.update({f'{key}_worst{percent}': F.worst_mean(errors, self.fraction)
                           for key, errors in frames.items()})
        return with_improvements(values)

    @staticmethod
    def _errors(coords: np.ndarray, target: np.ndarray, mask: np.ndarray,
                roots: list[int] | None) -> tuple[np.ndarray, np.ndarray]:
        frames = len(coords)
        position = [F.frame_means(F.mpjpe_per_joint(coords[p], target[p], mask[p], roots))
                    for p in chunks(frames)]
        accel = [F.frame_means(F.accel_error_per_joint(coords[p], target[p], mask[p], roots))
                 for p in chunks(frames, overlap=2)]
        centred = np.full(frames, np.nan)
        centred[1:-1] = np.concatenate(accel)
        return np.concatenate(position), centred

    @staticmethod
    def _reference_errors(coords: np.ndarray, target: np.ndarray, mask: np.ndarray,
                          roots: list[int] | None) -> tuple[np.ndarray, np.ndarray]:
        coords, target = (reference.root_aligned(array, roots) for array in (coords, target))
        return (reference.mpjpe_per_joint(coords, target).mean(axis=1).astype(np.float64),
                reference.accel_error_per_joint(coords, target).mean(axis=1).astype(np.float64))
