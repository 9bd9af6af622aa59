"""The interface of transforms of pose windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ConfigError
from ..batch import PoseBatch

#: A number, or the two limits of a range.
Range = float | Sequence[float]


class PoseTransform(ABC):
    """Transforms many windows at once; all random values are drawn from the given generator."""

    #: Changes of the dataset's metainfo (``representation``, ``unit`` ...).
    changes: dict[str, Any] = {}

    @abstractmethod
    def __call__(self, batch: PoseBatch, rng: np.random.Generator) -> PoseBatch:
        """Transform the windows.

        Args:
            batch: B windows; may be changed in place.
            rng: Source of all random values.

        Returns:
            The transformed windows.
        """

    def source_frames(self, frames: int, fps: float) -> int:
        """Number of input frames needed for ``frames`` output frames.

        Args:
            frames: Number of output frames.
            fps: Highest frame rate of the data.

        Returns:
            At least ``frames``.
        """
        return frames


def as_range(name: str, value: Range, lowest: float = 0.) -> tuple[float, float]:
    """Check a number or a range of a config.

    Args:
        name: Its name in messages.
        value: A number, or (low, high).
        lowest: Smallest value allowed. Defaults to 0.

    Returns:
        Lower and upper limit.

    Raises:
        ConfigError: The value is neither, not finite, not ordered, or below ``lowest``.
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
    """Check a choice of a config.

    Args:
        name: Its name in messages.
        value: The choice.
        choices: The valid choices.

    Returns:
        ``value``.

    Raises:
        ConfigError: The value is not among ``choices``.
    """
    if value not in choices:
        raise ConfigError(f'{name} is {value!r}; expected one of: {", ".join(choices)}.')
    return value


def check_probability(name: str, value: float) -> float:
    """Check a probability of a config.

    Args:
        name: Its name in messages.
        value: The probability.

    Returns:
        ``value``.

    Raises:
        ConfigError: The value is not in 0 .. 1.
    """
    if not 0 <= value <= 1:
        raise ConfigError(f'{name} is {value!r}; expected a probability, 0 to 1.')
    return value


def uniform(rng: np.random.Generator, ends: tuple[float, float], size: int) -> np.ndarray:
    """Draw uniformly from a range.

    Args:
        rng: Generator.
        ends: Lower and upper limit.
        size: Number of values.

    Returns:
        Shape (size,).
    """
    low, high = ends
    return low + (high - low) * rng.random(size)


def log_uniform(rng: np.random.Generator, ends: tuple[float, float], size: int) -> np.ndarray:
    """Draw from a range, uniformly in the logarithm.

    Args:
        rng: Generator.
        ends: Lower and upper limit. With a lower limit of 0 the draw is uniform.
        size: Number of values.

    Returns:
        Shape (size,).
    """
    low, high = ends
    if low <= 0 or low == high:
        return uniform(rng, ends, size)
    return low * (high / low)**rng.random(size)
