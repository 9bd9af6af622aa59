"""The contract of a transform of pose windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ConfigError
from ..batch import PoseBatch

#: A number, or the two ends of a range.
Range = float | Sequence[float]


class PoseTransform(ABC):
    """Works on many windows at once; draws what is random from the generator it is given."""

    #: What the transform makes of the dataset's metainfo (``representation``, ``unit`` ...).
    changes: dict[str, Any] = {}

    @abstractmethod
    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """Transform the windows.

        Args:
            batch: B windows; may be changed in place.
            rng: Source of everything random.

        Returns:
            The transformed windows.
        """

    def source_frames(self, frames: int, fps: float) -> int:
        """Frames that must be read so that ``frames`` come out.

        Args:
            frames: Frames asked for.
            fps: Highest rate of the data.

        Returns:
            At least ``frames``.
        """
        return frames


def as_range(name: str, value: Range, lowest: float = 0.) -> tuple[float, float]:
    """Check a number or a range of a config.

    Args:
        name: What to call it in messages.
        value: A number, or (low, high).
        lowest: Smallest value allowed. Defaults to 0.

    Returns:
        Low and high end.

    Raises:
        ConfigError: It is neither, is not finite, not ordered, or below ``lowest``.
    """
    ends = (value, value) if np.isscalar(value) else value
    try:
        low, high = (float(end) for end in ends)  # type: ignore[union-attr]
    except (TypeError, ValueError):
        raise ConfigError(
            f'{name} is {value!r}; expected a number or a range (low, high).') from None
    if not lowest <= low <= high < np.inf:
        raise ConfigError(f'{name} is {value!r}; expected {lowest:g} <= low <= high.')
    return low, high


def check_choice(name: str, value: str, choices: Sequence[str]) -> str:
    """Check a word of a config.

    Args:
        name: What to call it in messages.
        value: The word.
        choices: The words that are right.

    Returns:
        ``value``.

    Raises:
        ConfigError: It is none of ``choices``.
    """
    if value not in choices:
        raise ConfigError(f'{name} is {value!r}; expected one of: {", ".join(choices)}.')
    return value


def check_probability(name: str, value: float) -> float:
    """Check a probability of a config.

    Args:
        name: What to call it in messages.
        value: The probability.

    Returns:
        ``value``.

    Raises:
        ConfigError: It is not in 0 .. 1.
    """
    if not 0 <= value <= 1:
        raise ConfigError(f'{name} is {value!r}; expected a probability, 0 to 1.')
    return value


def uniform(rng: np.random.Generator, ends: tuple[float, float], size: int) -> np.ndarray:
    """Draw from a range.

    Args:
        rng: Generator.
        ends: Low and high end.
        size: How many.

    Returns:
        Shape (size,).
    """
    low, high = ends
    return low + (high - low) * rng.random(size)


def log_uniform(rng: np.random.Generator, ends: tuple[float, float], size: int) -> np.ndarray:
    """Draw from a range of sizes, each factor as likely as any other.

    Args:
        rng: Generator.
        ends: Low and high end. A low end of 0 makes the draw uniform.
        size: How many.

    Returns:
        Shape (size,).
    """
    low, high = ends
    if low <= 0 or low == high:
        return uniform(rng, ends, size)
    return low * (high / low)**rng.random(size)
