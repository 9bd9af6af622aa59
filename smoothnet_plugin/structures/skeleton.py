"""Names, links and sides of keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import ConfigError, did_you_mean


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
        swap = {'left': 'right', 'right': 'left'}
        index = {name: i for i, name in enumerate(self.keypoint_names)}
        flipped = []
        for i, name in enumerate(self.keypoint_names):
            side, _, rest = name.partition('_')
            flipped.append(index.get(f'{swap[side]}_{rest}', i) if side in swap else i)
        return flipped


_LIMBS = (('shoulder', 'elbow'), ('elbow', 'wrist'), ('hip', 'knee'), ('knee', 'ankle'))


def _limb_links() -> tuple[tuple[str, str], ...]:
    return tuple((f'{side}_{a}', f'{side}_{b}') for side in ('left', 'right') for a, b in _LIMBS)


def _pairs(*names: str) -> tuple[str, ...]:
    return tuple(f'{side}_{name}' for name in names for side in ('left', 'right'))


_H36M = ('root', 'right_hip', 'right_knee', 'right_foot', 'left_hip', 'left_knee', 'left_foot',
         'spine', 'thorax', 'neck_base', 'head', 'left_shoulder', 'left_elbow', 'left_wrist',
         'right_shoulder', 'right_elbow', 'right_wrist')
_LSP = ('right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee', 'left_ankle',
        'right_wrist', 'right_elbow', 'right_shoulder', 'left_shoulder', 'left_elbow',
        'left_wrist', 'neck', 'head_top')

_SKELETONS = {
    skeleton.name: skeleton
    for skeleton in (
        Skeleton(
            'coco',
            ('nose', *_pairs('eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')),
            (*_limb_links(), ('left_shoulder', 'right_shoulder'), ('left_hip', 'right_hip'),
             ('left_shoulder', 'left_hip'), ('right_shoulder', 'right_hip'),
             ('nose', 'left_eye'), ('nose', 'right_eye'), ('left_eye', 'left_ear'),
             ('right_eye', 'right_ear'), ('left_ear', 'left_shoulder'),
             ('right_ear', 'right_shoulder')),
            ('left_hip', 'right_hip'),
            (0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107,
             0.107, 0.087, 0.087, 0.089, 0.089)),
        Skeleton(
            'h36m', _H36M,
            (('root', 'right_hip'), ('right_hip', 'right_knee'), ('right_knee', 'right_foot'),
             ('root', 'left_hip'), ('left_hip', 'left_knee'), ('left_knee', 'left_foot'),
             ('root', 'spine'), ('spine', 'thorax'), ('thorax', 'neck_base'),
             ('neck_base', 'head'), ('thorax', 'left_shoulder'),
             ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
             ('thorax', 'right_shoulder'), ('right_shoulder', 'right_elbow'),
             ('right_elbow', 'right_wrist')),
            ('root',)),
        Skeleton(
            'lsp14', _LSP,
            (*_limb_links(), ('left_shoulder', 'neck'), ('right_shoulder', 'neck'),
             ('neck', 'head_top'), ('left_hip', 'right_hip'), ('left_shoulder', 'left_hip'),
             ('right_shoulder', 'right_hip')),
            ('right_hip', 'left_hip')),
        Skeleton(
            'body25',
            ('nose', 'neck', 'right_shoulder', 'right_elbow', 'right_wrist', 'left_shoulder',
             'left_elbow', 'left_wrist', 'mid_hip', 'right_hip', 'right_knee', 'right_ankle',
             'left_hip', 'left_knee', 'left_ankle', 'right_eye', 'left_eye', 'right_ear',
             'left_ear', 'left_big_toe', 'left_small_toe', 'left_heel', 'right_big_toe',
             'right_small_toe', 'right_heel'),
            (*_limb_links(), ('neck', 'left_shoulder'), ('neck', 'right_shoulder'),
             ('neck', 'mid_hip'), ('mid_hip', 'left_hip'), ('mid_hip', 'right_hip'),
             ('neck', 'nose'), ('nose', 'left_eye'), ('nose', 'right_eye'),
             ('left_eye', 'left_ear'), ('right_eye', 'right_ear'), ('left_ankle', 'left_heel'),
             ('right_ankle', 'right_heel'), ('left_ankle', 'left_big_toe'),
             ('right_ankle', 'right_big_toe'), ('left_big_toe', 'left_small_toe'),
             ('right_big_toe', 'right_small_toe')),
            ('mid_hip',)),
    )
}


def usual_links(names: Sequence[str]) -> list[tuple[int, int]]:
    """Links to draw between keypoints of a skeleton that has none of its own.

    Args:
        names: K names.

    Returns:
        Pairs of indices: the links of the built-in skeletons whose ends both exist.

    Example:
        >>> usual_links(['left_wrist', 'left_elbow', 'tail'])
        [(1, 0)]
    """
    index = {name: i for i, name in enumerate(names)}
    known = dict.fromkeys(link for skeleton in _SKELETONS.values() for link in skeleton.links)
    return [(index[a], index[b]) for a, b in known if a in index and b in index]


def skeleton_names() -> list[str]:
    """Names of the built-in skeletons."""
    return sorted(_SKELETONS)


def get_skeleton(name: str) -> Skeleton:
    """Look up a built-in skeleton.

    Args:
        name: One of :func:`skeleton_names`.

    Returns:
        The skeleton.

    Raises:
        ConfigError: The name is unknown; the message suggests the closest ones.
    """
    if name not in _SKELETONS:
        raise ConfigError(f'Unknown skeleton {name!r}. {did_you_mean(name, _SKELETONS)}')
    return _SKELETONS[name]
