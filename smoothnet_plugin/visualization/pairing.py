"""Matching the people of two clips that were tracked separately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..errors import DataFormatError
from ..structures import PoseTracks
from ..utils.arrays import mean_known
from .posed import with_joints

T = TypeVar('T')


def matched_ids(clip: PoseTracks, other: PoseTracks) -> PoseTracks:
    """Give the people of one clip the ids of another clip.

    Files without track ids are tracked each time they are read, so a person may have different ids
    before and after smoothing. In every frame each person of ``clip`` votes for the nearest
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


def named_panels(raw: T, smoothed: T | None = None, truth: T | None = None) -> dict[str, T]:
    """Tracks, or files of them, by the titles of their panels, without those that are None."""
    panels = {'raw': raw, 'smoothed': smoothed, 'truth': truth}
    return {title: panel for title, panel in panels.items() if panel is not None}


def matched_panels(panels: Mapping[str, PoseTracks]) -> dict[str, PoseTracks]:
    """Give the people of all clips the ids of the smoothed one, which has the longest tracks.

    Args:
        panels: ``'raw'`` and perhaps ``'smoothed'`` and ``'truth'``.

    Returns:
        The clips; without a smoothed one, the ids are those of the raw one.
    """
    reference = panels.get('smoothed', panels['raw'])
    return {name: clip if clip is reference else matched_ids(clip, reference)
            for name, clip in panels.items()}


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
    if len(shared):
        apart = np.linalg.norm(one.at_frames(shared) - two.at_frames(shared), axis=-1)
        result[np.searchsorted(clip.frame_ids, shared)] = mean_known(apart, axis=1)
    return result
