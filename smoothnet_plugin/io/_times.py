"""Time stamps that files carry: names, units, and the clock of a clip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta, timezone
from typing import Any

import numpy as np

from ..errors import DataFormatError
from ..processing.time_stamps import checked_times
from ..structures import PoseTracks
from ..utils.files import StrPath
from ._text import number_of

_SECONDS = {'': 1.0, 's': 1.0, 'sec': 1.0, 'seconds': 1.0, 'ms': 1e-3, 'msec': 1e-3,
            'milliseconds': 1e-3, 'us': 1e-6, 'microseconds': 1e-6, 'ns': 1e-9,
            'nanoseconds': 1e-9}
_NAME = re.compile(r'(?:time_?stamps?|times?)(?:_?in)?(?:_?(' + '|'.join(filter(None, _SECONDS))
                   + '))?')
_FINEST = 7
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
#: Characters of ``12:34:56.789012``; texts of dates are longer.
_LONGEST_TIME = 15


def time_unit(name: object) -> float | None:
    """Seconds of one unit of a column or key of time stamps; None if it is none.

    Args:
        name: The name: ``timestamp``, ``time``, with a unit such as ``timestamp_ms``,
            ``Time (s)`` or ``timestampMs``.

    Example:
        >>> time_unit('timestamp_ms'), time_unit('Time (s)'), time_unit('frame')
        (0.001, 1.0, None)
    """
    if not isinstance(name, str) or len(name) > 40:
        return None
    match = _NAME.fullmatch(re.sub('[^a-z]+', '_', name.lower()).strip('_'))
    return _SECONDS[match.group(1) or ''] if match else None


def seconds_of(cell: str) -> float | None:
    """Seconds of a cell: its number, or a date and time or time of day in ISO 8601.

    Dates count from 1970, in UTC without a time zone. NaN if the cell is missing, None if it is
    other text.

    Example:
        >>> seconds_of('0.25'), seconds_of('00:01:00.500'), seconds_of('1970-01-01T00:00:02Z')
        (0.25, 60.5, 2.0)
    """
    number = number_of(cell)
    if number is not None:
        return number
    text = re.sub('[zZ]$', '+00:00', cell.strip())
    for kind in (datetime, time):
        try:
            moment = kind.fromisoformat(text)
        except ValueError:
            continue
        if isinstance(moment, time):
            moment = datetime.combine(_EPOCH.date(), moment.replace(tzinfo=None))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return (aware - _EPOCH).total_seconds()
    return None


def clock_text(seconds: float, like: str) -> str:
    """A date and time or time of day in ISO 8601, in the form of another one."""
    text = re.sub('[zZ]$', '+00:00', like.strip())
    zone = datetime.fromisoformat(text).tzinfo if len(text) > _LONGEST_TIME else None
    moment = (_EPOCH + timedelta(seconds=round(seconds, 6))).astimezone(zone or timezone.utc)
    if len(text) <= _LONGEST_TIME:
        return moment.time().isoformat()
    written = moment.replace(tzinfo=zone).isoformat(sep=text[10])
    return re.sub('[+]00:00$', 'Z', written) if like.strip().endswith(('z', 'Z')) else written


def stamp_of(record: Any) -> float | None:
    """Seconds in an object of a JSON document, under the first key of a time; None without one."""
    for key, value in record.items() if isinstance(record, Mapping) else ():
        unit = time_unit(key)
        if unit is not None and isinstance(value, str) and number_of(value) is None:
            return seconds_of(value)
        if unit is not None and isinstance(value, str):
            value = number_of(value)
        if unit is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                return float(value) * unit
            except OverflowError:
                return None
    return None


def with_clock(tracks: PoseTracks, stamps: Mapping[int, float | None], path: StrPath, *,
               resolution: float | None = None, rate: float | None = None) -> PoseTracks:
    """Tracks with the time stamps of their file.

    An even clock, up to the rounding of its stamps, is a frame rate.

    Args:
        tracks: The tracks.
        stamps: Seconds by frame number. Frames without one get those between their neighbours.
        path: The file, for messages.
        resolution: Seconds to which the stamps are rounded. Defaults to None: by their decimals.
        rate: Frames per second that the file specifies. It takes precedence where the stamps are
            its roundings, and where they decrease, which is noted. Defaults to None.

    Returns:
        The tracks with ``fps`` of an even clock, else with ``times``; the same tracks if fewer than
        two frames have different stamps.

    Raises:
        DataFormatError: The stamps are milliseconds, or decrease without a rate.
    """
    known = {frame: float(stamp) for frame, stamp in stamps.items()
             if stamp is not None and np.isfinite(stamp)}
    frames = tracks.frame_ids
    numbers = np.array(sorted(known), dtype=np.int64)
    values = np.array([known[number] for number in numbers.tolist()])
    inside = np.isin(numbers, frames)
    if np.count_nonzero(inside) < 2 or not (values != values[0]).any():
        return tracks
    back = np.flatnonzero(np.diff(values) < 0)
    if rate is not None and len(back):
        note = (f'the time stamps of the file go back ({values[back[0] + 1]:g} s follows '
                f'{values[back[0]]:g} s): they are not used, but its {rate:g} frames per second')
        source = tracks.source
        return tracks if source is None else tracks.replace(
            source=replace(source, notes=(*source.notes, note)))
    if resolution is None:
        resolution = _resolution(values)
    try:
        checked_times(values, len(values))
    except DataFormatError as error:
        raise DataFormatError(f"'{path}': {error} To ignore the stamps of the file, give the "
                              'frames per second (fps, --fps).') from None
    times = np.interp(frames, numbers, values)
    step = (values[-1] - values[0]) / (numbers[-1] - numbers[0])
    for even in ([] if rate is None else [1 / rate]) + [float(step)]:
        ideal = values[0] + (frames - numbers[0]) * even
        shift = np.median(times - ideal)  # The first stamp is rounded, too.
        if np.abs(times - ideal - shift).max() <= 1.01 * resolution + 1e-9 * even:
            return tracks.at_rate(round(1 / even, 6))
    outside = (frames < numbers[0]) | (frames > numbers[-1])
    times[outside] = (values[0] + (frames - numbers[0]) * step)[outside]
    return tracks.replace(times=np.maximum.accumulate(times))


def _resolution(values: np.ndarray) -> float:
    """The power of ten that all steps are multiples of; 0 for values that are not rounded."""
    # Steps, because seconds since 1970 leave few digits for a tolerance.
    passed, inexact = values - values[0], 2 * np.spacing(np.abs(values).max())
    for decimals in range(_FINEST):
        scaled = passed * 10.0**decimals
        tolerance = 1e-9 * np.abs(scaled).max() + 1e-6 + inexact * 10.0**decimals
        if np.abs(scaled - np.round(scaled)).max() <= tolerance:
            return 10.0**-decimals
    return 0.0


def frames_of_stamps(stamps: Iterable[float]) -> dict[float, int]:
    """Frame numbers of stamps in a document without frame numbers: their order."""
    return {stamp: number for number, stamp in enumerate(sorted(set(stamps)))}
