"""Checks of arguments; messages name the argument, its value and the values that are valid."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import Any

from ..errors import ConfigError, did_you_mean

#: Largest number that counts as a frame rate, in frames per second.
GREATEST_FPS = 1_000_000


def frame_rate(fps: Any) -> float:
    """Frames per second: a positive number, at most 1,000,000."""
    good = isinstance(fps, numbers.Real) and not isinstance(fps, bool)
    if not (good and 0 < float(fps) <= GREATEST_FPS):
        raise ConfigError(f'fps is {fps!r}; expected a positive number, at most {GREATEST_FPS}.')
    return float(fps)


def check_image_size(size: Any) -> None:
    """Refuse what is not the (width, height) of an image."""
    if not (isinstance(size, (tuple, list)) and len(size) == 2 and all(side > 0 for side in size)):
        raise ConfigError(f'image_size is {size!r}; expected (width, height) in pixels.')


def real_number(owner: object, name: str, value: Any, *, zero: bool = False) -> float:
    """A positive number; 0 is also valid with ``zero=True``."""
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    number = float(value) if good else math.nan
    if not (math.isfinite(number) and (number > 0 or (zero and number == 0))):
        expected = 'a number >= 0' if zero else 'a positive number'
        raise ConfigError(f'{type(owner).__name__}: {name} is {value!r}; expected {expected}.')
    return number


def whole_number(owner: object, name: str, value: Any, least: int) -> int:
    """An integer that is at least ``least``."""
    good = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not good or int(value) < least:
        raise ConfigError(
            f'{type(owner).__name__}: {name} is {value!r}; expected an integer >= {least}.')
    return int(value)


def odd_window(owner: object, name: str, value: Any) -> int:
    """A window length in frames; even lengths are reduced by 1, as in earlier versions."""
    size = whole_number(owner, name, value, 1)
    return size if size % 2 else size - 1


def switch(owner: object, name: str, value: Any) -> bool:
    """True or False, and no other value."""
    if not isinstance(value, bool):
        raise ConfigError(f'{type(owner).__name__}: {name} is {value!r}; expected True or False.')
    return value


def choice(owner: object, name: str, value: Any, known: Iterable[str]) -> str:
    """One of the known choices."""
    known = tuple(known)
    if value not in known:
        raise ConfigError(f'{type(owner).__name__}: {name} is {value!r}. '
                          f'{did_you_mean(str(value), known)}')
    return value


def weighting_mode(owner: object, value: Any) -> str:
    """``'none'`` or ``'scores'``."""
    return choice(owner, 'weighting', value, ('none', 'scores'))
