"""The six datasets for which SmoothNet's authors published estimates: rates, keypoints, layouts."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..structures import get_skeleton
from ..structures.body_joints import BODY_JOINTS

_LSP14 = get_skeleton('lsp14').keypoint_names
_H36M17 = get_skeleton('h36m').keypoint_names
_MPI17 = tuple(name.replace('root', 'pelvis')
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


def _smpl(*estimators: str) -> tuple[KeypointLayout, ...]:
    """Layout of SMPL's 24 rotations; metrics take the root from the posed body."""
    return (KeypointLayout(estimators, BODY_JOINTS[24]),)


_BOTH = ('train', 'test')
_STORED14 = KeypointLayout(('tcmr', 'vibe'), _LSP14, (2, 3))
# 3DPW's 17 stored keypoints: pelvis, left leg, right leg, spine, neck, head, head top, left arm,
# right arm. The order of the legs differs from Human3.6M's.
_STORED17 = ('eft', 'pare', 'spin')
_TO_LSP = (6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10, 0, 7, 9)

PUBLISHED_SETS: dict[str, PublishedSet] = {entry.name: entry for entry in (
    PublishedSet(  # Dance.
        'aist', 'AIST++', 60., _BOTH,
        {'3D': (KeypointLayout(('spin', 'tcmr', 'vibe'), _LSP14, (2, 3)),),
         'smpl': _smpl('spin', 'tcmr', 'vibe')},
        frame_keys={'smpl': {'trans': 'target_trans', 'scaling': 'target_scaling'}}),
    PublishedSet(
        'h36m', 'Human3.6M', 50., _BOTH,
        # The order of 16 keypoints in 2D is not published.
        {'2D': (KeypointLayout(('cpn',), _H36M17),
                KeypointLayout(('hourglass', 'hrnet', 'rle'),
                               tuple(f'keypoint_{i}' for i in range(16)))),
         '3D': (KeypointLayout(('fcn', 'rle', 'videoposet27', 'videoposet81', 'videoposet243'),
                               _H36M17, (0,)), _STORED14),
         'smpl': _smpl('tcmr', 'vibe')},
        normalisation='image1000', frame_keys={'smpl': {'shape': 'target_betas'}}),
    PublishedSet(  # Short clips of sports and daily life.
        'jhmdb', 'Sub-JHMDB', 30., _BOTH,
        {'2D': (KeypointLayout(('simplepose',), (
            'neck', 'belly', 'face', 'right_shoulder', 'left_shoulder', 'right_hip', 'left_hip',
            'right_elbow', 'left_elbow', 'right_knee', 'left_knee', 'right_wrist', 'left_wrist',
            'right_ankle', 'left_ankle')),)},
        normalisation='image_size', frame_keys={'2D': {'bbox': 'bbox'}}),
    PublishedSet(
        'mpiinf3dhp', 'MPI-INF-3DHP', 25., ('test',),
        {'3D': (KeypointLayout(('spin', 'tcmr', 'vibe'), _MPI17, (14,)),)}),
    PublishedSet(
        'mupots', 'MuPoTS-3D', 30., ('test',),
        {'3D': (KeypointLayout(('tposenet', 'tposenetrefinenet'), _MPI17, (14,)),)}),
    PublishedSet(
        'pw3d', '3DPW', 30., _BOTH,
        {'3D': (KeypointLayout(_STORED17, _LSP14, (2, 3), _TO_LSP[:14], 17), _STORED14),
         'smpl': _smpl('eft', 'pare', 'spin', 'tcmr', 'vibe')},
        # MotionRefineNet uses three more keypoints than LSP has.
        {'motionrefinenet': {'3D': (
            KeypointLayout(_STORED17, (*_LSP14, 'pelvis', 'spine', 'head'), (2, 3), _TO_LSP),
            _STORED14)}},
        reference_windows='reference_pw3d', frame_keys={'smpl': {'shape': 'target_betas'}}),
)}
