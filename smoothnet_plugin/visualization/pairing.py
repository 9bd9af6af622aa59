"""Which person of one clip is which of another, where both were tracked on their own."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..errors import DataFormatError
from ..structures import PoseTracks
from .posed import with_joints


def matched_ids(clip: PoseTracks, other: PoseTracks) -> PoseTracks:
    """Give the people of one clip the ids of another clip.

    Files without track ids are tracked whenever they are read, so a person may have one id before
    and another one after smoothing. In every frame each person of ``clip`` votes for the nearest
    person of ``other``; the ids are assigned so that most votes hold.

    Args:
        clip: The clip to rename. Rotations of a body model count by the joints that they lead to.
        other: The clip with the ids.

    Returns:
        The clip with the ids of ``other`` where a person matches, and new ids elsewhere.
    """
    names, targets = list(clip.tracks), list(other.tracks)
    votes = np.zeros((len(names), len(targets)))
    one, two = _placed(clip), _placed(other)
    for i, name in enumerate(names):
        near = np.stack([_distance(one, two, name, target) for target in targets]
                        or [np.full(clip.num_frames, np.nan)])
        seen = np.isfinite(near).any(axis=0)
        chosen = np.nan_to_num(near[:, seen], nan=np.inf).argmin(axis=0)
        votes[i] += np.bincount(chosen, minlength=len(targets))[:len(targets)]
    pairs = {names[i]: targets[j] for i, j in zip(*linear_sum_assignment(-votes)) if votes[i, j]}
    taken = {str(target) for target in targets}
    renamed = {}
    for name, sequence in clip:
        key = pairs.get(name, name)
        while name not in pairs and str(key) in taken:
            key = f'{key}*'
        taken.add(str(key))
        renamed[key] = sequence
    return clip.replace(tracks=renamed)


def _placed(clip: PoseTracks) -> PoseTracks:
    """Joints in place of rotations; where the body is not known, the rotations."""
    try:
        return with_joints(clip)
    except DataFormatError:
        return clip


def _distance(clip: PoseTracks, other: PoseTracks, name: int | str,
              target: int | str) -> np.ndarray:
    """Mean distance of the keypoints that both have, shape (F,), NaN in frames without any."""
    one, two = clip[name], other[target]
    result = np.full(clip.num_frames, np.nan)
    shared = np.intersect1d(one.frame_ids, two.frame_ids)
    if not len(shared):
        return result
    apart = np.linalg.norm(one.at_frames(shared) - two.at_frames(shared), axis=-1)
    known = np.isfinite(apart)
    count = known.sum(axis=1)
    mean = np.where(known, apart, 0).sum(axis=1) / np.maximum(count, 1)
    result[np.searchsorted(clip.frame_ids, shared)] = np.where(count > 0, mean, np.nan)
    return result
