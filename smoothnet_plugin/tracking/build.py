"""Trackers of any kind, built from configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..errors import ConfigError
from ..registry import SCOPE, TASK_UTILS
from ..structures import PoseFrame
from .tracker import PoseTracker


class Tracker(Protocol):
    """Assigns track ids frame by frame."""

    def reset(self) -> None:
        """Drop all tracks."""

    def update(self, frame: PoseFrame) -> PoseFrame:
        """Copy of the frame in which every instance has a track id."""
        ...


def build_tracker(tracker: Tracker | Mapping[str, Any] | None = None,
                  **defaults: Any) -> Tracker:
    """Build the tracker of a config's ``tracker=`` entry.

    Args:
        tracker: A dict such as ``dict(type='PoseTracker', max_lost=60)`` (``type`` is optional),
            a tracker, which is returned unchanged, or None. Defaults to None, a
            :class:`PoseTracker`.
        **defaults: Default arguments of a PoseTracker, for example ``skeleton``.

    Returns:
        The tracker.

    Raises:
        ConfigError: The type is unknown, or its arguments do not fit.
    """
    if tracker is not None and not isinstance(tracker, Mapping):
        if not (hasattr(tracker, 'update') and hasattr(tracker, 'reset')):
            raise ConfigError(f'tracker is {tracker!r}; expected a config such as '
                              "dict(type='PoseTracker'), or an object with the methods update and "
                              'reset.')
        return tracker
    cfg = {'type': 'PoseTracker', **(tracker or {})}
    kind = cfg['type']
    is_own = kind in (PoseTracker, 'PoseTracker', f'{SCOPE}.PoseTracker')
    if not is_own and isinstance(kind, str) and TASK_UTILS.get(kind) is None:
        raise ConfigError(f'Unknown tracker {kind!r}; the built-in one is PoseTracker, and others '
                          'must be registered in TASK_UTILS.')
    try:
        if is_own:  # Without the registry, whose log imports torch.
            return PoseTracker(**{**defaults, **{k: v for k, v in cfg.items()
                                                if k not in ('type', '_scope_')}})
        return TASK_UTILS.build(dict(cfg, _scope_=SCOPE))
    except TypeError as error:
        raise ConfigError(f"Tracker {cfg['type']!r}: {error}") from error
