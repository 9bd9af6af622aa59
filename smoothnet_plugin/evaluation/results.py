"""What a model's ``predict`` hands to the metrics: one clip, refined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ConfigError, DataFormatError

PROTOCOLS = ('default', 'reference')

#: Metrics are in millimetres in 3D and in pixels in 2D.
_SCALES = {'m': 1000.0, 'mm': 1.0, 'px': 1.0}


@dataclass
class SequenceResult:
    """One clip: what the estimator said, what the model made of it, and the truth.

    Attributes:
        name: Name of the clip, unique within its data set.
        dataset: Name of the data set.
        inputs: The estimate, shape (T, K, C), in the data's unit.
        pred: The refined estimate, same shape.
        target: The truth, same shape, or None.
        mask: Keypoints to measure, shape (T, K), bool.
        meta: The dataset's description of the clip.
    """

    name: str
    dataset: str
    inputs: np.ndarray
    pred: np.ndarray
    target: np.ndarray | None
    mask: np.ndarray
    meta: Mapping[str, Any]

    @classmethod
    def from_sample(cls, sample: Any) -> SequenceResult:
        """Check one item of the list that ``predict`` returned.

        Args:
            sample: Dict of ``pred``, ``inputs`` and ``meta``, with ``target`` and ``mask`` where
                there is truth.

        Raises:
            DataFormatError: An entry is missing or shapes disagree.
        """
        if not isinstance(sample, Mapping) or not {'pred', 'inputs', 'meta'} <= set(sample):
            came = list(sample) if isinstance(sample, Mapping) else type(sample).__name__
            raise DataFormatError(
                f'A metric got {came}; expected dicts with pred, inputs, meta, target and mask, '
                'as the predict mode of smoothnet_plugin.PoseRefiner returns them.')
        meta = sample['meta']
        if 'name' not in meta:
            raise DataFormatError(f'A clip has no name; its meta holds {sorted(meta)}. Metrics '
                                  'tell clips apart by meta["name"].')
        pred, inputs = np.asarray(sample['pred']), np.asarray(sample['inputs'])
        target = None if sample.get('target') is None else np.asarray(sample['target'])
        name, dataset = str(meta['name']), str(meta.get('dataset', ''))
        mask = sample.get('mask')
        mask = np.ones(pred.shape[:2], dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
        shapes = {'pred': pred.shape, 'inputs': inputs.shape,
                  'target': pred.shape if target is None else target.shape}
        if pred.ndim != 3 or len(set(shapes.values())) > 1 or mask.shape != pred.shape[:2]:
            raise DataFormatError(
                f'Clip {name!r} of {dataset!r}: shapes {shapes} and mask {mask.shape}; expected '
                '(T, K, C) for all and (T, K) for the mask.')
        return cls(name, dataset, inputs, pred, target, mask, meta)

    @property
    def where(self) -> str:
        """The clip in an error message."""
        return f'Clip {self.name!r} of {self.dataset!r}'

    @property
    def representation(self) -> str:
        """Key of :data:`smoothnet_plugin.structures.REPRESENTATIONS`."""
        return str(self.require('representation', 'what the coordinates are'))

    @property
    def scale(self) -> float:
        """Factor from the data's unit to the metrics'."""
        unit = self.require('unit', "'m', 'mm' or 'px'")
        if unit not in _SCALES:
            raise DataFormatError(f'{self.where}: the unit is {unit!r}; expected '
                                  f"one of {', '.join(_SCALES)}.")
        return _SCALES[unit]

    def require(self, key: str, meaning: str) -> Any:
        """An entry of ``meta`` that the metric cannot do without.

        Raises:
            DataFormatError: It is missing or None.
        """
        if self.meta.get(key) is None:
            raise DataFormatError(f'{self.where}: meta has no {key} ({meaning}), only '
                                  f'{sorted(self.meta)}; the dataset must tell it.')
        return self.meta[key]

    def roots(self, root_align: bool) -> list[int] | None:
        """Root keypoints to subtract: those of ``meta`` for 3D if asked for, none for 2D.

        Raises:
            DataFormatError: Rotations came, or 3D keypoints of which the root is not known.
        """
        if self.representation not in ('keypoints_2d', 'keypoints_3d'):
            raise DataFormatError(
                f'{self.where} holds {self.representation}; this metric takes keypoints. For '
                'rotations use SMPLMetric.')
        if not root_align or self.representation == 'keypoints_2d':
            return None
        if self.meta.get('root_indices') is None:
            raise DataFormatError(
                f'{self.where}: no root_indices are known, so nothing can be aligned by the root. '
                "Name them in the dataset's metainfo, or set root_align=False.")
        return [int(i) for i in self.meta['root_indices']]


def check_protocol(owner: object, protocol: str) -> str:
    """Return the protocol, or raise :class:`ConfigError` if it is not one."""
    if protocol not in PROTOCOLS:
        raise ConfigError(f'{type(owner).__name__}: protocol is {protocol!r}; expected one of '
                          f"{', '.join(map(repr, PROTOCOLS))}.")
    return protocol
