"""Poses and videos of different sizes: a scaled copy of the estimator's video."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from ..structures import PoseTracks


def scaled_to(tracks: PoseTracks, pose_size: tuple[int, int],
              video_size: tuple[int, int]) -> PoseTracks:
    """Poses of a video of one size as poses of a copy of it of another size.

    Args:
        tracks: 2D keypoints in pixels.
        pose_size: (width, height) of the pictures that the poses were estimated on.
        video_size: (width, height) of the copy.

    Returns:
        The scaled tracks.
    """
    factor = np.asarray(video_size) / np.asarray(pose_size)
    return tracks.map(lambda s: s.replace(coords=s.coords * factor)).replace(image_size=video_size)


def on_pictures(panels: Mapping[str, PoseTracks], size: tuple[int, int]) -> dict[str, PoseTracks]:
    """Tracks in pixels of the pictures they are drawn on.

    Args:
        panels: Tracks by title, 2D keypoints. Those whose ``image_size`` is known and another one
            are scaled.
        size: (width, height) of the pictures.

    Returns:
        The tracks by title. A warning says where most keypoints lie outside.
    """
    shown = {title: clip if clip.image_size in (None, size)
             else scaled_to(clip, clip.image_size, size) for title, clip in panels.items()}
    notes = (outside_note(clip, size) for clip in shown.values())
    if note := next(filter(None, notes), None):
        warnings.warn(note, stacklevel=2)
    return shown


def outside_note(tracks: PoseTracks, size: tuple[int, int]) -> str | None:
    """A note where most keypoints lie outside pictures of ``size`` (width, height)."""
    points = np.concatenate([s.coords[s.valid] for _, s in tracks])
    inside = ((points >= 0) & (points <= size)).all(axis=-1)
    if not len(points) or inside.mean() >= 0.5:
        return None
    return (f'Most keypoints lie outside the video ({size[0]} x {size[1]}). If it is a scaled '
            'copy, give the size of the images that the coordinates are from: --image-size W H.')
