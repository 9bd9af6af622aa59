"""Descriptions of published datasets, and the keypoint orders that several of them share."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...structures import get_skeleton
from ...structures.body_joints import BODY_JOINTS

LSP14 = get_skeleton('lsp14').keypoint_names
H36M17 = get_skeleton('h36m').keypoint_names
#: LSP-14 and the additional keypoints that MotionRefineNet uses.
LSP17 = (*LSP14, 'pelvis', 'spine', 'head')
MPI17 = tuple(name.replace('root', 'pelvis')
              for name in get_skeleton('mpi_inf_3dhp17').keypoint_names)


@dataclass(frozen=True)
class KeypointLayout:
    """The keypoints of some estimators of a dataset.

    Attributes:
        estimators: Names of the estimators, lower case as in the file names.
        keypoint_names: The J keypoints used, in order.
        root_indices: Keypoints whose mean is the root in metrics, or None if metrics do not align.
        order: Indices of the stored keypoints to use, in order; empty for all in stored order.
        num_stored: Number of keypoints in the file. Defaults to 0, the number of keypoints used.
    """

    estimators: tuple[str, ...]
    keypoint_names: tuple[str, ...]
    root_indices: tuple[int, ...] | None = None
    order: tuple[int, ...] = ()
    num_stored: int = 0

    @property
    def stored(self) -> int:
        """Number of keypoints in the file."""
        return self.num_stored or len(self.keypoint_names)


@dataclass(frozen=True)
class PublishedSet:
    """One of the six datasets as SmoothNet's authors published it.

    Attributes:
        name: Name as in the file names.
        title: Name as in papers.
        fps: Nominal frames per second.
        phases: The existing phases among ``'train'`` and ``'test'``.
        layouts: Layouts of its estimators, by representation as in the file names (``'2D'``,
            ``'3D'``, ``'smpl'``).
        other_layouts: Layouts of other projects for the same files, by project, then as
            ``layouts``; these take precedence.
        reference_windows: Window protocol of the reference's training.
        normalisation: Normalisation of 2D keypoints: ``'image1000'`` maps 0 .. 1000 px to
            -1 .. 1, ``'image_size'`` maps the image to -0.5 .. 0.5.
        frame_keys: By representation, further members of the ground truth file that metrics need,
            with one row per frame, and their names in a clip's ``meta``.
        own: Whether it is a user's own data in the published layout; then members that metrics may
            need are optional. Defaults to False.
    """

    name: str
    title: str
    fps: float
    phases: tuple[str, ...]
    layouts: dict[str, tuple[KeypointLayout, ...]]
    other_layouts: dict[str, dict[str, tuple[KeypointLayout, ...]]] = field(default_factory=dict)
    reference_windows: str = 'reference'
    normalisation: str | None = None
    frame_keys: dict[str, dict[str, str]] = field(default_factory=dict)
    own: bool = False

    @property
    def estimators(self) -> list[str]:
        """All estimators, of any representation."""
        return sorted({name for layouts in self.layouts.values() for layout in layouts
                       for name in layout.estimators})

    def of_representation(self, representation: str) -> list[str]:
        """Estimators of a representation."""
        return sorted({name for layout in self.layouts.get(representation, ())
                       for name in layout.estimators})


def smpl_layout(*estimators: str) -> tuple[KeypointLayout, ...]:
    """Layout of SMPL's 24 rotations; metrics take the root from the posed body."""
    return (KeypointLayout(estimators, BODY_JOINTS[24]),)


def own_set(name: str, fps: float, phase: str) -> PublishedSet:
    """Description of a user's own data in the published layout of files.

    Args:
        name: Name as in the file names.
        fps: Frames per second.
        phase: The split that is read.

    Returns:
        The description: all keypoints in stored order.
    """
    return PublishedSet(name, name, fps, (phase,), {}, normalisation='image_size',
                        frame_keys={'2D': {'bbox': 'bbox'}, 'smpl': {'shape': 'target_betas'}},
                        own=True)
