"""The common orders of a body's keypoints, recognised in plain arrays.

The number of keypoints selects candidate layouts, and the geometry confirms one: the parts of a
face lie close together, the neck lies between the shoulders, the shoulders lie between head and
hips, and limbs have plausible lengths. All checks are invariant to an exchange of left and right,
scale, rotation and the direction of the axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..utils.arrays import finite_keypoints, length_of, median_known
from .skeleton import Skeleton
from .skeletons import get_skeleton

_ARM, _LEG = ('shoulder', 'elbow', 'wrist'), ('hip', 'knee', 'ankle')

#: There is none of 14 keypoints: the common orders cannot be distinguished.
LAYOUTS: tuple[Skeleton, ...] = tuple(map(get_skeleton, (
    'coco', 'h36m', 'body25', 'body15', 'mpii16', 'mpi_inf_3dhp17', 'openpose18', 'smpl24',
    'kinect25', 'halpe26', 'mediapipe33', 'coco_wholebody133')))

#: Points that lie close together: (one, other, largest median distance in body diagonals). A name
#: without a side is the midpoint of both sides if the layout has sides.
_CLOSE = (
    ('neck', 'shoulder', 0.13), ('thorax', 'shoulder', 0.13), ('root', 'hip', 0.13),
    ('mid_hip', 'hip', 0.1), ('eye', 'nose', 0.1), ('ear', 'nose', 0.15), ('mouth', 'nose', 0.1),
    ('head', 'shoulder', 0.3), ('head_top', 'shoulder', 0.35), ('nose', 'shoulder', 0.3),
    ('face_30', 'nose', 0.1),
)
_CLOSE_SIDES = (
    ('eye', 'ear', 0.15), ('ankle', 'foot', 0.2), ('ankle', 'big_toe', 0.2),
    ('ankle', 'heel', 0.15), ('ankle', 'foot_index', 0.2), ('wrist', 'hand', 0.15),
    ('wrist', 'index', 0.15), ('wrist', 'hand_0', 0.1), ('wrist', 'thumb', 0.15),
    ('shoulder', 'elbow', 0.35), ('elbow', 'wrist', 0.35), ('hip', 'knee', 0.45),
    ('knee', 'ankle', 0.45),
)
_WIDTHS = (('eye', 0.15), ('ear', 0.2), ('shoulder', 0.45), ('hip', 0.35), ('collar', 0.25))
_LIMBS = (('shoulder', 'elbow'), ('elbow', 'wrist'), ('hip', 'knee'), ('knee', 'ankle'))
_SAMPLE, _FEWEST = 48, 4


def guess_skeleton(coords: np.ndarray) -> Skeleton | None:
    """Recognise the layout of plain keypoints.

    Args:
        coords: One person's frames, (T, K, C) with C of 2 or 3, NaN where missing.

    Returns:
        The layout of K keypoints if the geometry confirms exactly one, else None: for hands,
        animals, arbitrary points, and where too few keypoints are visible.
    """
    frames = _sample(coords)
    if frames is None:
        return None
    proposed = [layout for layout in LAYOUTS if len(layout.keypoint_names) == frames.shape[1]]
    with np.errstate(all='ignore'):
        fitting = [layout for layout in proposed
                   if _plausible(_outcomes(frames, layout.keypoint_names))]
    return fitting[0] if len(fitting) == 1 else None


def contradicts(coords: np.ndarray, names: Sequence[str]) -> bool:
    """Whether keypoints contradict their names.

    Only the names of :data:`LAYOUTS` are checked; others never contradict anything.

    Args:
        coords: One person's frames, shape (T, K, C), NaN where missing.
        names: K names.

    Returns:
        True if the geometry is not that of a body with these names.
    """
    frames = _sample(coords)
    if frames is None or tuple(names) not in {layout.keypoint_names for layout in LAYOUTS}:
        return False
    with np.errstate(all='ignore'):
        return not all(ok is not False for ok in _outcomes(frames, names))


def _sample(coords: np.ndarray) -> np.ndarray | None:
    """Some frames, spread over those with most keypoints; None if there are too few."""
    coords = np.asarray(coords, dtype=np.float64)
    if coords.ndim != 3 or coords.shape[2] not in (2, 3):
        return None
    seen = np.flatnonzero(finite_keypoints(coords).mean(axis=1) > 0.5)
    if len(seen) < _FEWEST:
        return None
    chosen = seen[np.linspace(0, len(seen) - 1, min(len(seen), _SAMPLE)).astype(int)]
    return np.where(finite_keypoints(coords[chosen])[..., None], coords[chosen], np.nan)


def _plausible(outcomes: Sequence[bool | None]) -> bool:
    """Whether enough checks were possible, and all of them hold."""
    known = [ok for ok in outcomes if ok is not None]
    return len(known) >= 0.75 * len(outcomes) and all(known)


def _outcomes(frames: np.ndarray, names: Sequence[str]) -> list[bool | None]:
    """Outcomes of the checks of a body with these names; None with too few visible frames."""
    at = {name: frames[:, i] for i, name in enumerate(names)}
    if 'left_ankle' not in at:
        at.update({f'{side}_ankle': at[f'{side}_foot'] for side in ('left', 'right')})
    for name in {n.partition('_')[2] for n in at if n.startswith('left_')}:
        at.setdefault(name, 0.5 * (at[f'left_{name}'] + at[f'right_{name}']))
    body = [at[f'{side}_{name}'] for side in ('left', 'right') for name in (*_ARM, *_LEG)]
    size = _size(np.stack([*body, at[_top(at)]], axis=1))
    values, low, high = map(np.array, zip(*_checks(at, size)))
    middle, enough = median_known(values), np.isfinite(values).sum(axis=1) >= _FEWEST
    inside = (low <= middle) & (middle <= high)
    return [bool(ok) if known else None for ok, known in zip(inside, enough)]


def _checks(at: dict[str, np.ndarray],
            size: np.ndarray) -> Iterator[tuple[np.ndarray, float, float]]:
    """A value per frame, NaN where keypoints are not visible, and the limits of its median."""
    def far(one: str, other: str) -> np.ndarray:
        return length_of(at[one] - at[other])

    for one, other, limit in _CLOSE:
        if one in at and other in at:
            yield far(one, other) / size, 0, limit
    for name, limit in _WIDTHS:
        if f'left_{name}' in at:
            yield far(f'left_{name}', f'right_{name}') / size, 0, limit
    for one, other, limit in _CLOSE_SIDES:
        if f'left_{one}' in at and f'left_{other}' in at:
            for side in ('left', 'right'):
                yield far(f'{side}_{one}', f'{side}_{other}') / size, 0, limit
    flat = next(iter(at.values())).shape[-1] == 2
    lengths = []
    for one, other in _LIMBS:
        left, right = (far(f'{side}_{one}', f'{side}_{other}') for side in ('left', 'right'))
        yield (left + right) / size, 0.08, 0.8
        yield np.minimum(left, right) / np.maximum(left, right), 0.3 if flat else 0.6, 1
        lengths.append(left + right)
    for upper, lower in (lengths[:2], lengths[2:]):
        yield upper / lower, 0.4, 2.5
    trunk, top = far('shoulder', 'hip'), _top(at)
    yield trunk / size, 0.12, 0.5
    yield far(top, 'hip') / trunk, 1.08, 2.5
    yield far(top, 'hip') / far(top, 'shoulder'), 1.5, np.inf
    yield far('shoulder', 'knee') / trunk, 0.8, np.inf
    yield far('shoulder', 'ankle') / trunk, 1, np.inf
    if 'thorax' in at and 'spine' in at:
        yield (far('root', 'spine') + far('spine', 'thorax')) / trunk, 0.8, 1.4


def _top(at: dict[str, np.ndarray]) -> str:
    """Name of a keypoint on the head."""
    return next(name for name in ('nose', 'head', 'head_top') if name in at)


def _size(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.nanmax(points, axis=1) - np.nanmin(points, axis=1), axis=-1)
