"""What filters and normalisation need to know of a clip."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..filters.base import BaseFilter
from ..processing.gaps import missing_mask
from ..processing.normalization import normalization_of
from ..processing.placeholders import placeholder_mask
from ..structures import PoseSequence, PoseTracks, default_unit, is_rotation, representation_of
from ..structures.layouts import contradicts, guess_skeleton
from ..structures.left_right import LeftRight, left_right_groups
from ..utils.arrays import has_true
from .chain import Stage
from .settings import SmootherSettings

#: Poses that a skeleton is recognised by, spread over a track.
_SEEN_POSES = 200


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
        keypoint_names: Names of the keypoints; empty where they are not known.
    """

    fps: float
    representation: str
    unit: str | None = None
    image_size: tuple[int, int] | None = None
    root_indices: tuple[int, ...] = ()
    keypoint_names: tuple[str, ...] = ()

    @classmethod
    def of_track(cls, sequence: PoseSequence, tracks: PoseTracks, fps: float) -> PoseInfo:
        """Facts about one track of a clip, at the given frame rate."""
        skeleton = sequence.skeleton
        return cls(fps, sequence.representation, sequence.unit, tracks.image_size,
                   tuple(skeleton.root_indices) if skeleton else (),
                   sequence.keypoint_names)

    @classmethod
    def of_width(cls, width: int, fps: float, representation: str | None,
                 image_size: tuple[int, int] | None = None,
                 keypoint_names: tuple[str, ...] = ()) -> PoseInfo:
        """Facts about poses that are known by little more than their width.

        Args:
            width: Values per keypoint C.
            fps: Frames per second.
            representation: What the poses are, or None for keypoints, 2D in pixels or 3D in
                metres.
            image_size: (width, height) in pixels. Defaults to None.
            keypoint_names: Names of the keypoints. Defaults to none.

        Returns:
            The facts.

        Raises:
            DataFormatError: The width does not fit the representation, or is ambiguous.
        """
        representation = representation_of(width, representation)
        return cls(fps, representation, default_unit(representation), image_size,
                   keypoint_names=keypoint_names)

    @property
    def is_rotation(self) -> bool:
        """The poses are joint rotations, not keypoints."""
        return is_rotation(self.representation)

    @property
    def is_keypoints(self) -> bool:
        """The poses are positions of keypoints."""
        return self.representation.startswith('keypoints')

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
        # Rotations have one scale, and neither they nor scalars a position to normalise.
        return [Stage(entry.for_poses(first.shape[1], self.keypoint_names, self.fps),
                      normalization_of(entry.normalize if self.is_keypoints else 'none', first,
                                       present, unit=self.unit, image_size=self.image_size,
                                       root_indices=self.root_indices))
                for entry in filters]

    def missing(self, coords: np.ndarray, scores: np.ndarray | None, valid: np.ndarray | None,
                settings: SmootherSettings, seen: np.ndarray | None = None,
                ) -> tuple[np.ndarray, int]:
        """Which keypoints count as missing, and how many of them hold a placeholder.

        Args:
            coords: Coordinates as filters take them, shape (K, C), or (T, K, C) of a whole track.
            scores: Shape (..., K), or None.
            valid: What the source calls measured, shape (..., K), or None for everything.
            settings: Threshold of the scores and the meaning of exact zeros.
            seen: See :func:`~smoothnet_plugin.processing.placeholders.placeholder_mask`.

        Returns:
            True where missing, shape (..., K), and the number of placeholders.
        """
        placeholders = self.placeholders(coords, scores, settings.zeros, seen)
        missing = missing_mask(coords, scores, valid, settings.keypoint_thr)
        if not has_true(placeholders):
            return missing, 0
        return missing | placeholders, int(np.count_nonzero(placeholders))

    def placeholders(self, coords: np.ndarray, scores: np.ndarray | None,
                     zeros: str, seen: np.ndarray | None = None) -> np.ndarray:
        """Which keypoints hold a placeholder instead of coordinates, shape (..., K).

        Args:
            coords: Coordinates as filters take them, shape (..., K, C).
            scores: Shape (..., K), or None. Zeros with a score of 0 are always placeholders,
                unless zeros are measured.
            zeros: One of :data:`~smoothnet_plugin.smoothers.settings.ZEROS`.
            seen: See :func:`~smoothnet_plugin.processing.placeholders.placeholder_mask`.
        """
        if zeros == 'missing':
            return np.asarray((coords == 0).all(axis=-1))
        if zeros == 'auto' and self.is_keypoints:
            found = placeholder_mask(coords, seen)
            return found if scores is None else found | (
                (scores == 0) & (coords == 0).all(axis=-1))
        return np.zeros(coords.shape[:-1], dtype=bool)

    def unproven(self, coords: np.ndarray, scores: np.ndarray | None, zeros: str) -> np.ndarray:
        """Which keypoints hold a placeholder if they are seen elsewhere in the track, (..., K).

        What a track later shows of a keypoint is not known live: decisions that are not taken back
        leave these out, whether they are placeholders or not.
        """
        return self.placeholders(coords, scores, zeros, np.ones(coords.shape[-2], dtype=bool))

    def with_names_of(self, coords: np.ndarray, missing: np.ndarray | None = None) -> PoseInfo:
        """The same with names that the poses look like.

        Args:
            coords: Poses, shape (T, K, C), NaN where missing.
            missing: What else is missing, shape (T, K), bool. Defaults to None, nothing.

        Returns:
            The facts with the names of the standard skeleton that unnamed poses look like, and
            without names of a standard skeleton that the poses cannot be.
        """
        if not self.is_keypoints:
            return self
        if missing is not None:
            rows = np.flatnonzero(~missing.all(axis=1))
            rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _SEEN_POSES)).astype(int)]
            coords = np.where(missing[rows, :, None], np.nan, coords[rows])
        names = self.keypoint_names
        if not names:
            skeleton = guess_skeleton(coords)
            names = skeleton.keypoint_names if skeleton else ()
        elif contradicts(coords, names):
            names = ()
        return dataclasses.replace(self, keypoint_names=names)

    @property
    def sides(self) -> LeftRight | None:
        """Pairs of left and right keypoints that an estimator may exchange together.

        None where the keypoints have no sides or no names.
        """
        if not self.is_keypoints or not self.keypoint_names:
            return None
        sides = left_right_groups(self.keypoint_names)
        return sides if sides.groups else None
