"""One person's body-model parameters over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataFormatError
from .representation import is_rotation
from .sequence import PoseSequence


@dataclass
class BodySequence(PoseSequence):
    """Rotations of the joints of a body model, with shape and translations.

    ``coords`` holds the rotations, root first; the skeleton names the joints. A root in a second
    frame of reference (world in addition to camera) is one joint more. Smoothers treat rotations on
    SO(3), points as points with their own cut-off, and the shape by a robust mean.

    Attributes:
        betas: Shape parameters of each frame, shape (T, B), or None.
        points: Translations and cameras by name, each of shape (T, C) with C from 2 to 4.
    """

    betas: np.ndarray | None = None
    points: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_rotation(self.representation):
            raise DataFormatError(f'A body model has rotations, but these are '
                                  f'{self.representation}.')
        for name, values in (('betas', self.betas), *self.points.items()):
            if values is None:
                continue
            if np.ndim(values) != 2 or len(values) != len(self) or not np.shape(values)[1]:
                raise DataFormatError(f'{name} has shape {np.shape(values)}; expected '
                                      f'({len(self)}, C), a row for each frame.')
            if values.dtype.kind not in 'iuf':
                raise DataFormatError(f'{name} has values of type {values.dtype}; expected '
                                      'numbers.')

    def select(self, rows: np.ndarray | slice) -> BodySequence:
        """See :meth:`PoseSequence.select`."""
        chosen = self.rotations().select(rows)
        return self.of_rotations(
            chosen, None if self.betas is None else self.betas[rows],
            {name: values[rows] for name, values in self.points.items()})

    def rotations(self) -> PoseSequence:
        """The rotations alone; arrays are shared."""
        return PoseSequence(**_fields(self))

    @classmethod
    def of_rotations(cls, rotations: PoseSequence, betas: np.ndarray | None = None,
                     points: dict[str, np.ndarray] | None = None) -> BodySequence:
        """Rotations together with shape and points; arrays are shared."""
        return cls(**_fields(rotations), betas=betas, points=points or {})


def _fields(sequence: PoseSequence) -> dict[str, Any]:
    return {name: getattr(sequence, name) for name in PoseSequence.__dataclass_fields__}
