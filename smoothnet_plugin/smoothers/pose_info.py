"""What filters and normalisation want to know of a clip."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..filters.base import BaseFilter
from ..processing.normalization import normalization_of
from ..structures import ASSUMED_FPS as ASSUMED_FPS
from ..structures import PoseSequence, PoseTracks, default_unit, representation_of
from .chain import Stage


@dataclass(frozen=True)
class PoseInfo:
    """Facts about the poses of a clip.

    Attributes:
        fps: Frames per second.
        representation: What the poses are, see
            :data:`~smoothnet_plugin.structures.REPRESENTATIONS`.
        unit: Unit of the coordinates.
        image_size: (width, height) in pixels, or None.
        root_indices: Root keypoints; empty where they are not known.
    """

    fps: float
    representation: str
    unit: str | None = None
    image_size: tuple[int, int] | None = None
    root_indices: tuple[int, ...] = ()

    @classmethod
    def of_track(cls, sequence: PoseSequence, tracks: PoseTracks, fps: float) -> PoseInfo:
        """Facts about one track of a clip, at the given frame rate."""
        roots = sequence.skeleton.root_indices if sequence.skeleton else []
        return cls(fps, sequence.representation, sequence.unit, tracks.image_size, tuple(roots))

    @classmethod
    def of_width(cls, width: int, fps: float, representation: str | None,
                 image_size: tuple[int, int] | None = None) -> PoseInfo:
        """Facts about poses of which little more than their width is known.

        Args:
            width: Values per keypoint C.
            fps: Frames per second.
            representation: What the poses are, or None for keypoints, 2D in pixels or 3D in
                metres.
            image_size: (width, height) in pixels. Defaults to None.

        Returns:
            The info.

        Raises:
            DataFormatError: The width does not fit the representation, or says too little.
        """
        representation = representation_of(width, representation)
        return cls(fps, representation, default_unit(representation), image_size)

    def at(self, fps: float) -> PoseInfo:
        """The same at another frame rate."""
        return dataclasses.replace(self, fps=fps)

    def stages(self, filters: Sequence[BaseFilter], first: np.ndarray,
               present: np.ndarray) -> list[Stage]:
        """The chain with the constants of a segment.

        Args:
            filters: The chain.
            first: First pose of the segment as filters take it, shape (K, C).
            present: Keypoints measured in it, shape (K,), bool.

        Returns:
            A stage per filter.
        """
        # Rotations have one scale and no place: there is nothing to normalise.
        rotation = not self.representation.startswith('keypoints')
        return [Stage(entry, normalization_of(
            'none' if rotation else entry.normalize, first, present, unit=self.unit,
            image_size=self.image_size, root_indices=self.root_indices)) for entry in filters]
