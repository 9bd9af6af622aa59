"""Errors of SMPL poses as an MMEngine metric: of the posed body, or of the rotations alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..registry import METRICS
from . import functional as F
from .body_model import LSP_ROOTS, BodyModel
from .clip import Clip
from .functional import reference
from .mean_metric import MeanMetric
from .pose_error import REFERENCE
from .posed_body import BodyPoser, PosedBody

_BODY_METRICS = ('mpjpe', 'pa_mpjpe', 'accel_error', 'mpvpe')


@METRICS.register_module()
class SMPLMetric(MeanMetric):
    """Errors of SMPL poses before and after refinement.

    ``mpjpe``, ``pa_mpjpe`` and ``accel_error`` are errors of the 14 LSP keypoints of the body
    relative to the middle of the hips, ``mpvpe`` is the error of its vertices; all are in mm.
    ``mpjae`` is the error of the joint rotations in degrees, without a body. Rotations may have
    any representation; quaternions need not have the length 1. The estimate is posed with the
    shape ``meta['betas']``, (10,) or (T, 10), the truth with ``meta['target_betas']``; missing
    shapes are the mean shape. A frame is measured if all its rotations are.

    Args:
        body_model: Path of SMPL's file (see :class:`~smoothnet_plugin.evaluation.body_model
            .BodyModel`), or None for ``mpjae`` alone. Defaults to None.
        extra_regressor: Path of ``J_regressor_extra.npy``. Defaults to None.
        metrics: Some of ``mpjpe``, ``pa_mpjpe``, ``accel_error``, ``mpvpe``, ``mpjae``. Defaults
            to None: the first four with a body model, else ``mpjae``.
        per_joint: Add keys ``joint/<index>/<metric>``. Defaults to False.
        per_sequence: Add keys ``sequence/<name>/<metric>``. Defaults to False.
        protocol: ``'reference'`` computes the first four as the code of SmoothNet: ``mpvpe``
            without alignment by the root, the others as in :mod:`.functional.reference`.
            Defaults to ``'default'``.
        prefix: Put before all keys, with a slash. Defaults to None.

    Raises:
        ConfigError: A metric or the protocol is unknown, the body model is not given, or
            ``smplx`` is not installed.
        DataFormatError: A file cannot be read as a body model or a regressor.
    """

    def __init__(self, body_model: str | None = None, extra_regressor: str | None = None,
                 metrics: Sequence[str] | None = None, per_joint: bool = False,
                 per_sequence: bool = False, protocol: str = 'default',
                 prefix: str | None = None) -> None:
        super().__init__(per_joint, per_sequence, protocol, prefix)
        if metrics is None:
            metrics = _BODY_METRICS if body_model else ('mpjae',)
        self.metrics = self._known_metrics(
            metrics, _BODY_METRICS if protocol == 'reference' else (*_BODY_METRICS, 'mpjae'))
        body: BodyModel | None = None
        of_body = [metric for metric in self.metrics if metric in _BODY_METRICS]
        if of_body:
            if not body_model or not extra_regressor:
                raise ConfigError(
                    f"SMPLMetric: {', '.join(of_body)} need body_model='.../SMPL_NEUTRAL.pkl' and "
                    "extra_regressor='.../J_regressor_extra.npy'; without them only "
                    "metrics=('mpjae',) can be measured.")
            body = BodyModel(body_model, extra_regressor)
        self._poser = BodyPoser(body, protocol)

    def keys(self) -> tuple[str, ...]:
        """Keys of the numbers; see :meth:`SequenceMetric.keys`."""
        return self._keys_of(self.metrics)

    def measure(self, clip: Clip) -> dict[str, Any]:
        """Sums and counts of all metrics."""
        if clip.target is None:
            return {'tallies': {}}
        truth = self._poser.pose(clip, clip.target, 'target_betas')
        tallies: dict[str, Any] = {}
        for prefix, coords in clip.estimates.items():
            estimate = self._poser.pose(clip, coords, 'betas')
            usable = truth.usable & estimate.usable
            if 'mpjae' in self.metrics:
                tallies[f'{prefix}mpjae'] = self.tally([F.mpjae_per_joint(
                    estimate.rotations, truth.rotations,
                    np.repeat(usable[:, None], truth.rotations.shape[1], axis=1))])
            if self._poser.body is not None:
                for metric, parts in self._body_errors(estimate, truth, usable).items():
                    tallies[f'{prefix}{metric}'] = self.tally(1000 * part for part in parts)
        return {'tallies': tallies}

    def _body_errors(self, estimate: PosedBody, truth: PosedBody,
                     usable: np.ndarray) -> dict[str, list[np.ndarray]]:
        """Errors in metres by keypoint, and for ``mpvpe`` by frame."""
        keypoints, true_keypoints, vertex_errors = [], [], []
        for (joints, vertices), (true_joints, true_vertices) in zip(
                self._poser.bodies(estimate), self._poser.bodies(truth)):
            keypoints.append(joints)
            true_keypoints.append(true_joints)
            if 'mpvpe' in self.metrics:
                if self.protocol == 'default':
                    vertices = vertices - joints[:, LSP_ROOTS].mean(axis=1, keepdims=True)
                    true_vertices = (true_vertices
                                     - true_joints[:, LSP_ROOTS].mean(axis=1, keepdims=True))
                vertex_errors.append(F.distances(vertices, true_vertices).mean(axis=1))
        pred, target = np.concatenate(keypoints), np.concatenate(true_keypoints)
        if self.protocol == 'reference':
            first, second = (reference.root_aligned(c, LSP_ROOTS) for c in (pred, target))
            errors = {metric: measure(first, second) for metric, measure in REFERENCE.items()}
        else:
            mask = np.repeat(usable[:, None], pred.shape[1], axis=1)
            errors = {'mpjpe': F.mpjpe_per_joint(pred, target, mask, LSP_ROOTS),
                      'pa_mpjpe': F.pa_mpjpe_per_joint(pred, target, mask),
                      'accel_error': F.accel_error_per_joint(pred, target, mask, LSP_ROOTS)}
        if vertex_errors:
            errors['mpvpe'] = np.where(usable, np.concatenate(vertex_errors), np.nan)
        return {metric: [errors[metric]] for metric in self.metrics if metric in errors}
