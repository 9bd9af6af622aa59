"""A clip of one person for evaluation: estimate, truth and smoothed estimate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..structures import METRES, PoseSequence, PoseTracks, Skeleton, representation_of

#: Factors from the unit of the coordinates to that of the metrics: mm in 3D, pixels in 2D.
_SCALES = {**{unit: 1000 * metres for unit, metres in METRES.items()}, 'px': 1.0}


@dataclass
class Clip:
    """A clip of one person: the estimate, the truth where it is known, and a smoothed estimate.

    Attributes:
        inputs: The estimate, shape (T, K, C), in the unit that ``meta`` names.
        target: The truth, same shape, or None. Defaults to None.
        mask: Keypoints to measure, shape (T, K), bool. Defaults to all.
        scores: Confidence of the estimate, shape (T, K), or None. Defaults to None.
        meta: The description of the clip: ``name``, ``dataset``, ``fps``, ``unit``,
            ``representation``, ``root_indices``, ``keypoint_names`` and more that metrics need.
        pred: The smoothed estimate, same shape. Defaults to ``inputs``.
    """

    inputs: np.ndarray
    target: np.ndarray | None = None
    mask: np.ndarray = None  # type: ignore[assignment]
    scores: np.ndarray | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    pred: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.mask is None:
            self.mask = np.ones(self.inputs.shape[:2], dtype=bool)
        if self.pred is None:
            self.pred = self.inputs

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Clip:
        """Make a clip of an item of a dataset or of a dump; a normalisation is undone.

        Args:
            item: Arrays or tensors ``inputs`` (T, K, C) and, where known, ``target``, ``mask``,
                ``scores``, and the dict ``meta``. With ``meta['denormalise']`` the coordinates
                times ``scale`` plus ``offset`` are in the clip's unit. Items of a dump, which
                have a ``pred``, are in this unit already.

        Returns:
            The clip. Its ``meta`` names a representation and a unit: keypoints by their width,
            in pixels or metres, where the item names none.

        Raises:
            DataFormatError: The inputs are not a whole clip, or do not fit the representation.
        """
        meta: dict[str, Any] = dict(item.get('meta') or {})
        undo = None if 'pred' in item else meta.get('denormalise')
        inputs = _undone(_array(item['inputs']), undo)
        if inputs.ndim != 3:
            raise DataFormatError(f"Clip {meta.get('name', '')!r}: inputs have shape "
                                  f'{inputs.shape}; expected a whole clip (T, K, C), not windows.')
        meta['representation'] = representation_of(
            inputs.shape[2], meta.get('representation') or None)
        meta['unit'] = PoseSequence(
            inputs[:0], representation=meta['representation'], unit=meta.get('unit') or None).unit
        target, mask, scores, pred = (
            None if item.get(name) is None else _array(item[name])
            for name in ('target', 'mask', 'scores', 'pred'))
        return cls(inputs, None if target is None else _undone(target, undo),
                   None if mask is None else mask.astype(bool),  # type: ignore[arg-type]
                   scores, meta, pred)  # type: ignore[arg-type]

    @classmethod
    def from_sample(cls, sample: Any) -> Clip:
        """Check one item of the list that a model's ``predict`` mode returns.

        Args:
            sample: Dict of ``pred``, ``inputs`` and ``meta``, with ``target`` and ``mask`` where
                there is truth.

        Returns:
            The clip. Its ``meta`` is the sample's: metrics assume nothing that it does not name.

        Raises:
            DataFormatError: An entry is missing or shapes disagree.
        """
        if not isinstance(sample, Mapping) or not {'pred', 'inputs', 'meta'} <= set(sample):
            found = list(sample) if isinstance(sample, Mapping) else type(sample).__name__
            raise DataFormatError(
                f'A metric got {found}; expected dicts with pred, inputs, meta, target and mask, '
                'as the predict mode of smoothnet_plugin.PoseRefiner returns them.')
        meta = sample['meta']
        if 'name' not in meta:
            raise DataFormatError(f'A clip has no name; its meta holds {sorted(meta)}. Metrics '
                                  'distinguish clips by meta["name"].')
        pred, inputs = np.asarray(sample['pred']), np.asarray(sample['inputs'])
        target = None if sample.get('target') is None else np.asarray(sample['target'])
        mask = sample.get('mask')
        mask = np.ones(pred.shape[:2], dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
        clip = cls(inputs, target, mask, None, meta, pred)
        shapes = {'pred': pred.shape, 'inputs': inputs.shape,
                  'target': pred.shape if target is None else target.shape}
        if pred.ndim != 3 or len(set(shapes.values())) > 1 or mask.shape != pred.shape[:2]:
            raise DataFormatError(f'{clip.where}: shapes {shapes} and mask {mask.shape}; expected '
                                  '(T, K, C) for all and (T, K) for the mask.')
        return clip

    def sample(self) -> dict[str, Any]:
        """The clip as a model's ``predict`` mode returns it, for :meth:`SequenceMetric.process`."""
        return {'pred': self.pred, 'inputs': self.inputs, 'target': self.target,
                'mask': self.mask, 'meta': dict(self.meta)}

    def replace(self, **changes: Any) -> Clip:
        """Copy with some fields changed; arrays are shared."""
        return dataclasses.replace(self, **changes)

    def as_keypoints(self, inputs: np.ndarray, target: np.ndarray | None, pred: np.ndarray,
                     usable: np.ndarray, roots: list[int],
                     names: Sequence[str] | None = None) -> Clip:
        """The clip with 3D keypoints in metres in place of rotations.

        Args:
            inputs: Shape (T, K, 3).
            target: Same shape, or None.
            pred: Same shape.
            usable: Frames to measure, shape (T,), bool.
            roots: Indices of the root keypoints.
            names: K names. Defaults to None, unknown.
        """
        meta = {**self.meta, 'representation': 'keypoints_3d', 'unit': 'm', 'root_indices': roots,
                'keypoint_names': names, 'denormalise': None}
        mask = np.repeat(usable[:, None], inputs.shape[1], axis=1)
        return Clip(inputs, target, mask, None, meta, pred)

    @property
    def estimates(self) -> dict[str, np.ndarray]:
        """The estimate and the smoothed one, by the prefix of their metrics' keys."""
        return {'input_': self.inputs, '': self.pred}

    @property
    def name(self) -> str:
        """Name of the clip, unique within its data set."""
        return str(self.meta.get('name', ''))

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return str(self.meta.get('dataset', ''))

    @property
    def where(self) -> str:
        """The clip in an error message."""
        return f'Clip {self.name!r} of {self.dataset!r}'

    @property
    def fps(self) -> float | None:
        """Frames per second, or None if unknown."""
        fps = self.meta.get('fps')
        return float(fps) if fps else None

    @property
    def representation(self) -> str:
        """Key of :data:`smoothnet_plugin.structures.REPRESENTATIONS`."""
        return str(self.require('representation', 'what the coordinates are'))

    @property
    def scale(self) -> float:
        """Factor from the unit of the coordinates to that of the metrics (mm, or px in 2D)."""
        unit = self.require('unit', "'m', 'mm' or 'px'")
        if unit not in _SCALES:
            raise DataFormatError(f'{self.where}: the unit is {unit!r}; expected '
                                  f"one of {', '.join(_SCALES)}.")
        return _SCALES[unit]

    def require(self, key: str, meaning: str) -> Any:
        """An entry of ``meta`` that a metric needs.

        Raises:
            DataFormatError: It is missing or None.
        """
        if self.meta.get(key) is None:
            raise DataFormatError(f'{self.where}: meta has no {key} ({meaning}), only '
                                  f'{sorted(self.meta)}; the dataset must specify it.')
        return self.meta[key]

    def roots(self, root_align: bool) -> list[int] | None:
        """Root keypoints to subtract: those of ``meta`` for 3D with ``root_align``, none for 2D.

        Raises:
            DataFormatError: The clip holds rotations, or 3D keypoints with an unknown root.
        """
        if self.representation not in ('keypoints_2d', 'keypoints_3d'):
            raise DataFormatError(
                f'{self.where} holds {self.representation}; this metric needs keypoints. For '
                'rotations use SMPLMetric.')
        if not root_align or self.representation == 'keypoints_2d':
            return None
        if self.meta.get('root_indices') is None:
            raise DataFormatError(
                f'{self.where}: no root_indices are known, so poses cannot be aligned at the root. '
                "Specify them in the dataset's metainfo, or set root_align=False.")
        return [int(i) for i in self.meta['root_indices']]

    def tracks(self) -> PoseTracks:
        """The estimate as smoothers take it: one track with the id 0."""
        return PoseTracks.from_array(
            self.inputs, scores=self.scores, fps=self.fps, unit=self.meta.get('unit'),
            representation=self.representation, skeleton=self._skeleton())

    def _skeleton(self) -> Skeleton | None:
        """Names and root of the keypoints; numbers stand for names that are not known."""
        names, roots = self.meta.get('keypoint_names'), self.meta.get('root_indices')
        if names is None and not roots:
            return None
        names = tuple(map(str, range(self.inputs.shape[1]) if names is None else names))
        return Skeleton(self.dataset, names, root=tuple(names[i] for i in roots or ()))

    def normalised(self) -> Clip:
        """The estimate in the coordinates that a network of its dataset takes; no truth."""
        undo = self.meta.get('denormalise')
        if undo is None:
            return self
        scale, offset = (np.asarray(undo[key], self.inputs.dtype) for key in ('scale', 'offset'))
        return self.replace(inputs=(self.inputs - offset) / scale, target=None, pred=None)

    def restored(self, refined: np.ndarray) -> np.ndarray:
        """Convert refined coordinates of :meth:`normalised` back to the clip's unit."""
        return _undone(refined, self.meta.get('denormalise'))


def _array(values: Any) -> np.ndarray:
    """A NumPy array of an array or a tensor on any device."""
    return np.asarray(values.cpu() if hasattr(values, 'cpu') else values)


def _undone(values: np.ndarray, undo: Mapping[str, Any] | None) -> np.ndarray:
    """Coordinates in their unit, from those that a dataset normalises."""
    if undo is None:
        return values
    return (values * np.asarray(undo['scale'], values.dtype)
            + np.asarray(undo['offset'], values.dtype))
