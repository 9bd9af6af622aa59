"""The parameters of a smoother, checked."""

from __future__ import annotations

import numbers
import threading
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..filters.base import BaseFilter
from ..filters.outlier_gate import OutlierGate
from ..registry import SMOOTHERS
from ..structures import ASSUMED_FPS, Skeleton, get_skeleton, value_width
from ..tracking import Tracker, build_tracker
from ..utils.arguments import check_image_size, choice, frame_rate, switch, whole_number
from .bodies import BETAS
from .settings import ENDS, QUATERNION_SIGNS, ZEROS, SmootherSettings

#: Parameters that are settings as they are.
_SETTINGS = tuple(field.name for field in fields(SmootherSettings) if field.name != 'filters')


class SmootherParameters:
    """Filters and parameters of a :class:`PoseSmoother`, which describes them.

    Raises:
        SmoothNetError: An argument is unknown or out of its range.
    """

    def __init__(self,
                 filters: BaseFilter | Mapping[str, Any] | Sequence[BaseFilter | Mapping[str, Any]],
                 lookahead: int | None = None,
                 max_gap: int = 10,
                 keypoint_thr: float = 0.0,
                 fps: float | None = None,
                 image_size: tuple[int, int] | None = None,
                 representation: str | None = None,
                 tracker: Tracker | Mapping[str, Any] | None = None,
                 strength: float = 1.0,
                 zeros: str = 'auto',
                 ends: str = 'missing',
                 exchanges: bool = False,
                 outliers: bool = False,
                 quaternion_signs: str = 'continuous',
                 betas: str = 'mean',
                 skeleton: Skeleton | str | None = None,
                 spread: bool = False) -> None:
        if isinstance(filters, (BaseFilter, Mapping)):
            filters = [filters]
        self.filters: list[BaseFilter] = []
        for entry in filters:
            built = entry if isinstance(entry, BaseFilter) else SMOOTHERS.build(dict(entry))
            if not isinstance(built, BaseFilter):
                raise ConfigError(f'A PoseSmoother holds filters, but {built!r} is a smoother; '
                                  'give its own filters instead.')
            self.filters.append(built)
        if not self.filters:
            raise ConfigError('A PoseSmoother needs at least one filter; its list is empty.')
        self._set_video(fps, image_size, lookahead)
        if not (isinstance(keypoint_thr, (int, float)) and np.isfinite(keypoint_thr)):
            raise ConfigError(f'keypoint_thr is {keypoint_thr!r}; expected a finite number.')
        if representation is not None:
            value_width(representation)
        if isinstance(strength, bool) or not (
                isinstance(strength, numbers.Real) and 0 <= strength <= 1):
            raise ConfigError(f'strength is {strength!r}; expected a number from 0 (the input) to '
                              '1 (the full result).')
        self.zeros = choice(self, 'zeros', zeros, ZEROS)
        self.ends = choice(self, 'ends', ends, ENDS)
        self.quaternion_signs = choice(
            self, 'quaternion_signs', quaternion_signs, QUATERNION_SIGNS)
        self.betas = choice(self, 'betas', betas, BETAS)
        self.exchanges = switch(self, 'exchanges', exchanges)
        self.outliers = switch(self, 'outliers', outliers)
        self.spread = switch(self, 'spread', spread)
        self.skeleton = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
        self.max_gap = whole_number(self, 'max_gap', max_gap, 0)
        self.keypoint_thr = keypoint_thr
        self.representation = representation
        self.tracker = build_tracker(tracker)
        self.strength = float(strength)
        self._lock = threading.RLock()

    def _set_video(self, fps: float | None, image_size: tuple[int, int] | None,
                   lookahead: int | None) -> None:
        """Set the parameters that differ from video to video."""
        if image_size is not None:
            check_image_size(image_size)
        self.lookahead = None if lookahead is None else whole_number(
            self, 'lookahead', lookahead, 0)
        self.fps = None if fps is None else frame_rate(fps)
        self.image_size = image_size

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != '_lock'}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock = threading.RLock()

    @property
    def settings(self) -> SmootherSettings:
        """Filters and parameters as they are now, as one immutable value."""
        return SmootherSettings(self._chain(), **{
            name: getattr(self, name) for name in _SETTINGS})

    def _check_live(self) -> None:
        if self.ends != 'missing':
            raise ConfigError(f'ends={self.ends!r} needs the whole clip; live smoothing does not '
                              "know the first sample of a keypoint beforehand: give 'missing', or "
                              'no look-ahead.')

    def _chain(self) -> tuple[BaseFilter, ...]:
        """The filters, behind a gate for outliers where they need one."""
        needs_gate = (self.outliers and not all(f.causal for f in self.filters)
                      and not all(f.weighs_outliers for f in self.filters))
        return (OutlierGate(), *self.filters) if needs_gate else tuple(self.filters)

    @property
    def latency(self) -> int:
        """Frames by which live results are delayed: ``lookahead``, or what the filters want."""
        return self.latency_at(self.fps or ASSUMED_FPS)

    def latency_at(self, fps: float) -> int:
        """The latency for a video of ``fps`` frames per second, in frames."""
        return self.settings.latency_at(fps)

    def describe(self) -> dict[str, Any]:
        """Filters and parameters, for provenance."""
        return {'filters': [f.describe() for f in self.filters], 'max_gap': self.max_gap,
                'keypoint_thr': self.keypoint_thr, 'strength': self.strength,
                'zeros': self.zeros, 'ends': self.ends, 'exchanges': self.exchanges,
                'outliers': self.outliers, 'betas': self.betas}

    def __repr__(self) -> str:
        filters = ', '.join(map(repr, self.filters))
        return (f'{type(self).__name__}([{filters}], lookahead={self.lookahead}, '
                f'max_gap={self.max_gap}, keypoint_thr={self.keypoint_thr}, '
                f'strength={self.strength})')
