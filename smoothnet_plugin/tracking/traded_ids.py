"""People whose ids are exchanged: their poses trade places between two frames."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence

import numpy as np

from ..processing.third_values import usual_extent
from ..structures import PoseSequence, PoseTracks
from ..utils.arrays import finite_keypoints

#: A jump is so many of a person's usual steps, and at least so many body sizes.
_STEPS, _SIZES = 4.0, 0.25
#: The way to another's place is at most this share of the jump.
_SHARE = 0.25
_SAMPLE = 256


def traded_ids(tracks: PoseTracks) -> list[tuple[int, list[int | str]]]:
    """Frames at which people have the places that others among them had in the frame before.

    Each of them jumps, far more than it usually moves, while the pose of another one is near.

    Args:
        tracks: The tracks of keypoints; at least three a person.

    Returns:
        Frame number and ids of such people, by frame.

    Example:
        >>> body = np.array([[0., 0], [0, 9], [5, 5]]) + np.arange(20)[:, None, None]
        >>> a, b = body.copy(), body + 40
        >>> a[10:], b[10:] = b[10:].copy(), a[10:].copy()
        >>> traded_ids(PoseTracks({i: PoseTracks.from_array(one, fps=30)[0]
        ...                        for i, one in enumerate((a, b))}))
        [(10, [0, 1])]
    """
    alike: dict[Hashable, dict[int | str, PoseSequence]] = {}
    for track_id, sequence in tracks:
        if sequence.representation.startswith('keypoints') and sequence.num_keypoints >= 3:
            alike.setdefault(sequence.coords.shape[1:], {})[track_id] = sequence
    found: dict[int, list[int | str]] = {}
    for people in alike.values() if len(tracks) > 1 else ():
        ids, sequences = list(people), list(people.values())
        rows = [_jumps(sequence) for sequence in sequences]
        frames = np.concatenate([one.frame_ids[at] for one, at in zip(sequences, rows)])
        owners = np.repeat(np.arange(len(ids)), [len(at) for at in rows])
        order = np.argsort(frames, kind='stable')
        numbers, starts = np.unique(frames[order], return_index=True)
        at = np.concatenate(rows)
        for frame, places in zip(numbers.tolist(), np.split(order, starts[1:])):
            if len(places) > 1:
                now, before = (np.stack([sequences[owners[i]].coords[at[i] - back]
                                         for i in places]) for back in (0, 1))
                traded = [ids[owners[places[n]]] for n in _traded(now, before)]
                found.setdefault(frame, []).extend(traded)
    return [(frame, who) for frame, who in sorted(found.items()) if who]


def _jumps(sequence: PoseSequence) -> np.ndarray:
    """Rows to which the middle of a person jumps from the frame before."""
    if len(sequence) < 4:
        return np.zeros(0, dtype=np.int64)
    count, keypoints, width = sequence.coords.shape
    finite = finite_keypoints(sequence.coords)
    known, coords = finite.sum(axis=1), sequence.coords
    if not finite.all():
        coords = np.where(finite[..., None], coords, 0)
    with np.errstate(all='ignore'):
        # A product with a matrix, since sums over short axes are slow.
        middle = coords.reshape(count, -1) @ np.tile(np.eye(width), (keypoints, 1)) / known[:, None]
        steps = np.linalg.norm(np.diff(middle, axis=0), axis=1)
    apart = np.diff(sequence.frame_ids)
    direct = (apart == apart.min()) & np.isfinite(steps)
    if not direct.any():
        return np.zeros(0, dtype=np.int64)
    far = direct & (steps > _STEPS * np.median(steps[direct]))
    if far.any():
        far &= steps > _SIZES * usual_extent(sequence.coords[::max(1, count // _SAMPLE)])
    return np.flatnonzero(far) + 1


def _traded(now: np.ndarray, before: np.ndarray) -> Sequence[int]:
    """Who of some people traded places.

    Args:
        now: Poses, shape (n, K, C).
        before: Their poses in the frame before.
    """
    with warnings.catch_warnings(), np.errstate(all='ignore'):
        warnings.simplefilter('ignore', RuntimeWarning)  # Poses without a common keypoint.
        away = np.nanmedian(np.linalg.norm(now[:, None] - before, axis=-1), axis=-1)
    own = np.diag(away).copy()
    away[np.isnan(away)] = np.inf
    np.fill_diagonal(away, np.inf)
    nearest = away.argmin(axis=1)
    moved = away.min(axis=1) < _SHARE * own
    others = moved & moved[nearest]
    left = np.isin(np.arange(len(own)), nearest[others])
    return np.flatnonzero(others & left).tolist()
