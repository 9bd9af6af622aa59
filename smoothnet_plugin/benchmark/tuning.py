"""Tuning classical filters on a train split.

Every filter is tuned for two aims: the least MPJPE, and the least acceleration error among the
settings whose MPJPE is not above that of the raw input. A grid is widened until the optimum lies
inside it (or at a bound of the parameter itself), then refined around the optimum.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import check_known
from .scoring import Score

AIMS = ('mpjpe', 'accel_error')
_REFINEMENTS = 3


@dataclass(frozen=True)
class Axis:
    """A parameter of a filter.

    Attributes:
        values: The initial grid, increasing.
        low: Smallest useful value.
        high: Largest useful value.
        step: Factor between values of a continuous parameter, or None for odd whole numbers.
    """

    values: tuple[float, ...]
    low: float
    high: float
    step: float | None = None

    def beyond(self, values: Sequence[float], end: int) -> float | None:
        """The next value beyond the lower (0) or upper (-1) end; None at a bound."""
        edge = values[end]
        if self.step is None:
            value = edge + 2 if end else edge - 2
            if end:
                value = int(edge * 1.25) // 2 * 2 + 3
        else:
            value = edge * self.step if end else edge / self.step
        value = min(max(value, self.low), self.high)
        return None if value == edge else value

    def between(self, first: float, second: float) -> float | None:
        """A value between two neighbours; None where they are too close."""
        if self.step is not None:
            return (first * second)**0.5 if second / first > 1.02 else None
        middle = (int(first) + int(second)) // 2 | 1
        return middle if first < middle < second else None


@dataclass(frozen=True)
class Space:
    """The settings of a filter to try.

    Attributes:
        fixed: The type of the filter and its fixed arguments.
        axes: Arguments with ordered values, searched on a grid.
        choices: Arguments without an order; every value is tried.
    """

    fixed: Mapping[str, Any]
    axes: Mapping[str, Axis]
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def _cutoff(*values: float) -> Axis:
    return Axis(values or (0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0, 5.66), 0.02, 1000.0, 2**0.5)


def _window(*values: float) -> Axis:
    return Axis(values or (3, 5, 7, 9, 13, 17, 23, 31), 3, 301)


_ONE_EURO = {'min_cutoff': Axis((0.25, 0.5, 1.0, 2.0, 4.0), 0.01, 1000.0, 2.0),
             'beta': Axis((0.25, 1.0, 4.0, 16.0), 1e-3, 1e4, 4.0)}

#: The settings to try of every classical filter, by its name in tables.
SPACES: dict[str, Space] = {
    'one_euro': Space({'type': 'OneEuroFilter'}, _ONE_EURO),
    'one_euro_zero_phase': Space({'type': 'OneEuroFilter', 'zero_phase': True}, _ONE_EURO),
    # A cubic through a window of 3 leaves nothing to smooth, so the least is 5.
    'savgol': Space({'type': 'SavgolFilter'},
                    {'window_size': Axis((5, 7, 9, 11, 13, 15, 17, 21, 27, 35), 5, 301)},
                    {'polyorder': (2, 3)}),
    'gaussian': Space({'type': 'GaussianFilter'}, {'cutoff': _cutoff()}),
    'butterworth': Space({'type': 'ButterworthFilter'}, {'cutoff': _cutoff()},
                         {'order': (1, 2, 4)}),
    'butterworth_causal': Space({'type': 'ButterworthFilter', 'causal': True},
                                {'cutoff': _cutoff()}, {'order': (1, 2)}),
    'kalman': Space({'type': 'KalmanFilter'}, {'cutoff': _cutoff()},
                    {'model': ('constant_velocity', 'constant_acceleration')}),
    'kalman_causal': Space({'type': 'KalmanFilter', 'causal': True}, {'cutoff': _cutoff()},
                           {'model': ('constant_velocity', 'constant_acceleration')}),
    'whittaker': Space({'type': 'WhittakerFilter'}, {'cutoff': _cutoff()}, {'order': (2, 3)}),
    'median': Space({'type': 'MedianFilter'}, {'window_size': _window()}),
    'hampel': Space({'type': 'HampelFilter'}, {'window_size': _window(5, 11, 21)},
                    {'n_sigma': (1.0, 2.0, 3.0)}),
}


@dataclass(frozen=True)
class Tuned:
    """The best setting of a filter for an aim.

    Attributes:
        name: Key of :data:`SPACES`.
        aim: One of :data:`AIMS`.
        config: The filter's config.
        score: Its score on the tuning clips.
        inside: Whether the optimum lies inside the grid, or at a bound of the parameter itself.
        tried: The config and the score of every setting that was tried.
    """

    name: str
    aim: str
    config: dict[str, Any]
    score: Score
    inside: bool
    tried: tuple[tuple[dict[str, Any], Score], ...]


def space_of(name: str) -> Space:
    """The settings of a filter to try.

    Args:
        name: Key of :data:`SPACES`.

    Raises:
        ConfigError: The name is unknown.
    """
    check_known('There is no grid for', name, SPACES)
    return SPACES[name]


def setting_text(config: Mapping[str, Any]) -> str:
    """The arguments of a filter as tables show them.

    Args:
        config: The config of a filter.

    Example:
        >>> setting_text({'type': 'KalmanFilter', 'causal': True, 'cutoff': 1.41421})
        'causal=True, cutoff=1.41'
    """
    return ', '.join(f'{key}={value:.3g}' if isinstance(value, float) else f'{key}={value}'
                     for key, value in config.items() if key != 'type')


def tune(name: str, evaluate: Callable[[dict[str, Any]], Score], raw: Score,
         max_rounds: int = 12) -> list[Tuned]:
    """Find the best settings of a filter.

    Args:
        name: Key of :data:`SPACES`.
        evaluate: Takes the config of a filter and returns its score on the train split.
        raw: The score of the raw input.
        max_rounds: Largest number of times that the grid is widened. Defaults to 12.

    Returns:
        The best setting for each aim; that for ``accel_error`` is left out where the MPJPE of
        every setting is above that of the raw input.
    """
    space = space_of(name)
    grid = {key: list(axis.values) for key, axis in space.axes.items()}
    scores: dict[tuple[Any, ...], Score] = {}

    def fill() -> None:
        for point in itertools.product(*space.choices.values(), *grid.values()):
            if point not in scores:
                scores[point] = evaluate(config(point))

    def config(point: tuple[Any, ...]) -> dict[str, Any]:
        return {**space.fixed, **dict(zip([*space.choices, *grid], point))}

    def best(aim: str) -> tuple[Any, ...] | None:
        if aim == 'mpjpe':
            return min(scores, key=lambda p: scores[p])
        kept = [p for p in scores if scores[p].mpjpe <= raw.mpjpe]
        return min(kept, key=lambda p: scores[p].accel_error) if kept else None

    def beyond() -> dict[str, set[float]]:
        """Values to add to the grid, so that the optima lie inside it."""
        new: dict[str, set[float]] = {key: set() for key in grid}
        for aim in AIMS:
            point = best(aim)
            for key, value in zip(grid, (point or ())[len(space.choices):]):
                for end in (0, -1):
                    if value == grid[key][end]:
                        further = space.axes[key].beyond(grid[key], end)
                        new[key] |= set() if further is None else {further}
        return new

    fill()
    inside = False
    for _ in range(max_rounds):
        new = beyond()
        inside = not any(new.values())
        if inside:
            break
        for key, values in new.items():
            grid[key] = sorted({*grid[key], *values})
        fill()
    for _ in range(_REFINEMENTS):
        for aim in AIMS:
            point = best(aim)
            if point is not None:
                _refine(space, grid, scores, point, lambda p: evaluate(config(p)))
    found = [(aim, best(aim)) for aim in AIMS]
    tried = tuple((config(point), score) for point, score in scores.items())
    return [Tuned(name, aim, config(point), scores[point], inside, tried)
            for aim, point in found if point is not None]


def _refine(space: Space, grid: Mapping[str, Sequence[float]],
            scores: dict[tuple[Any, ...], Score], point: tuple[Any, ...],
            evaluate: Callable[[tuple[Any, ...]], Score]) -> None:
    """Try values halfway to the neighbours of the best point, one parameter at a time."""
    for position, key in enumerate(grid, start=len(space.choices)):
        line = sorted(p[position] for p in scores
                      if p[:position] + p[position + 1:] == point[:position] + point[position + 1:])
        here = line.index(point[position])
        for first, second in itertools.pairwise(line[max(0, here - 1):here + 2]):
            middle = space.axes[key].between(first, second)
            if middle is not None:
                other = (*point[:position], middle, *point[position + 1:])
                scores[other] = evaluate(other)
