"""Time stamps of frames: checks and steps."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from ..errors import DataFormatError
from ..structures import PoseTracks

#: Seconds between frames that only milliseconds reach: at 240 frames per second they are 4.2.
_LONGEST_STEP = 4.0


def checked_times(times: object, frames: int) -> np.ndarray:
    """Time stamps of a clip, checked.

    Args:
        times: Seconds of each frame, which must not decrease; or dates or durations.
        frames: Frames of the clip.

    Returns:
        Shape (frames,), float64.

    Raises:
        DataFormatError: They are not so many finite numbers, decrease, are all equal, or are
            milliseconds.
    """
    try:
        array = _seconds(np.asarray(times)).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataFormatError(f'timestamps are not numbers ({error}); expected seconds.') from None
    if array.shape != (frames,):
        raise DataFormatError(f'timestamps have the shape {array.shape}; expected ({frames},), '
                              'one for each frame of the clip.')
    if not np.isfinite(array).all():
        raise DataFormatError('timestamps hold values that are not finite; expected the seconds '
                              'of every frame.')
    steps = np.diff(array)
    if (steps < 0).any():
        place = int(np.argmax(steps < 0))
        raise DataFormatError(f'The timestamp {array[place + 1]:g} follows {array[place]:g}; '
                              'expected seconds that do not decrease.')
    if len(steps) and not steps.any():
        raise DataFormatError(f'The timestamps are all {array[0]:g}; expected the seconds of every '
                              'frame.')
    if len(steps) and step_of(array) > _LONGEST_STEP:
        raise DataFormatError(
            f'The timestamps are {step_of(array):g} apart; expected seconds. If they are '
            'milliseconds, divide them by 1000.')
    return array


def _seconds(times: np.ndarray) -> np.ndarray:
    """Seconds of dates, counted from the first one, and of durations; others are returned."""
    if times.dtype.kind == 'O' and times.size and isinstance(times.flat[0], (date, timedelta)):
        times = times.astype('datetime64[us]' if isinstance(times.flat[0], date)
                             else 'timedelta64[us]')
    if times.dtype.kind == 'M':
        times = times - times[:1]
    if times.dtype.kind == 'm':
        seconds = times / np.timedelta64(1, 's')
        return np.where(np.isnat(times), np.nan, seconds)
    return times


def refuse_milliseconds(frame_ids: np.ndarray) -> None:
    """Refuse frame numbers that are milliseconds of an uneven clock.

    They leave no two neighbours and are nearly evenly spaced: 33, 67, 101, 132 ...

    Args:
        frame_ids: Numbers of the frames of a clip, increasing.

    Raises:
        DataFormatError: The frame numbers look like that.
    """
    steps = np.diff(frame_ids)
    if len(steps) < 8 or steps.min() < 4:
        return
    usual = float(np.median(steps))
    if usual <= 250 and len(np.unique(steps)) > 1 and np.gcd.reduce(steps) == 1 and (
            np.mean(np.abs(steps - usual) <= 0.6 * usual) > 0.9):
        raise DataFormatError(
            f'The frame numbers are about {usual:g} apart and uneven, as if they were '
            'milliseconds. Number the frames 0, 1, 2 ... and give timestamps=milliseconds / 1000; '
            'frames selected by hand are too far apart to be smoothed.')


def step_of(times: np.ndarray) -> float:
    """The median step of stamps, in seconds; equal stamps do not count. 0 where there is none."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 0.0


def rate_of(*clips: PoseTracks) -> float | None:
    """Frames per second of the frame numbers of a video.

    Args:
        *clips: Tracks of the video; the first that knows counts.

    Returns:
        The rate by the median step of the time stamps where there are some, else ``fps``; None if
        no clip has either.
    """
    for clip in clips:
        step = step_of(clip.times) if clip.times is not None else 0.0
        rate = float(np.median(np.diff(clip.frame_ids))) / step if step else clip.fps
        if rate:
            return rate
    return None
