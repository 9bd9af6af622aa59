"""Tracks of every kind, by what smooths keypoints or rotations that have a frame rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..structures import PoseTracks
from .bodies import have_bodies, live_betas, mean_betas, smooth_bodies
from .clock import even_rate, smooth_by_clock
from .flat import are_flat, with_depth, without_depth
from .parameters import SmootherParameters

Run = Callable[[PoseTracks], PoseTracks]


def smooth_kinds(tracks: PoseTracks, smoother: SmootherParameters, again: Run, points: Run,
                 run: Run, live_fps: float | None = None) -> PoseTracks:
    """Smooth tracks of any kind.

    Args:
        tracks: The tracks: body models, with time stamps, flat, or none of these.
        smoother: The parameters.
        again: Smooths what other tracks are made into: the rotations of bodies, tracks on an even
            clock, flat tracks in 2D.
        points: Smooths what moves along with rotations.
        run: Smooths tracks that are none of these.
        live_fps: Frames per second of live smoothing. Defaults to None, not live.

    Returns:
        The smoothed tracks, of the kind that was given.
    """
    if have_bodies(tracks):
        return smooth_bodies(tracks, again, points, lambda betas, trust: _shape(
            smoother, betas, trust, live_fps))
    if tracks.times is not None:
        return _by_clock(tracks, smoother, again)
    if smoother.image_size is not None:
        tracks = tracks.replace(image_size=smoother.image_size)
    if are_flat(tracks):
        smoothed = again(without_depth(tracks))
        return with_depth(smoothed, tracks).replace(
            preparation={**smoothed.preparation, 'flat': len(tracks)})
    return run(tracks)


def _shape(smoother: SmootherParameters, betas: np.ndarray, trust: np.ndarray,
           live_fps: float | None) -> np.ndarray:
    """The shape of a body, as the parameter ``betas`` says."""
    if smoother.betas == 'kept':
        return betas
    if live_fps is None:
        return mean_betas(betas, trust, smoother.strength)
    return live_betas(betas, trust, smoother.strength, smoother.latency_at(live_fps), live_fps)


def _by_clock(tracks: PoseTracks, smoother: SmootherParameters, again: Run) -> PoseTracks:
    """Smooth tracks with time stamps."""
    rate = even_rate(tracks)
    if rate is not None:
        return again(tracks.at_rate(rate)).replace(
            fps=tracks.fps, times=tracks.times)
    return smooth_by_clock(tracks, smoother.settings, again)
