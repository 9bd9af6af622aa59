"""Placeholders that estimators write for keypoints that they do not find.

OpenPose, AlphaPose, Ultralytics, DeepLabCut and TRC files hold (0, 0), (0, 0, 0) or (-1, -1) for a
missing keypoint, with any score; other programs hold -99, -9999, 65535 or the like in all its
coordinates. Root-relative poses also hold exact zeros, for the root, where the value is correct.
"""

from __future__ import annotations

import numpy as np

from ..utils.arrays import has_true

#: Values that estimators write instead of coordinates: these, whole numbers up to a negative one,
#: and large ones that types or people end at.
_USUAL = (0.0, -1.0)
_LEAST_NEGATIVE = -9.0
_LARGE = (9999.0, 32767.0, 65535.0, 99999.0, 999999.0, 2147483647.0, 4294967295.0)
#: Different unusual values of a clip that are looked at.
_MOST_UNUSUAL = 4
#: A distance from the rest of the pose that no limb reaches, in typical distances of keypoints.
_OUT_OF_REACH = 4.0
#: Numbers of other keypoints that are needed to locate a pose, and to say what lies beside it.
_FEWEST_OTHERS, _FEWEST_BESIDE = 4, 2


def placeholder_mask(coords: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
    """Which keypoints hold a placeholder.

    A value counts as a placeholder if at least two keypoints of the frame have exactly this value,
    or if a single one has it and is out of reach of the rest of the pose, or beside the rest and
    has other values in the track. The root of root-relative poses, which is always at the origin,
    is none of these.

    Args:
        coords: Keypoints, shape (K, C), or of tracks (..., T, K, C), in any unit; NaN where not
            finite.
        seen: Keypoints with other values in the track, :func:`elsewhere`, shape (..., K).
            Defaults to None: those that have them in ``coords``; none for a single pose.

    Returns:
        True for placeholders, shape (..., K).
    """
    if not coords.size:
        return np.zeros(coords.shape[:-1], dtype=bool)
    poses = coords.reshape(-1, *coords.shape[-2:])
    result = np.zeros(poses.shape[:2], dtype=bool)
    marks = _marks(poses)
    if not has_true(marks):
        return result.reshape(coords.shape[:-1])
    values, counts = np.unique(poses[marks][:, 0], return_counts=True)
    order = np.argsort(np.where(np.isin(values, _USUAL), np.inf, counts))
    for value in values[order][::-1][:len(_USUAL) + _MOST_UNUSUAL]:
        exact = marks & (poses[..., 0] == value)
        count = exact.sum(axis=-1)
        result |= exact & (count >= 2)[:, None]
        alone = np.flatnonzero(count == 1)
        if len(alone):
            if seen is None:
                seen = _seen_in(coords)
            known = np.broadcast_to(seen, coords.shape[:-1]).reshape(result.shape)
            marked = exact[alone]
            result[alone] |= marked & _out_of_place(
                poses[alone], marked, known[alone][marked])[:, None]
    return result.reshape(coords.shape[:-1])


def elsewhere(coords: np.ndarray) -> np.ndarray:
    """Which keypoints of (..., K, C) are finite and hold no value of placeholders, (..., K)."""
    return np.isfinite(coords).all(axis=-1) & ~_marks(coords)


def _marks(coords: np.ndarray) -> np.ndarray:
    """Which keypoints of (..., K, C) hold a value of placeholders in all coordinates, (..., K)."""
    first = coords[..., 0]
    with np.errstate(invalid='ignore'):
        marks = (first <= 0) | (first >= _LARGE[0])
        if has_true(marks):
            marks &= (coords == first[..., None]).all(axis=-1)
        if has_true(marks):
            marks &= np.isin(first, _USUAL + _LARGE) | (
                (first <= _LEAST_NEGATIVE) & (first == np.round(first)))
    return marks


def _seen_in(coords: np.ndarray) -> np.ndarray:
    # One pose does not say what is normal.
    found = elsewhere(coords)
    return np.zeros_like(found) if coords.ndim == 2 else np.logical_or.reduce(
        found, axis=-2, keepdims=True)


def _out_of_place(poses: np.ndarray, marked: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Whether the marked keypoint of each pose (N, K, C) is far from all others, or beside them.

    Beside them counts only where the keypoint is ``seen`` elsewhere in the track, shape (N,).
    """
    others = np.where(marked[..., None], np.nan, poses)
    count = np.isfinite(others).all(axis=-1).sum(axis=-1)
    wrong = np.zeros(len(poses), dtype=bool)
    enough = count >= _FEWEST_BESIDE
    if enough.any():
        others, own = others[enough], poses[enough][marked[enough]]
        centre = np.nanmedian(others, axis=1)
        typical = np.nanmedian(np.linalg.norm(others - centre[:, None], axis=-1), axis=1)
        distance = np.linalg.norm(own - centre, axis=-1)
        far = (count[enough] >= _FEWEST_OTHERS) & (distance > _OUT_OF_REACH * typical)
        beside = ((own < np.nanmin(others, axis=1)) | (own > np.nanmax(others, axis=1))).any(axis=1)
        wrong[enough] = far | beside & seen[enough]
    return wrong
