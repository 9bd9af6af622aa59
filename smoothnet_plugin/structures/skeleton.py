"""Names, links and sides of keypoints."""

from __future__ import annotations

from dataclasses import dataclass

from .left_right import mirror_indices


@dataclass(frozen=True)
class Skeleton:
    """The meaning of a row of keypoints.

    Attributes:
        name: Name of the convention, for example ``'coco'``.
        keypoint_names: K names; sides are spelt ``left_`` and ``right_``.
        links: Pairs of keypoint names that drawings connect.
        root: Names whose mean is the root of root-relative poses; empty for none.
        sigmas: COCO's per-keypoint constants of the object keypoint similarity, or empty.
    """

    name: str
    keypoint_names: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()
    root: tuple[str, ...] = ()
    sigmas: tuple[float, ...] = ()

    @property
    def link_indices(self) -> list[tuple[int, int]]:
        """The links as pairs of keypoint indices."""
        index = {name: i for i, name in enumerate(self.keypoint_names)}
        return [(index[a], index[b]) for a, b in self.links]

    @property
    def root_indices(self) -> list[int]:
        """Indices of the root keypoints."""
        return [self.keypoint_names.index(name) for name in self.root]

    @property
    def flip_indices(self) -> list[int]:
        """For each keypoint the index of its mirror image (its own index if there is none)."""
        return mirror_indices(self.keypoint_names).tolist()


def root_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Root keypoints by their names: the pelvis if it exists, else both hips, else none."""
    for root in (('root',), ('pelvis',), ('left_hip', 'right_hip')):
        if set(root) <= set(names):
            return root
    return ()
