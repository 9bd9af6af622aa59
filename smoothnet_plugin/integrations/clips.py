"""From pictures to smoothed tracks: an estimator on every picture, a tracker, a smoother."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseFrame, PoseTracks
from ..tracking import tracks_from_frames
from .estimators import Estimator

#: Differences of the intervals between pictures that still count as an even rate, as a fraction.
_EVEN = 0.02


@dataclass(frozen=True)
class EstimatedClip:
    """The estimated poses of a clip.

    Attributes:
        tracks: The people, tracked.
        times: Seconds of each picture, shape (N,).
        interrupted: Whether the user stopped (Ctrl-C) before the end; the rest is left out.
    """

    tracks: PoseTracks
    times: np.ndarray
    interrupted: bool = False


def estimate_clip(pictures: Iterable[tuple[float, np.ndarray]],
                  estimator: Estimator) -> EstimatedClip:
    """Run an estimator on the pictures of a clip.

    Args:
        pictures: Seconds, not decreasing, and a picture (H, W, 3), uint8, BGR.
        estimator: The estimator.

    Returns:
        The tracks; frame numbers count from 0. They have times where the pictures come unevenly.

    Raises:
        DataFormatError: The clip has no pictures.
    """
    frames: list[PoseFrame] = []
    times: list[float] = []
    size, interrupted = (0, 0), False
    try:
        for time, picture in pictures:
            size = picture.shape[1], picture.shape[0]
            frames.append(PoseFrame(len(frames), estimator(picture)))
            times.append(time)
    except KeyboardInterrupt:
        interrupted = True
        del frames[len(times):]
    if not frames:
        if interrupted:
            raise KeyboardInterrupt
        raise DataFormatError('The clip has no frames.')
    seconds = np.array(times)
    tracks = tracks_from_frames(frames, fps=mean_rate(seconds), image_size=size,
                                skeleton=estimator.skeleton)
    return EstimatedClip(on_clock(tracks, seconds), seconds, interrupted)


def mean_rate(times: np.ndarray) -> float:
    """Pictures per second; 30 where fewer than two times differ."""
    spread = float(times[-1] - times[0]) if len(times) else 0.0
    return (len(times) - 1) / spread if spread > 0 else 30.0


def on_clock(tracks: PoseTracks, times: np.ndarray) -> PoseTracks:
    """The tracks with the times of their frames, where these are uneven.

    Args:
        tracks: The tracks.
        times: Seconds of each frame of the clip, shape (F,).

    Returns:
        The tracks.
    """
    steps = np.diff(times)
    if not len(steps) or np.ptp(steps) <= _EVEN * np.median(steps):
        return tracks
    return tracks.replace(times=times)
